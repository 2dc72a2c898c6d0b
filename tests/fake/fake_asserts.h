/* What plugin tests begin with, end with and assert; fails through cmocka. */
#ifndef FAKE_FAKE_ASSERTS_H
#define FAKE_FAKE_ASSERTS_H

#include "fake/fake_host.h"

/* A plugin and the tree that is the root of its files. */
struct fake_place {
    struct fake *fake;
    char *root;
};

/* fake_place_new(PLUGIN_PATH) in a test's setup; the other is its teardown. */
struct fake_place *fake_place_new(const char *plugin);
int fake_place_tear_down(void **state);

/* The last value of that reading, which must be there. */
double fake_value_of(const struct fake *fake, const char *attribute, const char *labels);

/* Runs: status and the attribute's sum must be these. */
void fake_expect(struct fake *fake, int status, const char *attribute, double sum);

#endif

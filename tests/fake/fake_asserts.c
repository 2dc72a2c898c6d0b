/* What plugin tests begin with, end with and assert; fails through cmocka. */
#include "fake/fake_asserts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct fake_place *fake_place_new(const char *plugin)
{
    struct fake_place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->fake = fake_load(plugin);
    place->root = fake_tree();
    fake_root(place->fake, place->root);
    return place;
}

int fake_place_tear_down(void **state)
{
    struct fake_place *place = *state;
    fake_free(place->fake);
    fake_remove_tree(place->root);
    free(place->root);
    free(place);
    return 0;
}

double fake_value_of(const struct fake *fake, const char *attribute, const char *labels)
{
    double value = -1e9;
    if (!fake_value(fake, attribute, labels, &value)) {
        fake_print(fake);
        fail_msg("no reading %s{%s}", attribute, labels ? labels : "");
    }
    return value;
}

void fake_expect(struct fake *fake, int status, const char *attribute, double sum)
{
    int got = fake_run(fake);
    double got_sum = fake_sum(fake, attribute, NULL);
    if (got != status || got_sum != sum)
        fake_print(fake);
    assert_int_equal(got, status);
    assert_true(got_sum == sum);
}

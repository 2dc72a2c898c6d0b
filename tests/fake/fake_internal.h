/* Shared by the fake's own files. */
#ifndef FAKE_FAKE_INTERNAL_H
#define FAKE_FAKE_INTERNAL_H

#include "fake/fake_host.h"

/* Ends the process with a sentence: a mistake of the test, not of the plugin. */
_Noreturn void fake_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A copy, or the end of the process; NULL for NULL. */
char *fake_copy_text(const char *text);

struct fake_pair *fake_pairs_add(struct fake_pairs *pairs, const char *name, const char *text);
struct fake_pair *fake_pairs_find(const struct fake_pairs *pairs, const char *name);
void fake_pairs_clear(struct fake_pairs *pairs);

/* The attribute of a number: a row or a declared one; NULL where there is none. */
const struct cfd_attribute *fake_attribute(const struct fake *fake, uint32_t number);
uint32_t fake_attribute_rows(const struct fake *fake);
size_t fake_label_count(const struct cfd_attribute *attribute);

void fake_drop_readings(struct fake *fake, size_t keep);
void fake_drop_excerpts(struct fake *fake, size_t keep);

/* The lent functions. */
void fake_lend(struct fake *fake);
int fake_host_setting(const struct cfd_host *host, const char *path, struct cfd_value *ret_value);
int fake_host_run(const struct cfd_host *host, const char *const *argv, int64_t timeout_ms,
                  size_t output_limit, struct cfd_ran *ret_ran);

#endif

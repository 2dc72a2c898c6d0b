/* What the log plugin's tests share. */
#ifndef LOG_TEST_LOG_H
#define LOG_TEST_LOG_H

#include "fake/fake_host.h"

#include <stdint.h>
#include <sys/types.h>

struct place {
    struct fake *fake;
    char *root;
    char *path; /* of root/a.log */
};

/* A fake host with the plugin, two rules and an empty folder. */
int log_set_up(void **state);
int log_tear_down(void **state);

void log_move(const struct place *place, const char *from, const char *to);
void log_cut(const struct place *place, const char *name, off_t size);

/* A group of its own; how many failed. */
int test_log_names(void);

void test_each_line_once_rename(void **state);
void test_each_line_once_copytruncate(void **state);

#endif

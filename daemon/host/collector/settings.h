/* An instance's settings, parsed and checked by its plugin's option table, read by path. */
#ifndef COLLECTOR_SETTINGS_H
#define COLLECTOR_SETTINGS_H

#include "ground/base/error.h"

#include <conformd/collector.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One path and its value; a list or group has a row of its own, with its count. */
struct settings_row {
    char *path;
    struct cfd_value value;
    char *text; /* value.text, owned */
};

/* Zeroed is empty. Sorted by path once parsed. */
struct settings {
    struct settings_row *rows;
    size_t count;
    size_t capacity;
};

/* How mistakes are reported: path is relative to the settings, as "checks[2].program". */
struct settings_faults {
    void (*on_fault)(void *context, const char *path, bool warning, const char *sentence);
    void *context;
    bool check; /* credentials may be out of reach: then that is a warning */
};

/* json: the object as written in the configuration, or NULL. All mistakes are reported, then
 * ERROR_SETTING is returned; warnings alone are not a mistake. */
int settings_parse(const struct cfd_option *options, const json_t *json,
                   const struct settings_faults *faults, struct settings *ret) MUST_CHECK;
/* Borrowed; NULL where there is nothing at that path. */
const struct cfd_value *settings_get(const struct settings *settings, const char *path);
void settings_finish(struct settings *settings);

/* One value (no list, no group) as written in JSON, or as typed in a preset; values.c. text is the
 * heap's and value->text points to it. ERROR_SETTING: the sentence says what was found and what is
 * allowed. ERROR_MISSING: a credential that is out of reach. */
int settings_value_from_json(const struct cfd_option *option, const json_t *json,
                             struct cfd_value *ret, char **ret_text,
                             struct error *error) MUST_CHECK;
int settings_value_from_text(const struct cfd_option *option, const char *typed,
                             struct cfd_value *ret, char **ret_text,
                             struct error *error) MUST_CHECK;

#endif

/* conformd/kit/options.h: settings into a struct, by a table.
 *
 *     struct self { char *config; int64_t limit; };
 *     static const struct kit_option members[] = {
 *         {"config", KIT_TEXT, offsetof(struct self, config), NULL, 0},
 *         {"limit", KIT_INTEGER, offsetof(struct self, limit), NULL, 0}, {0}};
 *     status = kit_options_read(host, "", members, self);
 */
#ifndef CONFORMD_KIT_OPTIONS_H
#define CONFORMD_KIT_OPTIONS_H

#include <conformd/collector.h>
#include <conformd/kit/text.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIT_OPTIONS_DEPTH 4 /* groups within groups */

/* What the member of the struct is, and which types of setting it takes. */
enum kit_option_type {
    KIT_TEXT,    /* char *: string, path, glob, URL, secret; NULL where it is not given */
    KIT_TEXTS,   /* struct kit_texts: a list of these, or a program */
    KIT_BOOLEAN, /* int: 0 or 1 */
    KIT_INTEGER, /* int64_t: integer, duration in milliseconds, bytes */
    KIT_NUMBER,  /* double */
    KIT_GROUPS   /* struct kit_groups: a list of groups */
};

struct kit_texts {
    char **text; /* NULL behind the last one; not NULL once it was read */
    size_t count;
};

struct kit_groups {
    void *group; /* an array of the caller's struct, zeroed, then filled */
    size_t count;
};

/* A table ends with a row whose name is NULL. */
struct kit_option {
    const char *name;
    int32_t type;                     /* enum kit_option_type */
    size_t offset;                    /* of the member */
    const struct kit_option *members; /* of KIT_GROUPS */
    size_t size;                      /* of one group's struct */
};

/* Reads each setting of the table into the struct. In open. prefix is put before each name: "", or
 * of a group "checks[2].". A number that is not given leaves the member as it is. CFD_INVALID after
 * a setting that could not be read was reported with its path; CFD_ERROR without memory. Call
 * kit_options_finish in each case. */
int kit_options_read(const struct cfd_host *host, const char *prefix,
                     const struct kit_option *table, void *ret_struct) KIT_MUST_CHECK;

/* Frees what was read, and zeroes those members. Takes a zeroed struct. */
void kit_options_finish(const struct kit_option *table, void *filled);

#ifdef __cplusplus
}
#endif

#endif

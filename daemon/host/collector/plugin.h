/* A loaded collector: its head and rows, copied by the smaller of two sizes. */
#ifndef COLLECTOR_PLUGIN_H
#define COLLECTOR_PLUGIN_H

#include "ground/base/error.h"

#include <conformd/collector.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    PLUGIN_ROWS = 4096,       /* rows of a table at most */
    PLUGIN_GROUP_DEPTH = 4,   /* groups within groups */
    PLUGIN_LABELS = 8,        /* labels of an attribute */
    PLUGIN_NAME_LENGTH = 200, /* bytes of a name */
};

/* Texts belong to the library and live until plugin_free. */
struct plugin {
    char *path;
    void *library;
    char sha256[65];                  /* of the file, hexadecimal; "" for one without a file */
    struct cfd_collector head;        /* what the plugin's own head is too short for is zero */
    struct cfd_option *options;       /* never NULL; ends with a zeroed row, as the others */
    struct cfd_attribute *attributes; /* texts are never NULL */
    struct cfd_need *needs;
    size_t option_count;
    size_t attribute_count;
    size_t need_count;
    void **blocks; /* the memory of the rows */
    size_t block_count;
    size_t block_capacity;
};

/* Loads a file. ERROR_DENIED (owner, mode, link), ERROR_VERSION (ABI), ERROR_FORMAT (no or a
 * malformed plugin), ERROR_MISSING; the sentence names the file and the reason. */
int plugin_load(const char *path, struct plugin **ret, struct error *error) MUST_CHECK;
/* The same for a head in memory; name is what it must be called. */
int plugin_take(const struct cfd_collector *head, const char *name, struct plugin **ret,
                struct error *error) MUST_CHECK;
void plugin_free(struct plugin *plugin);

const char *plugin_family(const struct plugin *plugin);
bool plugin_is_stream(const struct plugin *plugin);
bool plugin_is_pushed(const struct plugin *plugin);

/* Copies options, attributes and needs of a copied head and checks them; rows.c. */
int plugin_copy_rows(struct plugin *plugin, struct error *error) MUST_CHECK;

/* Is this an attribute of the family? The sentence says what is wrong with it. */
int plugin_attribute_check(const struct cfd_attribute *attribute, const char *family,
                           struct error *error) MUST_CHECK;
size_t plugin_attribute_label_count(const struct cfd_attribute *attribute);

/* Everything that the plugin declares, for a person or `conformctl describe`: {plugin, version,
 * summary, family, abi, stream, pushed, selftest, file, sha256, settings, attributes, needs}. A new
 * reference; NULL without memory. */
json_t *plugin_describe(const struct plugin *plugin);
/* The same as lines of text. The caller frees. */
char *plugin_describe_text(const struct plugin *plugin);
/* The word of an enum cfd_need_kind. */
const char *plugin_describe_need(int32_t kind);
/* One attribute as in MESSAGE_TABLES. */
json_t *plugin_describe_attribute(const struct cfd_attribute *attribute);

#endif

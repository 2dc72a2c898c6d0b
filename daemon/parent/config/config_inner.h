/* What the files of this room share. */
#ifndef CONFIG_CONFIG_INNER_H
#define CONFIG_CONFIG_INNER_H

#include "parent/config/config.h"

struct config {
    char *path; /* of the main file, as the caller gave it */
    struct config_fault *faults;
    size_t fault_count;
    size_t fault_capacity;
    bool failed;    /* memory ran out while a fault was reported: the load fails */
    bool is_broken; /* a file could not be taken in: what it names is not known */
    json_t *places; /* path of a setting or element -> "file:line" */
    json_t *raw;    /* all files as written, lists added up */
    json_t *whole;  /* canonical */
    char *hash;
};

/* Reports a mistake. A NULL place or sentence means that memory ran out. */
void config_fault_tell(struct config *config, const char *place, bool warning,
                       const char *sentence);
/* The same for a setting: the sentence is "SETTING: ..." and the place is looked up. */
void config_fault_setting(struct config *config, const char *setting, const char *format, ...)
    PRINTF_LIKE(3, 4);
void config_fault_warn(struct config *config, const char *setting, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* One file's text into config->raw and config->places; for the set of its rules. Mistakes are
 * reported. ERROR_MEMORY only. */
struct source {
    const char *path; /* as it is shown */
    const char *set;  /* the file's name without .conf */
    int kind;         /* enum source_kind */
};
enum source_kind {
    SOURCE_ANY,      /* conformd.conf, conf.d: everything */
    SOURCE_MEASURES, /* measures.d: measures, objectives */
    SOURCE_RULES,    /* rules.d: rules */
};
int config_merge_text(struct config *config, const struct source *source, const char *text,
                      size_t length) MUST_CHECK;

/* config->raw to config->whole, after the table of settings. ERROR_MEMORY only. */
int config_canonical_make(struct config *config) MUST_CHECK;
/* What one setting alone cannot show: names, pairs, references. ERROR_MEMORY only. */
int config_check_whole(struct config *config) MUST_CHECK;
int config_check_stated(struct config *config) MUST_CHECK;
/* One item of `rights`: whom it names is put beside it as numbers, {"uids": {who: [uid...]}}. */
int config_check_right(struct config *config, size_t index, const json_t *right) MUST_CHECK;

/* Roles that measures do not give, and the list `unasked` of those that nobody asked for. */
int config_roles_fill(json_t *whole) MUST_CHECK;
/* True when the control is the family or below it. */
bool config_roles_is_below(const char *control, const char *family);

/* One file from memory, for tests and fuzzing: everything but the folders beside it. */
int config_load_text(const char *name, const char *text, size_t length,
                     struct config **ret) MUST_CHECK;

/* The rules, in order, that a collector's setting `rules` names: their indexes in the whole.
 * New reference; NULL without memory. */
json_t *config_part_rules(const json_t *whole, const json_t *collector);

#endif

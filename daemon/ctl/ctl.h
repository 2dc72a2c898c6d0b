/* conformctl: what its files share. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* What was typed, beside the command's own words. */
struct ctl {
    const char *folder; /* where api.sock and control.sock are */
    bool json;
    const char *at;
    const char *from;
    const char *to;
    const char *step;
    const char *role;
    const char *reason;
    const char *owner;
    const char *fix;
    const char *due;
    const char *note;
    const char *state;
    const char *channel;
    bool dry_run;
    bool sandbox;
};

/* One word after conformctl. run gets the words behind it; its answer is the exit code: 0, 1 when
 * it could not be done, 2 when it was typed wrongly. */
struct ctl_command {
    const char *name;
    const char *arguments;
    const char *help;
    int least; /* words at least and at most behind the name */
    int most;
    int (*run)(const struct ctl *ctl, int count, char **words);
};

/* GET over api.sock; the body of a good answer, a new reference. query may be NULL: {name: text}.
 */
int ctl_get(const struct ctl *ctl, const char *path, const json_t *query, json_t **ret,
            struct error *error) MUST_CHECK;
/* A command over control.sock; ret_body of a good answer. Progress goes to standard error. */
int ctl_act(const struct ctl *ctl, const char *command, json_t *arguments, json_t **ret_body,
            struct error *error) MUST_CHECK;
/* Prints the sentence and answers 1. */
int ctl_fail(const struct error *error);
/* Prints an object as it came (--json). */
int ctl_print_json(const json_t *json);

/* Rows of words in columns; the last column is not padded. Texts are copied. */
struct table;
struct table *table_new(int columns);
void table_row(struct table *table, ...); /* `columns` strings; NULL prints as "-" */
void table_print(struct table *table);    /* and frees */
/* A JSON value as a word: text, number, true, "-" for null. The caller frees. */
char *table_word(const json_t *value);

int show_status(const struct ctl *ctl, int count, char **words);
int show_collectors(const struct ctl *ctl, int count, char **words);
int show_measures(const struct ctl *ctl, int count, char **words);
int show_objectives(const struct ctl *ctl, int count, char **words);
int show_evidence(const struct ctl *ctl, int count, char **words);
int show_nc(const struct ctl *ctl, int count, char **words);
int act_adopt(const struct ctl *ctl, int count, char **words);
int act_approve(const struct ctl *ctl, int count, char **words);
int act_open(const struct ctl *ctl, int count, char **words);
int act_collect(const struct ctl *ctl, int count, char **words);
int act_alert(const struct ctl *ctl, int count, char **words);
int act_nc(const struct ctl *ctl, int count, char **words);
int query_run(const struct ctl *ctl, int count, char **words);
int describe_run(const struct ctl *ctl, int count, char **words);

#endif

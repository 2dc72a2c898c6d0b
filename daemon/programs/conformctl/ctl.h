/* conformctl: what its files share. */
#ifndef CONFORMCTL_CTL_H
#define CONFORMCTL_CTL_H

#include "ground/act_rows/act_row.h"
#include "ground/base/buffer.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* What a command's exit says. */
enum { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

/* What was typed, beside the command's own words. */
struct ctl {
    const struct ctl_command *command;
    const char *folder; /* where api.sock and control.sock are */
    bool json;
    bool help;
    bool version;
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
    const char *config;
    const char *rules;
    bool dry_run;
    bool sandbox;
    bool cost;
    bool check;
};

/* One word after conformctl. run gets the words behind it; its answer is the exit status. */
struct ctl_command {
    const char *name;
    const char *arguments; /* "ID" or "list | show REF": what its help shows */
    const char *help;      /* NULL: its act's */
    const char *takes;     /* letters of the options that it knows, beside its acts' fields */
    const char *details;   /* of its own help: whole lines */
    int least;             /* words at least and at most behind the name */
    int most;
    int (*run)(const struct ctl *ctl, int count, char **words);
};

/* options.c: the command line. Gives -1 with ret filled in and *ret_words the words behind the
 * command's name, or the exit status. */
int ctl_read_words(int argc, char **argv, struct ctl *ret, char ***ret_words);
/* What was typed for the act: its words behind the command, and its options. CTL_DONE with a new
 * reference, or CTL_USAGE with a sentence on standard error: an option is missing that it needs, or
 * was typed that it does not take. */
int ctl_read_act(const struct ctl *ctl, const struct act_row *row, char *const *words,
                 json_t **ret);
/* How the command is typed, to standard error; gives CTL_USAGE. */
int ctl_usage(const struct ctl *ctl);

/* link.c: GET over api.sock; the body of a good answer, a new reference. query may be NULL:
 * {name: text}. */
int ctl_get(const struct ctl *ctl, const char *path, const json_t *query, json_t **ret,
            struct error *error) MUST_CHECK;
/* A command over control.sock; ret_body of a good answer. Progress goes to standard error. */
int ctl_act(const struct ctl *ctl, const char *command, json_t *arguments, json_t **ret_body,
            struct error *error) MUST_CHECK;
/* Prints the sentence and answers CTL_FAILED. */
int ctl_fail(const struct error *error);
/* Prints an object as it came (--json); an exit status. */
int ctl_print_json(const json_t *json);
/* GET, printed as JSON where that was asked for. -1: the caller prints; else the exit status. */
int ctl_fetch(const struct ctl *ctl, const char *path, const json_t *query, json_t **ret);

/* programs.c: a program beside conformctl in a build's tree, else in that folder. The caller frees.
 */
char *ctl_find_program(const char *name, const char *folder);
/* A plugin by its name or path. The caller frees. */
char *ctl_find_plugin(const char *name);
/* Runs it, input (may be NULL) as its standard input, and waits. Its exit status; 128 and the
 * signal; or an error below 0. */
int ctl_run(char *const *words, const char *input, struct buffer *ret_output,
            struct error *error) MUST_CHECK;

/* table.c: rows of words in columns, the last one not padded. Texts are copied, and what a terminal
 * would obey is made visible. On a terminal the widest columns are cut to fit. */
struct table;
struct table *ctl_table_new(int columns);
void ctl_table_row(struct table *table, ...); /* `columns` strings; NULL and "" print as "-" */
void ctl_table_print(struct table *table);    /* and frees */
/* Two columns, a name and its value: long values go on in lines of their own. And frees. */
void ctl_table_print_details(struct table *table);

/* words.c: JSON as people read it; the caller frees. Texts, numbers (short), "yes", "-" for null.
 */
char *ctl_word_of(const json_t *value);
/* A number, or a text that is one. */
char *ctl_word_of_number(double number);
/* An RFC 3339 text as local time with its zone; "-" for "". */
char *ctl_word_of_time(const char *text);
/* The same of an object's member. */
char *ctl_word_of_time_in(const json_t *object, const char *key);
/* {user="root",source="..."}, "" for none; and of a list of numbers "1, 2". */
char *ctl_word_of_labels(const json_t *labels);
char *ctl_word_of_list(const json_t *list);
/* "now", "-1h" (ago) or RFC 3339, as RFC 3339. NULL where it is none of them. */
char *ctl_word_to_time(const char *typed);
/* A copy of the list, sorted: by the place of member `key` in ranks (ends with NULL; others last),
 * then by member `name`. A new reference. */
json_t *ctl_sorted_rows(const json_t *rows, const char *key, const char *const *ranks,
                        const char *name);

int ctl_show_status(const struct ctl *ctl, int count, char **words);
int ctl_show_collectors(const struct ctl *ctl, int count, char **words);
int ctl_show_measures(const struct ctl *ctl, int count, char **words);
/* measures --cost */
int ctl_show_costs(const struct ctl *ctl);
int ctl_show_objectives(const struct ctl *ctl, int count, char **words);
int ctl_show_evidence(const struct ctl *ctl, int count, char **words);
int ctl_show_privacy(const struct ctl *ctl, int count, char **words);
int ctl_show_nc(const struct ctl *ctl, int count, char **words);
int ctl_act_adopt(const struct ctl *ctl, int count, char **words);
int ctl_act_approve(const struct ctl *ctl, int count, char **words);
int ctl_act_open(const struct ctl *ctl, int count, char **words);
int ctl_act_collect(const struct ctl *ctl, int count, char **words);
int ctl_act_alert(const struct ctl *ctl, int count, char **words);
int ctl_act_nc(const struct ctl *ctl, int count, char **words);
int ctl_query_run(const struct ctl *ctl, int count, char **words);
int ctl_describe_run(const struct ctl *ctl, int count, char **words);
int ctl_rebuild_run(const struct ctl *ctl, int count, char **words);
int ctl_rules_run(const struct ctl *ctl, int count, char **words);

#endif

/* What exec.c and answers.c share: the checks, and the attributes of all of them. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <conformd/kit/options.h>
#include <conformd/kit/run.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exec_attribute { EXEC_STATE, EXEC_VALUE, EXEC_WARNING, EXEC_CRITICAL, EXEC_RUN_SECONDS };
enum exec_state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

/* A reading that a check in JSON gives. */
struct expected {
    char *name; /* as in the JSON: without "exec_" */
    char *kind_name;
    char *unit;
    char *help;
    struct kit_texts labels;
    int32_t kind;
    uint32_t attribute; /* declare()'s number; those of a check follow one another */
};

struct check {
    char *name;
    char *format;
    struct kit_texts program;
    int64_t timeout_ms;
    struct kit_groups readings; /* of struct expected */
    bool json;
};

struct exec {
    struct kit_groups checks; /* of struct check */
    int64_t output_limit;     /* bytes of a check's output */
};

/* The settings, as the members of struct exec. */
extern const struct kit_option exec_members[];

/* Names of enum cfd_kind, NULL at the end. */
extern const char *const exec_kinds[];

/* Completes checks[index] and declares its readings; a status, after faults were reported. */
int check_prepare(const struct cfd_host *host, struct exec *exec, size_t index);

/* Emits what the output says; gives the check's state. */
enum exec_state answer_nagios(struct kit_run *run, const struct check *check,
                              const struct cfd_ran *ran);
enum exec_state answer_json(struct kit_run *run, const struct check *check,
                            const struct cfd_ran *ran);
/* The check gave no answer: all of it is unknown. */
void answer_missing(struct kit_run *run, const struct check *check, const char *why);

int exec_selftest(void *self, const struct cfd_host *host, const char *root);

#endif

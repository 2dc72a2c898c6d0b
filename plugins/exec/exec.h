/* What exec.c and answers.c share: the checks, and the attributes of all of them. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <conformd/collector.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exec_attribute { EXEC_STATE, EXEC_VALUE, EXEC_WARNING, EXEC_CRITICAL, EXEC_RUN_SECONDS };
enum exec_state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

/* A reading that a check in JSON gives. */
struct expected {
    char *name; /* as in the JSON: without "exec_" */
    int32_t kind;
    uint32_t attribute; /* declare()'s number */
    char **labels;      /* NULL at the end */
    uint32_t label_count;
};

struct check {
    char *name;
    char **argv;
    bool json;
    int64_t timeout_ms;
    struct expected *expected;
    uint32_t expected_count;
};

struct exec {
    struct check *checks;
    uint32_t count;
    size_t output_limit; /* bytes of a check's output */
};

/* Names of enum cfd_kind, NULL at the end. */
extern const char *const exec_kinds[];

/* Reads checks[index], declares its readings, tells faults; a status. */
int check_read(const struct cfd_host *host, struct exec *exec, uint32_t index);
void check_free(struct check *check);

/* Emits what the output says; gives the check's state. */
enum exec_state answer_nagios(const struct cfd_host *host, const struct check *check,
                              const struct cfd_ran *ran);
enum exec_state answer_json(const struct cfd_host *host, const struct check *check,
                            const struct cfd_ran *ran);
/* The check gave no answer: nothing of it is known. */
void answer_missing(const struct cfd_host *host, const struct check *check, const char *why);

int exec_selftest(void *self, const struct cfd_host *host, const char *root);

#endif

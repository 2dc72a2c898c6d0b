/* What the daemon provides to a collector: struct cfd_host, with every call checked. */
#ifndef COLLECTOR_LEND_H
#define COLLECTOR_LEND_H

#include "ground/base/buffer.h"
#include "host/collector/emit.h"
#include "host/collector/plugin.h"
#include "host/collector/settings.h"

enum {
    LEND_ATTRIBUTES = 256, /* of a plugin and declared, together */
    LEND_TEXT = 1024,      /* bytes of a text reading */
    LEND_LABEL = 4096,     /* bytes of a label's value */
    LEND_EXCERPT = 4096,   /* bytes of an excerpt, and of its source and place */
    LEND_WHY = 1024,       /* bytes of a reason */
    LEND_SAID = 200,       /* lines for the log in a run or interval */
    LEND_REFUSALS = 10,    /* of them, refusals reported in full */
};

/* Which callback runs: what may be called follows from it. */
enum lend_phase { LEND_IDLE, LEND_OPEN, LEND_COLLECT, LEND_SELFTEST };

/* A host for one collector. The first part is the owner's to set; zeroed is sound. */
struct lender {
    const struct plugin *plugin;
    struct settings *settings;
    struct emitter *emitter; /* NULL: nothing can be sent (check, describe, selftest) */
    struct lend_wait wait;
    json_t *sandbox;  /* what is in force, for the tables; NULL: nothing is. Borrowed */
    const char *root; /* put before the paths of open_file; NULL for none */
    /* A mistake in the settings that open reported. May be NULL. */
    void (*on_fault)(void *context, const char *path, const char *sentence);
    /* A line for the log where there is no engine to send it to. May be NULL. */
    void (*on_said)(void *context, int level, const char *text);
    void *context;

    struct cfd_host host; /* what the plugin gets */
    enum lend_phase phase;
    int64_t until_ms; /* boot clock: deadline of this call; 0 for none */
    json_t *positions;
    struct cfd_attribute **declared;
    size_t declared_count;
    size_t declared_capacity;
    size_t fault_count;
    size_t refusal_count;
    size_t said_count;
    char *last_error;     /* the last line of level error in this run */
    struct buffer output; /* of the last program */
    struct buffer errors;
    struct buffer message; /* body of the message that is being made */
};

/* Fills the table of functions. */
void lend_begin(struct lender *lender);
void lend_finish(struct lender *lender);

/* Row of the plugin or declared attribute; NULL for no such number. */
const struct cfd_attribute *lend_attribute(const struct lender *lender, uint32_t number);
/* {plugin, version, sha256, stream, attributes, sandbox} for MESSAGE_TABLES. NULL without memory.*/
json_t *lend_tables(const struct lender *lender);
/* Forgets what was counted and said in the last run or interval, after it reported what was left
 * out. forget: also why it went wrong last. */
void lend_settle(struct lender *lender, bool forget);
/* Sends a line to the engine or to on_said. */
void lend_say(struct lender *lender, int level, const char *text);
/* Reports why something that the plugin sent was refused; returns CFD_INVALID. */
int lend_refuse(struct lender *lender, const char *format, ...) PRINTF_LIKE(2, 3);
/* A code of the rooms as a status of the ABI. */
int lend_status(int code);
/* True where the plugin's needs name this: what itself, or the value of the setting. */
bool lend_is_declared(const struct lender *lender, enum cfd_need_kind kind, const char *what);
/* The needs with the values of the settings that they name: [{kind, what, glob}], glob where the
 * setting is a pattern. A new reference; NULL without memory. */
json_t *lend_needs(const struct lender *lender);

/* Parts of the table in their own files. */
int lend_open_file(const struct cfd_host *host, const char *path);
int lend_run_program(const struct cfd_host *host, const char *const *argv, int64_t timeout_ms,
                     size_t output_limit, struct cfd_ran *ret_ran);
int lend_emit(const struct cfd_host *host, const struct cfd_reading *reading);
int lend_excerpt(const struct cfd_host *host, const struct cfd_excerpt *excerpt);
int lend_missing(const struct cfd_host *host, uint32_t number, const char *why);
int lend_lost(const struct cfd_host *host, const struct cfd_loss *loss);
int lend_watched(const struct cfd_host *host, const char *source, uint64_t bytes, uint64_t lines);
int lend_position_set(const struct cfd_host *host, const char *key, const char *value);
int lend_urgent(const struct cfd_host *host);

#endif

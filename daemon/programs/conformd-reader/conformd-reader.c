/* conformd-reader: answers what is only read: API, formulas, proofs. Started when the front has a
 * question, gone after an idle minute. Writes nothing and knows no network. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"
#include "ground/process/child.h"
#include "outside/api/api.h"

enum {
    IDLE_MS = 60000,
    LOAD_US = 6000000, /* of one question, for samples; it may take 10 s in all */
    BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST,
};

struct reader {
    struct child child;
    struct sandbox_state sandbox;
    struct channel *front;
    struct child_link *link;
    struct loop_timer *idle;
    struct api api; /* ledger and series: NULL until a question needs them */
};

static int bring_ledger(struct reader *reader, struct error *error)
{
    if (reader->api.ledger)
        return ledger_refresh(reader->api.ledger, error);
    return ledger_open(reader->api.store, &reader->api.ledger, error);
}

static int bring_series(struct reader *reader, int64_t now_ms, struct error *error)
{
    struct series_limits limits = {.keep_ms = json_integer_of(reader->child.config, "keep", 0)};
    int code = 0;
    if (!reader->api.series)
        code = series_open_reader(reader->api.store, &limits, &reader->api.series, error);
    if (!code)
        code = series_refresh(reader->api.series, now_ms, clock_us() + LOAD_US, error);
    return code;
}

/* What is in memory follows what was committed up to now. */
static int bring_up(struct reader *reader, const char *path, int64_t now_ms, struct error *error)
{
    unsigned needs = api_needs(path);
    int code = needs & API_NEEDS_LEDGER ? bring_ledger(reader, error) : 0;
    if (!code && needs & API_NEEDS_SERIES)
        code = bring_series(reader, now_ms, error);
    return code;
}

static json_t *answer(struct reader *reader, const json_t *ask)
{
    CLEAN(error_finish) struct error error = {0};
    int64_t now_ms = clock_now().wall_ms;
    int code = 0;
    if (api_may_read(reader->api.store, ask, now_ms))
        code = bring_up(reader, json_text_of(ask, "path", ""), now_ms, &error);
    if (!code)
        return api_ask(&reader->api, ask, now_ms);
    bool again = code == ERROR_AGAIN || code == ERROR_LIMIT || code == ERROR_MEMORY;
    if (!again)
        log_write(LOG_LEVEL_ERROR, "%s", error_sentence(&error));
    return api_refuse(ask, again ? 503 : 500, error_sentence(&error));
}

static int on_ask(void *context, struct channel_message *message)
{
    struct reader *reader = context;
    CLEAN(clean_json) json_t *ask = NULL;
    int code = messages_json(message, &ask);
    if (code)
        return code;
    CLEAN(clean_json) json_t *said = answer(reader, ask);
    code = said ? messages_send(reader->front, MESSAGE_ANSWER, said) : ERROR_MEMORY;
    child_link_flush(reader->link);
    loop_timer_set(reader->idle, IDLE_MS);
    return code == ERROR_CLOSED ? 0 : code;
}

static const struct channel_rule front_rules[] = {
    {MESSAGE_ASK, 0, BODY_MOST, CHANNEL_FD_MAYBE, on_ask},
    {0},
};

/* The front has gone; the next one asks for a reader of its own. */
static void on_front_end(void *context, int code, const char *sentence)
{
    struct reader *reader = context;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the front's channel: %s", sentence);
    child_stopped(&reader->child);
}

static void on_idle(void *context)
{
    struct reader *reader = context;
    child_stopped(&reader->child);
}

/* Of the store's folder it writes the marks of readers alone. */
static int enter_sandbox(struct reader *reader)
{
    const char *folder = json_text_of(reader->child.config, "state_dir", "");
    CLEAN(clean_text) char *marks = text_format("%s/conformd.db-shm", folder);
    if (!marks)
        return ERROR_MEMORY;
    const struct sandbox_plan plan = {.reads = (const char *const[]){folder, NULL},
                                      .writes = (const char *const[]){marks, NULL}};
    return child_enter(&reader->child, &plan, &reader->sandbox);
}

static int open_store(struct reader *reader)
{
    CLEAN(error_finish) struct error error = {0};
    const char *folder = json_text_of(reader->child.config, "state_dir", "");
    int code = store_open(folder, STORE_READ, &reader->api.store, &error);
    if (code)
        log_write(LOG_LEVEL_ERROR, "%s", error_sentence(&error));
    return code;
}

static int start(struct reader *reader)
{
    int code = enter_sandbox(reader);
    if (!code)
        code = open_store(reader);
    if (!code)
        code = channel_new(CHILD_ENGINE, front_rules, true, reader, &reader->front);
    if (!code)
        code = child_link_new(&reader->child, reader->front, on_front_end, reader, &reader->link);
    if (!code)
        code = loop_timer(reader->child.loop, on_idle, reader, &reader->idle);
    if (!code)
        loop_timer_set(reader->idle, IDLE_MS);
    return code;
}

static void finish(struct reader *reader)
{
    loop_timer_free(reader->idle);
    child_link_free(reader->link);
    channel_free(reader->front);
    series_close(reader->api.series);
    ledger_close(reader->api.ledger);
    store_close(reader->api.store);
    sandbox_finish(&reader->sandbox);
    child_finish(&reader->child);
}

int main(int argc, char **argv)
{
    static const struct child_calls calls = {.role = ROLE_READER};
    struct reader reader = {0};
    int refused = child_start(argc, argv, &calls, &reader, &reader.child);
    if (refused >= 0)
        return refused;
    if (reader.child.check) {
        child_checked(&reader.child, NULL);
        child_finish(&reader.child);
        return 0;
    }
    int code = start(&reader);
    if (code) {
        log_write(LOG_LEVEL_ERROR, "the reader cannot start: %s", error_text(code));
    } else {
        child_ready(&reader.child);
        code = loop_run(reader.child.loop);
    }
    finish(&reader);
    return code ? 4 : 0;
}

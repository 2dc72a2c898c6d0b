/* One question at a time over a channel that comes and goes. */
#include "programs/conformd-front/reading.h"

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"

static int64_t now_ms(void)
{
    return clock_now().boot_ms;
}

static void set_late(struct reading *reading)
{
    int64_t next_ms = questions_next_ms(&reading->questions);
    if (next_ms == INT64_MAX)
        loop_timer_stop(reading->late);
    else
        loop_timer_set(reading->late, next_ms - now_ms());
}

static void refuse(struct reading *reading, const struct question *question, int status,
                   const char *sentence)
{
    reading->calls.on_refused(reading->calls.context, question, status, sentence);
    json_decref(question->message);
}

static void drop_channel(struct reading *reading)
{
    child_link_free(reading->link);
    channel_free(reading->channel);
    reading->link = NULL;
    reading->channel = NULL;
}

static void tell_parent(struct reading *reading, enum message_type type, const char *reason)
{
    CLEAN(clean_json)
    json_t *body = json_pack("{s:s, s:s}", "instance", "reader", "reason", reason);
    int code = body ? messages_send(reading->child->parent, type, body) : ERROR_MEMORY;
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the parent accepts no messages: %s", error_text(code));
    child_flush(reading->child);
}

/* Asks what is next, if it can be asked now. */
static void go_on(struct reading *reading)
{
    struct question *next = questions_next(&reading->questions);
    set_late(reading);
    if (!next || reading->paused)
        return;
    if (!reading->channel) {
        if (!reading->wanted)
            tell_parent(reading, MESSAGE_START, "");
        reading->wanted = true;
        return;
    }
    int code = messages_send(reading->channel, MESSAGE_ASK, next->message);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the reader accepts no question: %s", error_text(code));
    /* One that could not be sent meets its time, or the end of the channel. */
    questions_asked(next, now_ms());
    set_late(reading);
    child_link_flush(reading->link);
}

static int on_answer(void *context, struct channel_message *message)
{
    struct reading *reading = context;
    CLEAN(clean_json) json_t *object = NULL;
    struct answer answer;
    struct question question;
    int code = messages_json(message, &object);
    code = code ? code : ask_answer_read(object, &answer);
    if (code)
        return code;
    if (!questions_take(&reading->questions, answer.id, &question)) {
        reading->calls.on_answer(reading->calls.context, &question, &answer);
        json_decref(question.message);
    }
    go_on(reading);
    return 0;
}

/* It was idle, or it died: of the question perhaps, which is asked once more. */
static void on_end(void *context, int code, const char *sentence)
{
    struct reading *reading = context;
    struct question lost;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the reader's channel: %s", sentence);
    drop_channel(reading);
    while (!questions_lost(&reading->questions, now_ms(), &lost))
        refuse(reading, &lost, 503, "the reader ended twice while it answered this");
    go_on(reading);
}

static void on_late(void *context)
{
    struct reading *reading = context;
    struct question late;
    while (!questions_take_late(&reading->questions, now_ms(), &late)) {
        if (!late.asked) {
            refuse(reading, &late, 503,
                   reading->paused ? "reading is paused while the store's log is made shorter"
                                   : "the reader was not free within 20 s");
            continue;
        }
        refuse(reading, &late, 504, "this took more than 10 s, and was given up: ask for less");
        tell_parent(reading, MESSAGE_END, "a question took more than 10 s");
        drop_channel(reading);
    }
    go_on(reading);
}

void reading_ask(struct reading *reading, void *request, int purpose, const struct ask *ask)
{
    struct question *question = questions_add(&reading->questions, request, purpose, now_ms());
    struct question refused = {.request = request, .purpose = purpose};
    if (!question) {
        refuse(reading, &refused, 503, "too many questions wait for the reader");
        return;
    }
    int code = ask_make(ask, question->id, &question->message);
    if (code) {
        (void)!questions_take(&reading->questions, question->id, &refused);
        refuse(reading, &refused, code == ERROR_FORMAT ? 400 : 503,
               code == ERROR_FORMAT ? "the body is not UTF-8" : "no memory for the question");
    }
    go_on(reading);
}

int reading_on_connect(struct reading *reading, struct channel_message *message)
{
    static const struct channel_rule rules[] = {
        {MESSAGE_ANSWER, 0, CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FD_MAYBE, on_answer},
        {0},
    };
    struct question lost;
    int fd = message->fd;
    message->fd = -1;
    drop_channel(reading);
    while (!questions_lost(&reading->questions, now_ms(), &lost))
        refuse(reading, &lost, 503, "the reader was replaced twice while it answered this");
    reading->wanted = false;
    int code = channel_new(fd, rules, true, reading, &reading->channel);
    code = code ? code
                : child_link_new(reading->child, reading->channel, on_end, reading, &reading->link);
    if (!code)
        go_on(reading);
    return code;
}

int reading_on_ended(struct reading *reading, struct channel_message *message)
{
    CLEAN(clean_json) json_t *ended = NULL;
    int code = messages_json(message, &ended);
    if (!code && !json_flag_of(ended, "started", true))
        reading_drop(reading, json_text_of(ended, "reason", "the reader could not be started"));
    return code;
}

void reading_pause(struct reading *reading, bool paused)
{
    reading->paused = paused;
    go_on(reading);
}

void reading_drop(struct reading *reading, const char *sentence)
{
    struct question question;
    reading->wanted = false;
    while (!questions_take_late(&reading->questions, INT64_MAX, &question))
        refuse(reading, &question, 503, sentence);
    set_late(reading);
}

int reading_init(struct reading *reading, struct child *child, const struct reading_calls *calls)
{
    *reading = (struct reading){.child = child, .calls = *calls};
    return loop_timer(child->loop, on_late, reading, &reading->late);
}

void reading_finish(struct reading *reading)
{
    drop_channel(reading);
    loop_timer_free(reading->late);
    reading->late = NULL;
}

/* A stand-in for every child of the parent: says what happens to it in FOLDER/trace, behaves as
 * FOLDER/mode.NAME says, and as the engine does what FOLDER/orders says. FOLDER is above its own.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/process/child.h"

struct fake {
    struct child child;
    char folder[PATH_MAX];
    const char *name; /* engine, front, courier, or the collector's instance */
    struct loop_timer *timer;
};

static void trace(struct fake *fake, const char *event, const char *detail)
{
    CLEAN(clean_text) char *path = text_format("%s/trace", fake->folder);
    CLEAN(clean_text)
    char *line = text_format("%s %d %s %s\n", fake->name, (int)getpid(), event, detail);
    CLEAN(clean_fd) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        abort();
}

static bool has_mode(const struct fake *fake, const char *mode)
{
    CLEAN(clean_text) char *path = text_format("%s/mode.%s", fake->folder, fake->name);
    CLEAN(buffer_finish) struct buffer text = {0};
    return !file_read(path, 4096, &text) && strstr(text.data, mode);
}

static void on_stop(void *context)
{
    struct fake *fake = context;
    trace(fake, "stop", "");
    if (!has_mode(fake, "stubborn"))
        child_stopped(&fake->child);
}

static int on_prepare(void *context, json_t *config, struct error *error)
{
    struct fake *fake = context;
    trace(fake, "prepare", json_object_get(config, "tables") ? "with tables" : "");
    if (has_mode(fake, "prepare-no"))
        return error_set(error, ERROR_STATE, "not with me");
    if (has_mode(fake, "prepare-die"))
        _exit(9);
    return 0;
}

static void on_commit(void *context)
{
    struct fake *fake = context;
    trace(fake, "commit", json_text_of(fake->child.config, "hash", ""));
}

static void on_abandon(void *context)
{
    trace(context, "abandon", "");
}

static int on_connect(void *context, struct channel_message *message)
{
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (code)
        return code;
    CLEAN(clean_text) char *text = json_canonical(body);
    trace(context, "connect", text);
    message->fd = -1; /* kept open, as an engine would */
    return 0;
}

static int on_ended(void *context, struct channel_message *message)
{
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (code)
        return code;
    CLEAN(clean_text) char *text = json_canonical(body);
    trace(context, "ended", text);
    return 0;
}

static const struct channel_rule engine_rules[] = {
    {MESSAGE_CONNECT, 2, 4096, CHANNEL_FD_MUST, on_connect},
    {MESSAGE_ENDED, 2, 4096, CHANNEL_FD_NONE, on_ended},
    {0},
};

/* One line of orders: "start NAME RUN MILLISECONDS" or "end NAME". */
static void obey(struct fake *fake, const char *line)
{
    char name[64];
    long long run = 0;
    long long limit_ms = 0;
    CLEAN(clean_json) json_t *body = NULL;
    enum message_type type = MESSAGE_START;
    if (sscanf(line, "start %63s %lld %lld", name, &run, &limit_ms) == 3) {
        int64_t until_ms = limit_ms ? clock_now().wall_ms + limit_ms : 0;
        body = json_pack("{s:s, s:I, s:I}", "instance", name, "run", (json_int_t)run, "deadline_ms",
                         (json_int_t)until_ms);
    } else if (sscanf(line, "end %63s", name) == 1) {
        type = MESSAGE_END;
        body = json_pack("{s:s, s:s}", "instance", name, "reason", "the test wants it");
    }
    if (body && messages_send(fake->child.parent, type, body))
        abort();
}

static void on_timer(void *context)
{
    struct fake *fake = context;
    CLEAN(clean_text) char *path = text_format("%s/orders", fake->folder);
    CLEAN(clean_text) char *taken = text_format("%s/orders.taken", fake->folder);
    if (!rename(path, taken)) {
        CLEAN(buffer_finish) struct buffer text = {0};
        if (file_read(taken, 65536, &text))
            abort();
        char *rest = text.data;
        for (char *line; (line = strsep(&rest, "\n"));)
            obey(fake, line);
    }
    loop_timer_set(fake->timer, 20);
}

/* What it was given: descriptors, capabilities, death signal's effect is seen from outside. */
static void trace_inheritance(struct fake *fake)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    if (file_read("/proc/self/status", 65536, &text))
        abort();
    const char *effective = strstr(text.data, "CapEff:");
    const char *ambient = strstr(text.data, "CapAmb:");
    const char *bounds = strstr(text.data, "NoNewPrivs:");
    CLEAN(clean_text)
    char *detail = text_format("listeners=%d eff=%.16s amb=%.16s nnp=%.1s secret=%s",
                               fake->child.listeners, effective + 8, ambient + 8, bounds + 12,
                               getenv("FAKE_SECRET") ? "seen" : "hidden");
    trace(fake, "start", detail);
}

static int run_check(struct fake *fake)
{
    trace(fake, "check", json_object_get(fake->child.config, "tables") ? "with tables" : "");
    if (has_mode(fake, "check-fault"))
        child_fault(&fake->child,
                    fake->child.role == ROLE_COLLECTOR ? "settings.files" : "measures[0].formula",
                    7, false, "this is not as it should be");
    if (has_mode(fake, "check-warn"))
        child_fault(&fake->child, "plugin", 0, true, "this is doubtful");
    if (has_mode(fake, "check-die"))
        _exit(1);
    CLEAN(clean_json)
    json_t *tables = json_pack("{s:s, s:[{s:s, s:s}]}", "plugin", fake->name, "needs", "kind",
                               "capability", "what", "cap_dac_read_search");
    child_checked(&fake->child, fake->child.role == ROLE_COLLECTOR ? tables : NULL);
    child_finish(&fake->child);
    return 0;
}

static void misbehave(struct fake *fake)
{
    if (has_mode(fake, "refuse")) {
        child_status(&fake->child, "the folder is another's");
        child_stopped(&fake->child);
        _exit(3);
    }
    if (has_mode(fake, "crash"))
        abort();
    if (has_mode(fake, "hang"))
        for (;;)
            pause();
}

static enum role role_of(const char *name)
{
    if (!strcmp(name, "engine"))
        return ROLE_ENGINE;
    if (!strcmp(name, "front"))
        return ROLE_FRONT;
    return !strcmp(name, "courier") ? ROLE_COURIER : ROLE_COLLECTOR;
}

int main(int argc, char **argv)
{
    struct fake fake = {0};
    char self[PATH_MAX] = {0};
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        abort();
    fake.name = strrchr(self, '-') + 1;
    struct child_calls calls = {
        .role = role_of(fake.name),
        .on_stop = on_stop,
        .on_prepare = on_prepare,
        .on_commit = on_commit,
        .on_abandon = on_abandon,
        .more = role_of(fake.name) == ROLE_ENGINE ? engine_rules : NULL,
    };
    int refused = child_start(argc, argv, &calls, &fake, &fake.child);
    if (refused >= 0)
        return refused;
    if (fake.child.instance)
        fake.name = fake.child.instance;
    memcpy(fake.folder, self, sizeof self);
    dirname(dirname(fake.folder));
    if (fake.child.check)
        return run_check(&fake);
    trace_inheritance(&fake);
    misbehave(&fake);
    child_ready(&fake.child);
    trace(&fake, "ready", "");
    if (has_mode(&fake, "silent"))
        for (;;)
            pause();
    if (has_mode(&fake, "once")) {
        child_stopped(&fake.child);
        child_finish(&fake.child);
        return 0;
    }
    if (fake.child.role == ROLE_ENGINE) {
        if (loop_timer(fake.child.loop, on_timer, &fake, &fake.timer))
            abort();
        loop_timer_set(fake.timer, 20);
    }
    if (loop_run(fake.child.loop))
        abort();
    trace(&fake, "exit", "");
    loop_timer_free(fake.timer);
    child_finish(&fake.child);
    return 0;
}

/* Keeps the last text of each kind, and says whether it may still be shown. */
#include "outside/front/held.h"

#include <string.h>
#include <unistd.h>

#include "ground/base/file.h"
#include "ground/base/json.h"

void held_init(struct held *held)
{
    *held = (struct held){.health_ms = -1};
    for (int kind = 0; kind < HELD_KINDS; kind++)
        held->fds[kind][0] = held->fds[kind][1] = -1;
}

void held_finish(struct held *held)
{
    for (int kind = 0; kind < HELD_KINDS; kind++)
        for (int dialect = 0; dialect < 2; dialect++)
            if (held->fds[kind][dialect] >= 0)
                close(held->fds[kind][dialect]);
    held_init(held);
}

void held_drop(struct held *held)
{
    held_finish(held);
}

static int kind_of(const char *text, enum held_kind *ret)
{
    static const char *const kinds[HELD_KINDS] = {"metrics", "samples", "health"};
    for (int kind = 0; kind < HELD_KINDS; kind++) {
        if (strcmp(kinds[kind], text) != 0)
            continue;
        *ret = (enum held_kind)kind;
        return 0;
    }
    return ERROR_PEER;
}

int held_take(struct held *held, const json_t *message, int fd, int64_t now_ms)
{
    const char *type = json_text_of(message, "type", "text");
    enum held_kind kind;
    if (kind_of(json_text_of(message, "kind", ""), &kind) || !file_is_sealed(fd))
        return ERROR_PEER;
    int dialect = kind != HELD_HEALTH && !strcmp(type, "openmetrics") ? EXPOSITION_OPENMETRICS
                                                                      : EXPOSITION_TEXT;
    if (held->fds[kind][dialect] >= 0)
        close(held->fds[kind][dialect]);
    held->fds[kind][dialect] = fd;
    held->ready = json_flag_of(message, "ready", held->ready);
    if (kind == HELD_HEALTH)
        held->health_ms = now_ms;
    return 0;
}

const char *held_trouble(const struct held *held, int64_t now_ms)
{
    if (!held->linked)
        return "the engine has gone; conformd is starting it again";
    if (held->health_ms < 0)
        return "the engine has not yet said how it is";
    if (now_ms - held->health_ms > HELD_FRESH_MS)
        return "the engine has said nothing for more than 10 s";
    return NULL;
}

int held_find(const struct held *held, enum held_kind kind, enum exposition_dialect dialect,
              enum exposition_dialect *ret_dialect)
{
    if (held->fds[kind][dialect] < 0)
        dialect = dialect == EXPOSITION_TEXT ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
    *ret_dialect = dialect;
    return held->fds[kind][dialect];
}

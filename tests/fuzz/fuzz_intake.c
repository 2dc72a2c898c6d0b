/* A hostile collector: any messages, in any order, into a running engine. */
/* links: acts engine */
#include <stdio.h>
#include <stdlib.h>

#include "engine_stage.h"
#include "ground/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char tables[] =
    "{\"stream\":%s,\"attributes\":[{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_text\",\"kind\":\"text\"}]}";

static int send(struct intake_link *link, uint32_t type, const uint8_t *body, size_t length)
{
    static uint64_t sequence;
    struct channel_message message = {
        .type = type, .sequence = ++sequence, .body = body, .length = length, .fd = -1};
    for (const struct channel_rule *rule = intake_rules; rule->type; rule++)
        if (rule->type == type && length >= rule->least && length <= rule->most)
            return intake_take(link, rule, &message);
    return -1;
}

/* Messages as type (a place in the rules), length (2 bytes), body; bit 7 of type: a turn first. */
static void play(struct stage *stage, struct intake_link *link, const uint8_t *data, size_t size)
{
    int code = 0;
    unsigned rules = 0;
    while (intake_rules[rules].type)
        rules++;
    while (!code && size >= 3) {
        size_t length = (size_t)data[1] | (size_t)data[2] << 8;
        uint32_t type = intake_rules[data[0] % rules].type;
        if (data[0] & 0x80) {
            stage_settle(stage);
            code = intake_resume(link);
        }
        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        if (!code)
            code = send(link, type, data, length);
        data += length;
        size -= length;
    }
    intake_link_end(link, code ? "refused" : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[sizeof tables + 8];
    struct stage *stage = stage_get();
    if (!size)
        return 0;
    struct instance *instance = intake_find(engine_intake(stage->engine), "c");
    stage->now.wall_ms += 120000;
    stage->now.boot_ms += 120000;
    stage_settle(stage);
    struct intake_link *link = intake_link_new(engine_intake(stage->engine), instance);
    if (!link)
        abort();
    int length = snprintf(text, sizeof text, tables, data[0] & 1 ? "true" : "false");
    if (data[0] & 2)
        send(link, MESSAGE_TABLES, (const uint8_t *)text, (size_t)length);
    play(stage, link, data + 1, size - 1);
    json_t *ended = json_pack("{s:s, s:i, s:s}", "instance", "c", "code", data[0] >> 7, "reason",
                              data[0] & 4 ? "stopped" : "exited");
    engine_ended(stage->engine, ended, stage->now);
    json_decref(ended);
    stage_settle(stage);
    intake_link_free(link);
    return 0;
}

/* What the collectors of a scene send, and how their processes come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "kit/engine_scene.h"

const char scene_tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":false,\"attributes\":["
    "{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_age\",\"kind\":\"gauge\",\"labels\":[]}]}";
const char scene_stream_tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":true,\"attributes\":["
    "{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_age\",\"kind\":\"gauge\",\"labels\":[]}]}";
const char scene_personal_tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":false,\"attributes\":["
    "{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"],\"personal\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"],\"personal\":[\"user\"]},"
    "{\"name\":\"x_age\",\"kind\":\"gauge\",\"labels\":[]}]}";

const char *const scene_ann[] = {"ann", NULL};
const char *const scene_bob[] = {"bob", NULL};
const char *const scene_both[] = {"ann", "bob", NULL};
const char *const scene_nobody[] = {NULL};

struct instance *scene_instance(struct scene *scene, const char *name)
{
    struct instance *instance = intake_find(engine_intake(scene->engine), name);
    assert_non_null(instance);
    return instance;
}

int scene_send(struct scene *scene, struct intake_link *link, uint32_t type,
               const struct buffer *body)
{
    struct channel_message message = {.type = type,
                                      .sequence = ++scene->sequence,
                                      .body = (const uint8_t *)(body->data ? body->data : ""),
                                      .length = body->length,
                                      .fd = -1};
    for (const struct channel_rule *rule = intake_rules; rule->type; rule++) {
        if (rule->type != type)
            continue;
        if (body->length < rule->least || body->length > rule->most)
            return ERROR_PEER;
        return intake_take(link, rule, &message);
    }
    return ERROR_PEER;
}

int scene_send_text(struct scene *scene, struct intake_link *link, uint32_t type, const char *text)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    buffer_text(&body, text);
    return scene_send(scene, link, type, &body);
}

struct intake_link *scene_connect(struct scene *scene, const char *name, const char *tables)
{
    struct intake_link *link =
        intake_link_new(engine_intake(scene->engine), scene_instance(scene, name));
    assert_non_null(link);
    instance_began(scene_instance(scene, name), scene->now);
    if (tables)
        assert_int_equal(scene_send_text(scene, link, MESSAGE_TABLES, tables), 0);
    return link;
}

void scene_reading(struct scene *scene, struct intake_link *link, uint32_t attribute,
                   const char *user, double value)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, 1);
    wire_put_u32(&body, attribute);
    wire_put_double(&body, value);
    wire_put_u16(&body, user ? 1 : 0);
    if (user)
        wire_put_text(&body, user);
    assert_int_equal(scene_send(scene, link, MESSAGE_READINGS, &body), 0);
}

void scene_missing(struct scene *scene, struct intake_link *link, uint32_t attribute,
                   const char *why)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, attribute);
    wire_put_text(&body, why);
    assert_int_equal(scene_send(scene, link, MESSAGE_MISSING, &body), 0);
}

int scene_watched(struct scene *scene, struct intake_link *link, const char *source, uint64_t bytes,
                  uint64_t lines)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_text(&body, source);
    wire_put_u64(&body, bytes);
    wire_put_u64(&body, lines);
    return scene_send(scene, link, MESSAGE_WATCHED, &body);
}

void scene_outcome(struct scene *scene, struct intake_link *link, int64_t status, const char *why)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_i64(&body, status);
    wire_put_text(&body, why);
    assert_int_equal(scene_send(scene, link, MESSAGE_OUTCOME, &body), 0);
}

void scene_batch(struct scene *scene, struct intake_link *link, uint32_t flags, const char *at)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, flags);
    wire_put_u32(&body, at ? 1 : 0);
    if (at) {
        wire_put_text(&body, "file");
        wire_put_text(&body, at);
    }
    assert_int_equal(scene_send(scene, link, MESSAGE_BATCH, &body), 0);
}

void scene_eof(struct intake_link *link)
{
    intake_link_end(link, NULL);
}

void scene_ended(struct scene *scene, const char *name, int code, const char *reason)
{
    CLEAN(clean_json)
    json_t *ended =
        json_pack("{s:s, s:s, s:I, s:i, s:i, s:b, s:s}", "role", "collector", "instance", name,
                  "run", (json_int_t)scene_instance(scene, name)->process.run, "code", code,
                  "signal", 0, "started", true, "reason", reason);
    engine_ended(scene->engine, ended, scene->now);
}

void scene_leave(struct scene *scene, struct intake_link *link, const char *name, int code)
{
    scene_eof(link);
    scene_ended(scene, name, code, "exited");
    scene_settle(scene);
    intake_link_free(link);
}

void scene_lost(struct scene *scene, struct intake_link *link, const char *source, uint64_t to)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_text(&body, source);
    wire_put_text(&body, "bytes");
    wire_put_text(&body, "it was truncated");
    wire_put_u64(&body, 10);
    wire_put_u64(&body, to);
    assert_int_equal(scene_send(scene, link, MESSAGE_LOST, &body), 0);
}

int scene_proved(struct scene *scene, struct intake_link *link, const char *status,
                 const char *sha256)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_text(&body, status);
    wire_put_text(&body, sha256);
    wire_put_text(&body, "1");
    wire_put_text(&body, strcmp(status, "failed") == 0 ? "it found nothing" : "");
    return scene_send(scene, link, MESSAGE_PROVED, &body);
}

void scene_run(struct scene *scene, const char *name, int64_t status, const char *const *users)
{
    struct intake_link *link = scene_connect(scene, name, scene_tables);
    for (; users && *users; users++)
        scene_reading(scene, link, 0, *users, 1);
    scene_outcome(scene, link, status, status < 0 ? "it says why" : "");
    scene_leave(scene, link, name, 0);
}

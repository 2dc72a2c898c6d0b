/* Tells stories of the engine room: known SEEDS [FIRST] prints what happened to it and what it made
 * of that, for a judge that knows nothing of its code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine/state.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/presets.h"
#include "known/story.h"

#define SECOND 1000
#define MINUTE 60000
#define HOUR   (60 * MINUTE)

static const char *const users[USERS] = {"ann", "bob", "cyd"};
static const char *const attributes[] = {"bad", "hits", "age"};

/* splitmix64 */
uint64_t story_random(struct story *story, uint64_t below)
{
    uint64_t z = (story->random += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % below;
}

bool story_one_in(struct story *story, uint64_t times)
{
    return story_random(story, times) == 0;
}

void story_tell(struct story *story, const char *event, json_t *fields)
{
    CLEAN(clean_json) json_t *line = fields;
    json_object_set_new(line, "e", json_string(event));
    json_object_set_new(line, "t", json_integer(story->scene->now.wall_ms));
    CLEAN(clean_text) char *text = json_dumps(line, JSON_COMPACT);
    puts(text);
}

static void must(struct story *story, int code)
{
    if (!code)
        return;
    fprintf(stderr, "known: %s\n", error_sentence(&story->scene->error));
    exit(2);
}

/* Every measure is judged at this moment, and what it came to is told. */
static void judge_all(struct story *story)
{
    struct engine *engine = story->scene->engine;
    for (size_t i = 0; i < engine->judge.measure_count; i++)
        engine->judge.measures[i].touched = true;
    int64_t wall_ms = story->scene->now.wall_ms;
    must(story, engine_turn(engine, story->scene->now, &story->scene->error));
    for (size_t i = 0; i < engine->judge.measure_count; i++) {
        const struct judged *judged = &engine->judge.measures[i];
        const struct result *result = &judged->result;
        if (judged->judged_ms != wall_ms) {
            fprintf(stderr, "known: %s was not judged when it was asked for\n",
                    judged->measure->id);
            exit(2);
        }
        story_tell(story, "result",
                   json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "m", judged->measure->id, "state",
                             criterion_verdict_text(result->verdict), "unknown",
                             measure_unknown_kind_text(result->unknown), "expected",
                             (json_int_t)result->expected, "seen", (json_int_t)result->seen, "why",
                             result->reason ? result->reason : ""));
    }
    story->scene->now.wall_ms++;
    story->scene->now.boot_ms++;
}

static void pass(struct story *story, int64_t ms)
{
    story->scene->now.wall_ms += ms;
    story->scene->now.boot_ms += ms;
    scene_settle(story->scene);
}

static char *tables_of(const struct actor *actor)
{
    return text_format("{\"plugin\":\"%s\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":%s,"
                       "\"attributes\":["
                       "{\"name\":\"%s_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
                       "{\"name\":\"%s_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
                       "{\"name\":\"%s_age\",\"kind\":\"gauge\",\"labels\":[]}]}",
                       actor->prefix, actor->stream ? "true" : "false", actor->prefix,
                       actor->prefix, actor->prefix);
}

static void read_one(struct story *story, struct actor *actor, uint32_t attribute, const char *user,
                     double value)
{
    json_t *readings = actor->readings;
    scene_reading(story->scene, actor->link, attribute, user, value);
    CLEAN(clean_text) char *name = text_format("%s_%s", actor->prefix, attributes[attribute]);
    json_array_append_new(readings, json_pack("[s, s, f]", name, user ? user : "", value));
}

/* What it reads: each element that is there, unless what it says of it is missing. */
static json_t *read_all(struct story *story, struct actor *actor, uint32_t missing)
{
    actor->readings = json_array();
    for (size_t i = 0; i < USERS; i++) {
        if (!story->present[i])
            continue;
        if (!(missing & 1) || story_one_in(story, 2))
            read_one(story, actor, 0, users[i], story->bad[i]);
        if (!(missing & 2) && story_one_in(story, 2))
            read_one(story, actor, 1, users[i], (double)story_random(story, 2));
    }
    if (!(missing & 4))
        read_one(story, actor, 2, NULL, story->age);
    return actor->readings;
}

static json_t *name_missing(struct story *story, struct actor *actor, uint32_t missing)
{
    json_t *names = json_array();
    for (uint32_t i = 0; i < 3; i++) {
        if (!(missing & 1u << i))
            continue;
        scene_missing(story->scene, actor->link, i, "cannot be read");
        json_array_append_new(names, json_sprintf("%s_%s", actor->prefix, attributes[i]));
    }
    return names;
}

/* By mood: what a collector says of itself, and the judge's word for it. */
static const struct ending {
    int64_t status;
    const char *word;
} endings[MOODS] = {{0, "well"},    {2, "partial"}, {2, "partial"}, {-1, "failed"},
                    {-2, "absent"}, {3, "standby"}, {0, "failed"},  {0, "failed"}};

static void finish_snapshot(struct story *story, struct actor *actor)
{
    struct scene *scene = story->scene;
    const struct ending *ending = &endings[actor->mood];
    uint32_t missing = actor->mood == NAMING ? 1 + (uint32_t)story_random(story, 7) : 0;
    CLEAN(clean_text) char *tables = tables_of(actor);
    actor->link = scene_connect(scene, actor->name, tables);
    json_t *readings = read_all(story, actor, missing);
    json_t *names = name_missing(story, actor, missing);
    if (actor->mood != KILLED)
        scene_outcome(scene, actor->link, ending->status, "");
    scene_eof(actor->link);
    scene_ended(scene, actor->name, actor->mood == KILLED, "exited");
    story_tell(story, "run",
               json_pack("{s:s, s:s, s:o, s:o}", "i", actor->name, "end", ending->word, "readings",
                         readings, "missing", names));
    scene_settle(scene);
    intake_link_free(actor->link);
    actor->link = NULL;
}

static void act_snapshot(struct story *story, struct actor *actor)
{
    const struct instance *instance = scene_instance(story->scene, actor->name);
    if (!course_has_process(&instance->course) || !course_has_run(&instance->course))
        return;
    if (actor->mood != HANGING) {
        finish_snapshot(story, actor);
        return;
    }
    if (instance->course.work != COURSE_LATE)
        return;
    scene_ended(story->scene, actor->name, 0, "deadline");
    story_tell(story, "run",
               json_pack("{s:s, s:s, s:[], s:[]}", "i", actor->name, "end", "failed", "readings",
                         "missing"));
    scene_settle(story->scene);
}

static void end_stream(struct story *story, struct actor *actor)
{
    scene_eof(actor->link);
    scene_ended(story->scene, actor->name, 1, "exited");
    story_tell(story, "died", json_pack("{s:s}", "i", actor->name));
    scene_settle(story->scene);
    intake_link_free(actor->link);
    actor->link = NULL;
}

/* Something of its source was gone before it was read. */
static void lose(struct story *story, struct actor *actor)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_text(&body, "file");
    wire_put_text(&body, "bytes");
    wire_put_text(&body, "it was truncated");
    wire_put_u64(&body, 0);
    wire_put_u64(&body, 100);
    if (scene_send(story->scene, actor->link, MESSAGE_LOST, &body))
        exit(2);
}

static void act_stream(struct story *story, struct actor *actor)
{
    struct scene *scene = story->scene;
    const struct instance *instance = scene_instance(scene, actor->name);
    const struct ending *ending = &endings[actor->mood];
    if (!course_has_process(&instance->course) || actor->mood == HANGING)
        return;
    CLEAN(clean_text) char *tables = tables_of(actor);
    if (!actor->link) {
        actor->link = scene_connect(scene, actor->name, tables);
        story_tell(story, "came", json_pack("{s:s}", "i", actor->name));
    }
    if (actor->mood == KILLED) {
        end_stream(story, actor);
        return;
    }
    bool interval = !story_one_in(story, 4);
    uint32_t missing = actor->mood == NAMING ? 1 + (uint32_t)story_random(story, 7) : 0;
    json_t *readings = read_all(story, actor, missing);
    json_t *names = name_missing(story, actor, missing);
    bool lost = story_one_in(story, 6);
    if (lost)
        lose(story, actor);
    if (interval)
        scene_outcome(scene, actor->link, ending->status, "");
    scene_batch(scene, actor->link, interval ? 1 : 2, "1");
    story_tell(story, "batch",
               json_pack("{s:s, s:s, s:b, s:b, s:o, s:o}", "i", actor->name, "end", ending->word,
                         "interval", interval, "lost", lost, "readings", readings, "missing",
                         names));
    scene_settle(scene);
}

static void drop_links(struct story *story)
{
    for (size_t i = 0; i < ACTORS; i++) {
        intake_link_free(story->actors[i].link);
        story->actors[i].link = NULL;
    }
}

static json_t *collectors_of(struct story *story)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ACTORS; i++) {
        const struct actor *actor = &story->actors[i];
        int64_t deadline_ms = actor->every_ms < MINUTE ? actor->every_ms : MINUTE;
        if (actor->configured)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s, s:I, s:I}", "name", actor->name, "plugin",
                                            actor->prefix, "every", (json_int_t)actor->every_ms,
                                            "deadline", (json_int_t)deadline_ms));
    }
    return list;
}

/* A collector goes from the configuration, or comes back. */
static void reload(struct story *story)
{
    struct actor *actor = &story->actors[1 + story_random(story, 2)];
    actor->configured = !actor->configured;
    json_t *config = json_deep_copy(story->scene->config);
    json_object_set_new(config, "collectors", collectors_of(story));
    presets_fill(config);
    story_tell(story, "config", json_pack("{s:o}", "collectors", collectors_of(story)));
    must(story,
         engine_reload(story->scene->engine, config, story->scene->now, &story->scene->error));
    json_decref(story->scene->config);
    story->scene->config = config;
    story->scene->now.wall_ms++;
    story->scene->now.boot_ms++;
    scene_settle(story->scene);
}

/* Several turns may have taken place in one millisecond. */
static void breathe(struct story *story)
{
    story->scene->now.wall_ms += 3;
    story->scene->now.boot_ms += 3;
}

static void set_clock(struct story *story)
{
    int64_t ms = 3 * SECOND + (int64_t)story_random(story, story_one_in(story, 2) ? HOUR : MINUTE);
    if (story_one_in(story, 2))
        ms = -ms;
    story->scene->now.wall_ms += ms;
    story_tell(story, "clock", json_pack("{s:I}", "by", (json_int_t)ms));
}

static void step_clock(struct story *story)
{
    set_clock(story);
    scene_settle(story->scene);
    breathe(story);
    judge_all(story);
}

/* In order or not: what was committed is all there is. */
static void restart(struct story *story)
{
    bool clean = story_one_in(story, 2);
    story_tell(story, "stop", json_pack("{s:b}", "clean", clean));
    if (clean) {
        scene_close(story->scene);
    } else {
        scene_crash(story->scene);
    }
    drop_links(story);
    int64_t ms = (int64_t)story_random(story, story_one_in(story, 2) ? HOUR : MINUTE) + 1;
    story->scene->now.wall_ms += ms;
    story->scene->now.boot_ms += ms;
    if (story_one_in(story, 5))
        set_clock(story);
    story_tell(story, "start", json_object());
    scene_open(story->scene);
    breathe(story);
}

static void change_moods(struct story *story)
{
    for (size_t i = 0; i < ACTORS; i++) {
        struct actor *actor = &story->actors[i];
        uint64_t roll = story_random(story, 40);
        if (roll < MOODS)
            actor->mood = (enum mood)roll;
        else if (roll < 22)
            actor->mood = WELL;
    }
    for (size_t i = 0; i < USERS; i++) {
        story->present[i] = story->present[i] != story_one_in(story, 8);
        story->bad[i] = story->bad[i] != story_one_in(story, 6);
    }
    if (story_one_in(story, 3))
        story->age = (int)(story_random(story, 3) * 40);
}

static void act(struct story *story)
{
    for (size_t i = 0; i < ACTORS; i++) {
        struct actor *actor = &story->actors[i];
        if (!actor->configured)
            continue;
        if (actor->stream)
            act_stream(story, actor);
        else
            act_snapshot(story, actor);
    }
}

static void begin(struct story *story, uint64_t seed)
{
    static const struct actor cast[ACTORS] = {
        {.name = "a", .prefix = "x", .configured = true},
        {.name = "b", .prefix = "x"},
        {.name = "c", .prefix = "y", .configured = true},
        {.name = "s", .prefix = "z", .configured = true, .stream = true}};
    *story = (struct story){.scene = scene_new(), .random = seed, .age = 10};
    for (size_t i = 0; i < ACTORS; i++) {
        story->actors[i] = cast[i];
        story->actors[i].every_ms = MINUTE * (int64_t)(1 + story_random(story, 5));
    }
    for (size_t i = 0; i < USERS; i++)
        story->present[i] = story_one_in(story, 2);
    story->actors[1].configured = story_one_in(story, 3);
    recipes_add(story);
    json_object_set_new(story->scene->config, "collectors", collectors_of(story));
    story_tell(story, "story",
               json_pack("{s:I, s:o, s:O}", "seed", (json_int_t)seed, "collectors",
                         collectors_of(story), "measures",
                         json_object_get(story->scene->config, "measures")));
    scene_open(story->scene);
}

static void tell(uint64_t seed)
{
    struct story story;
    begin(&story, seed);
    uint64_t steps = 30 + story_random(&story, 20);
    for (uint64_t i = 0; i < steps; i++) {
        pass(&story, 20 * SECOND + (int64_t)story_random(&story, 150 * SECOND));
        if (i)
            change_moods(&story);
        act(&story);
        if (story_one_in(&story, 16))
            step_clock(&story);
        if (story_one_in(&story, 20))
            restart(&story);
        if (story_one_in(&story, 20))
            reload(&story);
        judge_all(&story);
    }
    drop_links(&story);
    scene_free(story.scene);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (uint64_t i = 0; i < seeds; i++)
        tell(first + i);
    return 0;
}

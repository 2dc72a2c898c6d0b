/* What a test sees of a scene: states, rows, leaves, and the answers to commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

json_t *scene_state(struct scene *scene, const char *kind, const char *id)
{
    json_t *json = NULL;
    int code = states_get(scene->engine->turn.store, kind, id, &json, &scene->error);
    if (code && code != ERROR_MISSING)
        scene_must(scene, code);
    return json;
}

void scene_expect(struct scene *scene, const char *id, const char *state)
{
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", id);
    const char *found = json_text_of(row, "state", "none");
    if (strcmp(found, state) != 0)
        fail_msg("%s is %s (%s), not %s", id, found, json_text_of(row, "reason", ""), state);
}

const char *scene_reason(struct scene *scene, const char *id)
{
    static char reason[512];
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", id);
    snprintf(reason, sizeof reason, "%s", json_text_of(row, "reason", ""));
    return reason;
}

void scene_expect_reason(struct scene *scene, const char *id, const char *state, const char *words)
{
    scene_expect(scene, id, state);
    if (!strstr(scene_reason(scene, id), words))
        fail_msg("%s: not \"%s\": %s", id, words, scene_reason(scene, id));
}

bool scene_is_provisional(struct scene *scene, const char *id)
{
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", id);
    assert_non_null(row);
    return json_flag_of(row, "provisional", false);
}

int64_t scene_count(struct scene *scene, const char *sql)
{
    struct store_query *query = store_query(scene->engine->turn.store, sql);
    int row = store_step(query, &scene->error);
    if (row < 0)
        scene_must(scene, row);
    int64_t count = row ? store_integer(query, 0) : -1;
    store_reset(query);
    return count;
}

int64_t scene_findings(struct scene *scene)
{
    return scene_count(scene, "SELECT count(*) FROM findings");
}

int64_t scene_events(struct scene *scene, const char *name)
{
    CLEAN(clean_text)
    char *sql = text_format("SELECT count(*) FROM finding_events WHERE event = '%s'", name);
    return scene_count(scene, sql);
}

int64_t scene_leaves(struct scene *scene, const char *type, const char *words)
{
    int64_t found = 0, size = scene_count(scene, "SELECT max(first + count) FROM bundles");
    CLEAN(clean_text) char *member = text_format("\"t\":\"%s\"", type);
    for (int64_t i = 0; i < size; i++) {
        CLEAN(buffer_finish) struct buffer leaf = {0};
        scene_must(scene, ledger_read(scene->engine->turn.ledger, i, &leaf, &scene->error));
        found += strstr(leaf.data, member) && strstr(leaf.data, words);
    }
    return found;
}

json_t *scene_act(struct scene *scene, const char *command, json_t *arguments)
{
    CLEAN(clean_json)
    json_t *request = json_pack("{s:s, s:o}", "command", command, "arguments", arguments);
    struct acts_asker asker = {.uid = 0, .loginuid = 1000, .asker = scene};
    return acts_control(scene->engine, request, &asker, scene->now);
}

void scene_act_well(struct scene *scene, const char *command, json_t *arguments)
{
    CLEAN(clean_json) json_t *answer = scene_act(scene, command, arguments);
    if (!json_flag_of(answer, "ok", false))
        fail_msg("%s: %s", command, json_text_of(answer, "sentence", "no answer"));
    scene_settle(scene);
}

double scene_query(struct scene *scene, const char *formula)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    struct promql_value value = {0};
    /* Several turns in one millisecond go ahead of the clock. */
    int64_t at_ms = scene->now.wall_ms;
    if (at_ms < scene->engine->turn.now.wall_ms)
        at_ms = scene->engine->turn.now.wall_ms;
    struct promql_request request = {
        .source = measure_source(scene->engine->turn.series),
        .options = {.reach_ms = coverage_reach_ms(&scene->engine->watch)},
        .from_ms = at_ms,
        .to_ms = at_ms};
    assert_int_equal(promql_parse(formula, &promql, &fault), 0);
    scene_must(scene, promql_evaluate(promql, &request, &value, &scene->error));
    double number = value.count ? value.rows[0].points[0].value : (double)NAN;
    series_release(scene->engine->turn.series);
    promql_value_finish(&value);
    promql_free(promql);
    return number;
}

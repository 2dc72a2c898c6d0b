/* Makes a store of months: runs, results, findings, decisions, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/made_store.h"

#include <stdio.h>
#include <string.h>

#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { EVERY = 6 * HOUR, STEPS = DAY / EVERY, STATES = FINDING_DISMISSED + 1, USER = 16 };

struct made {
    struct scene *scene;
    const struct made_plan *plan;
    int rounds; /* in each, all measures are missed and met again; in the last, what is left */
    struct intake_link *stream;
};

static int raised_in(const struct made *made, int round)
{
    const struct made_plan *plan = made->plan;
    return round < made->rounds - 1 ? plan->measures : plan->findings - round * plan->measures;
}

/* --- the configuration --- */

static json_t *add_measure(struct scene *scene, const char *id, const char *formula)
{
    json_t *measure = scene_measure(scene, id, formula, "== 0");
    json_object_set_new(measure, "every", json_integer(EVERY));
    return measure;
}

static void set_text(json_t *object, const char *key, const char *value)
{
    json_object_set_new(object, key, json_string(value));
}

/* One for each reason; at the end all of them stand. */
static void add_unknown(struct scene *scene)
{
    add_measure(scene, "NOT_SET_UP", "sum(never_bad)");
    set_text(add_measure(scene, "LOST", "sum(gone_bad)"), "when_empty", "met");
    add_measure(scene, "STOPPED", "sum(slow_bad)");
    add_measure(scene, "INVALID", "sum(accounts_age) / sum(accounts_age)"); /* 0 / 0 */
    json_t *few = add_measure(scene, "TOO_FEW", "sum(few_bad)");
    json_object_set_new(few, "population", json_pack("[s, s]", "ann", "bob"));
    set_text(few, "population_by", "user");
}

static void add_others(struct scene *scene)
{
    json_t *risk = scene_measure(scene, "AT_RISK", "max(accounts_age)", "< 0");
    set_text(json_object_get(risk, "criterion"), "tolerance", "<= 0");
    json_t *excluded = add_measure(scene, "EXCLUDED", "sum(accounts_bad)");
    json_object_set_new(excluded, "controls", json_pack("[s]", "own:1 A"));
    json_object_set_new(scene->config, "soa",
                        json_pack("[{s:s, s:b, s:s, s:s, s:s, s:s}]", "control", "own:1 A",
                                  "applicable", 0, "justification", "no such", "owner", "ann",
                                  "review_due", "2030-01-01", "status", ""));
    json_object_set_new(scene->config, "objectives",
                        json_pack("[{s:s, s:i, s:s, s:[s], s:s, s:b}]", "id", "O1", "version", 1,
                                  "statement", "Nobody is bad.", "measures", "M000", "due",
                                  "2030-01-01", "enabled", 1));
}

static void configure(struct made *made)
{
    static const char *const urgencies[] = {"now", "day", "digest"};
    struct scene *scene = made->scene;
    scene_collector(scene, "accounts", EVERY);
    scene_collector(scene, "few", EVERY);
    scene_collector(scene, "gone", EVERY);
    scene_collector(scene, "slow", DAY);
    scene_collector(scene, "log", EVERY);
    scene_collector(scene, "never", EVERY);
    json_t *collectors = json_object_get(scene->config, "collectors");
    json_object_set_new(json_array_get(collectors, 5), "enabled", json_false());
    scene_channel(scene, "hook");
    for (int i = 0; i < made->plan->measures; i++) {
        CLEAN(clean_text) char *id = text_format("M%03d", i);
        CLEAN(clean_text)
        char *formula = text_format("sum(accounts_bad{user=\"u%03d\"})", i);
        set_text(add_measure(scene, id, formula), "urgency", urgencies[i % 3]);
    }
    add_unknown(scene);
    add_others(scene);
}

/* --- a step of six hours --- */

/* Is this measure missed? In the last round some stand to the end, and some return once. */
static bool is_bad(const struct made *made, int round, int quarter, int measure)
{
    if (measure >= raised_in(made, round))
        return false;
    if (round < made->rounds - 1)
        return quarter < 2;
    bool stands = measure % STATES < 3 && measure % 2 == 0;
    return quarter == 0 || stands || (quarter == 2 && measure % 4 == 1);
}

/* Each collector has attributes of its own: NAME_bad, NAME_hits, NAME_age. */
static struct intake_link *begin(struct scene *scene, const char *name)
{
    bool stream = strcmp(name, "log") == 0;
    CLEAN(clean_text)
    char *tables = text_format(
        "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":%s,\"attributes\":["
        "{\"name\":\"%s_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
        "{\"name\":\"%s_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
        "{\"name\":\"%s_age\",\"kind\":\"gauge\",\"labels\":[]}]}",
        stream ? "true" : "false", name, name, name);
    return scene_connect(scene, name, tables);
}

static void run_accounts(struct made *made, int round, int quarter)
{
    struct scene *scene = made->scene;
    struct intake_link *link = begin(scene, "accounts");
    for (int i = 0; i < made->plan->measures; i++) {
        char user[USER];
        snprintf(user, sizeof user, "u%03d", i);
        scene_reading(scene, link, 0, user, is_bad(made, round, quarter, i));
    }
    scene_reading(scene, link, 2, NULL, 0);
    scene_outcome(scene, link, 0, "");
    scene_leave(scene, link, "accounts", 0);
}

/* Nobody of them is bad. */
static void run(struct scene *scene, const char *name, int64_t status, const char *const *users)
{
    struct intake_link *link = begin(scene, name);
    for (; *users; users++)
        scene_reading(scene, link, 0, *users, 0);
    if (status == CFD_PARTIAL)
        scene_missing(scene, link, 2, "it may not be read");
    scene_outcome(scene, link, status, status < 0 ? "its source cannot be read" : "");
    scene_leave(scene, link, name, 0);
}

/* Two are to be seen, and each month one is silent; each week a run is partial. */
static void run_others(struct made *made, int step)
{
    struct scene *scene = made->scene;
    int day = step / STEPS;
    run(scene, "few", step % (7 * STEPS) == 3 ? CFD_PARTIAL : 0,
        day % 30 < 28 ? scene_both : scene_ann);
    run(scene, "gone", day < 2 ? 0 : CFD_ERROR, scene_nobody);
}

static void run_stream(struct made *made, int step)
{
    if (!made->stream)
        made->stream = begin(made->scene, "log");
    CLEAN(clean_text) char *position = text_format("%d", step);
    for (int i = 0; i < step % 5; i++)
        scene_reading(made->scene, made->stream, 1, "ann", 1);
    scene_reading(made->scene, made->stream, 2, NULL, step);
    scene_batch(made->scene, made->stream, 1, position);
    scene_settle(made->scene);
}

/* What the courier was given; the first of all is refused once. */
static void deliver(struct scene *scene, bool takes)
{
    size_t i;
    json_t *item;
    CLEAN(clean_json) json_t *given = scene->delivered;
    scene->delivered = json_array();
    json_array_foreach (given, i, item) {
        json_int_t id = (json_int_t)json_integer_of(item, "id", 0);
        CLEAN(clean_json)
        json_t *told = json_pack("{s:I, s:b, s:i, s:s}", "id", id, "ok", takes, "after_ms", 0,
                                 "why", takes ? "" : "refused");
        scene_must(scene, engine_delivered(scene->engine, told, scene->now, &scene->error));
    }
    scene_settle(scene);
}

/* It sleeps for so long: nothing in between is gone through. */
static void leap(struct scene *scene, int64_t ms)
{
    scene->now.wall_ms += ms;
    scene->now.boot_ms += ms;
    scene_settle(scene);
}

static void take_step(struct made *made, int step, int round, int quarter)
{
    if (step)
        leap(made->scene, EVERY);
    run_accounts(made, round, quarter);
    run_others(made, step);
    if (course_has_process(&scene_instance(made->scene, "slow")->course))
        run(made->scene, "slow", 0, scene_bob);
    run_stream(made, step);
    if (!step)
        scene_act_well(made->scene, "adopt", json_object());
    deliver(made->scene, step % (5 * STEPS) != 1);
}

/* --- what people decide --- */

static void move(struct scene *scene, const char *ref, enum finding_state to)
{
    const struct register_move wanted = {
        .ref = ref, .to = to, .actor = {"uid 1000", true}, .reason = "it was looked at"};
    struct moment now = scene->now;
    scene_must(scene, engine_turn_begin(scene->engine, &now, &scene->error));
    scene_must(scene, register_move(&scene->engine->turn, &wanted, &scene->error));
    scene_must(scene, engine_turn_end(scene->engine, &scene->error));
    scene->now.wall_ms++;
    scene->now.boot_ms++;
}

/* No act of a person goes beyond taking it yet. */
static void bring(struct scene *scene, const char *ref, enum finding_state to)
{
    if (to == FINDING_DISMISSED)
        scene_act_well(scene, "nc_dismiss",
                       json_pack("{s:s, s:s}", "ref", ref, "reason", "false_positive"));
    else if (to >= FINDING_REGISTERED)
        scene_act_well(scene, "nc_take", json_pack("{s:s, s:s}", "ref", ref, "owner", "it"));
    for (int state = FINDING_EVALUATED; state <= (int)to && to != FINDING_DISMISSED; state++)
        move(scene, ref, (enum finding_state)state);
}

/* The references of the measures' candidates, in their order. */
static json_t *candidates(struct scene *scene)
{
    json_t *refs = json_array();
    struct store_query *query =
        store_query(scene->engine->turn.store, "SELECT ref FROM findings WHERE state = 'candidate'"
                                               " AND key LIKE 'measure:M%' ORDER BY key");
    int row;
    while ((row = store_step(query, &scene->error)) == 1)
        json_array_append_new(refs, json_string(store_text(query, 0)));
    scene_must(scene, row);
    return refs;
}

static void decide(struct made *made, bool last)
{
    size_t i;
    json_t *ref;
    CLEAN(clean_json) json_t *refs = candidates(made->scene);
    json_array_foreach (refs, i, ref) {
        enum finding_state ended = i % 2 ? FINDING_DISMISSED : FINDING_CLOSED;
        bring(made->scene, json_string_value(ref), last ? (enum finding_state)(i % STATES) : ended);
    }
}

/* --- the whole --- */

/* conformd is down for three days, and ends soon after it came back: before the slow one told. */
static void be_absent(struct made *made)
{
    struct scene *scene = made->scene;
    scene_eof(made->stream);
    intake_link_free(made->stream);
    made->stream = NULL;
    scene_close(scene);
    scene->now.wall_ms += 3 * DAY;
    scene->now.boot_ms += 3 * DAY;
    scene->courier = false;
    scene_open(scene);
    run_accounts(made, made->rounds - 1, 3);
    run_others(made, 29 * STEPS);
    run_stream(made, 0);
    scene_settle(scene);
    scene_eof(made->stream);
    intake_link_free(made->stream);
    scene_close(scene);
}

void made_store(struct scene *scene, const struct made_plan *plan)
{
    struct made made = {.scene = scene,
                        .plan = plan,
                        .rounds = (plan->findings + plan->measures - 1) / plan->measures};
    int steps = plan->days * STEPS / made.rounds;
    if (plan->findings < 1 || steps < STEPS)
        fail_msg("%d findings of %d measures take %d days, not %d", plan->findings, plan->measures,
                 made.rounds, plan->days);
    configure(&made);
    scene_open(scene);
    scene->courier = true;
    engine_courier_came(scene->engine);
    for (int round = 0; round < made.rounds; round++) {
        for (int i = 0; i < steps; i++)
            take_step(&made, round * steps + i, round, i * 4 / steps);
        decide(&made, round == made.rounds - 1);
    }
    be_absent(&made);
}

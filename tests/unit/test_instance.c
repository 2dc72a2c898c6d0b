/* The life of an instance, state by state, and what is remembered of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "evidence/instance/instance.h"
#include "evidence/instance/memory.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

/* Events in the order of enum course_event: A ask run, B ask proof, C connect, D collect, E
 * outcome, F deadline, G disconnect, H drop, I process ended, J conclude. What comes of a state:
 * its first letter (K for closed, R for orphan), or a point where it cannot be. */
static const char stage_letters[] = "IAOKRV", work_letters[] = "0RLP";
static const char *const stages[COURSE_STAGES] = {
    /*                  ABCDEFGHIJ */
    [COURSE_IDLE] = "AAR...II..",   [COURSE_ASKED] = "..O..AAAV.",  [COURSE_OPEN] = "..OOOOKKR.",
    [COURSE_CLOSED] = "..O.KKKKV.", [COURSE_ORPHAN] = "AAR.R.VI..", [COURSE_OVER] = "..R...VV.I",
};
static const char *const works[COURSE_WORKS] = {
    /*                  ABCDEFGHIJ */
    [COURSE_RESTS] = "RP0R0.0000",
    [COURSE_RUNS] = "RPR.0LRRR0",
    [COURSE_LATE] = "RPL.0.LLL0",
    [COURSE_PROVES] = "..P.P.PPP0",
};

static void each_state_takes_what_it_can(void **state)
{
    (void)state;
    for (int stage = 0; stage < COURSE_STAGES; stage++) {
        for (int work = 0; work < COURSE_WORKS; work++) {
            for (int event = 0; event < COURSE_EVENTS; event++) {
                struct course course = {(enum course_stage)stage, (enum course_work)work};
                char to = stages[stage][event], does = works[work][event];
                bool can = to != '.' && does != '.';
                int code = course_move(&course, (enum course_event)event);
                char is = stage_letters[course.stage], doing = work_letters[course.work];
                if (code != (can ? 0 : ERROR_STATE) || is != (can ? to : stage_letters[stage]) ||
                    doing != (can ? does : work_letters[work]))
                    fail_msg("%c%c at event %c: %c%c, code %d", stage_letters[stage],
                             work_letters[work], 'A' + event, is, doing, code);
            }
        }
    }
}

static void states_say_what_is_there(void **state)
{
    (void)state;
    for (int stage = 0; stage < COURSE_STAGES; stage++) {
        struct course course = {.stage = (enum course_stage)stage};
        char letter = stage_letters[stage];
        assert_int_equal(course_has_process(&course), strchr("AOK", letter) != NULL);
        assert_int_equal(course_has_channel(&course), strchr("OR", letter) != NULL);
    }
    for (int work = 0; work < COURSE_WORKS; work++) {
        struct course course = {.work = (enum course_work)work};
        assert_int_equal(course_has_run(&course), strchr("RL", work_letters[work]) != NULL);
    }
}

/* A run of a snapshot, of its process that stays, and one that passes its deadline. */
static void a_life_from_start_to_end(void **state)
{
    struct instance instance = {.every_ms = 10000};
    struct moment now = {1000, 500};
    CLEAN(clean_json) json_t *ended = json_pack("{s:s, s:i}", "reason", "stopped", "code", 0);
    (void)state;
    assert_true(instance_start(&instance, 1, now));
    assert_false(instance_start(&instance, 2, now));
    assert_false(instance_collect(&instance, 2, now));
    assert_int_equal(instance.due.boot_ms, 10500);
    assert_true(instance_connect(&instance));
    assert_true(instance_is_busy(&instance));
    assert_true(instance_outcome(&instance));
    assert_true(instance.run.ready);
    assert_false(instance_is_busy(&instance));
    instance.run.ready = false;
    assert_false(instance_overdue(&instance));
    assert_true(instance_collect(&instance, 2, now));
    assert_int_equal(instance.started.run, 2);
    assert_int_equal(instance.process.run, 1);
    assert_true(instance_overdue(&instance));
    instance_disconnect(&instance, NULL);
    assert_int_equal(instance.course.stage, COURSE_CLOSED);
    instance_ended(&instance, ended);
    assert_int_equal(instance.course.stage, COURSE_IDLE);
    assert_int_equal(instance.course.work, COURSE_RESTS);
    assert_true(instance.run.ready && instance.run.status < 0);
    assert_string_equal(instance.run.why, "it passed its deadline and was ended");
    instance_finish(&instance);
}

static const char declared[] =
    "{\"stream\":true,\"pushed\":true,\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\"}]}";

static void make(struct instance *ret)
{
    CLEAN(clean_json) json_t *config = json_pack("{s:s, s:s}", "name", "c", "plugin", "p");
    assert_int_equal(instance_init(ret, config), 0);
}

/* A process before: its outcome ends its own run, its fault is its own. */
static void a_process_before_still_speaks(void **state)
{
    (void)state;
    struct moment now = {.wall_ms = 1000, .boot_ms = 1000};
    struct instance instance;
    make(&instance);
    instance.stream = false;
    instance.every_ms = INSTANCE_RESIDENT_MS / 2;
    assert_true(instance_start(&instance, 1, now));
    assert_true(instance_outcome(&instance));
    assert_true(instance.run.ready);
    assert_int_equal(instance.course.stage, COURSE_ASKED);
    assert_int_equal(instance.course.work, COURSE_RUNS);
    instance_disconnect(&instance, "a message of 3 bytes");
    assert_null(instance.process.broken);
    instance_finish(&instance);

    make(&instance);
    instance_disconnect(&instance, "a message of 3 bytes");
    assert_true(instance.run.ready);
    assert_string_equal(instance.run.why, "it broke the protocol: a message of 3 bytes");
    assert_null(instance.process.broken);
    instance_finish(&instance);
}

/* Members that are remembered as numbers or flags: none may be zero once it was read back. */
#define CASE(member)                                                                               \
    {                                                                                              \
#member, offsetof(struct instance, member), sizeof((struct instance){0}.member)            \
    }
static const struct member {
    const char *name;
    size_t offset, size;
} members[] = {
    CASE(condition),
    CASE(standing.ever_well),
    CASE(standing.stepped),
    CASE(standing.clock_set),
    CASE(standing.last_end_ms),
    CASE(standing.last_well_ms),
    CASE(standing.last_whole_ms),
    CASE(standing.watch_from_ms),
    CASE(overflow.at_ms),
    CASE(names.plain),
    CASE(names.switched),
    CASE(names.from_ms),
    CASE(pushed.kept_ms),
    CASE(record.tables_leaf),
    CASE(record.told_ms),
    CASE(record.untold),
    CASE(record.fold.runs),
    CASE(record.fold.first_ms),
    CASE(record.fold.last_ms),
    CASE(counts.due),
    CASE(counts.taken),
};
enum { MEMBERS = sizeof members / sizeof *members };

/* Every member another value; 3 in a byte that is a flag would be none. */
static void fill(struct instance *instance)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        char *member = (char *)instance + members[i].offset;
        int64_t value = 1000 + (int64_t)i;
        if (members[i].size == sizeof value)
            memcpy(member, &value, sizeof value);
        else
            *member = 1;
    }
    CLEAN(clean_json) json_t *tables = json_loads(declared, 0, NULL);
    assert_int_equal(instance_take_tables(instance, tables, NULL), 0);
    struct attribute *attribute = instance_attribute(instance, "x");
    attribute->missing = attribute->measured = true;
    attribute->missing_why = strdup("gone");
    assert_int_equal(spans_add(&attribute->missed, 5, 6), 0);
    assert_int_equal(spans_add(&instance->standing.watched, 7, 8), 0);
    assert_int_equal(seen_add(&instance->record.fold.seen, "file", 10, 2), 0);
    memset(instance->record.fold.hash, 'f', DIGEST_TEXT_SIZE - 1);
    instance->record.evidence[0] = 40;
    instance->record.evidence_ms[0] = 41;
    instance->reason = strdup("why");
    instance->last_run = json_pack("{s:i}", "id", 9);
}

static const char *const kept[] = {
    "clock_set",    "condition",   "due",         "ever_well",   "evidence", "folded",
    "folded_first", "folded_hash", "folded_last", "folded_seen", "kept",     "last_end",
    "last_run",     "last_well",   "last_whole",  "measured",    "missed",   "missing",
    "names_from",   "overflow",    "plain",       "reason",      "stepped",  "switched",
    "tables",       "tables_hash", "tables_leaf", "taken",       "told",     "untold",
    "watch_from",   "watched",
};

static void expect_members(const struct instance *instance, const struct instance *was)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct member *member = &members[i];
        const char *is = (const char *)instance + member->offset;
        int64_t zero = 0;
        if (memcmp(is, (const char *)was + member->offset, member->size) != 0 ||
            memcmp(is, &zero, member->size) == 0)
            fail_msg("%s is not remembered", member->name);
    }
}

static void all_that_is_remembered_comes_back(void **state)
{
    struct instance instance, again;
    (void)state;
    make(&instance);
    make(&again);
    fill(&instance);
    CLEAN(clean_json) json_t *memory = memory_save(&instance);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (!json_object_get(memory, kept[i]))
            fail_msg("%s is not kept", kept[i]);
    assert_int_equal(json_object_size(memory), sizeof kept / sizeof *kept);
    assert_int_equal(memory_load(&again, memory), 0);
    expect_members(&again, &instance);
    assert_true(again.names.hides);
    assert_string_equal(again.reason, "why");
    assert_string_equal(again.tables_hash, instance.tables_hash);
    assert_string_equal(again.record.fold.hash, instance.record.fold.hash);
    CLEAN(clean_json) json_t *twice = memory_save(&again);
    assert_true(json_equal(memory, twice));
    instance_finish(&instance);
    instance_finish(&again);
}

/* An older store has less: what it lacks stays as a new instance has it. */
static void what_is_not_there_stays(void **state)
{
    struct instance instance;
    CLEAN(clean_json)
    json_t *memory = json_pack("{s:s, s:I}", "condition", "well", "last_well", (json_int_t)77);
    (void)state;
    make(&instance);
    instance.names.plain = true;
    assert_int_equal(memory_load(&instance, memory), 0);
    assert_int_equal(instance.condition, CONDITION_WELL);
    assert_true(instance.names.plain);
    assert_int_equal(instance.record.tables_leaf, -1);
    assert_int_equal(instance.record.evidence[0], -1);
    assert_int_equal(instance.standing.watch_from_ms, 77);
    instance_finish(&instance);
}

/* A leaf tells all but what other leaves tell; a rebuild compares by the same table. */
static void leaves_tell_what_is_marked(void **state)
{
    struct instance instance;
    (void)state;
    make(&instance);
    fill(&instance);
    CLEAN(clean_json) json_t *told = memory_tell(&instance);
    static const char *const elsewhere[] = {"tables", "evidence", "due", "taken"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_null(json_object_get(told, elsewhere[i]));
    assert_int_equal(json_object_size(told), sizeof kept / sizeof *kept - 4);
    assert_int_equal(memory_marks("untold"), MEMORY_MOVES);
    assert_int_equal(memory_marks("due"), MEMORY_MOVES | MEMORY_ELSEWHERE);
    assert_int_equal(memory_marks("condition"), MEMORY_LASTS);
    assert_int_equal(memory_marks("told"), MEMORY_LASTS);
    assert_int_equal(memory_marks("evidence"), MEMORY_LASTS | MEMORY_ELSEWHERE);
    assert_int_equal(memory_marks("reason"), 0);
    assert_int_equal(memory_marks("no such field"), 0);
    instance_finish(&instance);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_takes_what_it_can),
        cmocka_unit_test(states_say_what_is_there),
        cmocka_unit_test(a_life_from_start_to_end),
        cmocka_unit_test(a_process_before_still_speaks),
        cmocka_unit_test(all_that_is_remembered_comes_back),
        cmocka_unit_test(what_is_not_there_stays),
        cmocka_unit_test(leaves_tell_what_is_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

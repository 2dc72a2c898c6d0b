/* Random histories of a log file, with crashes of who reads it: each line is counted once. */
#include "test_log.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Random appends (whole and in pieces), rotations, collects and crashes. */
struct world {
    struct place *place;
    uint64_t seed;
    int next;       /* number of the next line */
    int rotations;  /* files a.log.1 ... */
    bool copies;    /* copytruncate */
    unsigned *seen; /* how often each number was counted */
};

static unsigned pick(struct world *world, unsigned range)
{
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->seed >> 33) % range;
}

/* What was committed counts. */
static void harvest(struct world *world)
{
    struct fake *fake = world->place->fake;
    for (size_t i = 0; i < fake->reading_count; i++) {
        const struct fake_reading *reading = &fake->readings[i];
        int64_t number;
        if (strcmp(reading->attribute->name, "log_numbers") != 0)
            continue;
        assert_int_equal(text_to_integer(reading->labels[0], &number), 0);
        assert_in_range(number, 0, world->next);
        world->seen[number] += (unsigned)reading->value;
    }
    assert_int_equal(fake->lost.count, 0);
    fake_clear(fake);
}

static void collect_some(struct world *world)
{
    struct fake *fake = world->place->fake;
    if (!fake->started) {
        assert_int_equal(fake_open(fake), CFD_OK);
        assert_int_equal(fake_start(fake), CFD_OK);
    }
    unsigned times = 1 + pick(world, 3);
    for (unsigned i = 0; i < times; i++)
        assert_true(fake_collect(fake) >= 0 || fake->status == CFD_ABSENT);
}

static void append_some(struct world *world)
{
    unsigned count = pick(world, 4);
    for (unsigned i = 0; i <= count; i++) {
        CLEAN(clean_text) char *line = text_format("line with n=%d\n", world->next++);
        size_t cut = pick(world, (unsigned)strlen(line));
        CLEAN(clean_text) char *front = strndup(line, cut);
        fake_append(world->place->root, "a.log", front);
        if (pick(world, 4) == 0)
            collect_some(world);
        fake_append(world->place->root, "a.log", line + cut);
    }
}

static void rotate(struct world *world)
{
    if (world->copies) {
        /* A copy is known by what was read before it: something must have been. */
        collect_some(world);
        if (pick(world, 2) == 0)
            append_some(world);
    }
    for (int i = world->rotations; i > 0; i--) {
        CLEAN(clean_text) char *from = text_format("a.log.%d", i);
        CLEAN(clean_text) char *to = text_format("a.log.%d", i + 1);
        log_move(world->place, from, to);
    }
    world->rotations++;
    if (world->copies) {
        fake_copy(world->place->root, "a.log.1", world->place->path);
        log_cut(world->place, "a.log", 0);
    } else {
        log_move(world->place, "a.log", "a.log.1");
        if (pick(world, 2) == 0)
            collect_some(world);
        fake_file(world->place->root, "a.log", "");
    }
    if (pick(world, 2) == 0)
        collect_some(world);
    append_some(world);
}

static void live(struct world *world)
{
    switch (pick(world, 8)) {
    case 0:
    case 1:
    case 2:
        append_some(world);
        return;
    case 3:
    case 4:
        collect_some(world);
        return;
    case 5:
    case 6:
        fake_crash(world->place->fake);
        harvest(world);
        return;
    default:
        if (world->rotations < 6)
            rotate(world);
    }
}

static void run_world(struct world *world)
{
    fake_file(world->place->root, "a.log", "");
    collect_some(world);
    append_some(world);
    for (int i = 0; i < 60; i++)
        live(world);
    harvest(world);
    assert_int_equal(fake_run(world->place->fake), CFD_OK);
    harvest(world);
    for (int i = 0; i < world->next; i++) {
        if (world->seen[i] != 1)
            fail_msg("line %d of %d was counted %u times", i, world->next, world->seen[i]);
    }
}

static void run_worlds(bool copies)
{
    for (uint64_t seed = 1; seed <= 25; seed++) {
        void *state = NULL;
        log_set_up(&state);
        struct world world = {.place = state,
                              .seed = seed * 7919 + copies,
                              .copies = copies,
                              .seen = calloc(4096, sizeof *world.seen)};
        run_world(&world);
        free(world.seen);
        log_tear_down(&state);
    }
}

void test_each_line_once_rename(void **state)
{
    (void)state;
    run_worlds(false);
}

void test_each_line_once_copytruncate(void **state)
{
    (void)state;
    run_worlds(true);
}

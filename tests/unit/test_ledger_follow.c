/* A reader's ledger follows what is committed, over full tiles too, and believes no other root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/ledger/ledger.h"
#include "kit/store_scene.h"

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct store *store, *reading;
    struct ledger *ledger, *reader;
    struct error error;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->store = store_scene_new(bench->folder);
    assert_int_equal(ledger_open(bench->store, &bench->ledger, &bench->error), 0);
    assert_int_equal(store_open(bench->folder, STORE_READ, &bench->reading, &bench->error), 0);
    ledger_turn(bench->ledger, 1795323600000);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    ledger_close(bench->reader);
    ledger_close(bench->ledger);
    store_close(bench->reading);
    store_close(bench->store);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

/* One commit of so many leaves. */
static void commit(struct bench *bench, int leaves)
{
    int64_t index;
    assert_int_equal(store_begin(bench->store, &bench->error), 0);
    for (int i = 0; i < leaves; i++)
        assert_int_equal(ledger_append(bench->ledger, LEAF_EVIDENCE, json_pack("{s:i}", "n", i),
                                       &index, &bench->error),
                         0);
    assert_int_equal(ledger_seal(bench->ledger, &bench->error), 0);
    assert_int_equal(store_commit(bench->store, &bench->error), 0);
}

static void same(struct bench *bench)
{
    struct ledger_head mine, theirs;
    struct ledger_path path, read;
    if (ledger_refresh(bench->reader, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
    ledger_head(bench->ledger, &mine);
    ledger_head(bench->reader, &theirs);
    assert_int_equal(mine.size, theirs.size);
    assert_memory_equal(mine.root, theirs.root, sizeof mine.root);
    for (int64_t i = 0; i < mine.size; i += 97) {
        assert_int_equal(ledger_inclusion(bench->ledger, i, mine.size, &path, &bench->error), 0);
        assert_int_equal(ledger_inclusion(bench->reader, i, mine.size, &read, &bench->error), 0);
        assert_int_equal(path.count, read.count);
        assert_memory_equal(path.hashes, read.hashes, path.count * LEDGER_HASH_SIZE);
    }
}

static void test_it_follows(void **state)
{
    struct bench *bench = *state;
    static const int leaves[] = {1, 3, 250, 2, 1, 300, 500, 7};
    commit(bench, 2);
    assert_int_equal(ledger_open(bench->reading, &bench->reader, &bench->error), 0);
    same(bench);
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        commit(bench, leaves[i]);
        if (i % 3 != 1)
            same(bench);
    }
    for (int i = 0; i < 200; i++)
        commit(bench, 1);
    same(bench);
    assert_int_equal(ledger_verify(bench->ledger, &(int64_t){0}, &bench->error), 0);
}

static void test_another_root_is_refused(void **state)
{
    struct bench *bench = *state;
    commit(bench, 2);
    assert_int_equal(ledger_open(bench->reading, &bench->reader, &bench->error), 0);
    commit(bench, 3);
    assert_int_equal(
        store_run(store_query(bench->store, "UPDATE bundles SET root = zeroblob(32) WHERE first=2"),
                  &bench->error),
        0);
    assert_int_equal(ledger_refresh(bench->reader, &bench->error), ERROR_FORMAT);
    assert_non_null(strstr(error_sentence(&bench->error), "root"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_it_follows), TEST(test_another_root_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The ledger in its store: leaves, proofs across tiles, damage found, turns taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "kit/proofs.h"
#include "kit/store_scene.h"

enum { HASH = LEDGER_HASH_SIZE };

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct store *store;
    struct ledger *ledger;
    struct error error;
};

static void open_ledger(struct bench *bench)
{
    if (store_open(bench->folder, STORE_WRITE, &bench->store, &bench->error) ||
        ledger_open(bench->store, &bench->ledger, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
    ledger_turn(bench->ledger, 1795323600000);
}

static void close_ledger(struct bench *bench)
{
    ledger_close(bench->ledger);
    store_close(bench->store);
    bench->ledger = NULL;
    bench->store = NULL;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    store_scene_folder(bench->folder);
    open_ledger(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    close_ledger(bench);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static void run(struct store *store, const char *sql)
{
    struct error error = {0};
    if (store_run(store_query(store, sql), &error))
        fail_msg("%s", error_sentence(&error));
}

static void begin(struct bench *bench)
{
    assert_int_equal(store_begin(bench->store, &bench->error), 0);
}

static void commit(struct bench *bench)
{
    if (ledger_seal(bench->ledger, &bench->error) || store_commit(bench->store, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

static int64_t append(struct bench *bench, int64_t number)
{
    int64_t index = -1;
    json_t *fields = json_object();
    json_object_set_new(fields, "n", json_integer(number));
    if (ledger_append(bench->ledger, LEAF_EVIDENCE, fields, &index, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
    return index;
}

static void append_turn(struct bench *bench, int64_t count)
{
    struct ledger_head head;
    ledger_head(bench->ledger, &head);
    begin(bench);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(append(bench, head.size + i), head.size + i);
    commit(bench);
}

static void test_leaf_is_canonical(void **state)
{
    struct bench *bench = *state;
    CLEAN(buffer_finish) struct buffer leaf = {0};
    int64_t index;
    json_t *fields =
        json_pack("{s:s,s:[i,b],s:{s:s}}", "zone", "\xc3\xa9", "list", 1, 1, "inner", "b", "x");
    begin(bench);
    assert_int_equal(ledger_append(bench->ledger, LEAF_START, fields, &index, &bench->error), 0);
    assert_int_equal(index, 0);
    assert_int_equal(ledger_read(bench->ledger, 0, &leaf, &bench->error), ERROR_MISSING);
    commit(bench);
    assert_int_equal(ledger_read(bench->ledger, 0, &leaf, &bench->error), 0);
    assert_string_equal(leaf.data,
                        "{\"inner\":{\"b\":\"x\"},\"list\":[1,true],\"t\":\"start\","
                        "\"ts\":\"2026-11-22T05:00:00.000Z\",\"v\":1,\"zone\":\"\xc3\xa9\"}");
    assert_int_equal(ledger_read(bench->ledger, 1, &leaf, &bench->error), ERROR_MISSING);
    assert_int_equal(ledger_read(bench->ledger, -1, &leaf, &bench->error), ERROR_MISSING);
}

static json_t *nested(int depth)
{
    json_t *value = json_string("deep");
    for (int i = 0; i < depth; i++) {
        json_t *outer = json_array();
        json_array_append_new(outer, value);
        value = outer;
    }
    return json_pack("{s:o}", "a", value);
}

static json_t *long_text(size_t length)
{
    char *text = malloc(length + 1);
    memset(text, 'a', length);
    text[length] = '\0';
    json_t *fields = json_pack("{s:s}", "a", text);
    free(text);
    return fields;
}

static void test_what_a_leaf_may_not_hold(void **state)
{
    struct bench *bench = *state;
    struct {
        json_t *fields;
        int code;
    } cases[] = {
        {json_pack("{s:f}", "a", 1.5), ERROR_FORMAT},
        {json_pack("{s:{s:[f]}}", "a", "b", 1.0), ERROR_FORMAT},
        {json_pack("{s:n}", "a"), ERROR_FORMAT},
        {json_pack("{s:I}", "a", (json_int_t)1 << 53), ERROR_FORMAT},
        {json_pack("{s:I}", "a", -((json_int_t)1 << 53)), ERROR_FORMAT},
        {json_pack("{s:I}", "a", ((json_int_t)1 << 53) - 1), 0},
        {json_array(), ERROR_FORMAT},
        {NULL, ERROR_FORMAT},
        {nested(5), 0},
        {nested(40), ERROR_FORMAT},
        {long_text(65535 - 60), 0},
        {long_text(65535), ERROR_LIMIT},
    };
    int64_t index, expected = 0;
    begin(bench);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = ledger_append(bench->ledger, LEAF_STATE, cases[i].fields, &index, &bench->error);
        if (code != cases[i].code)
            fail_msg("case %zu: %d", i, code);
        if (!code)
            assert_int_equal(index, expected++);
    }
    commit(bench);
    assert_int_equal(ledger_verify(bench->ledger, &index, &bench->error), 0);
    assert_int_equal(index, expected);
}

/* Many turns of many sizes, closed and opened between, equal one tree of the same leaves. */
static void test_turns_close_and_open(void **state)
{
    struct bench *bench = *state;
    static const int64_t turns[] = {1, 254, 1, 1, 0, 255, 300, 7, 513, 1};
    struct merkle_hasher *hasher;
    struct merkle_edge edge = {0};
    struct ledger_head head;
    CLEAN(buffer_finish) struct buffer leaf = {0};
    uint8_t hash[HASH];
    int64_t total = 0;
    assert_int_equal(merkle_hasher_new(&hasher), 0);
    for (size_t t = 0; t < sizeof turns / sizeof *turns; t++) {
        append_turn(bench, turns[t]);
        for (int64_t i = 0; i < turns[t]; i++, total++) {
            assert_int_equal(ledger_read(bench->ledger, total, &leaf, &bench->error), 0);
            merkle_leaf(hasher, leaf.data, leaf.length, hash);
            merkle_push(hasher, &edge, hash, NULL);
        }
        merkle_root(hasher, &edge, hash);
        ledger_head(bench->ledger, &head);
        assert_int_equal(head.size, total);
        assert_memory_equal(head.root, hash, HASH);
        close_ledger(bench);
        open_ledger(bench);
        ledger_head(bench->ledger, &head);
        assert_int_equal(head.size, total);
        assert_memory_equal(head.root, hash, HASH);
    }
    assert_int_equal(ledger_verify(bench->ledger, &total, &bench->error), 0);
    assert_int_equal(total, head.size);
    merkle_hasher_free(hasher);
}

static void check_proofs(struct bench *bench, const struct tree *tree, int64_t size)
{
    struct ledger_path path;
    uint8_t root[HASH], old_root[HASH];
    naive_root(tree, 0, size, root);
    static const int64_t at[] = {0, 1, 127, 128, 254, 255, 256, 257, 511, 512, 513, 767, 769};
    for (size_t i = 0; i < sizeof at / sizeof *at && at[i] < size; i++) {
        assert_int_equal(ledger_inclusion(bench->ledger, at[i], size, &path, &bench->error), 0);
        assert_true(inclusion_holds(tree->hasher, &path,
                                    &(struct claim){at[i], size, tree->hashes[at[i]], root}));
        naive_root(tree, 0, at[i] + 1, old_root);
        assert_int_equal(ledger_consistency(bench->ledger, at[i] + 1, size, &path, &bench->error),
                         0);
        assert_true(consistency_holds(tree->hasher, &path,
                                      &(struct claim){at[i] + 1, size, old_root, root}));
        path.hashes[0][3] ^= 1;
        if (path.count)
            assert_false(consistency_holds(tree->hasher, &path,
                                           &(struct claim){at[i] + 1, size, old_root, root}));
    }
}

static void test_proofs_across_tile_borders(void **state)
{
    struct bench *bench = *state;
    enum { SIZE = 770 };
    struct tree tree = tree_new(SIZE);
    CLEAN(buffer_finish) struct buffer leaf = {0};
    struct ledger_path path;
    for (int64_t size = 0; size < SIZE; size += 77)
        append_turn(bench, 77);
    for (int64_t i = 0; i < SIZE; i++) {
        assert_int_equal(ledger_read(bench->ledger, i, &leaf, &bench->error), 0);
        merkle_leaf(tree.hasher, leaf.data, leaf.length, tree.hashes[i]);
    }
    for (int64_t size = 255; size <= SIZE; size += size % 256 > 2 && size % 256 < 254 ? 11 : 1)
        check_proofs(bench, &tree, size);
    check_proofs(bench, &tree, SIZE);
    assert_int_equal(ledger_inclusion(bench->ledger, 0, SIZE + 1, &path, &bench->error),
                     ERROR_RANGE);
    assert_int_equal(ledger_inclusion(bench->ledger, 9, 9, &path, &bench->error), ERROR_RANGE);
    assert_int_equal(ledger_consistency(bench->ledger, 1, SIZE + 1, &path, &bench->error),
                     ERROR_RANGE);
    tree_finish(&tree);
}

static void test_large_ledger_opens_and_proves(void **state)
{
    struct bench *bench = *state;
    struct ledger_path path;
    struct ledger_head head, again;
    CLEAN(buffer_finish) struct buffer leaf = {0};
    struct merkle_hasher *hasher;
    uint8_t hash[HASH];
    for (int i = 0; i < 7; i++)
        append_turn(bench, 10000);
    ledger_head(bench->ledger, &head);
    close_ledger(bench);
    open_ledger(bench);
    ledger_head(bench->ledger, &again);
    assert_memory_equal(&head, &again, sizeof head);
    assert_int_equal(merkle_hasher_new(&hasher), 0);
    static const int64_t at[] = {0, 65535, 65536, 69887, 69888, 69999};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        assert_int_equal(ledger_read(bench->ledger, at[i], &leaf, &bench->error), 0);
        merkle_leaf(hasher, leaf.data, leaf.length, hash);
        assert_int_equal(ledger_inclusion(bench->ledger, at[i], 70000, &path, &bench->error), 0);
        assert_true(inclusion_holds(hasher, &path, &(struct claim){at[i], 70000, hash, head.root}));
    }
    merkle_hasher_free(hasher);
}

static void attach_and_append(struct bench *bench, const char *readings, const char *text)
{
    char readings_commitment[65], text_commitment[65];
    int64_t index;
    assert_int_equal(ledger_attach(bench->ledger, PAYLOAD_READINGS, readings, strlen(readings),
                                   readings_commitment),
                     0);
    assert_int_equal(
        ledger_attach(bench->ledger, PAYLOAD_TEXT, text, strlen(text), text_commitment), 0);
    json_t *fields = json_pack("{s:s,s:s}", "pr", readings_commitment, "px", text_commitment);
    if (ledger_append(bench->ledger, LEAF_EVIDENCE, fields, &index, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

static void test_payloads(void **state)
{
    struct bench *bench = *state;
    CLEAN(buffer_finish) struct buffer bytes = {0};
    int64_t leaves;
    char commitment[65];
    append_turn(bench, 3);
    begin(bench);
    attach_and_append(bench, "one", "two");
    attach_and_append(bench, "", "four");
    assert_int_equal(ledger_attach(bench->ledger, PAYLOAD_TEXT, "x", 1, commitment), 0);
    assert_int_equal(ledger_attach(bench->ledger, PAYLOAD_TEXT, "x", 1, commitment), ERROR_EXISTS);
    assert_int_equal(ledger_append(bench->ledger, LEAF_GAP, json_object(), &leaves, &bench->error),
                     ERROR_STATE);
    append(bench, 1);
    commit(bench);
    assert_int_equal(ledger_payload(bench->ledger, 3, PAYLOAD_READINGS, &bytes, &bench->error), 0);
    assert_string_equal(bytes.data, "one");
    assert_int_equal(ledger_payload(bench->ledger, 4, PAYLOAD_READINGS, &bytes, &bench->error), 0);
    assert_int_equal(bytes.length, 0);
    assert_int_equal(ledger_payload(bench->ledger, 4, PAYLOAD_TEXT, &bytes, &bench->error), 0);
    assert_string_equal(bytes.data, "four");
    assert_int_equal(ledger_payload(bench->ledger, 4, PAYLOAD_EXCERPTS, &bytes, &bench->error),
                     ERROR_MISSING);
    assert_int_equal(ledger_payload(bench->ledger, 5, PAYLOAD_TEXT, &bytes, &bench->error),
                     ERROR_MISSING);
    assert_int_equal(ledger_verify(bench->ledger, &leaves, &bench->error), 0);
    assert_int_equal(leaves, 6);
    /* What is disposed of leaves every proof as it was. */
    run(bench->store, "DELETE FROM payloads WHERE leaf=3");
    assert_int_equal(ledger_verify(bench->ledger, &leaves, &bench->error), 0);
}

static void test_damage_is_named(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *sql, *named;
    } cases[] = {
        {"UPDATE bundles SET entries = CAST(replace(CAST(entries AS TEXT), '\"n\":5', '\"n\":6')"
         " AS BLOB) WHERE first=0 AND instr(entries, CAST('\"n\":5,' AS BLOB))",
         "up to 10 "},
        {"UPDATE bundles SET entries = substr(entries, 1, length(entries) - 1) WHERE first=10",
         "bundle of entry 10"},
        {"UPDATE bundles SET root = zeroblob(32) WHERE first=310", "up to 320"},
        {"UPDATE bundles SET count = 9 WHERE first=310", "bundle of entry 310"},
        {"DELETE FROM bundles WHERE first=310", "entry 310"},
        {"DELETE FROM bundles WHERE first=320", "entry 320"},
        {"UPDATE tiles SET hashes = CAST(substr(hashes, 1, 8191) || x'41' AS BLOB)", "tile 0/0"},
        {"UPDATE tiles SET hashes = x'00'", "tile 0/0"},
        {"DELETE FROM tiles", "tile 0/0"},
        {"INSERT INTO tiles VALUES(0, 1, zeroblob(8192))", "tile 0/1"},
        {"UPDATE payloads SET body = x'41' WHERE kind=3", "payload 3 of entry 320"},
        {"UPDATE payloads SET salt = zeroblob(16) WHERE kind=1", "payload 1 of entry 320"},
        {"UPDATE payloads SET leaf = 321 WHERE kind=1", "entry 321"},
        {"UPDATE payloads SET leaf = 319 WHERE kind=1", "payload 1 of entry 319"},
    };
    int64_t leaves;
    append_turn(bench, 10);
    append_turn(bench, 300);
    append_turn(bench, 10);
    begin(bench);
    attach_and_append(bench, "readings", "text");
    commit(bench);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(bench);
        run(bench->store, cases[i].sql);
        int code = ledger_verify(bench->ledger, &leaves, &bench->error);
        if (code != ERROR_FORMAT || !strstr(error_sentence(&bench->error), cases[i].named))
            fail_msg("%s: %d %s", cases[i].sql, code, error_sentence(&bench->error));
        store_rollback(bench->store);
        ledger_forget(bench->ledger);
        assert_int_equal(ledger_verify(bench->ledger, &leaves, &bench->error), 0);
        assert_int_equal(leaves, 321);
    }
}

static void test_open_refuses_a_damaged_tail(void **state)
{
    struct bench *bench = *state;
    static const char *const damage[] = {
        "UPDATE bundles SET root = zeroblob(32) WHERE first=300",
        "UPDATE bundles SET root = x'00' WHERE first=300",
        "UPDATE bundles SET entries = zeroblob(length(entries)) WHERE first=300",
        "UPDATE tiles SET hashes = zeroblob(8192)",
        "DELETE FROM tiles",
        "DELETE FROM bundles WHERE first=0",
    };
    append_turn(bench, 300);
    append_turn(bench, 3);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        struct ledger *ledger = NULL;
        begin(bench);
        run(bench->store, damage[i]);
        int code = ledger_open(bench->store, &ledger, &bench->error);
        store_rollback(bench->store);
        if (code != ERROR_FORMAT)
            fail_msg("%s: %d", damage[i], code);
    }
}

/* A turn rolled back before or after its seal leaves the same ledger as one never begun. */
static void test_forget(void **state)
{
    struct bench *bench = *state;
    struct ledger_head before, after;
    int64_t leaves;
    append_turn(bench, 250);
    ledger_head(bench->ledger, &before);
    for (int sealed = 0; sealed < 2; sealed++) {
        char commitment[65];
        begin(bench);
        for (int64_t i = 0; i < 300; i++)
            append(bench, -i);
        if (sealed)
            assert_int_equal(ledger_seal(bench->ledger, &bench->error), 0);
        assert_int_equal(ledger_attach(bench->ledger, PAYLOAD_TEXT, "x", 1, commitment), 0);
        store_rollback(bench->store);
        ledger_forget(bench->ledger);
        ledger_head(bench->ledger, &after);
        assert_memory_equal(&before, &after, sizeof before);
    }
    append_turn(bench, 20);
    assert_int_equal(ledger_verify(bench->ledger, &leaves, &bench->error), 0);
    assert_int_equal(leaves, 270);
}

static void test_failed_seal_stops_appends(void **state)
{
    struct bench *bench = *state;
    int64_t index;
    append_turn(bench, 5);
    begin(bench);
    run(bench->store, "INSERT INTO bundles VALUES(5, 1, 0, x'0000', zeroblob(32))");
    append(bench, 5);
    assert_int_equal(ledger_seal(bench->ledger, &bench->error), ERROR_DATABASE);
    assert_int_equal(ledger_append(bench->ledger, LEAF_GAP, json_object(), &index, &bench->error),
                     ERROR_STATE);
    store_rollback(bench->store);
    ledger_forget(bench->ledger);
    append_turn(bench, 1);
    assert_int_equal(ledger_verify(bench->ledger, &index, &bench->error), 0);
    assert_int_equal(index, 6);
}

static void test_empty_turn_writes_nothing(void **state)
{
    struct bench *bench = *state;
    struct ledger_head head;
    int64_t leaves = -1;
    append_turn(bench, 0);
    ledger_head(bench->ledger, &head);
    assert_int_equal(head.size, 0);
    assert_int_equal(ledger_verify(bench->ledger, &leaves, &bench->error), 0);
    assert_int_equal(leaves, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_leaf_is_canonical),
        TEST(test_what_a_leaf_may_not_hold),
        TEST(test_turns_close_and_open),
        TEST(test_proofs_across_tile_borders),
        TEST(test_large_ledger_opens_and_proves),
        TEST(test_payloads),
        TEST(test_damage_is_named),
        TEST(test_open_refuses_a_damaged_tail),
        TEST(test_forget),
        TEST(test_failed_seal_stops_appends),
        TEST(test_empty_turn_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* links: api intake series ledger store base
 * A store that was damaged: leaves, payloads and kept rows of any bytes, read by all who read them
 * back. Nothing that was changed passes the check of the ledger, and every question has an answer.
 * Input: a byte that says what is damaged, a byte that says which of it, the bytes put there. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clean.h"
#include "base/json.h"
#include "intake/instance.h"
#include "ledger/ledger.h"
#include "store/states.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LEAVES = 3, NOW = 1000 };

static struct api api;
static struct buffer entries; /* of the one bundle, as they were */

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A leaf with all three payloads between two that have none. */
static void write_leaves(void)
{
    static const char *const texts[] = {"{\"attribute\":\"a\",\"labels\":{},\"value\":\"1\"}\n",
                                        "{\"attribute\":\"a\",\"text\":\"line\"}\n",
                                        "{\"instance\":\"c\"}"};
    char hashes[LEAVES][65];
    int64_t index;
    ledger_turn(api.ledger, NOW);
    require(!ledger_append(api.ledger, LEAF_START, json_object(), &index, NULL));
    for (int i = 0; i < LEAVES; i++)
        require(!ledger_attach(api.ledger, (enum payload_kind)(PAYLOAD_READINGS + i), texts[i],
                               strlen(texts[i]), hashes[i]));
    json_t *fields =
        json_pack("{s:s, s:s, s:s}", "pr", hashes[0], "pe", hashes[1], "pt", hashes[2]);
    require(!ledger_append(api.ledger, LEAF_EVIDENCE, fields, &index, NULL));
    require(!ledger_append(api.ledger, LEAF_STOP, json_object(), &index, NULL));
    require(!ledger_seal(api.ledger, NULL));
}

static void read_entries(void)
{
    size_t length;
    struct store_query *query = store_query(api.store, "SELECT entries FROM bundles");
    require(store_step(query, NULL) == 1);
    const void *bytes = store_bytes(query, 0, &length);
    buffer_append(&entries, bytes, length);
    store_reset(query);
}

/* It stays for all inputs, and its folder is taken away at once. */
static void open_api(void)
{
    char folder[] = "/tmp/fuzz_payload.XXXXXX";
    struct series_limits limits = {.keep_ms = 1000, .per_source = 10, .lookback_ms = 1000};
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "conformd.db-shm",
                                        "lock"};
    require(mkdtemp(folder) && !store_open(folder, STORE_WRITE, &api.store, NULL) &&
            !ledger_open(api.store, &api.ledger, NULL) &&
            !series_open(api.store, &limits, &api.series, NULL));
    require(!store_begin(api.store, NULL));
    write_leaves();
    require(!store_commit(api.store, NULL));
    read_entries();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    require(!rmdir(folder));
}

/* --- what is damaged; each answers whether the ledger's check must see it --- */

static bool damage_payload(int kind, const uint8_t *bytes, size_t size)
{
    struct store_query *query =
        store_query(api.store, "UPDATE payloads SET body = ?1 WHERE kind = ?2 AND body <> ?1");
    store_bind_bytes(query, 1, bytes, size);
    store_bind_integer(query, 2, PAYLOAD_READINGS + kind % 3);
    require(!store_run(query, NULL));
    query = store_query(api.store, "SELECT changes()");
    require(store_step(query, NULL) == 1);
    bool changed = store_integer(query, 0) > 0;
    store_reset(query);
    return changed;
}

static bool damage_entries(int kind, const uint8_t *bytes, size_t size)
{
    (void)kind;
    struct store_query *query = store_query(api.store, "UPDATE bundles SET entries = ?1");
    store_bind_bytes(query, 1, bytes, size);
    require(!store_run(query, NULL));
    return size != entries.length || memcmp(bytes, entries.data, size) != 0;
}

/* One leaf of these bytes where a whole bundle was, so that a reader gets to see it. */
static bool damage_leaf(int kind, const uint8_t *bytes, size_t size)
{
    CLEAN(buffer_finish) struct buffer bundle = {0};
    size_t length = size < LEDGER_LEAF_LIMIT ? size : LEDGER_LEAF_LIMIT;
    for (int i = 0; i < LEAVES; i++) {
        buffer_byte(&bundle, (char)(length >> 8));
        buffer_byte(&bundle, (char)(length & 0xff));
        buffer_append(&bundle, bytes, length);
    }
    return damage_entries(kind, (const uint8_t *)bundle.data, bundle.length);
}

static bool damage_salt(int kind, const uint8_t *bytes, size_t size)
{
    (void)kind;
    struct store_query *query = store_query(api.store, "UPDATE payloads SET salt = ?1");
    store_bind_bytes(query, 1, bytes, size);
    require(!store_run(query, NULL));
    return true; /* nobody guesses three salts */
}

static bool damage_root(int kind, const uint8_t *bytes, size_t size)
{
    (void)kind;
    struct store_query *query = store_query(api.store, "UPDATE bundles SET root = ?1");
    store_bind_bytes(query, 1, bytes, size);
    require(!store_run(query, NULL));
    return true;
}

/* Rows that are kept ready, or that a start goes on from: the ledger does not hold for them. */
static bool damage_row(int kind, const uint8_t *bytes, size_t size)
{
    static const char *const kinds[] = {"measure", "objective", "instance", "daemon"};
    static const char *const ids[] = {"status", "records"};
    CLEAN(clean_text) char *text = strndup((const char *)bytes, size);
    struct store_query *query =
        store_query(api.store, "INSERT OR REPLACE INTO states(kind, id, body) VALUES(?1, ?2, ?3)");
    store_bind_text(query, 1, kinds[kind % 4]);
    store_bind_text(query, 2, ids[kind / 4 % 2]);
    store_bind_text(query, 3, text);
    require(!store_run(query, NULL));
    query = store_query(api.store, "INSERT INTO results(measure, time_ms, state, body)"
                                   " VALUES('status', 1, 'met', ?1)");
    store_bind_text(query, 1, text);
    require(!store_run(query, NULL));
    query = store_query(api.store, "INSERT INTO findings(ref, key, state, raised_ms, body)"
                                   " VALUES('N', 'k', 'candidate', 1, ?1)");
    store_bind_text(query, 1, text);
    require(!store_run(query, NULL));
    return false;
}

/* --- who reads it --- */

static void ask(const char *path)
{
    struct api_request request = {.method = "GET", .path = path, .now_ms = NOW};
    struct api_response response;
    json_t *body = NULL;
    api_answer(&api, &request, &response);
    require(response.status >= 200 && response.status <= 599);
    require(!json_read(response.body.data, response.body.length, &body, NULL));
    json_decref(body);
    buffer_finish(&response.body);
}

static void read_ledger(void)
{
    for (int64_t i = 0; i <= LEAVES; i++) {
        CLEAN(buffer_finish) struct buffer leaf = {0};
        if (ledger_read(api.ledger, i, &leaf, NULL))
            continue;
        require(leaf.length <= LEDGER_LEAF_LIMIT);
    }
}

/* What an instance remembers over a restart. */
static void remember(const uint8_t *bytes, size_t size)
{
    struct instance instance = {0};
    CLEAN(clean_json) json_t *memory = NULL;
    CLEAN(clean_json)
    json_t *config = json_pack("{s:s, s:s, s:i}", "name", "c", "plugin", "x", "every", 60000);
    if (json_read((const char *)bytes, size, &memory, NULL) || instance_init(&instance, config))
        return;
    if (!instance_remember(&instance, memory)) {
        json_decref(instance_memory(&instance));
        json_decref(instance_show(&instance));
    }
    instance_finish(&instance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const damages[])(int kind, const uint8_t *bytes, size_t size) = {
        damage_payload, damage_entries, damage_leaf, damage_salt, damage_root, damage_row};
    static const char *const paths[] = {
        "/api/evidence",   "/api/evidence/1",      "/api/status",      "/api/measures",
        "/api/collectors", "/api/measures/status", "/api/findings",    "/api/findings/N",
        "/api/not_judged", "/api/objectives",      "/api/v1/metadata", "/api/privacy",
    };
    int64_t leaves;
    if (size < 2 || size > 100000)
        return 0;
    if (!api.series)
        open_api();
    require(!store_begin(api.store, NULL));
    bool seen = damages[data[0] % 6](data[1], data + 2, size - 2);
    int code = ledger_verify(api.ledger, &leaves, NULL);
    require(!code == !seen);
    read_ledger();
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ask(paths[i]);
    store_rollback(api.store);
    remember(data + 2, size - 2);
    return 0;
}

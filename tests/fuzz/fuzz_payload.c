/* links: api rebuild intake series ledger store base
 * A store that was damaged: leaves, payloads and kept rows of any bytes, read by all who read them
 * back. Nothing that was changed passes the check of the ledger, or is rebuilt from, and every
 * question has an answer. Also a ledger that is whole and tells anything: leaves and samples that
 * nobody here would write, which is what the rebuild's readers come to see behind that check.
 * Input: a byte that says what is damaged, a byte that says which of it, the bytes put there. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/instance/instance.h"
#include "evidence/instance/memory.h"
#include "evidence/ledger/ledger.h"
#include "evidence/rebuild/rebuild.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LEAVES = 3, NOW = 1000, TOLD_MOST = 8 };

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

/* --- what a whole ledger tells --- */

/* Bytes up to the next NUL, or to the end. */
static char *next_text(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *zero = memchr(*at, 0, (size_t)(end - *at));
    size_t length = (size_t)((zero ? zero : end) - *at);
    char *text = strndup((const char *)*at, length);
    require(text);
    *at += length + (zero != NULL);
    return text;
}

static void attach(json_t *fields, enum payload_kind kind, const void *bytes, size_t length)
{
    static const char *const keys[] = {[PAYLOAD_READINGS] = "pr",
                                       [PAYLOAD_EXCERPTS] = "pe",
                                       [PAYLOAD_TEXT] = "pt",
                                       [PAYLOAD_SAMPLES] = "ps"};
    char hash[65];
    require(!ledger_attach(api.ledger, kind, bytes, length, hash));
    json_object_set_new(fields, keys[kind], json_string(hash));
}

/* A leaf's type, then its fields, its text and its excerpts, each with a NUL behind. */
static void tell(const uint8_t **at, const uint8_t *end)
{
    enum leaf_type type = (enum leaf_type)(*(*at)++ % (LEAF_SELFTEST + 1));
    CLEAN(clean_text) char *line = next_text(at, end);
    CLEAN(clean_text) char *text = next_text(at, end);
    CLEAN(clean_text) char *excerpts = next_text(at, end);
    json_t *fields = NULL;
    int64_t index;
    if (json_read(line, strlen(line), &fields, NULL) || !json_is_object(fields)) {
        json_decref(fields);
        fields = json_object();
    }
    if (*text)
        attach(fields, PAYLOAD_TEXT, text, strlen(text));
    if (*excerpts)
        attach(fields, PAYLOAD_EXCERPTS, excerpts, strlen(excerpts));
    (void)!ledger_append(api.ledger, type, fields, &index, NULL);
}

static bool tell_leaves(int kind, const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = bytes + size;
    (void)kind;
    ledger_turn(api.ledger, NOW);
    for (int i = 0; i < TOLD_MOST && at < end; i++)
        tell(&at, end);
    require(!ledger_seal(api.ledger, NULL));
    return false;
}

/* The first so many bytes once, then the rest: what a body leaves behind is there for the next. */
static bool tell_samples(int kind, const uint8_t *bytes, size_t size)
{
    size_t first = (size_t)kind < size ? (size_t)kind : size;
    const size_t lengths[] = {first, size - first};
    ledger_turn(api.ledger, NOW);
    for (size_t i = 0; i < 2; i++) {
        json_t *fields = json_pack("{s:b}", "own", true);
        int64_t index;
        attach(fields, PAYLOAD_SAMPLES, bytes + i * first, lengths[i]);
        require(!ledger_append(api.ledger, LEAF_COVERAGE, fields, &index, NULL));
    }
    require(!ledger_seal(api.ledger, NULL));
    return false;
}

/* --- who reads it --- */

/* A ledger that does not verify is not rebuilt from; one that does is, or says what is wrong. */
static void rebuild(bool seen)
{
    const struct rebuild_report report = {0};
    struct rebuild_figures figures;
    struct error error = {0};
    int code = rebuild_check(api.store, &report, &figures, &error);
    error_finish(&error);
    require(seen ? code != 0 : !code || code == ERROR_FORMAT);
}

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
    if (!memory_load(&instance, memory)) {
        json_decref(memory_save(&instance));
        json_decref(instance_show(&instance));
    }
    instance_finish(&instance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const damages[])(int kind, const uint8_t *bytes, size_t size) = {
        damage_payload, damage_entries, damage_leaf, damage_salt,
        damage_root,    damage_row,     tell_leaves, tell_samples};
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
    bool seen = damages[data[0] % 8](data[1], data + 2, size - 2);
    int code = ledger_verify(api.ledger, &leaves, NULL);
    require(!code == !seen);
    read_ledger();
    rebuild(seen);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ask(paths[i]);
    store_rollback(api.store);
    ledger_forget(api.ledger);
    remember(data + 2, size - 2);
    return 0;
}

/* Writes a store and an engine's memory as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <sys/stat.h>

#include "engine/monitoring/concern.h"
#include "evidence/instance/memory.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"
#include "turn/seen.h"

static sqlite3 *open_database(const char *folder, int flags)
{
    sqlite3 *db = NULL;
    CLEAN(clean_text) char *path = text_format("%s/conformd.db", folder);
    assert_int_equal(sqlite3_open_v2(path, &db, flags, NULL), SQLITE_OK);
    return db;
}

static void add_value(struct buffer *out, sqlite3_stmt *row, int column)
{
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    int length = sqlite3_column_bytes(row, column);
    if (sqlite3_column_type(row, column) != SQLITE_BLOB) {
        const unsigned char *text = sqlite3_column_text(row, column);
        buffer_print(out, "|%s", text ? (const char *)text : "NULL");
        return;
    }
    buffer_text(out, "|x");
    for (int i = 0; i < length; i++)
        buffer_print(out, "%02x", bytes[i]);
}

static void add_table(struct buffer *out, sqlite3 *db, const char *name)
{
    sqlite3_stmt *row = NULL;
    CLEAN(clean_text) char *sql = text_format("SELECT * FROM %s ORDER BY 1, 2", name);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        buffer_text(out, name);
        for (int i = 0; i < sqlite3_column_count(row); i++)
            add_value(out, row, i);
        buffer_byte(out, '\n');
    }
    sqlite3_finalize(row);
}

char *seen_store(const struct scene *scene)
{
    struct buffer out = {0};
    sqlite3_stmt *table = NULL;
    sqlite3 *db = open_database(scene->folder, SQLITE_OPEN_READWRITE);
    const char *sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &table, NULL), SQLITE_OK);
    while (sqlite3_step(table) == SQLITE_ROW)
        add_table(&out, db, (const char *)sqlite3_column_text(table, 0));
    sqlite3_finalize(table);
    sqlite3_close(db);
    return buffer_take(&out);
}

static void add_json(struct buffer *out, const char *what, json_t *owned)
{
    CLEAN(clean_json) json_t *json = owned;
    CLEAN(clean_text) char *text = json_dumps(json, JSON_SORT_KEYS | JSON_ENCODE_ANY);
    assert_non_null(text);
    buffer_print(out, "%s %s\n", what, text);
}

static int add_series(void *context, const struct series_view *view)
{
    struct buffer *out = context;
    buffer_text(out, "series");
    for (size_t i = 0; i < view->labels->count; i++)
        buffer_print(out, " %s=%s", view->labels->pair[i].name, view->labels->pair[i].value);
    for (size_t i = 0; i < view->count; i++)
        buffer_print(out, " %lld:%a", (long long)view->times[i], view->values[i]);
    buffer_byte(out, '\n');
    return 0;
}

static void add_instance(struct buffer *out, const struct instance *instance)
{
    const struct run *waiting = &instance->record.waiting;
    add_json(out, instance->name, memory_save(instance));
    buffer_print(out, "%s waits: %zu batches, %zu readings, %zu rows, %s\n", instance->name,
                 waiting->batches, waiting->reading_count, instance->record.held_rows,
                 waiting->readings.length ? waiting->readings.data : "");
}

char *seen_memory(struct scene *scene)
{
    struct buffer out = {0};
    struct engine *engine = scene->engine;
    struct series_window all = {.from_ms = 0, .to_ms = INT64_MAX};
    for (size_t i = 0; i < engine->intake.count; i++)
        add_instance(&out, engine->intake.instances[i]);
    assert_int_equal(series_each(engine->turn.series, &all, add_series, &out), 0);
    series_release(engine->turn.series);
    for (size_t i = 0; i < engine->monitoring.count; i++) {
        const struct concern *concern = &engine->monitoring.concerns[i];
        buffer_print(&out, "concern %s: %s, %s, %d %d\n", concern->key, concern->reason,
                     concern->finding ? concern->finding : "", concern->raises,
                     concern->memory.standing);
    }
    return buffer_take(&out);
}

char *seen_marks(struct scene *scene)
{
    struct buffer out = {0};
    struct engine *engine = scene->engine;
    struct ledger_head head;
    ledger_head(engine->turn.ledger, &head);
    buffer_print(&out, "head %lld next %lld ", (long long)head.size,
                 (long long)ledger_next(engine->turn.ledger));
    for (size_t i = 0; i < sizeof head.root; i++)
        buffer_print(&out, "%02x", head.root[i]);
    buffer_print(&out, "\nturn %lld %lld\n", (long long)engine->turn.now.wall_ms,
                 (long long)engine->turn.now.boot_ms);
    for (size_t i = 0; i < engine->intake.count; i++) {
        struct instance *instance = engine->intake.instances[i];
        buffer_print(&out, "%s is to tell at %lld, holds %zu, is at %d\n", instance->name,
                     (long long)instance->record.tell_boot_ms, instance->record.held_bytes,
                     (int)instance->course.stage);
        add_json(&out, instance->name, instance_show(instance));
    }
    add_json(&out, "watched", spans_to_json(&engine->own.watched));
    buffer_print(&out, "own told %lld, concerns told %lld\n", (long long)engine->own.told_ms,
                 (long long)engine->monitoring.told_ms);
    return buffer_take(&out);
}

char *seen_judged(struct scene *scene)
{
    struct buffer out = {0};
    const struct judge *judge = &scene->engine->judge;
    for (size_t i = 0; i < judge->measure_count; i++) {
        const struct judged *judged = &judge->measures[i];
        buffer_print(&out,
                     "%s %s trial %d draft %d by %s at %lld since %lld leaf %lld as %s in %s\n",
                     judged->measure->id, judged->measure->hash, judged->trial, judged->draft_waits,
                     judged->decided_by ? judged->decided_by : "", (long long)judged->decided_ms,
                     (long long)judged->since_ms, (long long)judged->leaf_ms,
                     judged->known_unknown ? judged->known_unknown : "",
                     judged->finding ? judged->finding : "");
        add_json(&out, judged->measure->id, criterion_memory_to_json(&judged->memory));
    }
    for (size_t i = 0; i < judge->objective_count; i++) {
        buffer_print(&out, "%s approved %d\n", judge->objectives[i].hash,
                     judge->objectives[i].approved);
        add_json(&out, "objective", json_incref(judge->objectives[i].construct));
    }
    return buffer_take(&out);
}

/* Hashes, salts, tokens and UUIDs: of hexadecimal digits, long and without a meaning. */
static void mask(char *text)
{
    enum { LEAST = 16 };
    char *to = text;
    for (const char *at = text; *at;) {
        size_t length = strspn(at, "0123456789abcdef-");
        if (length >= LEAST)
            *to++ = '#';
        for (size_t i = 0; i < length && length < LEAST; i++)
            *to++ = at[i];
        at += length;
        if (*at && !length)
            *to++ = *at++;
    }
    *to = '\0';
}

char *seen_leaves(struct scene *scene)
{
    struct buffer out = {0};
    struct ledger *ledger = scene->engine->turn.ledger;
    for (int64_t i = 0; i < ledger_next(ledger); i++) {
        CLEAN(buffer_finish) struct buffer leaf = {0};
        scene_must(scene, ledger_read(ledger, i, &leaf, &scene->error));
        buffer_print(&out, "%lld %s\n", (long long)i, leaf.data);
        for (int kind = PAYLOAD_READINGS; kind <= PAYLOAD_TEXT; kind++) {
            CLEAN(buffer_finish) struct buffer payload = {0};
            if (ledger_payload(ledger, i, (enum payload_kind)kind, &payload, NULL) == 0)
                buffer_print(&out, "%lld/%d %s\n", (long long)i, kind, payload.data);
        }
    }
    mask(out.data);
    return buffer_take(&out);
}

static const char *line_of(const char *text, size_t at)
{
    while (at && text[at - 1] != '\n')
        at--;
    return text + at;
}

void seen_equal(const char *what, const char *one, const char *other)
{
    size_t at = 0;
    if (strcmp(one, other) == 0)
        return;
    while (one[at] == other[at])
        at++;
    const char *first = line_of(one, at), *second = line_of(other, at);
    fail_msg("%s:\n%.*s\n%.*s", what, (int)strcspn(first, "\n"), first, (int)strcspn(second, "\n"),
             second);
}

static void copy_key(const struct scene *from, const struct scene *to)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(clean_text) char *source = text_format("%s/pseudonym.key", from->folder);
    CLEAN(clean_text) char *target = text_format("%s/pseudonym.key", to->folder);
    assert_int_equal(file_read(source, 4096, &bytes), 0);
    FILE *file = fopen(target, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(target, 0600), 0);
}

struct scene *seen_copy(const struct scene *scene)
{
    struct scene *copy = scene_new();
    sqlite3 *from = open_database(scene->folder, SQLITE_OPEN_READWRITE);
    sqlite3 *to = open_database(copy->folder, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    assert_non_null(backup);
    assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
    sqlite3_close(to);
    sqlite3_close(from);
    copy_key(scene, copy);
    json_decref(copy->config);
    copy->config = json_deep_copy(scene->config);
    json_object_set_new(copy->config, "state_dir", json_string(copy->folder));
    copy->now = scene->now;
    return copy;
}

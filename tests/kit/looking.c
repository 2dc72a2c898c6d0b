/* Holds the store against the ledger, and damages it. */
#include "kit/looking.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"

static void on_difference(void *context, const char *what, const char *stored, const char *rebuilt)
{
    struct looking *told = context;
    size_t length = strlen(told->all);
    if (!*told->first)
        snprintf(told->first, sizeof told->first, "%s", what);
    snprintf(told->all + length, sizeof told->all - length, "%s: %.200s | %.200s\n", what, stored,
             rebuilt);
}

static void on_gap(void *context, const char *sentence)
{
    struct looking *told = context;
    size_t length = strlen(told->gaps);
    snprintf(told->gaps + length, sizeof told->gaps - length, "%s\n", sentence);
}

/* Of the folder as a crash left it. */
void looking_at(struct scene *scene, bool apply, struct looking *ret)
{
    struct rebuild_report report = {on_difference, on_gap, ret};
    struct store *store = NULL;
    *ret = (struct looking){0};
    assert_int_equal(store_open(scene->folder, STORE_WRITE, &store, &scene->error), 0);
    int code = apply ? rebuild_apply(store, &report, &ret->figures, &scene->error)
                     : rebuild_check(store, &report, &ret->figures, &scene->error);
    store_close(store);
    if (code)
        fail_msg("%s", error_sentence(&scene->error));
}

void looking_expect_equal(struct scene *scene)
{
    struct looking told;
    looking_at(scene, false, &told);
    if (told.figures.differences)
        fail_msg("%zu differences:\n%s", told.figures.differences, told.all);
    assert_int_equal(told.figures.gaps, 0);
}

void looking_change(struct scene *scene, const char *sql)
{
    struct store *store = NULL;
    assert_int_equal(store_open(scene->folder, STORE_WRITE, &store, &scene->error), 0);
    int code = store_run(store_query(store, sql), &scene->error);
    store_close(store);
    if (code)
        fail_msg("%s: %s", sql, error_sentence(&scene->error));
}

static void copy(struct scene *scene, const char *from, const char *to)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(clean_text) char *source = text_format("%s/%s", scene->folder, from);
    CLEAN(clean_text) char *target = text_format("%s/%s", scene->folder, to);
    assert_int_equal(file_read(source, 256 << 20, &bytes), 0);
    FILE *file = fopen(target, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
}

void looking_name_damages(struct scene *scene, const struct looking_damage *damages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct looking told;
        looking_change(scene, "PRAGMA wal_checkpoint(TRUNCATE)");
        copy(scene, "conformd.db", "was");
        looking_change(scene, damages[i].sql);
        looking_at(scene, false, &told);
        if (!told.figures.differences || !strstr(told.all, damages[i].place))
            fail_msg("%s: not %s:\n%s", damages[i].sql, damages[i].place, told.all);
        looking_change(scene, "PRAGMA wal_checkpoint(TRUNCATE)");
        copy(scene, "was", "conformd.db");
    }
    CLEAN(clean_text) char *path = text_format("%s/was", scene->folder);
    unlink(path);
    looking_expect_equal(scene);
}

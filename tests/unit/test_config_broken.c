/* Every case of tests/system/broken/cases.txt that this room judges: place and whole sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"
#include "parent/config/config.h"

#define CASES SOURCE_DIR "/tests/system/broken/cases.txt"

enum { DEFINES = 16 };

struct table {
    char *name[DEFINES];
    char *value[DEFINES];
    size_t count;
    char *folder; /* of all cases */
    size_t run;
    size_t failed;
};

struct broken_case {
    const char *name;
    const char *judge;
    const char *place;
    const char *says;
    char *folder;
};

static void write_text(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void append_big(struct buffer *out)
{
    for (int i = 0; i < 300 * 1024 / 16; i++)
        buffer_text(out, "# 0123456789abc\n");
}

/* The text with <NAME> replaced; `folder` is <DIR>. */
static char *expand(const struct table *table, const char *text, const char *folder,
                    size_t *ret_length)
{
    static const struct {
        const char *name, *bytes;
        size_t length;
    } fixed[] = {
        {"<NUL>", "", 1}, {"<BOM>", "\xef\xbb\xbf", 3}, {"<ESC>", "\x1b", 1}, {"<FF>", "\xff", 1}};
    struct buffer out = {0};
    while (*text) {
        const char *before = text;
        for (size_t i = 0; i < sizeof fixed / sizeof *fixed && text == before; i++)
            if (text_begins(text, fixed[i].name)) {
                buffer_append(&out, fixed[i].bytes, fixed[i].length);
                text += strlen(fixed[i].name);
            }
        for (size_t i = 0; i < table->count && text == before; i++)
            if (text_begins(text, table->name[i])) {
                buffer_text(&out, table->value[i]);
                text += strlen(table->name[i]);
            }
        if (text == before && text_begins(text, "<DIR>")) {
            buffer_text(&out, folder);
            text += strlen("<DIR>");
        }
        if (text == before && text_begins(text, "<BIG>")) {
            append_big(&out);
            text += strlen("<BIG>");
        }
        if (text == before)
            buffer_byte(&out, *text++);
    }
    *ret_length = out.length;
    char *expanded = buffer_take(&out);
    return expanded ? expanded : strdup("");
}

static void write_file(const struct table *table, const char *folder, const char *name,
                       const char *text)
{
    size_t length;
    CLEAN(clean_text) char *path = text_format("%s/%s", folder, name);
    CLEAN(clean_text) char *bytes = expand(table, text, folder, &length);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    mkdir(path, 0755);
    *slash = '/';
    write_text(path, bytes, length);
}

/* As in `says`: the whole sentence, or its beginning before "...". */
static bool is_said(const char *sentence, const char *says)
{
    if (!text_ends(says, "..."))
        return strcmp(sentence, says) == 0;
    return strncmp(sentence, says, strlen(says) - 3) == 0;
}

/* The one fault that is not a warning is the expected one. */
static void judge(struct table *table, const struct broken_case *broken)
{
    struct config *config = NULL;
    size_t count, length, others = 0;
    bool found = false;
    CLEAN(clean_text) char *path = text_format("%s/conformd.conf", broken->folder);
    CLEAN(clean_text) char *place = text_format("%s/%s", broken->folder, broken->place);
    CLEAN(clean_text) char *says = expand(table, broken->says, broken->folder, &length);
    assert_int_equal(config_load(path, &config), 0);
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_it = strcmp(faults[i].place, place) == 0 && is_said(faults[i].sentence, says);
        found |= is_it;
        others += !is_it && !faults[i].warning;
    }
    if (!found || others || config_is_valid(config)) {
        print_error("%s: expected %s: %s\n", broken->name, place, says);
        for (size_t i = 0; i < count; i++)
            print_error("    found %s: %s\n", faults[i].place, faults[i].sentence);
        table->failed++;
    }
    table->run++;
    config_free(config);
}

/* "key: value" lines at the head of a case; moves *text behind them. */
static void read_head(char **text, struct broken_case *ret)
{
    const struct {
        const char *key;
        const char **value;
    } keys[] = {{"judge: ", &ret->judge}, {"place: ", &ret->place}, {"says: ", &ret->says}};
    while (*text && **text && !text_begins(*text, "--- ")) {
        char *line = strsep(text, "\n");
        for (size_t i = 0; i < 3; i++)
            if (text_begins(line, keys[i].key))
                *keys[i].value = line + strlen(keys[i].key);
    }
}

static void run_case(struct table *table, char *text)
{
    struct broken_case broken = {.name = strsep(&text, "\n")};
    read_head(&text, &broken);
    assert_non_null(broken.judge);
    assert_non_null(broken.place);
    assert_non_null(broken.says);
    CLEAN(clean_text) char *folder = text_format("%s/%s", table->folder, broken.name);
    CLEAN(clean_text) char *build = text_format("plugin_dir = \"%s/plugins\";\n", table->folder);
    broken.folder = folder;
    assert_int_equal(mkdir(folder, 0755), 0);
    write_file(table, folder, "conf.d/00-build.conf", build);
    while (text && *text) {
        char *next = strstr(text + 4, "\n--- ");
        if (next)
            *next++ = '\0';
        char *name = strsep(&text, "\n") + 4;
        write_file(table, folder, name, text ? text : "");
        text = next;
    }
    if (strcmp(broken.judge, "config") == 0)
        judge(table, &broken);
}

static void read_define(struct table *table, const char *line)
{
    const char *equals = strstr(line, " = ");
    assert_non_null(equals);
    assert_true(table->count < DEFINES);
    table->name[table->count] =
        text_format("<%.*s>", (int)(equals - line - 7), line + strlen("define "));
    table->value[table->count++] = strdup(equals + 3);
}

static void fake_plugins(const char *folder)
{
    static const char *const names[] = {"accounts", "exec", "journal", "log", "sshd"};
    CLEAN(clean_text) char *plugins = text_format("%s/plugins", folder);
    assert_int_equal(mkdir(plugins, 0755), 0);
    for (size_t i = 0; i < 5; i++) {
        CLEAN(clean_text) char *path = text_format("%s/%s.so", plugins, names[i]);
        write_text(path, "", 0);
    }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static void each_broken_configuration_is_told(void **state)
{
    (void)state;
    char folder[] = "/tmp/conformd-broken-XXXXXX";
    CLEAN(buffer_finish) struct buffer text = {0};
    struct table table = {.folder = mkdtemp(folder)};
    assert_non_null(table.folder);
    assert_int_equal(file_read(CASES, 1 << 20, &text), 0);
    fake_plugins(folder);
    char *at = strstr(text.data, "\n=== ");
    assert_non_null(at);
    *at = '\0';
    for (char *head = text.data, *line; (line = strsep(&head, "\n"));)
        if (text_begins(line, "define "))
            read_define(&table, line);
    for (char *next = at + 5; next;) {
        char *one = next;
        next = strstr(one, "\n=== ");
        if (next) {
            *next = '\0';
            next += 5;
        }
        run_case(&table, one);
    }
    for (size_t i = 0; i < table.count; i++) {
        free(table.name[i]);
        free(table.value[i]);
    }
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(table.failed, 0);
    assert_true(table.run >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_configuration_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The fake's life, the plugin's callbacks and the questions that a test asks. */
#include "fake/fake_internal.h"

#include "ground/base/array.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("fake host: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

char *fake_copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy)
        fake_die("no memory");
    return copy;
}

struct fake_pair *fake_pairs_add(struct fake_pairs *pairs, const char *name, const char *text)
{
    struct fake_pair *pair;

    if (array_reserve(&pairs->pair, &pairs->capacity, pairs->count, sizeof(*pair)) != 0)
        fake_die("no memory");
    pair = &pairs->pair[pairs->count++];
    *pair = (struct fake_pair){.name = fake_copy_text(name), .text = fake_copy_text(text)};
    return pair;
}

struct fake_pair *fake_pairs_find(const struct fake_pairs *pairs, const char *name)
{
    for (size_t i = pairs->count; i > 0; i--) {
        if (strcmp(pairs->pair[i - 1].name, name) == 0)
            return &pairs->pair[i - 1];
    }
    return NULL;
}

void fake_pairs_clear(struct fake_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->pair[i].name);
        free(pairs->pair[i].text);
    }
    free(pairs->pair);
    *pairs = (struct fake_pairs){0};
}

struct fake *fake_new(const struct cfd_collector *plugin)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    if (!fake)
        fake_die("no memory");
    if (plugin->abi != CFD_ABI || plugin->size != sizeof(*plugin))
        fake_die("the plugin's head is of another ABI or size");
    if (!plugin->name || !plugin->version || !plugin->summary || !plugin->open || !plugin->collect)
        fake_die("the plugin's head lacks a name, version, summary, open or collect");
    if ((plugin->flags & CFD_STREAM) && (!plugin->start || !plugin->stop))
        fake_die("a stream needs start and stop");
    fake->plugin = plugin;
    fake->root = fake_copy_text("");
    fake->now_ms = INT64_C(1795305600000);
    fake->left_ms = 60000;
    fake->left_calls = -1;
    fake->fd = -1;
    fake_lend(fake);
    return fake;
}

struct fake *fake_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct cfd_collector *plugin;
    struct fake *fake;

    if (!library)
        fake_die("%s", dlerror());
    plugin = dlsym(library, "cfd_collector_plugin");
    if (!plugin)
        fake_die("%s", dlerror());
    fake = fake_new(plugin);
    fake->library = library;
    return fake;
}

static void undeclare(struct fake *fake)
{
    for (size_t i = 0; i < fake->declared_count; i++) {
        struct cfd_attribute *attribute = fake->declared[i];

        for (size_t j = 0; j < fake_label_count(attribute); j++)
            free((char *)attribute->labels[j]);
        free((void *)attribute->labels);
        free((char *)attribute->name);
        free((char *)attribute->unit);
        free((char *)attribute->help);
        free(attribute);
    }
    fake->declared_count = 0;
}

void fake_free(struct fake *fake)
{
    if (!fake)
        return;
    fake_stop(fake);
    fake_close(fake);
    fake_clear(fake);
    undeclare(fake);
    fake_unset_all(fake);
    fake_pairs_clear(&fake->positions);
    fake_pairs_clear(&fake->programs);
    fake_pairs_clear(&fake->denied);
    fake_pairs_clear(&fake->presets);
    free(fake->readings);
    free(fake->excerpts);
    free(fake->declared);
    free(fake->output);
    free(fake->errors);
    free(fake->root);
    /* Not dlclose: a leak checker could no longer name the plugin's functions. */
    free(fake);
}

void fake_clear(struct fake *fake)
{
    fake_drop_readings(fake, 0);
    fake_drop_excerpts(fake, 0);
    fake->committed_readings = 0;
    fake->committed_excerpts = 0;
    fake_pairs_clear(&fake->missing);
    fake_pairs_clear(&fake->lost);
    fake_pairs_clear(&fake->log);
    fake_pairs_clear(&fake->faults);
    fake_pairs_clear(&fake->opened);
    fake_pairs_clear(&fake->watched);
    fake_pairs_clear(&fake->ran);
}

int fake_open(struct fake *fake)
{
    if (fake->self || fake->opened_well)
        fake_die("open is called once");
    if (fake->declared_count > 0) {
        fake_clear(fake);
        undeclare(fake);
    }
    fake->opening = true;
    fake->status = fake->plugin->open(&fake->host, &fake->self);
    fake->opening = false;
    fake->opened_well = fake->status == CFD_OK;
    return fake->status;
}

int fake_start(struct fake *fake)
{
    if (!fake->opened_well || !fake->plugin->start)
        fake_die("start needs an open stream");
    fake->status = fake->plugin->start(fake->self, &fake->host, &fake->fd);
    fake->started = fake->status >= 0;
    return fake->status;
}

int fake_collect(struct fake *fake)
{
    if (!fake->opened_well)
        fake_die("collect needs an open that answered CFD_OK");
    fake->status = fake->plugin->collect(fake->self, &fake->host);
    return fake->status;
}

void fake_stop(struct fake *fake)
{
    if (fake->started && fake->plugin->stop)
        fake->plugin->stop(fake->self, &fake->host);
    fake->started = false;
    fake->fd = -1;
}

void fake_close(struct fake *fake)
{
    if ((fake->self || fake->opened_well) && fake->plugin->close)
        fake->plugin->close(fake->self);
    fake->self = NULL;
    fake->opened_well = false;
    fake->started = false;
    /* Declared attributes stay until the next open: the readings kept name them. */
}

int fake_selftest(struct fake *fake, const char *root)
{
    char *before = fake->root;

    if (!fake->plugin->selftest)
        fake_die("the plugin has no selftest");
    fake->root = fake_copy_text(root);
    fake->status = fake->plugin->selftest(fake->self, &fake->host, root);
    free(fake->root);
    fake->root = before;
    return fake->status;
}

int fake_run(struct fake *fake)
{
    bool stream = (fake->plugin->flags & CFD_STREAM) != 0;

    fake_clear(fake);
    if (!fake->opened_well && fake_open(fake) != CFD_OK) {
        fake_close(fake);
        return fake->status;
    }
    if (stream && !fake->started && fake_start(fake) < 0)
        return fake->status;
    for (int i = 0; i < 10000; i++) {
        if (fake_collect(fake) != CFD_MORE)
            break;
    }
    if (!stream)
        fake_close(fake);
    return fake->status;
}

void fake_crash(struct fake *fake)
{
    fake_drop_readings(fake, fake->committed_readings);
    fake_drop_excerpts(fake, fake->committed_excerpts);
    fake->started = false;
    fake->fd = -1;
    fake_close(fake);
}

void fake_root(struct fake *fake, const char *root)
{
    free(fake->root);
    fake->root = fake_copy_text(root);
}

void fake_deny(struct fake *fake, const char *path, int status)
{
    fake_pairs_add(&fake->denied, path, NULL)->number = status;
}

void fake_program(struct fake *fake, const char *argv0, const char *output, int exit_code)
{
    fake_pairs_add(&fake->programs, argv0, output)->number = exit_code;
}

int fake_status(const struct fake *fake)
{
    return fake->status;
}

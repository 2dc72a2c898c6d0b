/* What the tests of the kit share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kit_scene.h"

static const char *const labels[] = {"a", "b", NULL};
static const struct cfd_attribute attributes[] = {
    [VALUE] = {"kit_value", CFD_GAUGE, 1, "", "", labels, 2, 0},
    [TEXT] = {"kit_text", CFD_TEXT, 1, "", "", labels, 0, 0},
    [EVENT] = {"kit_event", CFD_EVENT, 1, "", "", NULL, 0, 0},
    {0}};

static const struct cfd_option inner[] = {
    {"words", CFD_STRING, CFD_LIST, 0, 0, NULL, "", NULL, NULL}, {0}};
static const struct cfd_option group[] = {{"name", CFD_STRING, 0, 0, 0, "none", "", NULL, NULL},
                                          {"program", CFD_PROGRAM, 0, 0, 0, NULL, "", NULL, NULL},
                                          {"inner", CFD_GROUP, 0, 0, 0, NULL, "", inner, NULL},
                                          {0}};
static const struct cfd_option options[] = {
    {"path", CFD_PATH, 0, 0, 0, NULL, "", NULL, NULL},
    {"preset", CFD_STRING, 0, 0, 0, "as preset", "", NULL, NULL},
    {"limit", CFD_BYTES, 0, 10, 100000, NULL, "", NULL, NULL},
    {"wait", CFD_DURATION, 0, 0, 0, NULL, "", NULL, NULL},
    {"ratio", CFD_NUMBER, 0, 0, 0, NULL, "", NULL, NULL},
    {"flag", CFD_BOOLEAN, 0, 0, 0, NULL, "", NULL, NULL},
    {"files", CFD_GLOB, CFD_LIST, 0, 0, "/a,/b", "", NULL, NULL},
    {"groups", CFD_GROUP, 0, 0, 0, NULL, "", group, NULL},
    {0}};

static int nothing_open(const struct cfd_host *host, void **ret_self)
{
    return (void)host, (void)ret_self, CFD_OK;
}

static int nothing_collect(void *self, const struct cfd_host *host)
{
    return (void)self, (void)host, CFD_OK;
}

static const struct cfd_collector plugin = {CFD_COLLECTOR_HEAD,   .name = "kit",
                                            .version = "1",       .summary = "A trial.",
                                            .options = options,   .attributes = attributes,
                                            .open = nothing_open, .collect = nothing_collect};

int kit_set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->fake = fake_new(&plugin);
    scene->root = fake_tree();
    fake_root(scene->fake, scene->root);
    scene->run.host = &scene->fake->host;
    *state = scene;
    return 0;
}

int kit_tear_down(void **state)
{
    struct scene *scene = *state;
    fake_free(scene->fake);
    fake_remove_tree(scene->root);
    free(scene->root);
    free(scene);
    return 0;
}

const char *kit_why(const struct scene *scene, const char *attribute)
{
    const char *found = NULL;
    for (size_t i = 0; i < scene->fake->missing.count; i++)
        if (strcmp(scene->fake->missing.pair[i].name, attribute) == 0)
            found = scene->fake->missing.pair[i].text;
    return found;
}

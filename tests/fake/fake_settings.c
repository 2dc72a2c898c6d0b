/* Settings by path, typed through the plugin's option table, with its presets. */
#include "fake/fake_internal.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a path leads: the option, and whether the last part bears an index. */
struct place {
    const struct cfd_option *option;
    bool indexed;
    long index;
};

static const struct cfd_option *option_of(const struct cfd_option *rows, const char *name,
                                          size_t length)
{
    for (; rows && rows->name; rows++) {
        if (strlen(rows->name) == length && strncmp(rows->name, name, length) == 0)
            return rows;
    }
    return NULL;
}

static bool find_place(const struct fake *fake, const char *path, struct place *place)
{
    const struct cfd_option *rows = fake->plugin->options;

    for (const char *at = path; *at;) {
        size_t length = strcspn(at, "[.");
        char *end;

        *place = (struct place){.option = option_of(rows, at, length)};
        if (!place->option)
            return false;
        at += length;
        if (*at == '[') {
            place->indexed = true;
            place->index = strtol(at + 1, &end, 10);
            if (*end != ']' || place->index < 0)
                return false;
            at = end + 1;
        }
        if (*at == '.') {
            if (place->option->type != CFD_GROUP || !place->indexed)
                return false;
            rows = place->option->members;
            at++;
        }
    }
    return place->option != NULL;
}

void fake_set(struct fake *fake, const char *path, const char *text)
{
    struct place place = {0};

    if (!find_place(fake, path, &place))
        fake_die("the plugin has no setting %s", path);
    fake_pairs_add(&fake->settings, path, text);
}

void fake_set_rule(struct fake *fake, int number, const char *member, const char *text)
{
    CLEAN(clean_text) char *path = text_format("rule[%d].%s", number, member);

    fake_set(fake, path, text);
}

void fake_unset_all(struct fake *fake)
{
    fake_pairs_clear(&fake->settings);
}

static bool is_list(const struct cfd_option *option)
{
    return (option->flags & CFD_LIST) || option->type == CFD_GROUP || option->type == CFD_PROGRAM;
}

/* One more than the highest index set below the list, 0 for none. */
static uint32_t count_set(const struct fake *fake, const char *path)
{
    size_t length = strlen(path);
    uint32_t count = 0;

    for (size_t i = 0; i < fake->settings.count; i++) {
        const char *name = fake->settings.pair[i].name;

        if (strncmp(name, path, length) == 0 && name[length] == '[') {
            uint32_t index = (uint32_t)strtoul(name + length + 1, NULL, 10);

            count = index + 1 > count ? index + 1 : count;
        }
    }
    return count;
}

/* The text of preset "a,b" at index, which the caller frees, and how many there are. */
static char *preset_at(const char *preset, uint32_t index, uint32_t *ret_count)
{
    const char *at = preset;
    char *found = NULL;
    uint32_t count = 0;

    while (at && *at) {
        size_t length = strcspn(at, ",");

        if (count++ == index)
            found = strndup(at, length);
        at += length;
        at += *at == ',';
        while (*at == ' ')
            at++;
    }
    *ret_count = count;
    return found;
}

static int in_limits(const struct cfd_option *option, double number)
{
    if ((option->least != 0 || option->most != 0) &&
        (number < option->least || number > option->most)) {
        fprintf(stderr, "fake host: %s is outside of its limits\n", option->name);
        return CFD_INVALID;
    }
    return CFD_OK;
}

static int convert(const struct cfd_option *option, const char *text, struct cfd_value *value)
{
    int result = 0;

    switch ((enum cfd_type)option->type) {
    case CFD_BOOLEAN:
        value->integer = strcmp(text, "true") == 0;
        result = value->integer || strcmp(text, "false") == 0 ? 0 : -1;
        break;
    case CFD_INTEGER:
        result = text_to_integer(text, &value->integer);
        break;
    case CFD_NUMBER:
        return text_to_double(text, &value->number) == 0 ? in_limits(option, value->number)
                                                         : CFD_INVALID;
    case CFD_DURATION:
        result = text_to_duration(text, &value->integer);
        break;
    case CFD_BYTES:
        result = text_to_bytes(text, &value->integer);
        break;
    case CFD_STRING:
    case CFD_PATH:
    case CFD_GLOB:
    case CFD_PROGRAM:
    case CFD_URL:
    case CFD_SECRET:
    case CFD_GROUP:
        value->text = text;
        return CFD_OK;
    }
    value->number = (double)value->integer;
    return result == 0 ? in_limits(option, value->number) : CFD_INVALID;
}

/* Presets are split into texts that must outlive the call: they are kept with the fake. */
static const char *keep_text(struct fake *fake, const char *text)
{
    return text ? fake_pairs_add(&fake->presets, "", text)->text : NULL;
}

static int read_list(struct fake *fake, const char *path, const struct cfd_option *option,
                     struct cfd_value *value)
{
    const struct fake_pair *whole = fake_pairs_find(&fake->settings, path);
    CLEAN(clean_text) char *first = NULL;

    value->count = count_set(fake, path);
    if (value->count == 0 && whole)
        value->count = whole->text ? 1 : 0;
    else if (value->count == 0 && option->preset && option->type != CFD_GROUP)
        first = preset_at(option->preset, 0, &value->count);
    else if (value->count == 0)
        return CFD_ABSENT;
    if (option->type == CFD_PROGRAM && value->count > 0) {
        CLEAN(clean_text) char *zero = text_format("%s[0]", path);
        const struct fake_pair *set = fake_pairs_find(&fake->settings, zero);

        value->text = whole ? whole->text : set ? set->text : keep_text(fake, first);
    }
    return CFD_OK;
}

static int read_item(struct fake *fake, const char *path, const struct place *place,
                     struct cfd_value *value)
{
    CLEAN(clean_text) char *list = strndup(path, (size_t)(strrchr(path, '[') - path));
    const struct fake_pair *pair = fake_pairs_find(&fake->settings, path);
    const struct fake_pair *whole = fake_pairs_find(&fake->settings, list);
    CLEAN(clean_text) char *preset = NULL;
    uint32_t count;

    if (!pair && whole && whole->text && place->index == 0)
        pair = whole;
    if (pair)
        return convert(place->option, pair->text ? pair->text : "", value);
    if (whole || count_set(fake, list) > 0)
        return CFD_ABSENT;
    if (!place->option->preset)
        return CFD_ABSENT;
    preset = preset_at(place->option->preset, (uint32_t)place->index, &count);
    value->text = keep_text(fake, preset);
    return value->text ? convert(place->option, value->text, value) : CFD_ABSENT;
}

int fake_host_setting(const struct cfd_host *host, const char *path, struct cfd_value *ret_value)
{
    struct fake *fake = host->context;
    const struct fake_pair *pair = fake_pairs_find(&fake->settings, path);
    struct cfd_value value = {.size = sizeof(value), .count = 1};
    struct place place = {0};
    const char *text;
    int status;

    if (ret_value->size < sizeof(value) || !find_place(fake, path, &place))
        return CFD_INVALID;
    value.type = place.option->type;
    text = pair ? pair->text : place.option->preset;
    if (place.indexed && place.option->type == CFD_GROUP)
        status = CFD_OK;
    else if (place.indexed)
        status = read_item(fake, path, &place, &value);
    else if (is_list(place.option))
        status = read_list(fake, path, place.option, &value);
    else
        status = text ? convert(place.option, text, &value) : CFD_ABSENT;
    if (status == CFD_OK)
        *ret_value = value;
    return status;
}

/* Mistakes and their places; what a loaded configuration tells about itself. */
#include "parent/config/config.h"

#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"

enum { FAULT_LIMIT = 100 };

void config_fault_tell(struct config *config, const char *place, bool warning, const char *sentence)
{
    if (config->fault_count >= FAULT_LIMIT)
        return;
    char *place_copy = place ? strdup(place) : NULL;
    char *sentence_copy = sentence ? strdup(sentence) : NULL;
    if (!place_copy || !sentence_copy ||
        array_reserve(&config->faults, &config->fault_capacity, config->fault_count,
                      sizeof *config->faults)) {
        free(place_copy);
        free(sentence_copy);
        config->failed = true;
        return;
    }
    config->faults[config->fault_count++] =
        (struct config_fault){place_copy, sentence_copy, warning};
}

static void tell_setting(struct config *config, const char *setting, bool warning, char *text)
{
    CLEAN(clean_text) char *place = config_place(config, setting);
    CLEAN(clean_text) char *sentence = text ? text_format("%s: %s", setting, text) : NULL;
    config_fault_tell(config, place, warning, sentence);
}

void config_fault_setting(struct config *config, const char *setting, const char *format, ...)
{
    CLEAN(clean_text) char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    tell_setting(config, setting, false, text);
}

void config_fault_warn(struct config *config, const char *setting, const char *format, ...)
{
    CLEAN(clean_text) char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    tell_setting(config, setting, true, text);
}

void config_fault_add(struct config *config, const char *setting, bool warning,
                      const char *sentence)
{
    if (setting[0] && !text_begins(sentence, setting)) {
        tell_setting(config, setting, warning, (char *)sentence);
        return;
    }
    CLEAN(clean_text) char *place = config_place(config, setting);
    config_fault_tell(config, place, warning, sentence);
}

const struct config_fault *config_faults(const struct config *config, size_t *ret_count)
{
    *ret_count = config->fault_count;
    return config->faults;
}

bool config_is_valid(const struct config *config)
{
    for (size_t i = 0; i < config->fault_count; i++)
        if (!config->faults[i].warning)
            return false;
    return true;
}

const json_t *config_json(const struct config *config)
{
    return config->whole;
}

const char *config_hash(const struct config *config)
{
    return config->hash;
}

/* Cuts the last ".name" or "[n]" off; false when nothing is left. */
static bool cut_last(char *setting)
{
    size_t length = strlen(setting);
    while (length > 0 && setting[length - 1] != '.' && setting[length - 1] != '[')
        length--;
    if (length == 0)
        return false;
    setting[length - 1] = '\0';
    return true;
}

char *config_place(const struct config *config, const char *setting)
{
    CLEAN(clean_text) char *known = strdup(setting);
    if (!known)
        return NULL;
    do {
        const char *place = json_string_value(json_object_get(config->places, known));
        if (place)
            return strdup(place);
    } while (cut_last(known));
    return text_format("%s:1", config->path);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->fault_count; i++) {
        free(config->faults[i].place);
        free(config->faults[i].sentence);
    }
    free(config->faults);
    free(config->path);
    free(config->hash);
    json_decref(config->places);
    json_decref(config->raw);
    json_decref(config->whole);
    free(config);
}

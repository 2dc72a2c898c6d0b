/* The questions that a test asks of what came. */
#include "fake/fake_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *label_of(const struct fake_reading *reading, const char *name, size_t length)
{
    for (size_t i = 0; i < fake_label_count(reading->attribute); i++) {
        const char *label = reading->attribute->labels[i];

        if (strlen(label) == length && strncmp(label, name, length) == 0)
            return reading->labels ? reading->labels[i] : "";
    }
    fake_die("%s has no label %.*s", reading->attribute->name, (int)length, name);
}

/* A value may hold commas itself: it is compared before the next comma is looked for. */
static bool has_labels(const struct fake_reading *reading, const char *labels)
{
    const char *at = labels ? labels : "";

    while (*at) {
        const char *equals = strchr(at, '=');
        const char *value;

        if (!equals)
            fake_die("labels are name=value,name=value: %s", labels);
        value = label_of(reading, at, (size_t)(equals - at));
        if (strncmp(equals + 1, value, strlen(value)) != 0)
            return false;
        at = equals + 1 + strlen(value);
        if (*at != '\0' && *at != ',')
            return false;
        at += *at == ',';
    }
    return true;
}

static const struct fake_reading *next_match(const struct fake *fake, const char *attribute,
                                             const char *labels, size_t *index)
{
    for (; *index < fake->reading_count; (*index)++) {
        const struct fake_reading *reading = &fake->readings[*index];

        if (strcmp(reading->attribute->name, attribute) == 0 && has_labels(reading, labels)) {
            (*index)++;
            return reading;
        }
    }
    return NULL;
}

static const struct fake_reading *last_match(const struct fake *fake, const char *attribute,
                                             const char *labels)
{
    const struct fake_reading *last = NULL, *reading;
    size_t index = 0;

    while ((reading = next_match(fake, attribute, labels, &index)))
        last = reading;
    return last;
}

bool fake_value(const struct fake *fake, const char *attribute, const char *labels, double *value)
{
    const struct fake_reading *reading = last_match(fake, attribute, labels);

    if (reading)
        *value = reading->value;
    return reading != NULL;
}

const char *fake_text(const struct fake *fake, const char *attribute, const char *labels)
{
    const struct fake_reading *reading = last_match(fake, attribute, labels);

    return reading ? reading->text : NULL;
}

double fake_sum(const struct fake *fake, const char *attribute, const char *labels)
{
    const struct fake_reading *reading;
    size_t index = 0;
    double sum = 0;

    while ((reading = next_match(fake, attribute, labels, &index)))
        sum += reading->value;
    return sum;
}

size_t fake_count(const struct fake *fake, const char *attribute, const char *labels)
{
    size_t index = 0, count = 0;

    while (next_match(fake, attribute, labels, &index))
        count++;
    return count;
}

const char *fake_missing(const struct fake *fake, const char *attribute)
{
    const struct fake_pair *pair = fake_pairs_find(&fake->missing, attribute);

    return pair ? pair->text : NULL;
}

const char *fake_fault(const struct fake *fake, const char *path)
{
    const struct fake_pair *pair = path                      ? fake_pairs_find(&fake->faults, path)
                                   : fake->faults.count != 0 ? fake->faults.pair
                                                             : NULL;

    return pair ? pair->text : NULL;
}

const char *fake_position(const struct fake *fake, const char *key)
{
    const struct fake_pair *pair = fake_pairs_find(&fake->positions, key);

    return pair ? pair->text : NULL;
}

static bool pairs_tell(const struct fake_pairs *pairs, const char *part)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strstr(pairs->pair[i].name, part) ||
            (pairs->pair[i].text && strstr(pairs->pair[i].text, part)))
            return true;
    }
    return false;
}

bool fake_logged(const struct fake *fake, const char *part)
{
    return pairs_tell(&fake->log, part);
}

bool fake_excerpted(const struct fake *fake, const char *attribute, const char *part)
{
    for (size_t i = 0; i < fake->excerpt_count; i++) {
        const struct fake_excerpt *excerpt = &fake->excerpts[i];

        if (attribute && strcmp(excerpt->attribute->name, attribute) != 0)
            continue;
        if (memmem(excerpt->bytes, excerpt->length, part, strlen(part)))
            return true;
    }
    return false;
}

bool fake_told(const struct fake *fake, const char *part)
{
    for (size_t i = 0; i < fake->reading_count; i++) {
        const struct fake_reading *reading = &fake->readings[i];

        if (reading->text && strstr(reading->text, part))
            return true;
        for (size_t j = 0; reading->labels && j < fake_label_count(reading->attribute); j++) {
            if (strstr(reading->labels[j], part))
                return true;
        }
    }
    return fake_excerpted(fake, NULL, part) || pairs_tell(&fake->missing, part) ||
           pairs_tell(&fake->lost, part) || pairs_tell(&fake->log, part);
}

static void print_pairs(const char *what, const struct fake_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        fprintf(stderr, "%s %s: %s (%" PRId64 ")\n", what, pairs->pair[i].name,
                pairs->pair[i].text ? pairs->pair[i].text : "", pairs->pair[i].number);
}

void fake_print(const struct fake *fake)
{
    for (size_t i = 0; i < fake->reading_count; i++) {
        const struct fake_reading *reading = &fake->readings[i];

        fprintf(stderr, "%s{", reading->attribute->name);
        for (size_t j = 0; reading->labels && j < fake_label_count(reading->attribute); j++)
            fprintf(stderr, "%s%s=\"%s\"", j ? "," : "", reading->attribute->labels[j],
                    reading->labels[j]);
        fprintf(stderr, "} %g %s\n", reading->value, reading->text ? reading->text : "");
    }
    for (size_t i = 0; i < fake->excerpt_count; i++)
        fprintf(stderr, "excerpt %s %s: %s\n", fake->excerpts[i].source, fake->excerpts[i].place,
                fake->excerpts[i].bytes);
    print_pairs("missing", &fake->missing);
    print_pairs("lost", &fake->lost);
    print_pairs("log", &fake->log);
    print_pairs("fault", &fake->faults);
    print_pairs("position", &fake->positions);
    fprintf(stderr, "status %d\n", fake->status);
}

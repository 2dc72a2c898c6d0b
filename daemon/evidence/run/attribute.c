/* Attributes out of a collector's tables. */
#include "evidence/run/attribute.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static int read_kind(const char *text, enum series_kind *ret)
{
    static const char *const kinds[] = {"gauge", "counter", "event", "text"};
    for (int i = SERIES_GAUGE; i <= SERIES_TEXT; i++)
        if (strcmp(kinds[i], text) == 0) {
            *ret = (enum series_kind)i;
            return 0;
        }
    return ERROR_FORMAT;
}

/* A label that is none, that the daemon gives itself, or that stood before. */
static bool is_reserved(const char *name, const struct attribute *attribute, size_t known)
{
    bool reserved = !labels_is_label_name(name) || text_begins(name, "__") ||
                    strcmp(name, "instance") == 0 || strcmp(name, "overflow") == 0 ||
                    (attribute->kind == SERIES_TEXT && strcmp(name, "value") == 0);
    for (size_t i = 0; i < known && !reserved; i++)
        reserved = strcmp(attribute->labels[i], name) == 0;
    return reserved;
}

static int read_labels(const json_t *row, struct attribute *attribute)
{
    const json_t *labels = json_object_get(row, "labels"), *label, *name;
    const json_t *personal = json_object_get(row, "personal");
    size_t index, at;
    if (json_array_size(labels) > ATTRIBUTE_LABELS)
        return ERROR_LIMIT;
    json_array_foreach (labels, index, label) {
        const char *text = json_string_value(label);
        if (!text || is_reserved(text, attribute, index))
            return ERROR_FORMAT;
        attribute->labels[index] = text;
        json_array_foreach (personal, at, name) {
            if (json_is_string(name) && strcmp(json_string_value(name), text) == 0)
                attribute->personal |= 1u << index;
        }
    }
    attribute->label_count = json_array_size(labels);
    return 0;
}

static int read_attribute(const json_t *row, struct attribute *ret)
{
    struct attribute attribute = {.name = json_text_of(row, "name", "")};
    if (!labels_is_metric_name(attribute.name) || strlen(attribute.name) > 200 ||
        text_begins(attribute.name, "conformd_"))
        return ERROR_FORMAT;
    if (read_kind(json_text_of(row, "kind", ""), &attribute.kind))
        return ERROR_FORMAT;
    int error = read_labels(row, &attribute);
    if (error)
        return error;
    *ret = attribute;
    return 0;
}

struct attribute *attribute_find(const struct attributes *attributes, const char *name)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->items[i].name, name) == 0)
            return &attributes->items[i];
    return NULL;
}

void attribute_finish_all(struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        free(attributes->items[i].missing_why);
        spans_finish(&attributes->items[i].missed);
    }
    free(attributes->items);
    *attributes = (struct attributes){0};
}

int attribute_read_all(const json_t *rows, struct attributes *ret, struct error *error)
{
    size_t count = json_array_size(rows), index;
    json_t *row;
    if (count > ATTRIBUTE_MOST)
        return error_set(error, ERROR_FORMAT, "it declares %zu attributes; at most %d are allowed",
                         count, ATTRIBUTE_MOST);
    CLEAN(attribute_finish_all)
    struct attributes attributes = {.items = calloc(count + 1, sizeof *attributes.items)};
    if (!attributes.items)
        return ERROR_MEMORY;
    json_array_foreach ((json_t *)rows, index, row) {
        const char *name = json_text_of(row, "name", "no name");
        struct attribute attribute;
        if (read_attribute(row, &attribute))
            return error_set(error, ERROR_FORMAT, "its attribute number %zu (%.200s) is malformed",
                             index, name);
        if (attribute_find(&attributes, attribute.name))
            return error_set(error, ERROR_FORMAT, "it declares attribute %s twice", name);
        attributes.items[attributes.count++] = attribute;
    }
    *ret = attributes;
    attributes = (struct attributes){0};
    return 0;
}

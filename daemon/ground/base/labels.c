/* Immutable sorted label sets. */
#include "ground/base/labels.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/hash.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* Copies a string to *at and moves *at behind it. */
static const char *place(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *to = memcpy(*at, text, size);
    *at += size;
    return to;
}

int labels_new(const struct label *pairs, size_t count, struct labels **ret)
{
    size_t bytes = sizeof(struct labels) + count * sizeof(struct label);
    for (size_t i = 0; i < count; i++)
        bytes += strlen(pairs[i].name) + strlen(pairs[i].value) + 2;
    struct labels *labels = malloc(bytes);
    if (!labels)
        return ERROR_MEMORY;
    labels->count = 0;
    char *at = (char *)&labels->pair[count];
    for (size_t i = 0; i < count; i++) {
        if (!pairs[i].value[0])
            continue;
        struct label *label = &labels->pair[labels->count++];
        label->name = place(&at, pairs[i].name);
        label->value = place(&at, pairs[i].value);
    }
    qsort(labels->pair, labels->count, sizeof(struct label), by_name);
    for (size_t i = 1; i < labels->count; i++)
        if (strcmp(labels->pair[i - 1].name, labels->pair[i].name) == 0) {
            free(labels);
            return ERROR_EXISTS;
        }
    *ret = labels;
    return 0;
}

struct labels *labels_copy(const struct labels *labels)
{
    struct labels *copy;
    return labels_new(labels->pair, labels->count, &copy) ? NULL : copy;
}

void labels_free(struct labels *labels)
{
    free(labels);
}

void labels_clean(struct labels **labels)
{
    labels_free(*labels);
}

const char *labels_get(const struct labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->pair[i].name, name) == 0)
            return labels->pair[i].value;
    return "";
}

const char *labels_name(const struct labels *labels)
{
    return labels_get(labels, LABELS_NAME);
}

int labels_compare(const struct labels *a, const struct labels *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->pair[i].name, b->pair[i].name);
        if (!order)
            order = strcmp(a->pair[i].value, b->pair[i].value);
        if (order)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

bool labels_equal(const struct labels *a, const struct labels *b)
{
    return a->count == b->count && labels_compare(a, b) == 0;
}

uint64_t labels_hash(const struct labels *labels)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < labels->count; i++)
        hash = hash_text(hash_text(hash, labels->pair[i].name), labels->pair[i].value);
    return hash;
}

static void append_escaped(struct buffer *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            buffer_byte(out, '\\');
        if (*value == '\n')
            buffer_text(out, "\\n");
        else
            buffer_byte(out, *value);
    }
}

char *labels_text(const struct labels *labels)
{
    struct buffer out = {0};
    bool opened = false;
    buffer_text(&out, labels_name(labels));
    for (size_t i = 0; i < labels->count; i++) {
        if (strcmp(labels->pair[i].name, LABELS_NAME) == 0)
            continue;
        buffer_byte(&out, opened ? ',' : '{');
        buffer_text(&out, labels->pair[i].name);
        buffer_text(&out, "=\"");
        append_escaped(&out, labels->pair[i].value);
        buffer_byte(&out, '"');
        opened = true;
    }
    if (opened)
        buffer_byte(&out, '}');
    else if (!out.length)
        buffer_text(&out, "{}");
    return buffer_take(&out);
}

static bool is_name(const char *name, bool with_colon)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++) {
        char c = *name;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || (with_colon && c == ':')))
            return false;
    }
    return true;
}

bool labels_is_metric_name(const char *name)
{
    return is_name(name, true);
}

bool labels_is_label_name(const char *name)
{
    return is_name(name, false);
}

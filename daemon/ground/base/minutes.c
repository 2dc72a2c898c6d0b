/* Counts what happens often, by key and minute. */
#include "ground/base/minutes.h"

#include <stdlib.h>
#include <string.h>

static struct minutes_row *find(struct minutes *minutes, const char *key)
{
    for (size_t i = 0; i < minutes->count; i++)
        if (strcmp(minutes->rows[i].key, key) == 0)
            return &minutes->rows[i];
    return NULL;
}

static void drop(struct minutes *minutes, size_t at)
{
    free(minutes->rows[at].key);
    minutes->rows[at] = minutes->rows[--minutes->count];
}

/* A key that was quiet for its minute needs no place. */
static void drop_quiet(struct minutes *minutes, int64_t now_ms)
{
    for (size_t i = minutes->count; i-- > 0;)
        if (!minutes->rows[i].count && now_ms - minutes->rows[i].since_ms >= MINUTES_MS)
            drop(minutes, i);
}

bool minutes_add(struct minutes *minutes, const char *key, int64_t now_ms)
{
    drop_quiet(minutes, now_ms);
    struct minutes_row *row = find(minutes, key);
    if (!row && minutes->count >= MINUTES_KEYS)
        row = find(minutes, key = MINUTES_OTHERS);
    if (row) {
        row->count++;
        return false;
    }
    char *copy = strdup(key);
    if (copy)
        minutes->rows[minutes->count++] = (struct minutes_row){copy, now_ms, 0};
    return true;
}

int minutes_take(struct minutes *minutes, int64_t now_ms, char **ret_key, uint64_t *ret_count)
{
    for (size_t i = 0; i < minutes->count; i++) {
        struct minutes_row *row = &minutes->rows[i];
        if (!row->count || (now_ms != INT64_MAX && now_ms - row->since_ms < MINUTES_MS))
            continue;
        *ret_key = strdup(row->key);
        if (!*ret_key)
            return ERROR_MEMORY;
        *ret_count = row->count;
        row->count = 0;
        row->since_ms = now_ms;
        return 0;
    }
    return ERROR_MISSING;
}

int64_t minutes_next_ms(const struct minutes *minutes)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < minutes->count; i++) {
        int64_t at_ms = minutes->rows[i].since_ms + MINUTES_MS;
        if (minutes->rows[i].count && at_ms < next_ms)
            next_ms = at_ms;
    }
    return next_ms;
}

void minutes_finish(struct minutes *minutes)
{
    for (size_t i = 0; i < minutes->count; i++)
        free(minutes->rows[i].key);
    *minutes = (struct minutes){0};
}

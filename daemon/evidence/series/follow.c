/* A reader's set: takes in what was committed since it last looked. */
#include "evidence/series/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"

enum {
    FORGET_SERIES = 4096, /* looked at in one refresh, for what has grown too old */
    PAGE_TRIES = 5,       /* of a transaction that was held up */
};

/* When a row of series was last written again, "" for never. */
static int read_changed(struct series_set *set, char **ret, struct error *error)
{
    int code = store_meta_get(set->store, SERIES_CHANGED, ret, error);
    if (code != ERROR_MISSING)
        return code;
    error_finish(error);
    *ret = strdup("");
    return *ret ? 0 : error_set(error, ERROR_MEMORY, "out of memory");
}

/* Is what was loaded still the beginning of what is stored? Where the clock was set back, the
 * newest rows were taken away and their numbers given again. */
static int is_beginning(struct series_set *set, struct error *error)
{
    CLEAN(clean_text) char *changed = NULL;
    int code = read_changed(set, &changed, error);
    if (code)
        return code;
    bool same = strcmp(changed, set->changed) == 0;
    snprintf(set->changed, sizeof set->changed, "%s", changed);
    if (!same)
        return 0;
    if (!set->last_row)
        return 1;
    struct store_query *row = store_query(set->store, "SELECT time_ms FROM samples WHERE id = ?1");
    store_bind_integer(row, 1, set->last_row);
    code = store_step(row, error);
    same = code == 1 && store_integer(row, 0) == set->last_row_ms;
    store_reset(row);
    return code < 0 ? code : same;
}

/* In one transaction: the next rows of samples (1: there are some), and all series that they name.
 */
static int read_page(struct series_set *set, struct store_query **ret_rows, bool *ret_again,
                     struct error *error)
{
    int code = is_beginning(set, error);
    *ret_again = code == 0;
    if (code == 1)
        code = pages_open(set, ret_rows, error);
    if (code < 0 || *ret_again)
        return code;
    int loaded = pages_load_series(set, error);
    return loaded ? loaded : code;
}

/* again: what was loaded is of no use. */
static int take_page(struct series_set *set, size_t *ret_rows, bool *ret_again, struct error *error)
{
    struct store_query *rows = NULL;
    int code = store_begin(set->store, error);
    if (code)
        return code;
    code = read_page(set, &rows, ret_again, error);
    /* What was read is in memory. */
    int ended = 0;
    if (code < 0)
        store_rollback(set->store);
    else
        ended = store_commit(set->store, error);
    if (code <= 0 || ended)
        return code < 0 ? code : ended;
    return pages_take(set, rows, ret_rows, error);
}

/* A series without samples stays: the store may still give it one. */
static void forget_old(struct series_set *set)
{
    if (set->trim_at >= set->count)
        set->trim_at = 0;
    for (size_t i = 0; i < FORGET_SERIES && set->trim_at < set->count; i++) {
        struct series *series = set->all[set->trim_at++];
        while (series->first && series->first->last_ms < set->floor_ms)
            series_set_drop_chunk(set, series);
    }
}

int series_refresh(struct series_set *set, int64_t now_ms, int64_t until_us, struct error *error)
{
    size_t rows = SET_PAGE;
    int code = set->last_series ? 0 : pages_load_series(set, error);
    series_release(set);
    set->floor_ms = now_ms - set->limits.keep_ms;
    while (!code && rows == SET_PAGE) {
        bool again = false;
        rows = 0;
        for (int i = 0; i < PAGE_TRIES; i++) {
            code = take_page(set, &rows, &again, error);
            if (code != ERROR_LIMIT)
                break;
        }
        if (!code && again) {
            series_set_empty(set);
            rows = SET_PAGE;
            code = pages_load_series(set, error);
        }
        if (!code && rows == SET_PAGE && clock_us() > until_us)
            return error_set(error, ERROR_AGAIN,
                             "the samples are still being read from the store: ask again");
    }
    forget_old(set);
    return code;
}

/* Series that end while their instance goes on. Room below the limit: an attribute that is full
 * takes it back from events that are long over. */
#include "evidence/series/series_private.h"

/* A day without an event, and a few intervals of those who seldom look. */
enum { IDLE_MS = 86400000, IDLE_LOOKBACKS = 2 };

static struct feed *feed_of(struct series *series)
{
    struct feed *feed = NULL;
    return series_source_obtain_feed(series->source, series->family->name, &feed) ? NULL : feed;
}

void series_set_wake(struct series *series)
{
    if (series->kind != KIND_IDLE || !series->source)
        return;
    struct feed *feed = feed_of(series);
    if (feed && feed->aside)
        feed->aside--;
    series->kind = SERIES_EVENT;
}

/* It and its sum end; what they count stays in memory and store until it is too old, and the sum
 * goes on from there. */
static int put_aside(struct series_set *set, struct series *series, struct feed *feed,
                     int64_t time_ms)
{
    series->kind = KIND_IDLE;
    feed->aside++;
    if (series_set_mark_dirty(set, series) || series_set_stale(set, series, time_ms) < 0)
        return ERROR_MEMORY;
    return series->total && series_set_stale(set, series->total, time_ms) < 0 ? ERROR_MEMORY : 0;
}

int series_set_make_room(struct series_set *set, const struct series_run *run, int64_t time_ms)
{
    int64_t idle_ms = IDLE_LOOKBACKS * run->lookback_ms;
    struct source *source = series_set_source(set, run->instance);
    int code = 0;
    if (idle_ms < IDLE_MS)
        idle_ms = IDLE_MS;
    for (size_t i = 0; source && !code && i < source->count; i++) {
        struct series *series = source->members[i];
        if (series->kind != SERIES_EVENT || series->run == run->number ||
            time_ms - series->event_ms < idle_ms || series_is_overflow(series))
            continue;
        struct feed *feed = feed_of(series);
        if (feed && feed->full == run->number)
            code = put_aside(set, series, feed, time_ms);
    }
    return code;
}

int series_end(struct series_set *set, const char *instance,
               bool (*wants)(const void *context, const struct labels *labels), const void *context,
               int64_t time_ms)
{
    struct source *source = series_set_source(set, instance);
    int code = 0;
    for (size_t i = 0; source && code >= 0 && i < source->count; i++) {
        struct series *series = source->members[i];
        if (!wants(context, series->labels))
            continue;
        struct feed *feed = series->kind == SERIES_EVENT ? feed_of(series) : NULL;
        code =
            feed ? put_aside(set, series, feed, time_ms) : series_set_stale(set, series, time_ms);
    }
    return code < 0 ? code : 0;
}

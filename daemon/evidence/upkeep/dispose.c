/* Disposal: payloads that are older than their retention go, and a leaf says which. The leaves stay
 * with their commitments, so that every proof still holds. */
#include "evidence/upkeep/upkeep.h"

#include <string.h>

#include "evidence/ledger/digest.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { DAY_MS = 86400000 };

/* Samples go with the readings that they were made of. */
static const struct disposal {
    const char *kind, *setting;
    enum payload_kind first, second;
} disposals[] = {{"readings", "keep_readings", PAYLOAD_READINGS, PAYLOAD_SAMPLES},
                 {"excerpts", "keep_excerpts", PAYLOAD_EXCERPTS, PAYLOAD_EXCERPTS}};

/* The last leaf before a time; -1: none. */
static int last_leaf(struct upkeep *upkeep, int64_t before_ms, int64_t *ret, struct error *error)
{
    struct store_query *query = store_query(
        upkeep->turn->store, "SELECT coalesce(max(first + count) - 1, -1) FROM bundles WHERE"
                             " time_ms < ?1");
    store_bind_integer(query, 1, before_ms);
    int code = store_step(query, error);
    if (code < 0)
        return code;
    *ret = store_integer(query, 0);
    store_reset(query);
    return 0;
}

/* Up to 500 leaves with payloads of this kind, as text, one index a line. */
static int list_leaves(struct upkeep *upkeep, const struct disposal *disposal, int64_t upto,
                       struct buffer *ret, int64_t ret_ends[2])
{
    struct store_query *query = store_query(
        upkeep->turn->store, "SELECT DISTINCT leaf FROM payloads WHERE kind IN (?1, ?2) AND"
                             " leaf <= ?3 ORDER BY leaf LIMIT 500");
    int step;
    store_bind_integer(query, 1, disposal->first);
    store_bind_integer(query, 2, disposal->second);
    store_bind_integer(query, 3, upto);
    while ((step = store_step(query, NULL)) > 0) {
        int64_t leaf = store_integer(query, 0);
        if (!ret->length)
            ret_ends[0] = leaf;
        ret_ends[1] = leaf;
        buffer_print(ret, "%lld\n", (long long)leaf);
    }
    return step ? step : ret->failed ? ERROR_MEMORY : 0;
}

static int erase(struct upkeep *upkeep, const struct disposal *disposal, int64_t upto,
                 int64_t *ret_count, struct error *error)
{
    struct store_query *count = store_query(
        upkeep->turn->store, "SELECT count(*) FROM payloads WHERE kind IN (?1, ?2) AND leaf <= ?3");
    struct store_query *query = store_query(
        upkeep->turn->store, "DELETE FROM payloads WHERE kind IN (?1, ?2) AND leaf <= ?3");
    struct store_query *both[] = {count, query};
    for (int i = 0; i < 2; i++) {
        store_bind_integer(both[i], 1, disposal->first);
        store_bind_integer(both[i], 2, disposal->second);
        store_bind_integer(both[i], 3, upto);
    }
    int code = store_step(count, error);
    if (code < 0)
        return code;
    *ret_count = store_integer(count, 0);
    store_reset(count);
    return store_run(query, error);
}

static int dispose(struct upkeep *upkeep, const struct disposal *disposal, int64_t keep_ms,
                   struct error *error)
{
    CLEAN(buffer_finish) struct buffer list = {0};
    char digest[DIGEST_TEXT_SIZE];
    int64_t upto, ends[2] = {0, 0}, count = 0, leaf;
    /* Whole days: what is packed on a day can be read by itself, and no other without it. */
    int64_t before_ms = (upkeep->turn->now.wall_ms - keep_ms) / DAY_MS * DAY_MS;
    int code = last_leaf(upkeep, before_ms, &upto, error);
    if (!code)
        code = list_leaves(upkeep, disposal, upto, &list, ends);
    if (code || !list.length)
        return code;
    code = digest_text(list.data, list.length, digest);
    if (!code)
        code = erase(upkeep, disposal, ends[1], &count, error);
    if (code)
        return code;
    CLEAN(clean_text) char *kept = text_from_duration(keep_ms);
    CLEAN(clean_text) char *policy = text_format("%s = %s", disposal->setting, kept ? kept : "");
    upkeep->erased = true;
    return ledger_append(upkeep->turn->ledger, LEAF_DISPOSAL,
                         json_pack("{s:s, s:I, s:I, s:I, s:s, s:s}", "kind", disposal->kind, "from",
                                   (json_int_t)ends[0], "to", (json_int_t)ends[1], "count",
                                   (json_int_t)count, "sha256", digest, "policy",
                                   policy ? policy : ""),
                         &leaf, error);
}

int upkeep_dispose_old(struct upkeep *upkeep, const json_t *config, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < sizeof disposals / sizeof *disposals; i++) {
        int64_t keep_ms = json_integer_of(config, disposals[i].setting, 0);
        if (keep_ms > 0)
            code = dispose(upkeep, &disposals[i], keep_ms, error);
    }
    return code;
}

int upkeep_dispose_traces(struct upkeep *upkeep, struct error *error)
{
    if (!upkeep->erased)
        return 0;
    upkeep->erased = false;
    return store_run(store_query(upkeep->turn->store, "PRAGMA wal_checkpoint(TRUNCATE)"), error);
}

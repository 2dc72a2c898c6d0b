/* From hits to what is handed over. */
#include "host/scan/feed.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/text.h"
#include "host/scan/feed_internal.h"

#include <conformd/kit/run.h>
#include <string.h>

#define WORK_MS 200 /* of one collect, as the ABI asks */

static bool names_account(const struct rule *rule)
{
    for (size_t i = 0; i < rule->label_count; i++)
        if (rule->labels[i].account)
            return true;
    return false;
}

/* Memory in the measure of what the rules fed. */
static int prepare(struct feed *feed)
{
    feed->kept = calloc(feed->set.count + 1, sizeof *feed->kept);
    feed->numbers = calloc(feed->set.attribute_count + 1, sizeof *feed->numbers);
    if (!feed->kept || !feed->numbers || kept_prepare() || scan_new(&feed->set, &feed->scan))
        return CFD_ERROR;
    for (size_t i = 0; i < feed->set.count; i++)
        feed->names_accounts = feed->names_accounts || names_account(&feed->set.rules[i]);
    return CFD_OK;
}

int feed_open(const struct cfd_host *host, struct feed **ret)
{
    struct feed *feed = calloc(1, sizeof *feed);
    int status = feed ? scan_read_rules(host, feed) : CFD_ERROR;
    if (status >= 0)
        status = accounts_new(host, &feed->accounts) ? CFD_ERROR : prepare(feed);
    if (status >= 0)
        status = scan_declare(host, feed);
    if (status == CFD_ERROR)
        host->log(host, CFD_LOG_ERROR, "there is no memory for the rules");
    if (status >= 0)
        *ret = feed;
    else
        feed_free(feed);
    return status;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    for (size_t i = 0; feed->kept && i < feed->set.count; i++)
        kept_finish(&feed->kept[i]);
    free(feed->kept);
    free(feed->numbers);
    free(feed->undecided);
    tally_finish(&feed->tally);
    scan_free(feed->scan);
    accounts_free(feed->accounts);
    mask_finish(&feed->mask);
    scan_set_finish(&feed->set);
    free(feed);
}

/* What stands for no account may be a password that somebody typed one line too early. */
static struct capture value_of(const struct feed *feed, const struct rule_label *label,
                               struct capture value)
{
    if (!label->account || !value.length ||
        accounts_know(feed->accounts, value.bytes, value.length))
        return value;
    return (struct capture){ACCOUNTS_INVALID, strlen(ACCOUNTS_INVALID)};
}

static int add_event(struct feed *feed, const struct rule *rule, const struct scan_hit *hit)
{
    size_t number = scan_set_attribute(&feed->set, rule);
    const struct feed_attribute *attribute = &feed->set.attributes[number];
    struct capture values[RULE_LABELS_MOST];
    for (size_t i = 0; i < RULE_LABELS_MOST; i++)
        values[i] = (struct capture){.bytes = ""};
    for (size_t i = 0; i < rule->label_count; i++)
        values[scan_attribute_label(attribute, rule->labels[i].name)] =
            value_of(feed, &rule->labels[i], hit->captures[i]);
    return tally_add(&feed->tally, number, values, attribute->label_count, hit->count);
}

static int add_excerpt(struct feed *feed, const struct scan_hit *hit)
{
    const struct feed_text *text = feed->text;
    CLEAN(clean_text)
    char *place = text->cursor
                      ? strdup(text->cursor)
                      : text_format("offset %llu", (unsigned long long)text->offset + hit->start);
    if (!place)
        return ERROR_MEMORY;
    const struct capture whole = {text->bytes + hit->start, hit->end - hit->start};
    struct mask *mask = &feed->mask;
    if (mask_line(mask, &feed->set, hit, feed->accounts, &whole))
        return ERROR_MEMORY;
    struct kept_line line = {.bytes = mask->text.data ? mask->text.data : (char *)"",
                             .length = mask->text.length,
                             .source = text->source,
                             .place = place,
                             .span_count = mask->span_count};
    memcpy(line.spans, mask->spans, sizeof line.spans);
    return kept_add(&feed->kept[hit->rule], &line, feed->now_ms);
}

static int add_undecided(struct feed *feed, const struct scan_hit *hit)
{
    uint64_t from = feed->text->offset + hit->start;
    uint64_t to = feed->text->offset + hit->end;
    for (size_t i = 0; i < feed->undecided_count; i++) {
        struct undecided *known = &feed->undecided[i];
        if (known->rule == hit->rule && strcmp(known->source, feed->text->source) == 0) {
            known->to = to;
            known->lines += hit->count;
            return 0;
        }
    }
    int code = array_reserve(&feed->undecided, &feed->undecided_capacity, feed->undecided_count,
                             sizeof *feed->undecided);
    if (!code)
        feed->undecided[feed->undecided_count++] =
            (struct undecided){hit->rule, feed->text->source, from, to, hit->count};
    return code;
}

static void on_hit(void *context, const struct scan_hit *hit)
{
    struct feed *feed = context;
    const struct rule *rule = &feed->set.rules[hit->rule];
    int code = hit->undecided ? add_undecided(feed, hit) : add_event(feed, rule, hit);
    if (!code && !hit->undecided && rule->excerpt)
        code = add_excerpt(feed, hit);
    if (code && !feed->code)
        feed->code = code;
    feed->urgent = feed->urgent || (rule->urgent && !hit->undecided);
}

int feed_scan(struct feed *feed, const struct cfd_host *host, const struct feed_text *text)
{
    struct scan_sink sink = {on_hit, feed};
    feed->text = text;
    feed->now_ms = host->now_ms(host);
    feed->code = 0;
    if (feed->names_accounts)
        accounts_refresh(feed->accounts, host);
    int code = scan_buffer(feed->scan, text->bytes, text->length, &sink);
    feed->text = NULL;
    if (!code && !feed->code)
        return CFD_OK;
    host->log(host, CFD_LOG_ERROR, "there is no memory for what the rules found");
    return CFD_ERROR;
}

static void note_hit(void *context, const struct scan_hit *hit)
{
    (void)hit;
    *(bool *)context = true;
}

bool feed_matches(struct feed *feed, const char *bytes, size_t length)
{
    bool found = false;
    struct scan_sink sink = {note_hit, &found};
    return scan_buffer(feed->scan, bytes, length, &sink) == 0 && found;
}

bool feed_starts_at_end(const struct cfd_host *host)
{
    struct cfd_value value = {.size = sizeof value};
    return host->setting(host, "start", &value) < 0 || !value.text ||
           strcmp(value.text, "beginning") != 0;
}

size_t feed_pending(const struct feed *feed)
{
    return feed->tally.count;
}

int64_t feed_until_ms(void)
{
    return clock_now().boot_ms + WORK_MS;
}

bool feed_is_due(const struct feed *feed, int64_t until_ms)
{
    return feed->urgent || feed_pending(feed) >= FEED_SETS_MOST || clock_now().boot_ms >= until_ms;
}

static int finish(struct kit_run *run)
{
    int status = kit_run_finish(run);
    if (status < 0)
        kit_log(run->host, CFD_LOG_ERROR, "a batch could not be sent (status %d)", status);
    return status;
}

int feed_source(const struct cfd_host *host, const struct feed_source *source)
{
    const char *const labels[] = {source->name, NULL};
    struct kit_run run = {.host = host, .quiet = 1};
    int64_t silence_ms = host->now_ms(host) - source->last_ms;
    kit_emit(&run, FEED_LINES, (double)source->lines, labels);
    kit_emit(&run, FEED_BYTES, (double)source->bytes, labels);
    kit_fail(&run, kit_watched(host, source->name, source->bytes, source->lines));
    if (source->last_ms)
        kit_emit(&run, FEED_SILENCE, silence_ms < 0 ? 0 : (double)silence_ms / 1000, labels);
    return finish(&run);
}

static void emit_set(const struct feed *feed, struct kit_run *run, const struct tally_set *set)
{
    char *labels[RULE_LABELS_MOST + 1] = {0};
    bool whole = true;
    for (size_t i = 0; i < set->value_count; i++) {
        labels[i] = text_printable(set->values[i].bytes, set->values[i].length);
        whole = whole && labels[i];
    }
    if (whole)
        kit_emit(run, feed->numbers[set->attribute], (double)set->count,
                 (const char *const *)labels);
    else
        kit_fail(run, CFD_ERROR);
    for (size_t i = 0; i < set->value_count; i++)
        free(labels[i]);
}

static int tell_line(const struct cfd_host *host, uint32_t attribute, const struct kept_line *line)
{
    struct cfd_excerpt excerpt = {.size = sizeof excerpt,
                                  .source = line->source,
                                  .place = line->place,
                                  .attribute = attribute,
                                  .length = (uint32_t)line->length,
                                  .bytes = line->bytes,
                                  .personal = line->spans,
                                  .personal_count = (uint32_t)line->span_count};
    return host->excerpt(host, &excerpt);
}

/* Of the lines beyond those shown: how many, and the SHA-256 of all that matched. */
static int tell_rest(const struct cfd_host *host, uint32_t attribute, const char *id,
                     struct kept *kept)
{
    uint8_t hash[KEPT_HASH_BYTES];
    char text[2 * KEPT_HASH_BYTES + 1];
    if (kept->later <= KEPT_LAST)
        return CFD_OK;
    CLEAN(clean_text)
    char *place = text_format("%s: and %llu more lines; SHA-256 of all %llu without names", id,
                              (unsigned long long)(kept->later - KEPT_LAST),
                              (unsigned long long)(kept->later + kept->first_count));
    if (!place || kept_hash(kept, hash))
        return CFD_ERROR;
    text_from_bytes(hash, sizeof hash, text);
    struct kept_line line = {
        .bytes = text, .length = strlen(text), .source = kept->last[0].source, .place = place};
    return tell_line(host, attribute, &line);
}

static int tell_kept(const struct feed *feed, const struct cfd_host *host, size_t rule)
{
    struct kept *kept = &feed->kept[rule];
    const struct rule *of = &feed->set.rules[rule];
    uint32_t attribute = feed->numbers[scan_set_attribute(&feed->set, of)];
    int status = CFD_OK;
    for (size_t i = 0; status >= 0 && i < kept->first_count; i++)
        status = tell_line(host, attribute, &kept->first[i]);
    uint64_t shown = kept->later < KEPT_LAST ? kept->later : KEPT_LAST;
    for (uint64_t n = kept->later - shown; status >= 0 && n < kept->later; n++)
        status = tell_line(host, attribute, &kept->last[n % KEPT_LAST]);
    return status < 0 ? status : tell_rest(host, attribute, of->id, kept);
}

static void tell_undecided(const struct feed *feed, const struct cfd_host *host)
{
    for (size_t i = 0; i < feed->undecided_count; i++) {
        const struct undecided *one = &feed->undecided[i];
        CLEAN(clean_text)
        char *why =
            text_format("rule %s reached its limits in %llu lines, which may contain events",
                        feed->set.rules[one->rule].id, (unsigned long long)one->lines);
        feed_lost(host, one->source, why ? why : "a rule reached its limits", one->from, one->to);
    }
}

/* Does a rule that names accounts feed this attribute? */
static bool has_accounts(const struct feed *feed, size_t attribute)
{
    for (size_t i = 0; i < feed->set.count; i++)
        if (scan_set_attribute(&feed->set, &feed->set.rules[i]) == attribute &&
            names_account(&feed->set.rules[i]))
            return true;
    return false;
}

/* Where nobody knows who is an account, no name can be told from a password: labels say less then
 * than formulas take them to say. */
static void drop_unread(const struct feed *feed, struct kit_run *run)
{
    if (!feed->names_accounts)
        return;
    accounts_refresh(feed->accounts, run->host);
    const char *why = accounts_unread(feed->accounts);
    for (size_t i = 0; why && i < feed->set.attribute_count; i++)
        if (has_accounts(feed, i))
            kit_drop(run, &(struct kit_item){.attribute = feed->numbers[i]}, "%s", why);
}

int feed_flush(struct feed *feed, const struct cfd_host *host)
{
    struct kit_run run = {.host = host, .quiet = 1};
    for (size_t i = 0; run.status >= 0 && i < feed->tally.count; i++)
        emit_set(feed, &run, feed->tally.sets[i]);
    for (size_t i = 0; run.status >= 0 && i < feed->set.count; i++)
        kit_fail(&run, tell_kept(feed, host, i));
    if (run.status >= 0)
        drop_unread(feed, &run);
    if (run.status >= 0 && feed->urgent)
        kit_fail(&run, kit_urgent(host));
    tell_undecided(feed, host);
    tally_reset(&feed->tally);
    for (size_t i = 0; i < feed->set.count; i++)
        kept_reset(&feed->kept[i]);
    feed->undecided_count = 0;
    feed->urgent = false;
    return finish(&run);
}

void feed_missing(const struct feed *feed, const struct cfd_host *host, const char *why)
{
    struct kit_run run = {.host = host, .quiet = 1};
    kit_drop(&run, &(struct kit_item){.attribute = FEED_LINES, .attributes = FEED_SILENCE + 1},
             "%s", why);
    for (size_t i = 0; i < feed->set.attribute_count; i++)
        kit_drop(&run, &(struct kit_item){.attribute = feed->numbers[i]}, "%s", why);
    (void)kit_run_finish(&run);
}

void feed_lost(const struct cfd_host *host, const char *source, const char *why, uint64_t from,
               uint64_t to)
{
    struct cfd_loss loss = {
        .size = sizeof loss, .source = source, .unit = "bytes", .why = why, .from = from, .to = to};
    (void)host->lost(host, &loss);
}

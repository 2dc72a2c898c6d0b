/* What a collector hands over: readings, excerpts, what is missing or lost, positions. */
#include "host/collector/lend.h"

#include <math.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"

/* Nothing is handed over in open; in a selftest it is checked and goes nowhere. */
static bool may_hand_over(const struct lender *lender)
{
    return lender->phase == LEND_SELFTEST || (lender->phase == LEND_COLLECT && lender->emitter);
}

static bool is_text(const char *text, size_t most)
{
    if (!text)
        return false;
    size_t length = strnlen(text, most + 1);
    return length <= most && text_is_utf8(text, length);
}

static int check_labels(struct lender *lender, const struct cfd_attribute *attribute,
                        const struct cfd_reading *reading)
{
    size_t count = reading->labels ? plugin_attribute_label_count(attribute) : 0;
    for (size_t i = 0; i < count; i++)
        if (!is_text(reading->labels[i], LEND_LABEL))
            return lend_refuse(lender,
                               "%s: label %s is absent, not UTF-8, or of more than %d bytes",
                               attribute->name, attribute->labels[i], LEND_LABEL);
    return CFD_OK;
}

static int check_reading(struct lender *lender, const struct cfd_attribute *attribute,
                         const struct cfd_reading *reading)
{
    if (attribute->kind == CFD_TEXT && !is_text(reading->text, LEND_TEXT))
        return lend_refuse(lender, "%s: its text is absent, not UTF-8, or of more than %d bytes",
                           attribute->name, LEND_TEXT);
    if (attribute->kind == CFD_EVENT && !(reading->value >= 0 && isfinite(reading->value)))
        return lend_refuse(lender, "%s: an event is an increment, finite and not negative",
                           attribute->name);
    if (attribute->kind == CFD_COUNTER && !(reading->value >= 0 && isfinite(reading->value)))
        return lend_refuse(lender, "%s: a counter is a total, finite and not negative",
                           attribute->name);
    return check_labels(lender, attribute, reading);
}

int lend_emit(const struct cfd_host *host, const struct cfd_reading *theirs)
{
    struct lender *lender = host->context;
    struct cfd_reading reading = {0};
    if (!theirs || theirs->size < offsetof(struct cfd_reading, text))
        return lend_refuse(lender, "a reading without its size");
    memcpy(&reading, theirs, theirs->size < sizeof reading ? theirs->size : sizeof reading);
    if (!may_hand_over(lender))
        return lend_refuse(lender, "a reading outside of collect");
    const struct cfd_attribute *attribute = lend_attribute(lender, reading.attribute);
    if (!attribute)
        return lend_refuse(lender, "a reading of attribute %u, which was not declared",
                           reading.attribute);
    int status = check_reading(lender, attribute, &reading);
    if (status || lender->phase == LEND_SELFTEST)
        return status;
    return lend_status(emit_reading(lender->emitter, reading.attribute, attribute, &reading));
}

static int hand_over(struct lender *lender, enum message_type type)
{
    if (lender->phase == LEND_SELFTEST)
        return CFD_OK;
    return lend_status(emit_part(lender->emitter, type, &lender->message));
}

/* At most `most` bytes of a text, cut where a character begins. */
static void put_cut(struct buffer *body, const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);
    if (length > most) {
        length = most;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    wire_put_bytes(body, text, length);
}

/* Spans are of the bytes that are handed over: one that the limit cuts ends the excerpt before it,
 * for half a name has another pseudonym. */
static int put_excerpt(struct lender *lender, const struct cfd_excerpt *excerpt)
{
    size_t length = excerpt->length < LEND_EXCERPT ? excerpt->length : LEND_EXCERPT;
    size_t at = 0;
    uint32_t count = 0;
    for (; count < excerpt->personal_count; count++) {
        const struct cfd_span *span = &excerpt->personal[count];
        if (span->from < at || span->from > excerpt->length ||
            span->length > excerpt->length - span->from)
            return lend_refuse(lender, "an excerpt whose personal parts are not in order or "
                                       "beyond its end");
        at = (size_t)span->from + span->length;
        if (at > length) {
            length = span->from < length ? span->from : length;
            break;
        }
    }
    wire_put_bytes(&lender->message, excerpt->length ? excerpt->bytes : "", length);
    wire_put_u32(&lender->message, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_put_u32(&lender->message, excerpt->personal[i].from);
        wire_put_u32(&lender->message, excerpt->personal[i].length);
    }
    return CFD_OK;
}

int lend_excerpt(const struct cfd_host *host, const struct cfd_excerpt *theirs)
{
    struct lender *lender = host->context;
    struct cfd_excerpt excerpt = {0};
    if (!theirs || theirs->size < offsetof(struct cfd_excerpt, personal))
        return lend_refuse(lender, "an excerpt without its size");
    memcpy(&excerpt, theirs, theirs->size < sizeof excerpt ? theirs->size : sizeof excerpt);
    if (!excerpt.source || !excerpt.place || (excerpt.length && !excerpt.bytes) ||
        (excerpt.personal_count && !excerpt.personal))
        return lend_refuse(lender, "an excerpt without source, place, bytes or personal parts");
    if (!may_hand_over(lender) || !lend_attribute(lender, excerpt.attribute))
        return lend_refuse(lender, "an excerpt outside of collect, or of an undeclared attribute");
    buffer_reset(&lender->message);
    wire_put_u32(&lender->message, excerpt.attribute);
    put_cut(&lender->message, excerpt.source, LEND_EXCERPT);
    put_cut(&lender->message, excerpt.place, LEND_EXCERPT);
    int status = put_excerpt(lender, &excerpt);
    return status < 0 ? status : hand_over(lender, MESSAGE_EXCERPT);
}

int lend_missing(const struct cfd_host *host, uint32_t number, const char *why)
{
    struct lender *lender = host->context;
    if (!may_hand_over(lender) || !lend_attribute(lender, number) || !why || !*why)
        return lend_refuse(lender,
                           "missing outside of collect, of no attribute, or without a reason");
    CLEAN(clean_text) char *plain = text_printable(why, strnlen(why, LEND_WHY));
    if (!plain)
        return CFD_ERROR;
    buffer_reset(&lender->message);
    wire_put_u32(&lender->message, number);
    put_cut(&lender->message, plain, LEND_WHY);
    return hand_over(lender, MESSAGE_MISSING);
}

int lend_lost(const struct cfd_host *host, const struct cfd_loss *loss)
{
    struct lender *lender = host->context;
    if (!loss || loss->size < sizeof *loss || !loss->source || !loss->unit || !loss->why)
        return lend_refuse(lender, "a loss without size, source, unit or reason");
    if (!may_hand_over(lender) || loss->to < loss->from)
        return lend_refuse(lender, "a loss outside of collect, or one that ends before it begins");
    buffer_reset(&lender->message);
    put_cut(&lender->message, loss->source, LEND_EXCERPT);
    put_cut(&lender->message, loss->unit, LEND_WHY);
    put_cut(&lender->message, loss->why, LEND_WHY);
    wire_put_u64(&lender->message, loss->from);
    wire_put_u64(&lender->message, loss->to);
    return hand_over(lender, MESSAGE_LOST);
}

int lend_watched(const struct cfd_host *host, const char *source, uint64_t bytes, uint64_t lines)
{
    struct lender *lender = host->context;
    if (!may_hand_over(lender) || !source || !*source || bytes >> 53 || lines >> 53)
        return lend_refuse(
            lender,
            "a report of what was read, outside of collect, without a source, or too large");
    buffer_reset(&lender->message);
    put_cut(&lender->message, source, LEND_EXCERPT);
    wire_put_u64(&lender->message, bytes);
    wire_put_u64(&lender->message, lines);
    return hand_over(lender, MESSAGE_WATCHED);
}

int lend_position_set(const struct cfd_host *host, const char *key, const char *value)
{
    struct lender *lender = host->context;
    if (lender->phase != LEND_COLLECT || !lender->emitter || !plugin_is_stream(lender->plugin))
        return lend_refuse(lender, "a position outside of a stream's collect");
    if (!is_text(key, LEND_LABEL) || !*key || !is_text(value, LEND_LABEL))
        return lend_refuse(
            lender, "a position whose key or value is absent, not UTF-8, or of more than %d bytes",
            LEND_LABEL);
    int code = emit_position(lender->emitter, key, value);
    if (code)
        return lend_status(code);
    if (!lender->positions)
        lender->positions = json_object();
    return json_object_set_new(lender->positions, key, json_string(value)) ? CFD_ERROR : CFD_OK;
}

int lend_urgent(const struct cfd_host *host)
{
    struct lender *lender = host->context;
    if (lender->phase != LEND_COLLECT || !lender->emitter || !plugin_is_stream(lender->plugin))
        return lend_refuse(lender, "a report of urgency outside of a stream's collect");
    emit_urgent(lender->emitter);
    return CFD_OK;
}

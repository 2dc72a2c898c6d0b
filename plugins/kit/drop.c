/* "I drop this item": who learns of it, and what is unknown without it. */
#include <conformd/kit/run.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTES_MOST 256 /* of an instance */
#define MORE_MOST       64  /* bytes of "; and N more" */

/* What is missing of one attribute in this run. */
struct kit_dropped {
    uint32_t attribute;
    uint64_t count;
    char why[KIT_WHY_MOST + 1]; /* of the first item */
};

/* A text that grows up to its limit; what does not fit is left out. */
struct sentence {
    char text[4 * KIT_WHY_MOST]; /* before it is made printable and cut */
    size_t length;
};

static void add_list(struct sentence *sentence, const char *format, va_list arguments)
{
    size_t room = sizeof sentence->text - sentence->length;
    int wanted = vsnprintf(sentence->text + sentence->length, room, format, arguments);
    if (wanted > 0)
        sentence->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
}

__attribute__((format(printf, 2, 3))) static void add(struct sentence *sentence, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_list(sentence, format, arguments);
    va_end(arguments);
}

static void add_item(struct sentence *sentence, const struct kit_item *item)
{
    if (item->source)
        add(sentence, "%.*s", KIT_NAME_MOST, item->source);
    if (item->line)
        add(sentence, "%sline %" PRIu64, sentence->length ? " " : "", item->line);
    if (item->name && !item->personal)
        add(sentence, "%s%.*s", sentence->length ? ": " : "", KIT_NAME_MOST, item->name);
    if (item->labels && !item->personal) {
        add(sentence, "%s{", sentence->length ? " " : "");
        for (size_t i = 0; item->labels[i]; i++)
            add(sentence, "%s%.*s", i ? ", " : "", KIT_NAME_MOST, item->labels[i]);
        add(sentence, "}");
    }
    if (sentence->length)
        add(sentence, ": ");
}

static struct kit_dropped *find(struct kit_run *run, uint32_t attribute)
{
    for (size_t i = 0; i < run->reason_count; i++)
        if (run->reasons[i].attribute == attribute)
            return &run->reasons[i];
    return NULL;
}

/* Without memory the host still gets the reason, only the count of those that follow is not kept.
 */
static void note(struct kit_run *run, uint32_t attribute, const char *why)
{
    size_t count = run->reason_count;
    struct kit_dropped *grown = NULL;
    if (count < ATTRIBUTES_MOST)
        grown = realloc(run->reasons, (count + 1) * sizeof *grown);
    if (!grown)
        return;
    grown[count] = (struct kit_dropped){.attribute = attribute, .count = 1};
    snprintf(grown[count].why, sizeof grown[count].why, "%s", why);
    run->reasons = grown;
    run->reason_count = count + 1;
}

static void miss(struct kit_run *run, uint32_t attribute, const char *why)
{
    struct kit_dropped *known = find(run, attribute);
    if (known) {
        known->count++;
        return;
    }
    kit_fail(run, run->host->missing(run->host, attribute, why));
    note(run, attribute, why);
}

void kit_drop(struct kit_run *run, const struct kit_item *item, const char *why, ...)
{
    struct sentence sentence = {.length = 0};
    va_list arguments;
    add_item(&sentence, item);
    va_start(arguments, why);
    add_list(&sentence, why, arguments);
    va_end(arguments);
    char *shown = kit_printable(sentence.text, sentence.length);
    if (shown)
        kit_cut(shown, KIT_WHY_MOST);
    const char *reason = shown && *shown ? shown : "an item could not be used";
    if (run->dropped++ < KIT_LOGGED_MOST && !run->quiet)
        run->host->log(run->host, CFD_LOG_WARNING, reason);
    uint32_t count = item->attributes ? item->attributes : 1;
    for (uint32_t i = 0; i < count; i++)
        miss(run, item->attribute + i, reason);
    free(shown);
}

/* The host keeps the last reason of an attribute. */
static void count_rest(struct kit_run *run, const struct kit_dropped *dropped)
{
    char why[KIT_WHY_MOST + MORE_MOST];
    if (dropped->count < 2)
        return;
    snprintf(why, sizeof why, "%s; and %" PRIu64 " more", dropped->why, dropped->count - 1);
    kit_fail(run, run->host->missing(run->host, dropped->attribute, why));
}

int kit_run_finish(struct kit_run *run)
{
    for (size_t i = 0; i < run->reason_count; i++)
        count_rest(run, &run->reasons[i]);
    if (run->dropped > KIT_LOGGED_MOST && !run->quiet)
        kit_log(run->host, CFD_LOG_WARNING, "%" PRIu64 " more items could not be used",
                run->dropped - KIT_LOGGED_MOST);
    int status = run->status < 0 ? run->status : run->dropped ? CFD_PARTIAL : CFD_OK;
    free(run->reasons);
    *run = (struct kit_run){.host = run->host, .quiet = run->quiet};
    return status;
}

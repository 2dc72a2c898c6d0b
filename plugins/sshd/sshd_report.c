/* Readings and excerpts of what was found. */
#include "sshd.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define EXCERPTS_MOST 200
#define TEXT_MOST     1024 /* of CFD_TEXT */

struct run {
    const struct cfd_host *host;
    bool bad_value;
    int refused;
};

static void emit(struct run *run, uint32_t attribute, double value, const char *text,
                 const char *const *labels)
{
    CLEAN(clean_text) char *shown = text ? text_printable(text, strlen(text)) : NULL;
    struct cfd_reading reading = {.size = sizeof(reading),
                                  .attribute = attribute,
                                  .value = value,
                                  .text = shown,
                                  .labels = labels};
    int status;

    if (shown && strlen(shown) > TEXT_MOST)
        shown[TEXT_MOST] = '\0'; /* \xHH and ASCII: a cut cannot part a character */
    while (shown && !text_is_utf8(shown, strlen(shown)))
        shown[strlen(shown) - 1] = '\0';
    status = run->host->emit(run->host, &reading);
    if (status < 0 && run->refused == CFD_OK)
        run->refused = status;
}

int64_t sshd_seconds(const char *text)
{
    int64_t seconds = 0;

    if (!*text)
        return -1;
    while (*text) {
        static const char units[] = "smhdw";
        static const int64_t factors[] = {1, 60, 3600, 86400, 604800};
        char *end;
        long long value;
        const char *unit = NULL;

        errno = 0;
        value = strtoll(text, &end, 10);
        if (*end)
            unit = strchr(units, *end | 0x20);
        if (errno != 0 || end == text || value < 0 || value > 1000000000 || (*end && !unit))
            return -1;
        seconds += value * (unit ? factors[unit - units] : 1);
        text = *end ? end + 1 : end;
    }
    return seconds;
}

static void emit_number(struct run *run, const struct keyword *keyword, const char *match,
                        const char *value)
{
    const char *const labels[] = {match, NULL};
    bool grace = keyword->attribute == SSHD_GRACE;
    int64_t number = -1;

    if (keyword->attribute == SSHD_ROOT_LOGIN || keyword->attribute == SSHD_PASSWORD)
        number = strcasecmp(value, "yes") == 0;
    else if (grace)
        number = strcasecmp(value, "none") == 0 ? 0 : sshd_seconds(value);
    else if (text_to_integer(value, &number) != 0)
        number = -1;
    if (number < 0) {
        CLEAN(clean_text)
        char *why = text_format("%s has a value that is no number", keyword->name);

        run->bad_value = true;
        run->host->missing(run->host, keyword->attribute, why ? why : "a value is no number");
        return;
    }
    emit(run, keyword->attribute, (double)number, NULL, grace ? NULL : labels);
}

static void report_value(struct run *run, const struct keyword *keyword, const char *match,
                         const char *value)
{
    const char *const labels[] = {keyword->name, match, NULL};

    if (strcasecmp(value, "without-password") == 0)
        value = "prohibit-password";
    emit(run, SSHD_SETTING, 0, value, labels);
    if (keyword->attribute != SSHD_SETTING)
        emit_number(run, keyword, match, value);
}

/* "Match all" holds for everyone and stands before the global part, as all of Match do. */
static const char *global_value(const struct findings *files, const struct findings *effective,
                                const struct keyword *keyword)
{
    const struct entry *entry;

    if (effective) {
        entry = findings_get(effective, "", keyword->name);
        return entry ? entry->value : NULL;
    }
    entry = findings_get(files, "all", keyword->name);
    if (!entry)
        entry = findings_get(files, "", keyword->name);
    return entry ? entry->value : keyword->preset;
}

static void report_excerpt(struct run *run, const struct entry *entry)
{
    CLEAN(clean_text) char *place = text_format("line %zu", entry->line);
    struct cfd_excerpt excerpt = {.size = sizeof(excerpt),
                                  .source = entry->file,
                                  .place = place,
                                  .attribute = entry->keyword->attribute,
                                  .length = (uint32_t)strnlen(entry->text, 4096),
                                  .bytes = entry->text};

    if (place)
        run->host->excerpt(run->host, &excerpt);
}

int sshd_report(const struct cfd_host *host, const struct findings *files,
                const struct findings *effective)
{
    struct run run = {.host = host};

    for (const struct keyword *keyword = sshd_keywords; keyword->name; keyword++) {
        const char *value = global_value(files, effective, keyword);

        if (value)
            report_value(&run, keyword, "", value);
    }
    for (size_t i = 0; i < files->count; i++) {
        const struct entry *entry = &files->entries[i];

        if (*entry->match)
            report_value(&run, entry->keyword, entry->match, entry->value);
        if (i < EXCERPTS_MOST)
            report_excerpt(&run, entry);
    }
    emit(&run, SSHD_METHOD, 0, effective ? "sshd -T" : "files", NULL);
    for (uint32_t i = SSHD_ROOT_LOGIN; files->fault && i <= SSHD_SETTING; i++)
        host->missing(host, i, files->fault);
    if (files->fault)
        host->log(host, CFD_LOG_WARNING, files->fault);
    if (run.refused != CFD_OK)
        return run.refused;
    return files->fault || run.bad_value ? CFD_PARTIAL : CFD_OK;
}

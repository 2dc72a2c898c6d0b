/* Readings and excerpts of what was found. */
#include "sshd.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

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

static void emit_number(struct kit_run *run, const struct keyword *keyword, const char *match,
                        const char *value)
{
    const char *const labels[] = {match, NULL};
    bool grace = keyword->attribute == SSHD_GRACE;
    const struct kit_item item = {.attribute = keyword->attribute,
                                  .name = keyword->name,
                                  .labels = grace || !*match ? NULL : labels};
    int64_t number = -1;

    if (keyword->attribute == SSHD_ROOT_LOGIN || keyword->attribute == SSHD_PASSWORD)
        number = strcasecmp(value, "yes") == 0;
    else if (grace)
        number = strcasecmp(value, "none") == 0 ? 0 : sshd_seconds(value);
    else if (text_to_integer(value, &number) != 0)
        number = -1;
    if (number < 0)
        kit_drop(run, &item, "its value is not a number");
    else
        kit_emit(run, keyword->attribute, (double)number, grace ? NULL : labels);
}

static void report_value(struct kit_run *run, const struct keyword *keyword, const char *match,
                         const char *value)
{
    const char *const labels[] = {keyword->name, match, NULL};

    if (strcasecmp(value, "without-password") == 0)
        value = "prohibit-password";
    kit_emit_text(run, SSHD_SETTING, value, labels);
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

static void report_excerpt(struct kit_run *run, const struct entry *entry)
{
    CLEAN(clean_text) char *place = text_format("line %zu", entry->line);
    const struct cfd_excerpt excerpt = {.source = entry->file,
                                        .place = place,
                                        .attribute = entry->keyword->attribute,
                                        .length = (uint32_t)strnlen(entry->text, 4096),
                                        .bytes = entry->text};

    if (place)
        kit_excerpt(run, &excerpt);
}

/* An entry before it that has the same label, for the two differ behind the label's end. */
static const struct entry *find_alike(const struct findings *files, size_t index)
{
    const struct entry *entry = &files->entries[index];

    for (size_t i = 0; i < index; i++) {
        const struct entry *other = &files->entries[i];

        if (other->keyword == entry->keyword &&
            strncmp(other->match, entry->match, MATCH_MOST) == 0)
            return other;
    }
    return NULL;
}

/* Of two that cannot be told apart neither is known. */
static void report_match(struct kit_run *run, const struct findings *files, size_t index)
{
    const struct entry *entry = &files->entries[index];
    CLEAN(clean_text) char *match = strdup(entry->match);
    struct kit_item item = {.attribute = SSHD_SETTING,
                            .source = entry->file,
                            .line = entry->line,
                            .name = entry->keyword->name};

    if (!match) {
        kit_fail(run, CFD_ERROR);
        return;
    }
    if (!kit_cut(match, MATCH_MOST) || !find_alike(files, index)) {
        report_value(run, entry->keyword, match, entry->value);
        return;
    }
    kit_drop(run, &item, "the first %d bytes of its Match are another's", MATCH_MOST);
    item.attribute = entry->keyword->attribute;
    if (item.attribute != SSHD_SETTING)
        kit_drop(run, &item, "the first %d bytes of its Match are another's", MATCH_MOST);
}

void sshd_report(struct kit_run *run, const struct findings *files,
                 const struct findings *effective)
{
    for (const struct keyword *keyword = sshd_keywords; keyword->name; keyword++) {
        const char *value = global_value(files, effective, keyword);

        if (value)
            report_value(run, keyword, "", value);
    }
    for (size_t i = 0; i < files->count; i++) {
        const struct entry *entry = &files->entries[i];

        if (*entry->match)
            report_match(run, files, i);
        report_excerpt(run, entry);
    }
    kit_emit_text(run, SSHD_METHOD, effective ? "sshd -T" : "files", NULL);
}

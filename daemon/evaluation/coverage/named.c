/* A name finds nobody among pseudonyms, and all but a name finds everybody: neither is an answer.
 * Nor is that nothing is there of a collector that there is not. */
#include "evaluation/coverage/coverage.h"

#include <ctype.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* What a part of a regular expression matches, where that is one text; NULL also without memory. */
static char *literal_of(const char *part, size_t length)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    for (size_t i = 0; i < length; i++) {
        if (part[i] == '\\' && i + 1 < length && ispunct((unsigned char)part[i + 1]))
            i++;
        else if (strchr("\\.^$*+?()[]{}", part[i]))
            return NULL;
        buffer_byte(&text, part[i]);
    }
    return text.length ? buffer_take(&text) : strdup("");
}

/* It is the same for every name, or matches what is no name. More than these shapes is not tried:
 * what is not understood is taken to hang on names. */
static bool part_is_free(const char *part, size_t length)
{
    if (length == 2 && part[0] == '.' && (part[1] == '*' || part[1] == '+'))
        return true;
    CLEAN(clean_text) char *literal = literal_of(part, length);
    return literal && names_tell_nobody(literal);
}

/* A pseudonym is not free: it is another one as soon as the key is. */
static bool is_free(const struct promql_matcher *matcher)
{
    const char *part = matcher->value;
    if (matcher->match == MATCH_EQUAL || matcher->match == MATCH_NOT_EQUAL)
        return names_tell_nobody(part);
    for (;;) {
        size_t length = strcspn(part, "|");
        if (!part_is_free(part, length))
            return false;
        if (!part[length])
            return true;
        part += length + 1;
    }
}

static bool label_is_personal(const struct instance *instance, const char *name, const char *label)
{
    for (size_t i = 0; i < instance->attributes.count; i++) {
        const struct attribute *attribute = &instance->attributes.items[i];
        for (size_t at = 0; at < attribute->label_count && coverage_reads(attribute, name); at++)
            if ((attribute->personal >> at & 1) && strcmp(attribute->labels[at], label) == 0)
                return true;
    }
    return false;
}

const struct promql_matcher *coverage_name_matcher(const struct instance *instance,
                                                   const struct promql_selector *selector)
{
    const struct promql_matcher *found = NULL;
    for (size_t i = 0; selector->name && i < selector->count; i++) {
        const struct promql_matcher *matcher = &selector->matchers[i];
        if (strcmp(matcher->name, "instance") == 0 &&
            !promql_matcher_wants(matcher, instance->name))
            return NULL;
        if (!found && label_is_personal(instance, selector->name, matcher->name) &&
            !is_free(matcher))
            found = matcher;
    }
    return found;
}

/* Names are kept, but not as far back as the selector reads. */
static int hidden_before(const struct coverage *watch, const struct instance *instance,
                         const struct promql_selector *selector, char **ret_why)
{
    char from[TEXT_TIME_SIZE];
    int64_t to_ms = promql_selector_end(selector, watch->turn->now.wall_ms);
    if (to_ms - selector->range_ms >= instance->names.from_ms)
        return 0;
    text_from_time(instance->names.from_ms, from);
    *ret_why = text_format("the formula asks %s for a name, and collector %s kept pseudonyms until "
                           "%s",
                           selector->name, instance->name, from);
    return *ret_why ? 0 : ERROR_MEMORY;
}

int coverage_hidden(void *context, const struct promql_selector *selector, char **ret_why)
{
    const struct coverage *watch = context;
    if (coverage_asks_nobody(watch, selector)) {
        *ret_why = text_format("the formula asks for %s of an instance by its name, and none that "
                               "is configured and measures it has that name",
                               selector->name);
        return *ret_why ? 0 : ERROR_MEMORY;
    }
    for (size_t i = 0; i < watch->intake->count; i++) {
        const struct instance *instance = watch->intake->instances[i];
        const struct basis *basis = &instance->names.basis;
        const struct promql_matcher *matcher = coverage_name_matcher(instance, selector);
        if (!matcher)
            continue;
        if (names_may_stay(&instance->names, watch->turn->now.wall_ms)) {
            int code = hidden_before(watch, instance, selector, ret_why);
            if (code || *ret_why)
                return code;
            continue;
        }
        bool stated = basis->legal_basis && *basis->legal_basis;
        *ret_why = text_format("the formula asks %s for a name in the label %s, of which collector "
                               "%s keeps pseudonyms: %s%s",
                               selector->name, matcher->name, instance->name,
                               stated ? "the review of its legal basis was due on "
                                      : "it states no legal basis",
                               stated ? basis->review_due : "");
        return *ret_why ? 0 : ERROR_MEMORY;
    }
    return 0;
}

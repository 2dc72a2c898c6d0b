/* The measures of a story: filters, counts, or vector(0), absent, ranges, the past, populations. */
#include "known/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* In a formula # stands for a number of minutes, which differs from story to story. */
static const struct recipe {
    const char *id;
    const char *formula;
    const char *target;
    const char *more; /* settings: "key=value;key=value" */
} recipes[] = {
    {"sum", "sum(x_bad)", "== 0", ""},
    {"count", "count(x_bad == 1)", "== 0", "when_empty=met"},
    {"each", "x_bad", "== 0", ""},
    {"filter", "x_bad > 0", "== 0", "when_empty=0"},
    {"bare", "x_bad > 0", "== 0", ""},
    {"vector", "sum(x_bad) or vector(0)", "== 0", "allow_absent=tried here"},
    {"absent", "absent(x_bad)", "== 0", "allow_absent=tried here;when_empty=met"},
    {"hits", "sum(sum_over_time(x_hits[#m]))", "== 0", "when_empty=met"},
    {"calm", "sum(sum_over_time(x_hits[#m]))", ">= 0", "when_empty=met;coverage=0.5"},
    {"most", "max(max_over_time(x_bad[#m]))", "== 0", "when_empty=met"},
    {"then", "sum(x_bad offset #m)", "== 0", "when_empty=met"},
    {"ratio", "sum(x_bad) / sum(x_age)", "<= 0.5", ""},
    {"share", "sum(x_bad) / sum(x_age) > 0.5", "== 0", "when_empty=met"},
    {"two", "sum(x_bad) + sum(y_bad)", "== 0", ""},
    {"partial", "sum(x_bad)", "== 0", "accept_partial=true;when_empty=met"},
    {"partial_hits", "sum(sum_over_time(x_hits[#m]))", "== 0",
     "accept_partial=true;when_empty=met"},
    {"list", "count(x_bad == 1)", "== 0", "population=list;when_empty=0"},
    {"list_each", "x_bad", "== 0", "population=list"},
    {"list_least", "count(x_bad == 0)", ">= 2", "population=list;when_empty=0"},
    {"list_half", "sum(x_bad)", "== 0", "population=list;min_coverage=0.5"},
    {"inventory", "sum(x_bad)", "== 0", "population=y_bad;when_empty=met"},
    {"log", "sum(sum_over_time(z_hits[#m]))", "== 0", "when_empty=met"},
    {"log_now", "max(z_age)", "<= 50", ""},
    {"valid", "sum(x_bad)", "== 0", "valid_when=z_age < 50;when_empty=met"},
};

static char *with_minutes(const char *formula, uint64_t minutes)
{
    const char *mark = strchr(formula, '#');
    if (!mark)
        return strdup(formula);
    return text_format("%.*s%llu%s", (int)(mark - formula), formula, (unsigned long long)minutes,
                       mark + 1);
}

static void set_more(json_t *construct, const char *more)
{
    CLEAN(clean_text) char *copy = strdup(more);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, ";")) && *word;) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        json_t *json = strcmp(value, "true") == 0   ? json_true()
                       : strcmp(value, "list") == 0 ? json_pack("[s, s]", "ann", "bob")
                                                    : json_string(value);
        json_object_set_new(construct, word, json);
    }
    if (json_object_get(construct, "population"))
        json_object_set_new(construct, "population_by", json_string("user"));
}

void recipes_add(struct story *story)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        const struct recipe *recipe = &recipes[i];
        CLEAN(clean_text)
        char *formula = with_minutes(recipe->formula, 2 + story_random(story, 20));
        json_t *construct = scene_measure(story->scene, recipe->id, formula, recipe->target);
        set_more(construct, recipe->more);
        json_object_set_new(construct, "every", json_integer(300000));
    }
}

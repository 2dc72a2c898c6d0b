/* Check mode: what is wrong with measures and with what is stated, as paths in the configuration.
 */
#include "evaluation/isms/isms.h"

#include <string.h>

#include "evaluation/coverage/coverage.h"
#include "evaluation/measure/measure.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

struct checking {
    void (*on_fault)(void *context, const struct isms_fault *fault);
    void *context;
    struct instance *instances; /* with the tables of all collectors */
    size_t count;
    size_t measure; /* under check */
    const char *setting;
    double coverage;
    bool any_tables;
    int64_t now_ms;
};

static void tell(struct checking *checking, const char *setting, size_t column, bool warning,
                 const char *sentence)
{
    CLEAN(clean_text)
    char *path = text_format("measures[%zu].%s", checking->measure, setting ? setting : "id");
    struct isms_fault fault = {path ? path : "measures", column, warning, sentence};
    checking->on_fault(checking->context, &fault);
}

/* Two samples at least make a rate, and look-back allows for one run that did not come. */
static bool is_rate(const char *function)
{
    static const char *const names[] = {"rate", "irate", "increase", "delta", "idelta", "deriv"};
    for (size_t i = 0; function && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], function) == 0)
            return true;
    return false;
}

static void check_range(struct checking *checking, const struct instance *instance,
                        const struct promql_selector *selector)
{
    CLEAN(clean_text) char *every = text_from_duration(instance->every_ms);
    CLEAN(clean_text) char *least = text_from_duration(2 * instance->every_ms);
    CLEAN(clean_text) char *sentence = NULL;
    bool is_short = is_rate(selector->over) && selector->over_ms < 2 * instance->every_ms;
    double watched = 1 - (double)instance->every_ms / (double)selector->range_ms;
    if (is_short)
        sentence = text_format("the range of %s() over %s, which collector %s reads each %s, is "
                               "too short: allowed is %s or more",
                               selector->over, selector->name, instance->name, every, least);
    else if (selector->range_ms && watched < checking->coverage)
        sentence = text_format(
            "collector %s reads %s each %s: before a run at most %.0f %% of the range was "
            "observed, and coverage is %.0f %%: the measure will be unknown at times",
            instance->name, selector->name, every, watched > 0 ? watched * 100 : 0,
            checking->coverage * 100);
    if (sentence)
        tell(checking, checking->setting, selector->column, !is_short, sentence);
}

/* Among pseudonyms a count of nobody, or of everybody, would pass for an answer. */
static void check_names(struct checking *checking, const struct instance *instance,
                        const struct promql_selector *selector)
{
    static const char *const signs[] = {[MATCH_EQUAL] = "=",
                                        [MATCH_NOT_EQUAL] = "!=",
                                        [MATCH_REGEX] = "=~",
                                        [MATCH_NOT_REGEX] = "!~"};
    const struct basis *basis = &instance->names.basis;
    const struct promql_matcher *matcher = coverage_name_matcher(instance, selector);
    CLEAN(clean_text) char *sentence = NULL;
    if (!matcher || names_may_stay(&instance->names, checking->now_ms))
        return;
    bool stated = basis->legal_basis && *basis->legal_basis;
    if (stated)
        sentence = text_format(
            "the review of the legal basis of collector %s was due on %s: its label %s is kept as "
            "pseudonyms since, so %s\"%s\" cannot be known and the measure will be unknown",
            instance->name, basis->review_due, matcher->name, signs[matcher->match],
            matcher->value);
    else
        sentence =
            text_format("%s%s\"%s\" depends on a name, and collector %s keeps that label as "
                        "pseudonyms; " WATCH_NAMES_ALLOWED,
                        matcher->name, signs[matcher->match], matcher->value, instance->name);
    if (sentence)
        tell(checking, checking->setting, selector->column, stated, sentence);
}

/* A name that nobody declares is a slip of the pen, or a collector that is not here. */
static void check_selector(void *context, const struct promql_selector *selector)
{
    struct checking *checking = context;
    bool own = text_begins(selector->name, "conformd_"),
         known = own && selfmetrics_has(selector->name);
    for (size_t i = 0; i < checking->count; i++) {
        if (!coverage_feeds(&checking->instances[i], selector->name))
            continue;
        known = true;
        check_range(checking, &checking->instances[i], selector);
        check_names(checking, &checking->instances[i], selector);
    }
    CLEAN(clean_text)
    char *sentence =
        text_format("%s %s; the measure will be unknown",
                    own ? "conformd has no series" : "no collector of this configuration declares",
                    selector->name);
    if (!known && (own || checking->any_tables) && sentence)
        tell(checking, checking->setting, 0, true, sentence);
}

static void check_formula(struct checking *checking, const char *setting,
                          const struct promql *formula)
{
    checking->setting = setting;
    if (formula)
        promql_each_selector(formula, check_selector, checking);
}

static int check_measure(struct checking *checking, json_t *construct)
{
    struct measure *measure = NULL;
    struct measure_fault fault = {0};
    int code = measure_new(construct, &measure, &fault);
    if (code && code != ERROR_MEMORY) {
        tell(checking, fault.setting, fault.column, false,
             fault.sentence ? fault.sentence : error_text(code));
        code = 0;
    }
    measure_fault_finish(&fault);
    if (measure) {
        checking->coverage = measure->coverage;
        check_formula(checking, "formula", measure->formula);
        check_formula(checking, "valid_when", measure->valid_when);
        check_formula(checking, "population", measure->inventory);
        if (promql_may_be_empty(measure->formula) && measure->when_empty.as == INSTEAD_UNKNOWN)
            tell(checking, "formula", 0, true,
                 "its answer may be empty where all is well, and when_empty does not say what that "
                 "means: it will be unknown");
    }
    measure_free(measure);
    return code;
}

/* NULL where the configuration does not name it: then all is as preset. */
static const json_t *collector_of(const json_t *collectors, const char *name)
{
    size_t index;
    json_t *collector;
    json_array_foreach ((json_t *)collectors, index, collector) {
        if (strcmp(json_text_of(collector, "name", ""), name) == 0)
            return collector;
    }
    return NULL;
}

static int load_tables(struct checking *checking, const json_t *tables, const json_t *collectors)
{
    const char *name;
    json_t *row;
    checking->instances = calloc(json_object_size(tables) + 1, sizeof *checking->instances);
    if (!checking->instances)
        return ERROR_MEMORY;
    json_object_foreach ((json_t *)tables, name, row) {
        struct instance *instance = &checking->instances[checking->count];
        const json_t *collector = collector_of(collectors, name);
        if (!instance_init_declared(instance, name, collector, row)) {
            checking->count++;
        } else {
            instance_finish(instance);
            *instance = (struct instance){0};
        }
        checking->any_tables = true;
    }
    return 0;
}

int isms_check(const json_t *config, const json_t *tables,
               void (*on_fault)(void *context, const struct isms_fault *fault), void *context)
{
    struct checking checking = {
        .on_fault = on_fault, .context = context, .now_ms = clock_now().wall_ms};
    json_t *construct;
    int code = load_tables(&checking, tables, json_object_get(config, "collectors"));
    json_array_foreach (json_object_get(config, "measures"), checking.measure, construct) {
        if (!code)
            code = check_measure(&checking, construct);
    }
    isms_check_records(config, on_fault, context);
    for (size_t i = 0; i < checking.count; i++)
        instance_finish(&checking.instances[i]);
    free(checking.instances);
    return code;
}

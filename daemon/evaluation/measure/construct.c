/* A construct's text becomes a measure, or a mistake with its setting and column. */
#include "evaluation/measure/measure.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

void measure_fault_finish(struct measure_fault *fault)
{
    free(fault->sentence);
    *fault = (struct measure_fault){0};
}

static int fault(struct measure_fault *ret, const char *setting, size_t column, char *sentence)
{
    free(ret->sentence);
    *ret = (struct measure_fault){setting, column, sentence};
    return ERROR_FORMAT;
}

static int parse_formula(const json_t *construct, const char *setting, struct promql **ret,
                         struct measure_fault *ret_fault)
{
    struct promql_fault why = {0};
    int code = promql_parse(json_text_of(construct, setting, ""), ret, &why);
    if (!code)
        return 0;
    fault(ret_fault, setting, why.column, strdup(why.sentence ? why.sentence : error_text(code)));
    promql_fault_finish(&why);
    return ERROR_FORMAT;
}

struct reads {
    bool any;
    bool nameless;
};

static void on_selector(void *context, const struct promql_selector *selector)
{
    struct reads *reads = context;
    reads->any = true;
    reads->nameless = reads->nameless || !selector->name;
}

/* Whatever a formula reads must have a name, or nobody can say whether it was watched. */
static int check_formula(const struct promql *formula, const char *setting, bool may_forgive,
                         struct measure_fault *ret_fault)
{
    struct reads reads = {0};
    enum promql_type type = promql_type(formula);
    if (type != PROMQL_VECTOR && type != PROMQL_SCALAR)
        return fault(ret_fault, setting, 1,
                     strdup("the formula gives a range or a text; allowed is one that gives a "
                            "number or one number a series, such as sum(accounts_empty_password)"));
    promql_each_selector(formula, on_selector, &reads);
    if (reads.nameless)
        return fault(ret_fault, setting, 1,
                     strdup("a selector without a name; give the attribute's name, so that it is "
                            "known whether it was measured"));
    if (!reads.any)
        return fault(ret_fault, setting, 1,
                     strdup("the formula reads no attribute, so it measures nothing; allowed is "
                            "one that does, such as sum(accounts_empty_password)"));
    if (!may_forgive && promql_invents(formula))
        return fault(ret_fault, setting, 1,
                     strdup("vector() and absent() make an answer out of missing data; give the "
                            "reason in allow_absent, or use when_empty"));
    return 0;
}

/* "self", a list of elements, or a selector over an inventory. */
static int read_population(struct measure *measure, struct measure_fault *ret_fault)
{
    const json_t *population = json_object_get(measure->construct, "population");
    const char *text = json_text_of(measure->construct, "population", "");
    /* A text that was approved before there was the setting means hosts. */
    const char *label = json_text_of(measure->construct, "population_by", "");
    measure->element_label = *label ? label : "host";
    if (json_is_array(population)) {
        measure->elements = population;
        return json_array_size(population)
                   ? 0
                   : fault(ret_fault, "population", 0,
                           strdup("the list names no element; allowed is \"self\", a list of "
                                  "elements, or a selector over an inventory"));
    }
    if (strcmp(text, "self") == 0)
        return 0;
    int code = parse_formula(measure->construct, "population", &measure->inventory, ret_fault);
    if (!code && !promql_is_selector(measure->inventory))
        code = fault(ret_fault, "population", 1,
                     strdup("allowed is \"self\", a list of elements, or one selector over an "
                            "inventory such as \"inventory_host_info{env=\\\"prod\\\"}\""));
    return code ? code : check_formula(measure->inventory, "population", false, ret_fault);
}

static int read_instead(const json_t *construct, const char *setting, struct measure_instead *ret,
                        struct measure_fault *ret_fault)
{
    const char *text = json_text_of(construct, setting, "");
    struct measure_instead instead = {INSTEAD_NUMBER, 0};
    if (strcmp(text, "unknown") == 0)
        instead.as = INSTEAD_UNKNOWN;
    else if (strcmp(text, "met") == 0)
        instead.as = INSTEAD_MET;
    else if (text_to_double(text, &instead.number))
        return fault(ret_fault, setting, 0,
                     text_format("found \"%s\", allowed are \"unknown\", \"met\" or a number such "
                                 "as \"0\"",
                                 text));
    *ret = instead;
    return 0;
}

/* A number that canonical JSON keeps as text. */
static double read_share(const json_t *construct, const char *setting)
{
    double value;
    const char *text = json_text_of(construct, setting, "");
    if (*text && !text_to_double(text, &value))
        return value;
    return json_number_of(construct, setting, 0);
}

static int read_construct(struct measure *measure, struct measure_fault *ret_fault)
{
    const json_t *construct = measure->construct;
    CLEAN(error_finish) struct error error = {0};
    bool may_forgive = *json_text_of(construct, "allow_absent", "") != '\0';
    measure->id = json_text_of(construct, "id", "");
    measure->every_ms = json_integer_of(construct, "every", 0);
    measure->coverage = read_share(construct, "coverage");
    measure->min_coverage = read_share(construct, "min_coverage");
    measure->systemic_share = read_share(construct, "systemic_share");
    measure->accept_partial = json_flag_of(construct, "accept_partial", false);
    int code = parse_formula(construct, "formula", &measure->formula, ret_fault);
    if (!code)
        code = check_formula(measure->formula, "formula", may_forgive, ret_fault);
    if (!code && *json_text_of(construct, "valid_when", ""))
        code = parse_formula(construct, "valid_when", &measure->valid_when, ret_fault);
    if (!code && measure->valid_when)
        code = check_formula(measure->valid_when, "valid_when", may_forgive, ret_fault);
    if (!code && measure->valid_when)
        promql_tell_each(measure->valid_when); /* of several elements each must hold */
    if (!code)
        code = read_population(measure, ret_fault);
    if (!code)
        code = read_instead(construct, "when_empty", &measure->when_empty, ret_fault);
    if (!code)
        code = read_instead(construct, "zero_denominator", &measure->zero_denominator, ret_fault);
    if (!code &&
        criterion_from_json(json_object_get(construct, "criterion"), &measure->criterion, &error))
        code = fault(ret_fault, "criterion", 0, strdup(error_sentence(&error)));
    return code;
}

int measure_new(json_t *construct, struct measure **ret, struct measure_fault *ret_fault)
{
    struct measure *measure = calloc(1, sizeof *measure);
    CLEAN(clean_text) char *text = json_canonical(construct);
    if (!measure || !text) {
        free(measure);
        return ERROR_MEMORY;
    }
    measure->construct = json_incref(construct);
    int code = digest_text(text, strlen(text), measure->hash);
    if (!code)
        code = read_construct(measure, ret_fault);
    if (code) {
        measure_free(measure);
        return code;
    }
    *ret = measure;
    return 0;
}

void measure_free(struct measure *measure)
{
    if (!measure)
        return;
    promql_free(measure->formula);
    promql_free(measure->valid_when);
    promql_free(measure->inventory);
    json_decref(measure->construct);
    free(measure);
}

struct name_visit {
    void (*on_name)(void *context, const char *name);
    void *context;
};

static void visit_name(void *context, const struct promql_selector *selector)
{
    struct name_visit *visit = context;
    if (selector->name)
        visit->on_name(visit->context, selector->name);
}

void measure_each_selector(const struct measure *measure,
                           void (*on)(void *context, const struct promql_selector *), void *context)
{
    promql_each_selector(measure->formula, on, context);
    if (measure->valid_when)
        promql_each_selector(measure->valid_when, on, context);
    if (measure->inventory)
        promql_each_selector(measure->inventory, on, context);
}

void measure_each_name(const struct measure *measure,
                       void (*on_name)(void *context, const char *name), void *context)
{
    struct name_visit visit = {on_name, context};
    measure_each_selector(measure, visit_name, &visit);
}

static void visit_reach(void *context, const struct promql_selector *selector)
{
    int64_t *reach = context, own = selector->range_ms + selector->offset_ms;
    if (own > *reach)
        *reach = own;
}

int64_t measure_reach_ms(const struct measure *measure)
{
    int64_t reach = 0;
    measure_each_selector(measure, visit_reach, &reach);
    return reach;
}

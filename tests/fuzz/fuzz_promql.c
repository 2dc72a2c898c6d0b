/* Fuzz target: any bytes as a formula are parsed, printed, read back and evaluated over nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/selectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int select_nothing(void *context, const struct promql_ask *ask,
                          int (*give)(void *to, const struct promql_series *series), void *to)
{
    (void)context, (void)ask, (void)give, (void)to;
    return 0;
}

static void count_selector(void *context, const struct promql_selector *selector)
{
    *(size_t *)context += selector->count;
}

static void evaluate(const struct promql *promql, int64_t step_ms)
{
    struct promql_request request = {
        .source = {NULL, select_nothing},
        .options = {.limit_samples = 2000},
        .from_ms = 1000000,
        .to_ms = 1300000,
        .step_ms = step_ms,
    };
    struct promql_value value = {0};
    struct error error = {0};
    if (!promql_evaluate(promql, &request, &value, &error))
        promql_value_finish(&value);
    else if (!error.sentence)
        abort();
    error_finish(&error);
}

/* What was printed must be read back and print the same. */
static void check_print(const struct promql *promql)
{
    struct promql *again = NULL;
    char *text = promql_print(promql);
    if (!text)
        return;
    if (strlen(text) <= 16384 && promql_parse(text, &again, NULL))
        abort();
    char *second = again ? promql_print(again) : NULL;
    if (second && strcmp(text, second) != 0)
        abort();
    free(text);
    free(second);
    promql_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    size_t matchers = 0;
    char *text = strndup((const char *)data, size);
    if (!text)
        return 0;
    if (promql_parse(text, &promql, &fault)) {
        if (!fault.sentence || !fault.column)
            abort();
    } else {
        check_print(promql);
        promql_each_selector(promql, count_selector, &matchers);
        (void)promql_may_be_empty(promql);
        evaluate(promql, 0);
        evaluate(promql, 60000);
    }
    promql_fault_finish(&fault);
    promql_free(promql);
    free(text);
    return 0;
}

/* Runs Prometheus' own language tests (v2.42 promql/testdata): load, clear, eval, eval_fail,
 * eval_ordered. Each eval runs at its time and, as there, in the middle of a range. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"
#include "promql_memory.h"

#define FOLDER     SHARED_DIR "/fixtures/promql"
#define SKIPPED    77
#define EPSILON    1e-6
#define LEAST      2.2250738585072014e-308
#define MINUTE_MS  60000
#define TEXT_BYTES 1000000

/* What the files hold: fewer would mean that some were not read. */
static const struct {
    const char *name;
    size_t evals;
} files[] = {
    {"aggregators", 83}, {"at_modifier", 33}, {"collision", 2},       {"literals", 20},
    {"operators", 94},   {"selectors", 31},   {"trig_functions", 19},
};

struct runner {
    const char *file;
    struct memory memory;
    char **line;
    size_t lines;
    size_t at;
    size_t evals;
    size_t passed;
    size_t ranges;
};

struct eval {
    size_t line;
    int64_t time_ms;
    bool fails;
    bool ordered;
    const char *formula;
    size_t first; /* lines of what is expected */
    size_t behind;
};

static bool almost_equal(double a, double b)
{
    if ((isnan(a) && isnan(b)) || a == b)
        return true;
    double apart = fabs(a - b);
    if (a == 0 || b == 0 || apart < LEAST)
        return apart < EPSILON * LEAST;
    return apart / (fabs(a) + fabs(b)) < EPSILON;
}

static bool complain(const struct runner *runner, const struct eval *eval, const char *what,
                     const char *detail)
{
    printf("%s.test:%zu: %s: %s %s\n", runner->file, eval->line, eval->formula, what, detail);
    return false;
}

/* The row of these labels, or NULL. */
static const struct promql_row *row_of(const struct promql_value *value,
                                       const struct labels *labels)
{
    for (size_t i = 0; i < value->count; i++)
        if (labels_equal(value->rows[i].labels, labels))
            return &value->rows[i];
    return NULL;
}

static bool has_value_at(const struct promql_row *row, int64_t time_ms, double value)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->points[i].time_ms == time_ms)
            return almost_equal(row->points[i].value, value);
    return false;
}

/* Rows that have a point at the time. */
static size_t rows_at(const struct promql_value *value, int64_t time_ms)
{
    size_t rows = 0;
    for (size_t i = 0; i < value->count; i++)
        for (size_t p = 0; p < value->rows[i].count; p++)
            rows += value->rows[i].points[p].time_ms == time_ms;
    return rows;
}

static bool check_line(const struct runner *runner, const struct eval *eval, size_t at,
                       const struct promql_value *value)
{
    const char *line = runner->line[at];
    double number;
    if (memory_number(line, &number)) { /* a scalar; over a range it is a row without labels */
        if (value->type == PROMQL_SCALAR)
            return almost_equal(value->scalar, number) || complain(runner, eval, "not", line);
        return (value->count == 1 && has_value_at(&value->rows[0], eval->time_ms, number)) ||
               complain(runner, eval, "over a range not", line);
    }
    CLEAN(labels_clean) struct labels *labels = memory_labels(&line);
    while (isspace((unsigned char)*line))
        line++;
    if (!labels || !memory_number(line, &number))
        return complain(runner, eval, "expectation not understood:", runner->line[at]);
    bool in_order = eval->ordered && at - eval->first < value->count;
    const struct promql_row *row =
        in_order ? &value->rows[at - eval->first] : row_of(value, labels);
    if (!row || !labels_equal(row->labels, labels) || !has_value_at(row, eval->time_ms, number))
        return complain(runner, eval, "not", runner->line[at]);
    return true;
}

static bool check_value(const struct runner *runner, const struct eval *eval,
                        const struct promql_value *value)
{
    for (size_t at = eval->first; at < eval->behind; at++)
        if (!check_line(runner, eval, at, value))
            return false;
    size_t rows = value->type == PROMQL_SCALAR ? 1 : rows_at(value, eval->time_ms);
    return rows == eval->behind - eval->first || complain(runner, eval, "number of series", "");
}

static bool run_request(struct runner *runner, const struct eval *eval, const struct promql *promql,
                        bool range)
{
    struct promql_request request = {
        .source = memory_source(&runner->memory),
        .from_ms = eval->time_ms - (range ? MINUTE_MS : 0),
        .to_ms = eval->time_ms + (range ? MINUTE_MS : 0),
        .step_ms = range ? MINUTE_MS : 0,
    };
    struct promql_value value = {0};
    CLEAN(error_finish) struct error error = {0};
    int code = promql_evaluate(promql, &request, &value, &error);
    bool passed;
    if (code)
        passed = eval->fails || complain(runner, eval, "failed:", error_sentence(&error));
    else if (eval->fails)
        passed = complain(runner, eval, "did not fail", "");
    else
        passed = check_value(runner, eval, &value);
    promql_value_finish(&value);
    return passed;
}

static bool run_eval(struct runner *runner, const struct eval *eval)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    if (promql_parse(eval->formula, &promql, &fault)) {
        bool passed = eval->fails || complain(runner, eval, "does not parse:", fault.sentence);
        promql_fault_finish(&fault);
        return passed;
    }
    bool passed = run_request(runner, eval, promql, false);
    if (passed && !eval->ordered && !eval->fails) {
        passed = run_request(runner, eval, promql, true);
        runner->ranges += passed;
    }
    promql_free(promql);
    return passed;
}

/* "eval[_fail|_ordered] instant at TIME FORMULA" and the lines below it up to an empty one. */
static bool take_eval(struct runner *runner)
{
    char kind[16], at[32];
    int used = 0;
    const char *line = runner->line[runner->at];
    struct eval eval = {.line = runner->at + 1, .first = ++runner->at};
    if (sscanf(line, "%15s instant at %31s %n", kind, at, &used) != 2 || !used ||
        text_to_duration(at, &eval.time_ms)) {
        printf("%s.test:%zu: not understood: %s\n", runner->file, eval.line, line);
        return false;
    }
    eval.formula = line + used;
    eval.fails = strcmp(kind, "eval_fail") == 0;
    eval.ordered = strcmp(kind, "eval_ordered") == 0;
    while (runner->at < runner->lines && *runner->line[runner->at])
        runner->at++;
    eval.behind = runner->at;
    runner->evals++;
    bool passed = run_eval(runner, &eval);
    runner->passed += passed;
    return passed;
}

static bool take_load(struct runner *runner)
{
    int64_t step_ms;
    if (text_to_duration(runner->line[runner->at] + strlen("load "), &step_ms))
        return false;
    for (runner->at++; runner->at < runner->lines && *runner->line[runner->at]; runner->at++)
        if (!memory_load(&runner->memory, runner->line[runner->at], step_ms)) {
            printf("%s.test:%zu: not understood\n", runner->file, runner->at + 1);
            return false;
        }
    return true;
}

static bool run_lines(struct runner *runner)
{
    bool good = true;
    while (runner->at < runner->lines) {
        const char *line = runner->line[runner->at];
        if (text_begins(line, "load ")) {
            good &= take_load(runner);
        } else if (text_begins(line, "eval")) {
            good &= take_eval(runner);
        } else {
            if (strcmp(line, "clear") == 0)
                memory_clear(&runner->memory);
            else if (*line)
                good = false;
            runner->at++;
        }
    }
    return good;
}

/* Cuts the text at its line ends and trims; a comment is an empty line. */
static size_t cut_lines(char *text, char **line, size_t most)
{
    size_t lines = 0;
    for (char *next; text && lines < most; text = next) {
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        text += strspn(text, " \t\r");
        size_t length = strlen(text);
        while (length && isspace((unsigned char)text[length - 1]))
            text[--length] = '\0';
        if (*text == '#')
            *text = '\0';
        line[lines++] = text;
    }
    return lines;
}

static bool run_file(struct runner *runner, const char *name, size_t expected)
{
    static char *lines[5000];
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(clean_text) char *path = text_format("%s/%s.test", FOLDER, name);
    size_t before = runner->evals;
    if (!path || file_read(path, TEXT_BYTES, &bytes)) {
        printf("%s.test is not there\n", name);
        return false;
    }
    runner->file = name;
    runner->line = lines;
    runner->lines = cut_lines(bytes.data, lines, sizeof lines / sizeof *lines);
    runner->at = 0;
    bool good = run_lines(runner);
    memory_clear(&runner->memory);
    if (runner->evals - before >= expected)
        return good;
    printf("%s.test: %zu evals, expected %zu\n", name, runner->evals - before, expected);
    return false;
}

int main(void)
{
    struct stat status;
    if (stat(FOLDER, &status)) {
        puts("skipped: there is no folder " FOLDER);
        return SKIPPED;
    }
    struct runner runner = {0};
    bool good = true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        good &= run_file(&runner, files[i].name, files[i].evals);
    printf("%zu evals, %zu passed (%zu of them also over a range)\n", runner.evals, runner.passed,
           runner.ranges);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

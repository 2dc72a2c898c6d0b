/* rules test: conformd reads the rules, a collector tries them; no daemon is needed. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

enum { SETS_SHOWN = 20, LINES_SHOWN = 5 };

/* The rules with the place of each member, as conformd prints them. */
static int read_rules(const struct ctl *ctl, json_t **ret)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(buffer_finish) struct buffer output = {0};
    CLEAN(clean_text) char *program = ctl_find_program("conformd", CONFORMD_BIN_DIR);
    char *words[6] = {program, "--print-rules"};
    int count = 2;
    if (ctl->rules || ctl->config) {
        words[count++] = ctl->rules ? "--rules" : "--config";
        words[count++] = (char *)(uintptr_t)(ctl->rules ? ctl->rules : ctl->config);
    }
    int status = program ? ctl_run(words, NULL, &output, &error) : CTL_FAILED;
    if (status < 0)
        return ctl_fail(&error);
    if (status)
        return status == CTL_USAGE ? CTL_USAGE : CTL_FAILED; /* conformd said why */
    if (json_read(output.data, output.length, ret, &error))
        return ctl_fail(&error);
    return CTL_DONE;
}

static int scan(json_t *rules, char *log, json_t **ret)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(buffer_finish) struct buffer output = {0};
    CLEAN(clean_text)
    char *program = ctl_find_program("conformd-collector", CONFORMD_LIBEXEC_DIR);
    CLEAN(clean_text) char *plugin = ctl_find_plugin("log");
    CLEAN(clean_json) json_t *settings = json_pack("{s:O}", "rule", rules);
    CLEAN(clean_text) char *input = settings ? json_canonical(settings) : NULL;
    if (!program || !plugin || !input)
        return CTL_FAILED;
    char *words[] = {program, "--scan", plugin, log, NULL};
    int status = ctl_run(words, input, &output, &error);
    if (status < 0)
        return ctl_fail(&error);
    if (status)
        return CTL_FAILED; /* the collector said why */
    if (json_read(output.data, output.length, ret, &error))
        return ctl_fail(&error);
    return CTL_DONE;
}

/* "file:line" of a setting as "rule[2].match[0]": of itself, or of what it is in. */
static const char *place_of(const json_t *places, const char *setting)
{
    CLEAN(clean_text) char *known = strdup(setting);
    while (known && *known) {
        const char *place = json_text_of(places, known, NULL);
        if (place)
            return place;
        char *end = strrchr(known, '.');
        if (!end)
            end = known;
        *end = '\0';
    }
    return "rules";
}

/* Each fault gets its place. */
static void add_places(json_t *faults, const json_t *places)
{
    size_t index;
    json_t *fault;
    json_array_foreach (faults, index, fault)
        json_object_set_new(fault, "place",
                            json_string(place_of(places, json_text_of(fault, "setting", ""))));
}

static void print_faults(const json_t *faults)
{
    size_t index;
    json_t *fault;
    json_array_foreach ((json_t *)faults, index, fault) {
        const char *sentence = json_text_of(fault, "sentence", "");
        CLEAN(clean_text) char *plain = text_printable(sentence, strlen(sentence));
        fprintf(stderr, "%s: %s\n", json_text_of(fault, "place", ""), plain ? plain : "");
    }
}

static void print_tried(const json_t *rules, size_t failed)
{
    size_t index, matching = 0, other = 0;
    json_t *rule;
    json_array_foreach ((json_t *)rules, index, rule) {
        matching += json_array_size(json_object_get(rule, "match"));
        other += json_array_size(json_object_get(rule, "no_match"));
    }
    if (failed)
        printf("%zu %s in %zu rules\n", failed, failed == 1 ? "mistake" : "mistakes", index);
    else
        printf("%zu rules passed: %zu lines that must match, %zu that must not\n", index, matching,
               other);
}

static void print_hits(const json_t *rules)
{
    size_t index;
    json_t *rule;
    struct table *table = ctl_table_new(3);
    ctl_table_row(table, "RULE", "HITS", "FEEDS");
    json_array_foreach ((json_t *)rules, index, rule) {
        CLEAN(clean_text) char *hits = ctl_word_of(json_object_get(rule, "hits"));
        ctl_table_row(table, json_text_of(rule, "id", ""), hits, json_text_of(rule, "feeds", ""));
    }
    putchar('\n');
    ctl_table_print(table);
}

static void print_totals(const json_t *sets)
{
    size_t index;
    json_t *set;
    const char *name;
    json_t *count;
    CLEAN(clean_json) json_t *totals = json_object();
    json_array_foreach ((json_t *)sets, index, set) {
        name = json_text_of(set, "attribute", "");
        double sum = json_number_of(totals, name, 0) + json_number_of(set, "count", 0);
        json_object_set_new(totals, name, json_real(sum));
    }
    struct table *table = ctl_table_new(2);
    ctl_table_row(table, "ATTRIBUTE", "EVENTS");
    json_object_foreach (totals, name, count) {
        CLEAN(clean_text) char *word = ctl_word_of(count);
        ctl_table_row(table, name, word);
    }
    putchar('\n');
    ctl_table_print(table);
}

static void print_sets(const json_t *sets)
{
    size_t index, all = json_array_size(sets);
    json_t *set;
    struct table *table = ctl_table_new(2);
    ctl_table_row(table, "EVENTS", "OF");
    json_array_foreach ((json_t *)sets, index, set) {
        CLEAN(clean_text) char *count = ctl_word_of(json_object_get(set, "count"));
        CLEAN(clean_text) char *labels = ctl_word_of_labels(json_object_get(set, "labels"));
        CLEAN(clean_text)
        char *series = text_format("%s%s", json_text_of(set, "attribute", ""), labels);
        if (index < SETS_SHOWN)
            ctl_table_row(table, count, series);
    }
    putchar('\n');
    ctl_table_print(table);
    if (all > SETS_SHOWN)
        printf("and %zu more sets of labels; --json shows all\n", all - SETS_SHOWN);
}

static void print_unmatched(const json_t *found)
{
    size_t index;
    json_t *line;
    struct table *table = ctl_table_new(2);
    printf("\n%lld of %lld lines are matched by no rule\n",
           (long long)json_integer_of(found, "unmatched", 0),
           (long long)json_integer_of(found, "lines", 0));
    json_array_foreach (json_object_get(found, "unmatched_lines"), index, line) {
        CLEAN(clean_text) char *number = ctl_word_of(json_object_get(line, "line"));
        if (index < LINES_SHOWN)
            ctl_table_row(table, number, json_text_of(line, "text", ""));
    }
    ctl_table_print(table);
    json_array_foreach (json_object_get(found, "lost"), index, line)
        printf("lost: %s\n", json_string_value(line));
}

static void print_found(const json_t *found)
{
    const json_t *sets = json_object_get(found, "sets");
    print_hits(json_object_get(found, "rules"));
    if (json_array_size(sets)) {
        print_totals(sets);
        print_sets(sets);
    }
    print_unmatched(found);
}

int ctl_rules_run(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *read = NULL;
    CLEAN(clean_json) json_t *found = NULL;
    if (strcmp(words[0], "test") != 0)
        return ctl_usage(ctl);
    int status = read_rules(ctl, &read);
    if (status)
        return status;
    json_t *rules = json_object_get(read, "rules");
    status = scan(rules, count > 1 ? words[1] : NULL, &found);
    if (status)
        return status;
    json_t *faults = json_object_get(found, "faults");
    size_t failed = json_array_size(faults);
    add_places(faults, json_object_get(read, "places"));
    if (ctl->json) {
        ctl_print_json(found);
    } else {
        print_faults(faults);
        print_tried(rules, failed);
        if (json_object_get(found, "lines"))
            print_found(found);
    }
    return failed ? CTL_FAILED : CTL_DONE;
}

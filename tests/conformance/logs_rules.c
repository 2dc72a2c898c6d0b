/* Reads rule files with libconfig alone. */
#include "logs_rules.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <libconfig.h>
#include <string.h>

#define ITEMS_MOST 64

struct list {
    const char *items[ITEMS_MOST];
    struct rule_list list;
};

static void fail(const char *file, const char *why)
{
    fprintf(stderr, "%s: %s\n", file, why);
    exit(1);
}

static const config_setting_t *open_rules(config_t *config, const char *name)
{
    CLEAN(clean_text) char *path = text_format("%s/etc/rules.d/%s.conf", SOURCE_DIR, name);
    config_init(config);
    if (!config_read_file(config, path))
        fail(path, config_error_text(config));
    const config_setting_t *rules = config_lookup(config, "rules");
    if (!rules)
        fail(path, "no rules");
    return rules;
}

static struct rule_list read_list(const config_setting_t *rule, const char *member,
                                  struct list *list)
{
    const config_setting_t *items = config_setting_get_member(rule, member);
    int count = items ? config_setting_length(items) : 0;
    for (int i = 0; i < count && i < ITEMS_MOST; i++)
        list->items[i] = config_setting_get_string_elem(items, i);
    return (struct rule_list){list->items, (size_t)count};
}

void logs_rules_add(struct rule_set *set, const char *name)
{
    config_t config;
    const config_setting_t *rules = open_rules(&config, name);
    for (int i = 0; i < config_setting_length(rules); i++) {
        const config_setting_t *rule = config_setting_get_elem(rules, (unsigned)i);
        struct list lists[4];
        struct rule_text text = {.excerpt = true};
        config_setting_lookup_string(rule, "id", &text.id);
        config_setting_lookup_string(rule, "pattern", &text.pattern);
        config_setting_lookup_string(rule, "feeds", &text.feeds);
        text.labels = read_list(rule, "labels", &lists[0]);
        text.personal = read_list(rule, "personal", &lists[1]);
        text.match = read_list(rule, "match", &lists[2]);
        text.no_match = read_list(rule, "no_match", &lists[3]);
        CLEAN(error_finish) struct error error = {0};
        if (scan_set_add(set, &text, NULL, &error))
            fail(text.id, error_sentence(&error));
    }
    config_destroy(&config);
}

static void lend(struct fake *fake, size_t number, const char *member, const char *text)
{
    CLEAN(clean_text) char *path = text_format("rule[%zu].%s", number, member);
    fake_set(fake, path, text);
}

static void lend_list(struct fake *fake, size_t number, const config_setting_t *rule,
                      const char *member)
{
    struct list list;
    struct rule_list items = read_list(rule, member, &list);
    for (size_t i = 0; i < items.count; i++) {
        CLEAN(clean_text) char *path = text_format("%s[%zu]", member, i);
        lend(fake, number, path, items.items[i]);
    }
}

size_t logs_rules_lend(struct fake *fake, const char *name, size_t first)
{
    static const char *const members[] = {"id", "pattern", "feeds"};
    static const char *const lists[] = {"labels", "personal", "match", "no_match"};
    config_t config;
    const config_setting_t *rules = open_rules(&config, name);
    size_t count = (size_t)config_setting_length(rules);
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *rule = config_setting_get_elem(rules, (unsigned)i);
        for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
            const char *text = NULL;
            if (!config_setting_lookup_string(rule, members[m], &text))
                fail(name, "a rule without id, pattern or feeds");
            lend(fake, first + i, members[m], text);
        }
        for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
            lend_list(fake, first + i, rule, lists[l]);
    }
    config_destroy(&config);
    return count;
}

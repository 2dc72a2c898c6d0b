/* The set of rules, and what their attributes are. */
#include "ground/base/array.h"
#include "host/scan/scan.h"

#include <stdlib.h>
#include <string.h>

size_t scan_set_attribute(const struct rule_set *set, const struct rule *rule)
{
    size_t i = 0;
    while (i < set->attribute_count && strcmp(set->attributes[i].name, rule->feeds) != 0)
        i++;
    return i;
}

size_t scan_attribute_label(const struct feed_attribute *attribute, const char *name)
{
    size_t i = 0;
    while (i < attribute->label_count && strcmp(attribute->labels[i], name) != 0)
        i++;
    return i;
}

static int join_label(struct feed_attribute *attribute, const struct rule_label *label,
                      struct error *error)
{
    size_t at = scan_attribute_label(attribute, label->name);
    uint32_t bit = label->personal ? 1u << at : 0;
    if (at < attribute->label_count) {
        if ((attribute->personal & (1u << at)) == bit)
            return 0;
        return error_set(error, ERROR_SETTING,
                         "label \"%s\" of %s is personal in one rule and not in another",
                         label->name, attribute->name);
    }
    if (at == RULE_LABELS_MOST)
        return error_set(error, ERROR_SETTING,
                         "the rules that feed %s have more than %d labels together, \"%s\" is one "
                         "too many",
                         attribute->name, RULE_LABELS_MOST, label->name);
    attribute->labels[attribute->label_count++] = label->name;
    attribute->personal |= bit;
    return 0;
}

/* Adds the attribute that a rule feeds where it is new. */
static int find_attribute(struct rule_set *set, const struct rule *rule,
                          struct feed_attribute **ret)
{
    size_t at = scan_set_attribute(set, rule);
    if (at == set->attribute_count) {
        int code =
            array_reserve(&set->attributes, &set->attribute_capacity, at, sizeof *set->attributes);
        if (code)
            return code;
        set->attributes[at] = (struct feed_attribute){.name = rule->feeds};
        set->attribute_count++;
    }
    *ret = &set->attributes[at];
    return 0;
}

static int join_attribute(struct rule_set *set, const struct rule *rule, struct error *error)
{
    struct feed_attribute *attribute = NULL;
    int code = find_attribute(set, rule, &attribute);
    for (size_t i = 0; !code && i < rule->label_count; i++)
        code = join_label(attribute, &rule->labels[i], error);
    return code;
}

int scan_set_add(struct rule_set *set, const struct rule_text *text, const char **ret_member,
                 struct error *error)
{
    int code = array_reserve(&set->rules, &set->capacity, set->count, sizeof *set->rules);
    if (code)
        return code;
    struct rule *rule = &set->rules[set->count];
    code = rule_init(rule, text, ret_member, error);
    if (code)
        return code;
    /* It stays even where its labels do not fit: the attribute may borrow its names. */
    set->count++;
    if (ret_member)
        *ret_member = "labels";
    return join_attribute(set, rule, error);
}

void scan_set_finish(struct rule_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        rule_finish(&set->rules[i]);
    free(set->rules);
    free(set->attributes);
    *set = (struct rule_set){0};
}

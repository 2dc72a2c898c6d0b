/* A parsed formula back as text, in the form in which Prometheus prints it. */
#include "evaluation/promql/tree.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

static void print_quoted(struct buffer *out, const char *text)
{
    buffer_byte(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buffer_print(out, "\\%c", c);
        else if (c == '\n')
            buffer_text(out, "\\n");
        else if (c == '\t')
            buffer_text(out, "\\t");
        else if (c == '\r')
            buffer_text(out, "\\r");
        else if (c < 0x20 || c == 0x7f)
            buffer_print(out, "\\x%02x", c);
        else
            buffer_byte(out, (char)c);
    }
    buffer_byte(out, '"');
}

/* As Go's %v: shortest digits, an exponent from 1e+06 on and under 1e-04. */
static void print_number(struct buffer *out, double value)
{
    char text[TEXT_DOUBLE_SIZE];
    text_from_double(value, text);
    if (!isfinite(value) || value == 0) {
        buffer_text(out, value == 0 ? (signbit(value) ? "-0" : "0") : text);
        return;
    }
    snprintf(text, sizeof text, "%.*e", text_double_digits(value) - 1, value);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    if (exponent < -4 || exponent >= 6) {
        buffer_text(out, text);
        return;
    }
    const char *point = strchr(text, '.');
    int digits = point ? (int)(strchr(text, 'e') - point) - 1 : 0;
    buffer_print(out, "%.*f", digits > exponent ? digits - exponent : 0, value);
}

static void print_duration(struct buffer *out, int64_t ms)
{
    CLEAN(clean_text) char *text = text_from_duration(ms);
    if (text)
        buffer_text(out, text);
    else
        out->failed = true;
}

static void print_names(struct buffer *out, const struct names *names)
{
    buffer_byte(out, '(');
    for (size_t i = 0; i < names->count; i++)
        buffer_print(out, "%s%s", i ? ", " : "", names->name[i]);
    buffer_byte(out, ')');
}

static void print_modifiers(struct buffer *out, const struct reach *reach)
{
    if (reach->pin == PIN_TIME)
        buffer_print(out, " @ %.3f", (double)reach->pin_ms / 1000);
    else if (reach->pin == PIN_START)
        buffer_text(out, " @ start()");
    else if (reach->pin == PIN_END)
        buffer_text(out, " @ end()");
    if (!reach->offset_ms)
        return;
    buffer_text(out, reach->offset_ms < 0 ? " offset -" : " offset ");
    print_duration(out, llabs(reach->offset_ms));
}

static void print_matchers(struct buffer *out, const struct node *node)
{
    static const char *const signs[] = {"=", "!=", "=~", "!~"};
    size_t count = node->matchers - (node->text ? 1 : 0); /* the name's matcher stands last */
    if (!count)
        return;
    buffer_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        const struct promql_matcher *matcher = &node->matcher[i];
        buffer_print(out, "%s%s%s", i ? "," : "", matcher->name, signs[matcher->match]);
        print_quoted(out, matcher->value);
    }
    buffer_byte(out, '}');
}

static void print_selector(struct buffer *out, const struct node *node)
{
    if (node->text)
        buffer_text(out, node->text);
    print_matchers(out, node);
    if (node->reach.range_ms) {
        buffer_byte(out, '[');
        print_duration(out, node->reach.range_ms);
        buffer_byte(out, ']');
    }
    print_modifiers(out, &node->reach);
}

static void print_node(struct buffer *out, const struct node *node);

static void print_subquery(struct buffer *out, const struct node *node)
{
    print_node(out, node->child[0]);
    buffer_byte(out, '[');
    print_duration(out, node->reach.range_ms);
    buffer_byte(out, ':');
    if (node->reach.step_ms)
        print_duration(out, node->reach.step_ms);
    buffer_byte(out, ']');
    print_modifiers(out, &node->reach);
}

static bool is_infinite(const struct node *node)
{
    return node->kind == NODE_NUMBER && isinf(node->number);
}

static void print_binary(struct buffer *out, const struct node *node)
{
    const struct grouping *grouping = &node->grouping;
    if (node->operation == OP_POW && is_infinite(node->child[0]))
        buffer_text(out, "Inf"); /* a sign would be read as one of the whole power */
    else
        print_node(out, node->child[0]);
    buffer_print(out, " %s%s ", promql_operator_text(node->operation),
                 node->returns_bool ? " bool" : "");
    if (grouping->written && (grouping->on || grouping->labels.count || grouping->many)) {
        buffer_text(out, grouping->on ? "on (" : "ignoring (");
        out->length--;
        print_names(out, &grouping->labels);
        buffer_byte(out, ' ');
    }
    if (grouping->many != SIDE_NONE) {
        buffer_text(out, grouping->many == SIDE_LEFT ? "group_left " : "group_right ");
        print_names(out, &grouping->include);
        buffer_byte(out, ' ');
    }
    print_node(out, node->child[1]);
}

static void print_arguments(struct buffer *out, const struct node *node)
{
    buffer_byte(out, '(');
    for (size_t i = 0; i < node->children; i++) {
        buffer_text(out, i ? ", " : "");
        print_node(out, node->child[i]);
    }
    buffer_byte(out, ')');
}

static void print_aggregate(struct buffer *out, const struct node *node)
{
    const struct grouping *grouping = &node->grouping;
    buffer_text(out, promql_aggregation_text(node->operation));
    if (!grouping->on || grouping->labels.count) {
        buffer_text(out, grouping->on ? " by " : " without ");
        print_names(out, &grouping->labels);
        buffer_byte(out, ' ');
    }
    print_arguments(out, node);
}

static void print_node(struct buffer *out, const struct node *node)
{
    switch (node->kind) {
    case NODE_NUMBER:
        print_number(out, node->number);
        return;
    case NODE_STRING:
        print_quoted(out, node->text);
        return;
    case NODE_SELECTOR:
        print_selector(out, node);
        return;
    case NODE_SUBQUERY:
        print_subquery(out, node);
        return;
    case NODE_PAREN:
        print_arguments(out, node);
        return;
    case NODE_UNARY:
        buffer_text(out, promql_operator_text(node->operation));
        print_node(out, node->child[0]);
        return;
    case NODE_BINARY:
        print_binary(out, node);
        return;
    case NODE_AGGREGATE:
        print_aggregate(out, node);
        return;
    case NODE_CALL:
        buffer_text(out, node->function->name);
        print_arguments(out, node);
        return;
    }
}

char *promql_print(const struct promql *promql)
{
    struct buffer out = {0};
    print_node(&out, promql->root);
    return buffer_take(&out);
}

/* The parsed formula: one kind of node for all, and what may be asked of the tree. */
#ifndef PROMQL_TREE_H
#define PROMQL_TREE_H

#include "evaluation/promql/promql.h"

#define TREE_DEPTH_LIMIT 100
#define TEXT_LIMIT_BYTES 16384

enum node_kind {
    NODE_NUMBER,
    NODE_STRING,
    NODE_SELECTOR, /* of a range where range_ms is set */
    NODE_SUBQUERY,
    NODE_PAREN,
    NODE_UNARY,
    NODE_BINARY,
    NODE_AGGREGATE,
    NODE_CALL,
};

/* Operators of NODE_UNARY and NODE_BINARY, in the order of promql_operator_text(). */
enum operation {
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_POW,
    OP_ATAN2,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_GREATER,
    OP_LESS,
    OP_GREATER_EQUAL,
    OP_LESS_EQUAL,
    OP_AND,
    OP_OR,
    OP_UNLESS,
};

enum aggregation {
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_COUNT,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_GROUP,
    AGGREGATE_STDDEV,
    AGGREGATE_STDVAR,
    AGGREGATE_TOPK,
    AGGREGATE_BOTTOMK,
    AGGREGATE_COUNT_VALUES,
    AGGREGATE_QUANTILE,
};

enum pin { PIN_NONE, PIN_TIME, PIN_START, PIN_END }; /* the @ modifier */
enum side { SIDE_NONE, SIDE_LEFT, SIDE_RIGHT };      /* group_left, group_right: the "many" side */

struct names {
    char **name;
    size_t count;
    size_t capacity;
};

/* Of a selector or subquery. */
struct reach {
    int64_t range_ms;
    int64_t step_ms; /* 0: the preset of a subquery */
    int64_t offset_ms;
    enum pin pin;
    int64_t pin_ms;
};

/* How the two sides of a vector operation find each other, or a group is formed. */
struct grouping {
    bool on;      /* on(...) or by(...): these labels; else all but these */
    bool written; /* on, ignoring, by or without is in the text */
    enum side many;
    struct names labels;
    struct names include; /* of group_left, group_right */
};

struct function;
struct node {
    enum node_kind kind;
    enum promql_type type;
    size_t id;     /* in the order of the text, from 0 */
    size_t column; /* bytes from 1 */
    size_t depth;
    struct node **child; /* an aggregation's parameter comes before its vector */
    size_t children;
    size_t capacity;

    double number;                  /* NODE_NUMBER */
    char *text;                     /* of a string; the selector's metric name */
    size_t length;                  /* of text */
    struct promql_matcher *matcher; /* NODE_SELECTOR */
    size_t matchers;
    size_t matcher_capacity;
    struct reach reach;              /* NODE_SELECTOR, NODE_SUBQUERY */
    int operation;                   /* enum operation or enum aggregation */
    bool returns_bool;               /* NODE_BINARY */
    struct grouping grouping;        /* NODE_BINARY, NODE_AGGREGATE */
    const struct function *function; /* NODE_CALL */
    void *regex;                     /* of label_replace */
};

struct promql {
    struct node *root;
    size_t nodes;
};

void promql_node_free(struct node *node);
/* Takes the child, also on error (then it is freed). ERROR_MEMORY. */
int promql_node_add_child(struct node *node, struct node *child) MUST_CHECK;
/* The node within parentheses. */
const struct node *promql_node_unwrap(const struct node *node);
/* Takes the name, also on error. */
int promql_names_add(struct names *names, char *name) MUST_CHECK;
bool promql_names_have(const struct names *names, const char *name);

const char *promql_operator_text(int operation);
const char *promql_aggregation_text(int aggregation);
bool promql_operation_compares(int operation);
bool promql_operation_is_set(int operation);
const char *promql_type_text(enum promql_type type);

/* Compiles the expression of a matcher or label_replace, anchored. RE2's syntax; ERROR_FORMAT with
 * a sentence (the heap's), ERROR_MEMORY. */
int promql_regex_compile(const char *pattern, void **ret_regex, char **ret_sentence) MUST_CHECK;
/* The expression in PCRE2's syntax, anchored, in new memory. NULL: refused, and ret_refusal names
 * what RE2 does not know; or no memory. */
char *promql_regex_rewrite(const char *pattern, const char **ret_refusal);
void promql_regex_free(void *regex);
bool promql_regex_matches(void *regex, const char *value, size_t length);
bool promql_regex_is_exhausted(const void *regex);
void promql_regex_forgive(void *regex);
struct buffer;
/* Appends what label_replace makes of value; false when it does not match. */
bool promql_regex_expand(void *regex, const char *value, const char *replacement,
                         struct buffer *out);

#endif

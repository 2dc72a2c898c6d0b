/* What the halves of the parser share: the state, and the way down the grammar. */
#ifndef PROMQL_PARSER_H
#define PROMQL_PARSER_H

#include "evaluation/promql/tokens.h"
#include "evaluation/promql/tree.h"

struct parser {
    struct promql_lexer lexer;
    struct token token; /* the next one, not yet taken */
    struct promql_fault *fault;
    size_t depth;
};

/* Levels of precedence, rising. */
enum precedence {
    PRECEDENCE_OR = 1,
    PRECEDENCE_AND,
    PRECEDENCE_COMPARE,
    PRECEDENCE_ADD,
    PRECEDENCE_MUL,
    PRECEDENCE_POW,
};

/* The grammar's parts; each gives a whole node or an error with the fault filled. The caller frees
 * what it was given. */
int promql_parse_expression(struct parser *parser, int least, struct node **ret) MUST_CHECK;
int promql_parse_primary(struct parser *parser, struct node **ret) MUST_CHECK;
int promql_parse_names(struct parser *parser, struct names *ret) MUST_CHECK;

/* Takes the token; the next one becomes current. */
void parser_take(struct parser *parser);
/* Takes the symbol or says that it is missing after `what`. */
int parser_expect(struct parser *parser, const char *symbol, const char *what) MUST_CHECK;
/* Complains of the current token: "... <wanted>, found ...". */
int parser_unexpected(struct parser *parser, const char *wanted) MUST_CHECK;
int promql_node_new(enum node_kind kind, size_t column, struct node **ret) MUST_CHECK;

/* Types, counts of arguments and combinations, bottom up; sets type and id. */
int promql_check_tree(struct node *node, struct promql_fault *fault) MUST_CHECK;

#endif

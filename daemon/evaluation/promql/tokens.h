/* The words of a formula. */
#ifndef PROMQL_TOKENS_H
#define PROMQL_TOKENS_H

#include "evaluation/promql/promql.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_DURATION,
    TOKEN_STRING,
    TOKEN_WORD,   /* a name or a keyword; the parser decides by place */
    TOKEN_SYMBOL, /* one or two characters: + - * / % ^ == != =~ !~ = < > <= >= ( ) { } [ ] , : @ */
    TOKEN_BAD,    /* the fault is filled */
};

struct token {
    enum token_kind kind;
    const char *start; /* within the text */
    size_t length;
    size_t column; /* bytes from 1 */
    double number;
    int64_t duration_ms;
};

struct promql_lexer {
    const char *text;
    size_t length;
    size_t at;
    int braces; /* within {} */
    bool in_brackets;
    struct promql_fault *fault;
};

/* The next token. After TOKEN_BAD the lexer is not used further. */
struct token promql_lexer_next(struct promql_lexer *lexer);

bool promql_token_is(const struct token *token, const char *symbol); /* this symbol */
bool promql_token_is_word(const struct token *token,
                          const char *word); /* this keyword, in any case */

/* The value of a TOKEN_STRING without quotes and escapes; the caller frees. ERROR_FORMAT with the
 * fault filled, ERROR_MEMORY. */
int promql_token_unquote(const struct token *token, struct promql_fault *fault,
                         char **ret) MUST_CHECK;

/* Fills the fault (the first one holds). Returns ERROR_FORMAT. */
int promql_fault_set(struct promql_fault *fault, size_t column, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif

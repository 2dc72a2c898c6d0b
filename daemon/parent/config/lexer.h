/* Words of a configuration file, with their lines. */
#ifndef CONFIG_LEXER_H
#define CONFIG_LEXER_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stddef.h>

/* A single character such as '{' is its own kind. */
enum token_kind {
    TOKEN_END = 256,
    TOKEN_NAME,
    TOKEN_TEXT, /* one or more texts in quotes, behind each other */
    TOKEN_BOOLEAN,
    TOKEN_INTEGER,
    TOKEN_LONG, /* an integer with L, which libconfig takes for a type of its own */
    TOKEN_REAL,
    TOKEN_FAULT, /* lexer.fault says what is wrong */
};

struct token {
    int kind;
    size_t line;
    const char *start;
    size_t length;
    json_t *number; /* new reference, of integers and reals; NULL for one out of range */
};

struct config_lexer {
    const char *at;
    const char *end;
    size_t line;
    struct error fault; /* of the last TOKEN_FAULT, or of a number that is out of range */
};

/* ERROR_MEMORY only. The caller releases ret->number and lexer->fault. */
int config_lexer_next(struct config_lexer *lexer, struct token *ret) MUST_CHECK;

/* The token as a person would name it: "the end of the file", `"evry"`. The caller frees. */
char *config_lexer_describe(const struct token *token);

#endif

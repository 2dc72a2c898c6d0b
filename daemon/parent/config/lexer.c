/* Cuts a configuration file into words, stricter than libconfig where that guesses. */
#include "parent/config/lexer.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { DESCRIBE_LIMIT = 60 };

static int refuse(struct config_lexer *lexer, struct token *token, size_t line,
                  const char *sentence)
{
    token->kind = TOKEN_FAULT;
    token->line = line;
    error_finish(&lexer->fault);
    error_set(&lexer->fault, ERROR_SETTING, "%s", sentence);
    return lexer->fault.sentence ? 0 : ERROR_MEMORY;
}

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '-';
}

static bool follows(const struct config_lexer *lexer, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(lexer->end - lexer->at) >= length && memcmp(lexer->at, text, length) == 0;
}

static void skip_line(struct config_lexer *lexer)
{
    while (lexer->at < lexer->end && *lexer->at != '\n')
        lexer->at++;
}

/* Behind a comment between slash and star; false when it does not end. */
static bool skip_comment(struct config_lexer *lexer)
{
    for (lexer->at += 2; lexer->at < lexer->end; lexer->at++) {
        if (follows(lexer, "*/")) {
            lexer->at += 2;
            return true;
        }
        lexer->line += *lexer->at == '\n';
    }
    return false;
}

/* To the next word; the line of a comment that does not end, or 0. */
static size_t skip_blank(struct config_lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (follows(lexer, "/*")) {
            size_t line = lexer->line;
            if (!skip_comment(lexer))
                return line;
        } else if (*lexer->at == '#' || follows(lexer, "//")) {
            skip_line(lexer);
        } else if (*lexer->at && strchr(" \t\r\n\f", *lexer->at)) {
            lexer->line += *lexer->at == '\n';
            lexer->at++;
        } else {
            break;
        }
    }
    return 0;
}

/* Behind the closing quote; what is wrong with the text, or NULL. */
static const char *skip_text(struct config_lexer *lexer)
{
    for (lexer->at++; lexer->at < lexer->end; lexer->at++) {
        if (*lexer->at == '"') {
            lexer->at++;
            return NULL;
        }
        if (*lexer->at == '\n')
            break;
        if (follows(lexer, "\\x00") || follows(lexer, "\\X00"))
            return "found \\x00 in a text, allowed is any character but NUL";
        if (*lexer->at == '\\' && lexer->at + 1 < lexer->end && lexer->at[1] != '\n')
            lexer->at++;
    }
    return "found a text that is not closed on its line, allowed is \"...\"; a long one may go on "
           "as "
           "\"...\" on the next line";
}

/* libconfig joins texts that stand behind each other. */
static int read_text(struct config_lexer *lexer, struct token *token)
{
    token->kind = TOKEN_TEXT;
    for (;;) {
        size_t line = lexer->line;
        const char *wrong = skip_text(lexer);
        if (wrong)
            return refuse(lexer, token, line, wrong);
        token->length = (size_t)(lexer->at - token->start);
        struct config_lexer ahead = *lexer;
        if (skip_blank(&ahead) || ahead.at == ahead.end || *ahead.at != '"')
            return 0;
        lexer->at = ahead.at;
        lexer->line = ahead.line;
    }
}

static size_t skip_digits(const char **at)
{
    size_t count = 0;
    for (; isdigit((unsigned char)**at); ++*at)
        count++;
    return count;
}

/* Whether the word is [+-]digits[.digits][e[+-]digits] with a point or an exponent. */
static bool is_real(const char *word)
{
    bool real = false;
    word += *word == '+' || *word == '-';
    if (!skip_digits(&word))
        return false;
    if (*word == '.') {
        real = true;
        word++;
        if (!skip_digits(&word))
            return false;
    }
    if (*word == 'e' || *word == 'E') {
        real = true;
        word++;
        word += *word == '+' || *word == '-';
        if (!skip_digits(&word))
            return false;
    }
    return real && !*word;
}

/* Drops L or LL at the end; tells whether there was one. */
static bool drop_suffix(char *word)
{
    size_t length = strlen(word), whole = length;
    while (length > 1 && word[length - 1] == 'L' && whole - length < 2)
        length--;
    word[length] = '\0';
    return length < whole;
}

/* A whole decimal or 0x number of 64 bits. */
static int read_integer(const char *word, int64_t *ret)
{
    const char *digits = word + (*word == '+' || *word == '-');
    if (text_begins(word, "0x") || text_begins(word, "0X")) {
        if (!word[2] || word[2 + strspn(word + 2, "0123456789abcdefABCDEF")])
            return ERROR_FORMAT;
        errno = 0;
        *ret = strtoll(word, NULL, 16);
        return errno ? ERROR_RANGE : 0;
    }
    /* Later releases of libconfig read a leading zero as octal. */
    if (digits[0] == '0' && digits[1])
        return ERROR_FORMAT;
    return text_to_integer(word, ret);
}

/* Numbers out of range are told, and the file is read on. */
static int read_number_word(struct config_lexer *lexer, struct token *token, char *word)
{
    int64_t integer = 0;
    double real = 0;
    CLEAN(clean_text) char *sentence = NULL;
    bool is_a_real = is_real(word);
    token->kind = is_a_real ? TOKEN_REAL : TOKEN_INTEGER;
    CLEAN(clean_text) char *written = strdup(word);
    if (!written)
        return ERROR_MEMORY;
    if (!is_a_real && drop_suffix(word))
        token->kind = TOKEN_LONG;
    int error = is_a_real ? text_to_double(word, &real) : read_integer(word, &integer);
    if (!error) {
        token->number = is_a_real ? json_real(real) : json_integer(integer);
        return token->number ? 0 : ERROR_MEMORY;
    }
    sentence =
        error == ERROR_RANGE
            ? text_format("found the number %s, allowed is one that fits into 64 bits", written)
            : text_format("found %s, allowed is a number such as 42, -1, 0.5 or 0xff", written);
    int kind = token->kind;
    if (!sentence || refuse(lexer, token, token->line, sentence))
        return ERROR_MEMORY;
    if (error == ERROR_RANGE)
        token->kind = kind;
    return 0;
}

static int read_number(struct config_lexer *lexer, struct token *token)
{
    while (lexer->at < lexer->end &&
           (is_word(*lexer->at) || *lexer->at == '.' || *lexer->at == '+'))
        lexer->at++;
    token->length = (size_t)(lexer->at - token->start);
    CLEAN(clean_text) char *word = strndup(token->start, token->length);
    return word ? read_number_word(lexer, token, word) : ERROR_MEMORY;
}

static void read_name(struct config_lexer *lexer, struct token *token)
{
    while (lexer->at < lexer->end && is_word(*lexer->at))
        lexer->at++;
    token->length = (size_t)(lexer->at - token->start);
    bool is_boolean = (token->length == 4 && strncasecmp(token->start, "true", 4) == 0) ||
                      (token->length == 5 && strncasecmp(token->start, "false", 5) == 0);
    token->kind = is_boolean ? TOKEN_BOOLEAN : TOKEN_NAME;
}

int config_lexer_next(struct config_lexer *lexer, struct token *ret)
{
    size_t open = skip_blank(lexer);
    *ret = (struct token){TOKEN_END, lexer->line, lexer->at, 0, NULL};
    if (open)
        return refuse(lexer, ret, open, "found a comment that is not closed, allowed is /* ... */");
    if (lexer->at == lexer->end)
        return 0;
    ret->length = 1;
    ret->kind = (unsigned char)*lexer->at;
    if (*lexer->at == '"')
        return read_text(lexer, ret);
    if (isdigit(ret->kind) || strchr("+-.", ret->kind))
        return read_number(lexer, ret);
    if (isalpha(ret->kind)) {
        read_name(lexer, ret);
        return 0;
    }
    if (follows(lexer, "@include"))
        return refuse(lexer, ret, ret->line,
                      "found @include, allowed are files in conf.d beside the main file");
    lexer->at++;
    return 0;
}

char *config_lexer_describe(const struct token *token)
{
    if (token->kind == TOKEN_END)
        return strdup("the end of the file");
    bool cut = token->length > DESCRIBE_LIMIT;
    CLEAN(clean_text)
    char *word = text_printable(token->start, cut ? DESCRIBE_LIMIT : token->length);
    if (!word)
        return NULL;
    bool is_plain = token->kind >= TOKEN_TEXT && token->kind <= TOKEN_REAL;
    return is_plain ? text_format("%s%s", word, cut ? "..." : "")
                    : text_format("\"%s%s\"", word, cut ? "..." : "");
}

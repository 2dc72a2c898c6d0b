/* Cuts a formula into words: names, numbers, durations, strings, symbols, comments. */
#include "evaluation/promql/tokens.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

/* What Prometheus' durations can hold: 64 bits of nanoseconds. */
#define DURATION_LIMIT_MS (INT64_MAX / 1000000)

int promql_fault_set(struct promql_fault *fault, size_t column, const char *format, ...)
{
    if (fault->sentence)
        return ERROR_FORMAT;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&fault->sentence, format, arguments) < 0)
        fault->sentence = NULL;
    va_end(arguments);
    fault->column = column;
    return ERROR_FORMAT;
}

void promql_fault_finish(struct promql_fault *fault)
{
    if (!fault)
        return;
    free(fault->sentence);
    fault->sentence = NULL;
}

static bool is_word_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static char peek(const struct promql_lexer *lexer, size_t ahead)
{
    return lexer->at + ahead < lexer->length ? lexer->text[lexer->at + ahead] : '\0';
}

static void skip_blanks(struct promql_lexer *lexer)
{
    while (lexer->at < lexer->length) {
        char c = peek(lexer, 0);
        if (c == '#')
            while (lexer->at < lexer->length && peek(lexer, 0) != '\n' && peek(lexer, 0) != '\r')
                lexer->at++;
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            lexer->at++;
        else
            return;
    }
}

static struct token bad(struct token token)
{
    token.kind = TOKEN_BAD;
    return token;
}

/* A zero in front makes it octal, as Prometheus (Go) reads integers. */
static int read_number(const char *text, double *ret)
{
    size_t digits = strspn(text, "01234567");
    if (text[0] == '0' && digits > 1 && !text[digits]) {
        char *end;
        unsigned long long octal = strtoull(text, &end, 8);
        *ret = (double)octal;
        return *end || octal > INT64_MAX ? ERROR_FORMAT : 0;
    }
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (hex && (!text[2] || strchr(text, '.')))
        return ERROR_FORMAT;
    char *end;
    *ret = strtod(text, &end);
    return *end || end == text || isinf(*ret) ? ERROR_FORMAT : 0;
}

/* How many bytes of digits, point and exponent stand here. */
static size_t number_length(const char *text)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
    size_t length = hex ? 2 : 0;
    length += strspn(text + length, digits);
    if (text[length] == '.')
        length++, length += strspn(text + length, digits);
    if (text[length] == 'e' || text[length] == 'E') {
        length++;
        if (text[length] == '+' || text[length] == '-')
            length++;
        length += strspn(text + length, "0123456789");
    }
    return length;
}

static struct token duration_token(struct promql_lexer *lexer, struct token token, const char *text)
{
    token.kind = TOKEN_DURATION;
    if (text_to_duration(text, &token.duration_ms) || token.duration_ms > DURATION_LIMIT_MS) {
        promql_fault_set(lexer->fault, token.column,
                         "\"%s\" is not a duration: numbers with the units y, w, d, h, m, s, ms, "
                         "from large to small, each once, as in 1h30m, up to 292 years",
                         text);
        return bad(token);
    }
    if (token.duration_ms == 0) {
        promql_fault_set(lexer->fault, token.column, "a duration must be greater than 0");
        return bad(token);
    }
    return token;
}

static struct token lex_number(struct promql_lexer *lexer, struct token token)
{
    const char *start = token.start;
    size_t length = number_length(start);
    bool plain = !is_word(start[length]);
    while (is_word(start[length]))
        length++;
    token.length = length;
    lexer->at += length;
    CLEAN(clean_text) char *text = strndup(start, length);
    if (!text)
        return bad(token);
    if (plain && !lexer->in_brackets) {
        token.kind = TOKEN_NUMBER;
        if (!read_number(text, &token.number))
            return token;
        promql_fault_set(lexer->fault, token.column, "\"%s\" is not a number", text);
        return bad(token);
    }
    if (plain) {
        promql_fault_set(lexer->fault, token.column,
                         "the duration \"%s\" needs a unit, as in %ss, %sm, %sh", text, text, text,
                         text);
        return bad(token);
    }
    return duration_token(lexer, token, text);
}

static struct token lex_string(struct promql_lexer *lexer, struct token token)
{
    char quote = *token.start;
    size_t i = 1;
    token.kind = TOKEN_STRING;
    for (;; i++) {
        char c = peek(lexer, i);
        if (lexer->at + i >= lexer->length || (c == '\n' && quote != '`')) {
            promql_fault_set(lexer->fault, token.column,
                             "the string that begins here has no closing %c", quote);
            return bad(token);
        }
        if (c == quote)
            break;
        if (c == '\\' && quote != '`' && lexer->at + i + 1 < lexer->length)
            i++;
    }
    token.length = i + 1;
    lexer->at += token.length;
    return token;
}

static struct token lex_word(struct promql_lexer *lexer, struct token token)
{
    token.kind = TOKEN_WORD;
    while (is_word(peek(lexer, token.length)) ||
           (peek(lexer, token.length) == ':' && !lexer->braces))
        token.length++;
    lexer->at += token.length;
    bool inf = token.length == 3 && strncasecmp(token.start, "inf", 3) == 0;
    bool nan = token.length == 3 && strncasecmp(token.start, "nan", 3) == 0;
    if ((inf || nan) && !lexer->braces) {
        token.kind = TOKEN_NUMBER;
        token.number = inf ? (double)INFINITY : (double)NAN;
    }
    return token;
}

static struct token lex_symbol(struct promql_lexer *lexer, struct token token)
{
    static const char *const symbols[] = {"==", "!=", "=~", "!~", "<=", ">=", "=", "<", ">",
                                          "+",  "-",  "*",  "/",  "%",  "^",  "(", ")", "{",
                                          "}",  "[",  "]",  ",",  ":",  "@",  NULL};
    token.kind = TOKEN_SYMBOL;
    for (size_t i = 0; symbols[i]; i++)
        if (strncmp(token.start, symbols[i], strlen(symbols[i])) == 0) {
            token.length = strlen(symbols[i]);
            break;
        }
    if (!token.length) {
        CLEAN(clean_text) char *shown = text_printable(token.start, 1);
        promql_fault_set(lexer->fault, token.column, "\"%s\" means nothing here",
                         shown ? shown : "?");
        return bad(token);
    }
    lexer->at += token.length;
    char c = token.start[0];
    if (c == '{' || c == '}')
        lexer->braces = c == '{';
    if (c == '[' || c == ']')
        lexer->in_brackets = c == '[';
    return token;
}

struct token promql_lexer_next(struct promql_lexer *lexer)
{
    skip_blanks(lexer);
    struct token token = {.start = lexer->text + lexer->at, .column = lexer->at + 1};
    if (lexer->at >= lexer->length)
        return token;
    char c = peek(lexer, 0);
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)peek(lexer, 1))))
        return lex_number(lexer, token);
    if (c == '"' || c == '\'' || c == '`')
        return lex_string(lexer, token);
    bool colon = c == ':' && !lexer->braces && !lexer->in_brackets;
    if (is_word_start(c) || colon)
        return lex_word(lexer, token);
    return lex_symbol(lexer, token);
}

bool promql_token_is(const struct token *token, const char *symbol)
{
    return token->kind == TOKEN_SYMBOL && token->length == strlen(symbol) &&
           memcmp(token->start, symbol, token->length) == 0;
}

bool promql_token_is_word(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && token->length == strlen(word) &&
           strncasecmp(token->start, word, token->length) == 0;
}

static void append_rune(struct buffer *out, uint32_t rune)
{
    if (rune < 0x80) {
        buffer_byte(out, (char)rune);
    } else if (rune < 0x800) {
        buffer_byte(out, (char)(0xc0 | rune >> 6));
        buffer_byte(out, (char)(0x80 | (rune & 0x3f)));
    } else if (rune < 0x10000) {
        buffer_byte(out, (char)(0xe0 | rune >> 12));
        buffer_byte(out, (char)(0x80 | (rune >> 6 & 0x3f)));
        buffer_byte(out, (char)(0x80 | (rune & 0x3f)));
    } else {
        buffer_byte(out, (char)(0xf0 | rune >> 18));
        buffer_byte(out, (char)(0x80 | (rune >> 12 & 0x3f)));
        buffer_byte(out, (char)(0x80 | (rune >> 6 & 0x3f)));
        buffer_byte(out, (char)(0x80 | (rune & 0x3f)));
    }
}

/* Reads `digits` digits; false where one is missing. */
static bool read_digits(const char *at, size_t digits, unsigned base, uint32_t *ret)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        int c = tolower((unsigned char)at[i]);
        unsigned digit = isdigit(c)    ? (unsigned)(c - '0')
                         : isxdigit(c) ? (unsigned)(c - 'a') + 10
                                       : 99;
        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    *ret = value;
    return true;
}

/* \u and \U: a character by its number. */
static size_t unescape_rune(const char *at, struct buffer *out)
{
    uint32_t value;
    size_t digits = at[1] == 'u' ? 4 : at[1] == 'U' ? 8 : 0;
    if (!digits || !read_digits(at + 2, digits, 16, &value) || !value || value > 0x10ffff)
        return 0;
    if (value >= 0xd800 && value < 0xe000)
        return 0;
    append_rune(out, value);
    return 2 + digits;
}

/* \ooo and \xhh: a byte by its number, but NUL. */
static size_t unescape_byte(const char *at, struct buffer *out)
{
    uint32_t value;
    bool read =
        at[1] == 'x' ? read_digits(at + 2, 2, 16, &value) : read_digits(at + 1, 3, 8, &value);
    if (!read || !value || value > 255)
        return 0;
    buffer_byte(out, (char)value);
    return 4;
}

/* One escape whose backslash stands at `at`; returns its length, 0 when it is none. */
static size_t unescape(const char *at, char quote, struct buffer *out)
{
    static const char names[] = "abfnrtv\\";
    static const char values[] = "\a\b\f\n\r\t\v\\";
    char c = at[1];
    const char *simple = c ? strchr(names, c) : NULL;
    if (simple || c == quote) {
        buffer_byte(out, simple ? values[simple - names] : c);
        return 2;
    }
    return c == 'u' || c == 'U' ? unescape_rune(at, out) : unescape_byte(at, out);
}

int promql_token_unquote(const struct token *token, struct promql_fault *fault, char **ret)
{
    CLEAN(buffer_finish) struct buffer out = {0};
    char quote = token->start[0];
    buffer_append(&out, "", 0);
    for (size_t i = 1; i + 1 < token->length;) {
        if (token->start[i] != '\\' || quote == '`') {
            buffer_byte(&out, token->start[i++]);
            continue;
        }
        size_t step = unescape(token->start + i, quote, &out);
        if (!step)
            return promql_fault_set(
                fault, token->column + i,
                "\"\\%c\" is not an escape here; a backslash is written \\\\ (or use `backquotes`)",
                isprint((unsigned char)token->start[i + 1]) ? token->start[i + 1] : '?');
        i += step;
    }
    if (out.failed)
        return ERROR_MEMORY;
    if (!text_is_utf8(out.data, out.length))
        return promql_fault_set(fault, token->column, "the string is not UTF-8");
    *ret = buffer_take(&out);
    return *ret ? 0 : ERROR_MEMORY;
}

/* Follows the structure of a configuration file: where each setting stands, and what is wrong. */
#include "parent/config/structure.h"

#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "parent/config/lexer.h"

enum expect { EXPECT_NAME, EXPECT_ASSIGN, EXPECT_VALUE, EXPECT_AFTER };

/* A group, list or array that is open; the file itself is the first. */
struct level {
    char closes;   /* '}', ')', ']'; 0 for the file */
    size_t line;   /* where it was opened */
    size_t path;   /* length of its path */
    size_t count;  /* settings or elements so far */
    int first;     /* kind of an array's first element */
    bool is_group; /* holds settings, not elements */
};

struct walk {
    struct scan *scan;
    struct config_lexer lexer;
    struct buffer path;
    struct level level[SCAN_DEPTH_LIMIT + 1];
    size_t depth;
    enum expect expect;
    bool stopped;
};

static void tell(struct scan *scan, size_t line, const char *sentence)
{
    scan->faulty = true;
    scan->on_fault(scan->context, line, sentence);
}

static int stop(struct walk *walk, size_t line, const char *sentence)
{
    walk->stopped = true;
    if (!sentence)
        return ERROR_MEMORY;
    tell(walk->scan, line, sentence);
    return 0;
}

static int refuse_token(struct walk *walk, const struct token *token, const char *allowed)
{
    const struct level *level = &walk->level[walk->depth];
    CLEAN(clean_text) char *found = config_lexer_describe(token);
    CLEAN(clean_text) char *sentence = NULL;
    if (token->kind == TOKEN_END && level->closes)
        sentence = text_format("found the end of the file, allowed is \"%c\" that closes line %zu",
                               level->closes, level->line);
    else if (found)
        sentence = text_format("found %s, allowed is %s", found, allowed);
    return stop(walk, token->line, sentence);
}

static void cut_path(struct walk *walk, size_t length)
{
    walk->path.length = length;
    walk->path.data[length] = '\0';
}

/* Notes the line of what the path names now. */
static int note(struct walk *walk, size_t line)
{
    if (walk->path.failed)
        return ERROR_MEMORY;
    return json_object_set_new(walk->scan->lines, walk->path.data, json_integer((json_int_t)line))
               ? ERROR_MEMORY
               : 0;
}

static int take_name(struct walk *walk, const struct token *token)
{
    struct level *level = &walk->level[walk->depth];
    if (token->kind == level->closes || (token->kind == TOKEN_END && !level->closes)) {
        walk->expect = EXPECT_AFTER;
        if (token->kind == TOKEN_END)
            walk->stopped = true;
        else
            walk->depth--;
        return 0;
    }
    if (token->kind != TOKEN_NAME)
        return refuse_token(walk, token, "the name of a setting, such as every = \"1h\";");
    /* libconfig compares each with all before it. */
    if (level->count++ == SCAN_GROUP_LIMIT)
        return stop(walk, token->line, "found more than 1000 settings in a group, allowed is less");
    cut_path(walk, level->path);
    if (walk->path.length)
        buffer_byte(&walk->path, '.');
    buffer_append(&walk->path, token->start, token->length);
    walk->expect = EXPECT_ASSIGN;
    const json_t *before =
        walk->path.failed ? NULL : json_object_get(walk->scan->lines, walk->path.data);
    if (!before)
        return note(walk, token->line);
    CLEAN(clean_text)
    char *sentence =
        text_format("%s: found a second time, allowed is once; the first is in line %lld",
                    walk->path.data, (long long)json_integer_value(before));
    return stop(walk, token->line, sentence);
}

static int open_level(struct walk *walk, const struct token *token)
{
    if (walk->level[walk->depth].closes == ']')
        return refuse_token(walk, token, "a text, number, true or false in an array [ ... ]");
    if (walk->depth == SCAN_DEPTH_LIMIT)
        return stop(walk, token->line, "found groups and lists deeper than 12, allowed is less");
    walk->level[++walk->depth] = (struct level){
        .closes = token->kind == '{'   ? '}'
                  : token->kind == '(' ? ')'
                                       : ']',
        .line = token->line,
        .path = walk->path.length,
        .is_group = token->kind == '{',
    };
    walk->expect = token->kind == '{' ? EXPECT_NAME : EXPECT_VALUE;
    return 0;
}

/* libconfig wants the elements of an array to be of one type. */
static int take_scalar(struct walk *walk, const struct token *token)
{
    struct level *level = &walk->level[walk->depth];
    walk->expect = EXPECT_AFTER;
    if (level->closes == ']' && level->count == 1)
        level->first = token->kind;
    if (level->closes == ']' && level->first != token->kind)
        return refuse_token(walk, token, "a value of the same type as the array's first");
    if (token->number && json_object_set(walk->scan->numbers, walk->path.data, token->number))
        return ERROR_MEMORY;
    return 0;
}

static int take_value(struct walk *walk, const struct token *token)
{
    struct level *level = &walk->level[walk->depth];
    if (!level->is_group) {
        if (token->kind == level->closes && level->count == 0) {
            walk->expect = EXPECT_AFTER;
            walk->depth--;
            return 0;
        }
        cut_path(walk, level->path);
        buffer_print(&walk->path, "[%zu]", level->count++);
    }
    bool opens = token->kind == '{' || token->kind == '(' || token->kind == '[';
    bool is_scalar = token->kind >= TOKEN_TEXT && token->kind <= TOKEN_REAL;
    if (!opens && !is_scalar)
        return refuse_token(walk, token,
                            "a value: \"text\", a number, true, false, [ ... ], ( ... ) or "
                            "{ ... }");
    if (!level->is_group && note(walk, token->line))
        return ERROR_MEMORY;
    return opens ? open_level(walk, token) : take_scalar(walk, token);
}

static int take_after(struct walk *walk, const struct token *token)
{
    const struct level *level = &walk->level[walk->depth];
    if (level->is_group) {
        walk->expect = EXPECT_NAME;
        return token->kind == ';' || token->kind == ',' ? 0 : take_name(walk, token);
    }
    if (token->kind == level->closes) {
        walk->depth--;
        return 0;
    }
    walk->expect = EXPECT_VALUE;
    if (token->kind == ',')
        return 0;
    return refuse_token(walk, token, level->closes == ']' ? "\",\" or \"]\"" : "\",\" or \")\"");
}

/* What the lexer found wrong, with the setting that it stands in. A number out of range keeps its
 * kind: the structure goes on. */
static void take_fault(struct walk *walk, const struct token *token)
{
    const struct level *level = &walk->level[walk->depth];
    if (!level->is_group || walk->expect != EXPECT_VALUE)
        cut_path(walk, level->path);
    if (walk->expect == EXPECT_VALUE && walk->path.length)
        error_prefix(&walk->lexer.fault, "%s", walk->path.data);
    tell(walk->scan, token->line, error_sentence(&walk->lexer.fault));
    error_finish(&walk->lexer.fault);
    walk->stopped = token->kind == TOKEN_FAULT;
}

static int take_token(struct walk *walk, const struct token *token)
{
    if (walk->lexer.fault.sentence)
        take_fault(walk, token);
    if (walk->stopped)
        return 0;
    switch (walk->expect) {
    case EXPECT_NAME:
        return take_name(walk, token);
    case EXPECT_ASSIGN:
        walk->expect = EXPECT_VALUE;
        return token->kind == '=' || token->kind == ':'
                   ? 0
                   : refuse_token(walk, token, "\"=\" and a value");
    case EXPECT_VALUE:
        return take_value(walk, token);
    case EXPECT_AFTER:
        return take_after(walk, token);
    }
    return ERROR_STATE;
}

static size_t line_of(const char *text, const char *at)
{
    size_t line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* What no word of the file may hold; true when it is fit to be cut into words. */
static bool check_bytes(struct scan *scan, const char *text, size_t length)
{
    const char *nul = memchr(text, '\0', length);
    if (nul) {
        tell(scan, line_of(text, nul), "found a NUL byte, allowed is text in UTF-8");
        return false;
    }
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        tell(scan, 1, "found a byte order mark (BOM), allowed is text in UTF-8 without one");
        return false;
    }
    size_t line = 1, start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] != '\n') {
            unsigned char byte = (unsigned char)text[i];
            if ((byte < 0x20 && !strchr("\t\r\f", byte)) || byte == 0x7f) {
                tell(scan, line, "found a control character, allowed is text in UTF-8");
                return false;
            }
            continue;
        }
        if (!text_is_utf8(text + start, i - start)) {
            tell(scan, line, "found bytes that are not UTF-8, allowed is text in UTF-8");
            return false;
        }
        line++;
        start = i + 1;
    }
    return true;
}

int structure_text(struct scan *scan, const char *text, size_t length)
{
    struct walk walk = {.scan = scan, .lexer = {text, text + length, 1, {0}}};
    walk.level[0].is_group = true;
    scan->lines = json_object();
    scan->numbers = json_object();
    buffer_text(&walk.path, "");
    if (!scan->lines || !scan->numbers || walk.path.failed || !walk.path.data) {
        buffer_finish(&walk.path);
        return ERROR_MEMORY;
    }
    int error = 0;
    walk.stopped = !check_bytes(scan, text, length);
    while (!walk.stopped && !error) {
        struct token token;
        error = config_lexer_next(&walk.lexer, &token);
        if (!error)
            error = take_token(&walk, &token);
        json_decref(token.number);
    }
    error_finish(&walk.lexer.fault);
    buffer_finish(&walk.path);
    return error;
}

void structure_finish(struct scan *scan)
{
    json_decref(scan->lines);
    json_decref(scan->numbers);
    scan->lines = NULL;
    scan->numbers = NULL;
}

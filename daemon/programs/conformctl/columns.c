/* Columns of words; on a terminal no wider than it is. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

enum { COLUMNS_LIMIT = 12, GAP = 2, NARROWEST = 10 };

static const char cut_mark[] = "...";

struct table {
    int columns;
    char **words;
    size_t count;
    size_t capacity;
    size_t widths[COLUMNS_LIMIT];
};

struct table *ctl_table_new(int columns)
{
    struct table *table = calloc(1, sizeof *table);
    if (table)
        table->columns = columns;
    return table;
}

void ctl_table_row(struct table *table, ...)
{
    va_list words;
    va_start(words, table);
    for (int i = 0; table && i < table->columns; i++) {
        const char *word = va_arg(words, const char *);
        if (array_reserve(&table->words, &table->capacity, table->count, sizeof *table->words))
            break;
        word = word && *word ? word : "-";
        table->words[table->count++] = text_printable(word, strlen(word));
    }
    va_end(words);
}

static const char *word_at(const struct table *table, size_t index)
{
    return table->words[index] ? table->words[index] : "-";
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Characters, not bytes: continuation bytes have no width. */
static size_t width_of(const char *word)
{
    size_t width = 0;
    for (; *word; word++)
        width += begins_character(*word);
    return width;
}

/* Bytes of the first `width` characters. */
static size_t bytes_of(const char *word, size_t width)
{
    size_t length = 0;
    for (; word[length]; length++) {
        if (begins_character(word[length]) && width-- == 0)
            break;
    }
    return length;
}

/* Of the terminal that standard output is; 0 where it is none, so that nothing is lost in a pipe.
 */
static size_t terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        return 0;
    return size.ws_col;
}

static void measure(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t width = width_of(word_at(table, i));
        size_t *column = &table->widths[i % (size_t)table->columns];
        *column = width > *column ? width : *column;
    }
}

/* Takes from the widest column until all fit, or none is left that could give. */
static void narrow(struct table *table, size_t limit)
{
    size_t total = (size_t)(table->columns - 1) * GAP;
    for (int i = 0; i < table->columns; i++)
        total += table->widths[i];
    for (; limit && total > limit; total--) {
        int widest = 0;
        for (int i = 1; i < table->columns; i++)
            widest = table->widths[i] >= table->widths[widest] ? i : widest;
        if (table->widths[widest] <= NARROWEST)
            return;
        table->widths[widest]--;
    }
}

static void print_cell(const char *word, size_t width, bool is_last)
{
    size_t own = width_of(word);
    if (own > width) {
        size_t length = bytes_of(word, width - strlen(cut_mark));
        printf("%.*s%s", (int)length, word, cut_mark);
        own = width;
    } else {
        fputs(word, stdout);
    }
    if (is_last)
        putchar('\n');
    else
        printf("%*s", (int)(width - own) + GAP, "");
}

static void free_table(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->words[i]);
    free(table->words);
    free(table);
}

void ctl_table_print(struct table *table)
{
    if (!table)
        return;
    measure(table);
    narrow(table, terminal_width());
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % (size_t)table->columns;
        print_cell(word_at(table, i), table->widths[column], column + 1 == (size_t)table->columns);
    }
    free_table(table);
}

/* Where a line of at most `width` characters ends: before a space, where there is one. */
static size_t line_of(const char *text, size_t width)
{
    size_t length = bytes_of(text, width);
    if (!text[length])
        return length;
    for (size_t at = length; at > 0; at--)
        if (text[at] == ' ')
            return at;
    return length;
}

static void print_value(const char *text, size_t indent, size_t limit)
{
    size_t width = limit > indent + NARROWEST ? limit - indent : SIZE_MAX;
    for (;;) {
        size_t length = line_of(text, width);
        printf("%.*s\n", (int)length, text);
        text += length;
        text += *text == ' ';
        if (!*text)
            return;
        printf("%*s", (int)indent, "");
    }
}

void ctl_table_print_details(struct table *table)
{
    if (!table)
        return;
    measure(table);
    for (size_t i = 0; i + 1 < table->count; i += 2) {
        print_cell(word_at(table, i), table->widths[0], false);
        print_value(word_at(table, i + 1), table->widths[0] + GAP, terminal_width());
    }
    free_table(table);
}

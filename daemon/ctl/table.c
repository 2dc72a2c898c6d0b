/* Columns of words for a terminal. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/ctl.h"

enum { COLUMNS_LIMIT = 12, GAP = 2 };

struct table {
    int columns;
    char **words;
    size_t count;
    size_t capacity;
};

struct table *table_new(int columns)
{
    struct table *table = calloc(1, sizeof *table);
    if (table)
        table->columns = columns;
    return table;
}

void table_row(struct table *table, ...)
{
    va_list words;
    va_start(words, table);
    for (int i = 0; table && i < table->columns; i++) {
        const char *word = va_arg(words, const char *);
        if (array_reserve(&table->words, &table->capacity, table->count, sizeof *table->words))
            break;
        table->words[table->count++] = strdup(word && *word ? word : "-");
    }
    va_end(words);
}

/* Characters, not bytes: continuation bytes have no width. */
static size_t width_of(const char *word)
{
    size_t width = 0;
    for (; *word; word++)
        width += ((unsigned char)*word & 0xc0) != 0x80;
    return width;
}

static void measure(const struct table *table, size_t *widths)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t width = width_of(table->words[i]), column = i % (size_t)table->columns;
        if (width > widths[column])
            widths[column] = width;
    }
}

void table_print(struct table *table)
{
    size_t widths[COLUMNS_LIMIT] = {0};
    if (!table)
        return;
    measure(table, widths);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % (size_t)table->columns;
        bool last = column + 1 == (size_t)table->columns;
        fputs(table->words[i], stdout);
        for (size_t pad = width_of(table->words[i]); !last && pad < widths[column] + GAP; pad++)
            putchar(' ');
        if (last)
            putchar('\n');
        free(table->words[i]);
    }
    free(table->words);
    free(table);
}

char *table_word(const json_t *value)
{
    char number[TEXT_DOUBLE_SIZE];
    if (json_is_string(value))
        return text_printable(json_string_value(value), json_string_length(value));
    if (json_is_number(value)) {
        text_from_double(json_number_value(value), number);
        return strdup(number);
    }
    if (json_is_boolean(value))
        return strdup(json_is_true(value) ? "yes" : "no");
    return strdup("-");
}

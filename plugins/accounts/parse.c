/* passwd(5), shadow(5) and group(5), read as the C library reads them, so that no account that can
 * log in is overlooked: missing trailing fields are empty, leading blanks and comments are passed
 * over. */
#include "accounts.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT  ((size_t)32 << 20)
#define LINE_LIMIT  ((size_t)64 << 10)
#define GROUP_LIMIT ((size_t)1 << 20)
#define FIELDS      9

struct row {
    struct origin origin;
    char *field[FIELDS]; /* absent ones are "" */
    size_t count;
};

static void count_malformed(struct source *source, size_t number)
{
    if (source->malformed++ == 0)
        source->first_malformed = number;
}

static void split(char *line, size_t most, struct row *row)
{
    row->count = 0;
    for (size_t i = 0; i < FIELDS; i++)
        row->field[i] = line + row->origin.length;
    while (line) {
        row->field[row->count++] = line;
        line = row->count < most ? strchr(line, ':') : NULL;
        if (line)
            *line++ = '\0';
    }
}

/* The rows of a file. */
struct rows {
    struct source *source;
    struct kit_lines lines;
    size_t fields;
};

static struct rows rows_of(struct source *source, size_t limit_bytes, size_t fields)
{
    return (struct rows){source, {.file = &source->file, .limit_bytes = limit_bytes}, fields};
}

/* The next line that is neither blank, comment, foreign nor malformed. */
static bool next_row(struct rows *rows, struct row *row)
{
    struct kit_lines *lines = &rows->lines;

    while (kit_lines_next(lines)) {
        size_t blank = strspn(lines->text, " \t\r");
        char *line = lines->text + blank;

        if (lines->fault) {
            count_malformed(rows->source, lines->number);
            continue;
        }
        if (*line == '\0' || *line == '#')
            continue;
        if (*line == '+' || *line == '-') {
            rows->source->foreign = true;
            continue;
        }
        row->origin = (struct origin){line, lines->length - blank, lines->number};
        split(line, rows->fields, row);
        return true;
    }
    return false;
}

static bool read_id(const char *text, uint32_t *ret_id)
{
    unsigned long long value;
    char *end;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value > UINT32_MAX)
        return false;
    *ret_id = (uint32_t)value;
    return true;
}

/* Days, or -1 for an empty field; false where it is no number. */
static bool read_days(const char *text, int64_t *ret_days)
{
    long long value = -1;
    char *end = (char *)text;

    errno = 0;
    if (*text)
        value = strtoll(text, &end, 10);
    *ret_days = errno == 0 && *end == '\0' && value >= 0 && value < 1000000 ? value : -1;
    return errno == 0 && *end == '\0';
}

static int parse_passwd(struct book *book)
{
    struct rows rows = rows_of(&book->passwd, LINE_LIMIT, 7);
    struct row row;

    while (next_row(&rows, &row)) {
        struct account account = {row.origin, row.field[0], row.field[1], row.field[6], 0, 0};

        if (row.count < 4 || !*account.name || !read_id(row.field[2], &account.uid) ||
            !read_id(row.field[3], &account.gid)) {
            count_malformed(&book->passwd, row.origin.number);
            continue;
        }
        if (array_reserve(&book->accounts, &book->account_capacity, book->account_count,
                          sizeof(account)) != 0)
            return CFD_ERROR;
        book->accounts[book->account_count++] = account;
    }
    return CFD_OK;
}

static int compare_shadows(const void *a, const void *b)
{
    const struct shadow *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order != 0)
        return order;
    return x->origin.number < y->origin.number ? -1 : x->origin.number > y->origin.number;
}

/* A line with wrong numbers still gives its password field: an open account is not to be passed
 * over for an error elsewhere in its line. */
static int parse_shadow(struct book *book)
{
    struct rows rows = rows_of(&book->shadow, LINE_LIMIT, FIELDS);
    struct row row;

    while (next_row(&rows, &row)) {
        struct shadow shadow = {row.origin, row.field[0], row.field[1], -1, -1, -1};
        bool well = row.count >= 5;

        well = read_days(row.field[2], &shadow.changed) && well;
        well = read_days(row.field[4], &shadow.most_age) && well;
        well = read_days(row.field[7], &shadow.expires) && well;
        if (!well)
            count_malformed(&book->shadow, row.origin.number);
        if (row.count < 2 || !*shadow.name)
            continue;
        if (array_reserve(&book->shadows, &book->shadow_capacity, book->shadow_count,
                          sizeof(shadow)) != 0)
            return CFD_ERROR;
        book->shadows[book->shadow_count++] = shadow;
    }
    if (book->shadow_count > 0)
        qsort(book->shadows, book->shadow_count, sizeof(*book->shadows), compare_shadows);
    return CFD_OK;
}

static int parse_group(struct book *book)
{
    struct rows rows = rows_of(&book->group, GROUP_LIMIT, 4);
    struct row row;

    while (next_row(&rows, &row)) {
        struct group group = {row.origin, row.field[0], row.field[1], row.field[3], 0};

        if (row.count < 3 || !*group.name || !read_id(row.field[2], &group.gid)) {
            count_malformed(&book->group, row.origin.number);
            continue;
        }
        if (array_reserve(&book->groups, &book->group_capacity, book->group_count, sizeof(group)) !=
            0)
            return CFD_ERROR;
        book->groups[book->group_count++] = group;
    }
    return CFD_OK;
}

static void read_source(struct source *source, struct kit_run *run, const char *path)
{
    source->path = path;
    source->status = kit_file_read(run, path, FILE_LIMIT, NULL, &source->file);
    if (source->status == CFD_OK)
        (void)kit_watched(run->host, path, source->file.length, source->file.lines);
}

int book_read(struct book *book, struct kit_run *run, const struct accounts *accounts)
{
    *book = (struct book){0};
    read_source(&book->passwd, run, accounts->passwd);
    read_source(&book->shadow, run, accounts->shadow);
    read_source(&book->group, run, accounts->group);
    if (parse_passwd(book) != CFD_OK || parse_shadow(book) != CFD_OK)
        return CFD_ERROR;
    return parse_group(book);
}

void book_finish(struct book *book)
{
    kit_file_finish(&book->passwd.file);
    kit_file_finish(&book->shadow.file);
    kit_file_finish(&book->group.file);
    free(book->accounts);
    free(book->shadows);
    free(book->groups);
    *book = (struct book){0};
}

const struct shadow *book_find_shadow(const struct book *book, const char *name)
{
    size_t low = 0, high = book->shadow_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(book->shadows[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == book->shadow_count || strcmp(book->shadows[low].name, name) != 0)
        return NULL;
    return &book->shadows[low];
}

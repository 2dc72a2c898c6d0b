/* passwd(5), shadow(5) and group(5), read as the C library reads them, so that no account that can
 * log in is overlooked: missing trailing fields are empty, leading blanks and comments are passed
 * over. */
#include "accounts.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"

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

struct lines {
    struct source *source;
    size_t limit; /* bytes of a line */
    size_t fields;
    size_t offset;
    size_t number;
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

/* The next line that is neither blank, comment, foreign nor malformed. */
static bool next_row(struct lines *lines, struct row *row)
{
    struct source *source = lines->source;

    while (lines->offset < source->bytes.length) {
        char *line = source->bytes.data + lines->offset;
        size_t left = source->bytes.length - lines->offset;
        char *end = memchr(line, '\n', left);
        size_t length = end ? (size_t)(end - line) : left;

        lines->offset += length + 1;
        lines->number++;
        line[length] = '\0';
        if (length > lines->limit || memchr(line, '\0', length)) {
            count_malformed(source, lines->number);
            continue;
        }
        length -= strspn(line, " \t\r");
        line += strspn(line, " \t\r");
        if (*line == '\0' || *line == '#')
            continue;
        if (*line == '+' || *line == '-') {
            source->foreign = true;
            continue;
        }
        row->origin = (struct origin){line, length, lines->number};
        split(line, lines->fields, row);
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
    struct lines lines = {.source = &book->passwd, .limit = LINE_LIMIT, .fields = 7};
    struct row row;

    while (next_row(&lines, &row)) {
        struct account account = {row.origin, row.field[0], row.field[1], row.field[6], 0, 0};

        if (row.count < 4 || !*account.name || !read_id(row.field[2], &account.uid) ||
            !read_id(row.field[3], &account.gid)) {
            count_malformed(&book->passwd, lines.number);
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
    struct lines lines = {.source = &book->shadow, .limit = LINE_LIMIT, .fields = FIELDS};
    struct row row;

    while (next_row(&lines, &row)) {
        struct shadow shadow = {row.origin, row.field[0], row.field[1], -1, -1, -1};
        bool well = row.count >= 5;

        well = read_days(row.field[2], &shadow.changed) && well;
        well = read_days(row.field[4], &shadow.most_age) && well;
        well = read_days(row.field[7], &shadow.expires) && well;
        if (!well)
            count_malformed(&book->shadow, lines.number);
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
    struct lines lines = {.source = &book->group, .limit = GROUP_LIMIT, .fields = 4};
    struct row row;

    while (next_row(&lines, &row)) {
        struct group group = {row.origin, row.field[0], row.field[1], row.field[3], 0};

        if (row.count < 3 || !*group.name || !read_id(row.field[2], &group.gid)) {
            count_malformed(&book->group, lines.number);
            continue;
        }
        if (array_reserve(&book->groups, &book->group_capacity, book->group_count, sizeof(group)) !=
            0)
            return CFD_ERROR;
        book->groups[book->group_count++] = group;
    }
    return CFD_OK;
}

static void tell_watched(const struct cfd_host *host, const char *path, const struct buffer *bytes)
{
    uint64_t lines = 0;

    if (host->size < offsetof(struct cfd_host, watched) + sizeof host->watched || !host->watched)
        return;
    for (size_t i = 0; i < bytes->length; i++)
        lines += bytes->data[i] == '\n';
    (void)host->watched(host, path, bytes->length, lines);
}

static void read_source(struct source *source, const struct cfd_host *host, const char *path)
{
    CLEAN(clean_fd) int fd = host->open_file(host, path);

    source->path = path;
    source->status = fd < 0 ? fd : CFD_OK;
    if (fd >= 0 && file_read_fd(fd, FILE_LIMIT, &source->bytes) != 0)
        source->status = CFD_ERROR;
    else if (fd >= 0)
        tell_watched(host, path, &source->bytes);
}

int book_read(struct book *book, const struct cfd_host *host, const char *passwd,
              const char *shadow, const char *group)
{
    *book = (struct book){0};
    read_source(&book->passwd, host, passwd);
    read_source(&book->shadow, host, shadow);
    read_source(&book->group, host, group);
    if (parse_passwd(book) != CFD_OK || parse_shadow(book) != CFD_OK)
        return CFD_ERROR;
    return parse_group(book);
}

static void wipe(struct source *source)
{
    if (source->bytes.data)
        explicit_bzero(source->bytes.data, source->bytes.capacity);
    buffer_finish(&source->bytes);
}

void book_finish(struct book *book)
{
    wipe(&book->passwd);
    wipe(&book->shadow);
    wipe(&book->group);
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

/* Files and lines, with limits. */
#include <conformd/kit/lines.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_BYTES ((size_t)4 << 10)

/* Room for one read and a NUL; the old bytes may be secret and are overwritten when they move. */
static int grow(struct kit_file *file, size_t *capacity, size_t most)
{
    size_t wanted = *capacity ? 2 * *capacity : FIRST_BYTES;
    if (wanted > most)
        wanted = most;
    char *bytes = malloc(wanted);
    if (!bytes)
        return CFD_ERROR;
    if (file->bytes) {
        memcpy(bytes, file->bytes, file->length);
        explicit_bzero(file->bytes, file->length);
    }
    free(file->bytes);
    file->bytes = bytes;
    *capacity = wanted;
    return CFD_OK;
}

/* One byte beyond the limit shows that the file has more. */
static int read_all(int fd, size_t limit_bytes, struct kit_file *file)
{
    size_t capacity = 0;
    for (;;) {
        if (file->length + 1 >= capacity && grow(file, &capacity, limit_bytes + 2) < 0)
            return CFD_ERROR;
        ssize_t got = read(fd, file->bytes + file->length, capacity - 1 - file->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return CFD_ERROR;
        file->length += (size_t)got;
        file->bytes[file->length] = '\0';
        if (file->length > limit_bytes)
            return CFD_LIMIT;
        if (got == 0)
            return CFD_OK;
    }
}

static size_t count_lines(const struct kit_file *file)
{
    size_t lines = 0;
    for (size_t i = 0; i < file->length; i++)
        lines += file->bytes[i] == '\n';
    return lines;
}

int kit_file_read(struct kit_run *run, const char *path, size_t limit_bytes,
                  const struct kit_item *item, struct kit_file *ret_file)
{
    struct kit_file file = {.path = path};
    int fd = run->host->open_file(run->host, path);
    int status = fd < 0 ? fd : read_all(fd, limit_bytes, &file);
    if (fd >= 0)
        close(fd);
    file.lines = count_lines(&file);
    if (status < 0)
        kit_file_finish(&file);
    *ret_file = file;
    if (status >= 0 || !item)
        return status;
    struct kit_item unread = *item;
    unread.source = path;
    if (status == CFD_LIMIT)
        kit_drop(run, &unread, "has more than %zu bytes", limit_bytes);
    else
        kit_drop(run, &unread, "%s", kit_status_text(status));
    return status;
}

void kit_file_finish(struct kit_file *file)
{
    if (file->bytes)
        explicit_bzero(file->bytes, file->length);
    free(file->bytes);
    *file = (struct kit_file){.path = file->path};
}

static const char *fault_of(const struct kit_lines *lines)
{
    if (lines->limit_bytes && lines->length > lines->limit_bytes)
        return "the line is too long";
    return memchr(lines->text, '\0', lines->length) ? "the line has a NUL in it" : NULL;
}

static void drop_line(struct kit_lines *lines, const char *why)
{
    struct kit_item item = *lines->item;
    item.source = lines->file->path;
    item.line = lines->number;
    kit_drop(lines->run, &item, "%s", why);
}

static int is_beyond(struct kit_lines *lines)
{
    if (!lines->limit_lines || lines->number < lines->limit_lines)
        return 0;
    lines->fault = "there are too many lines: this one and the rest were not read";
    lines->number++;
    lines->text = lines->file->bytes + lines->offset;
    lines->length = lines->file->length - lines->offset;
    lines->offset = lines->file->length;
    return 1;
}

static void split(struct kit_lines *lines)
{
    char *begin = lines->file->bytes + lines->offset;
    size_t left = lines->file->length - lines->offset;
    char *end = memchr(begin, '\n', left);
    lines->text = begin;
    lines->length = end ? (size_t)(end - begin) : left;
    lines->offset += lines->length + (end != NULL);
    lines->number++;
    lines->fault = fault_of(lines);
    begin[lines->length] = '\0';
}

int kit_lines_next(struct kit_lines *lines)
{
    while (lines->offset < lines->file->length) {
        if (!is_beyond(lines))
            split(lines);
        if (!lines->fault || !lines->item)
            return 1;
        drop_line(lines, lines->fault);
        lines->fault = NULL;
    }
    return 0;
}

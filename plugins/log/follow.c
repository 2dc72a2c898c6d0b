/* The order of things: read, check that it still was the same file, count, then move. */
#include "follow.h"

#include "lines.h"

#include <conformd/kit/run.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct follow *follow_new(const char *path, bool literal)
{
    struct follow *follow = calloc(1, sizeof *follow);
    if (!follow)
        return NULL;
    *follow = (struct follow){.path = strdup(path), .literal = literal, .open = {.fd = -1}};
    if (follow->path)
        return follow;
    free(follow);
    return NULL;
}

void follow_free(struct follow *follow)
{
    if (!follow)
        return;
    found_finish(&follow->open);
    free(follow->path);
    free(follow);
}

static void note_written(struct follow *follow)
{
    struct stat status;
    if (fstat(follow->open.fd, &status) == 0)
        follow->last_ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
}

static bool is_inside(int fd, uint64_t offset)
{
    char before = '\n';
    return offset && pread(fd, &before, 1, (off_t)offset - 1) == 1 && before != '\n';
}

/* Goes on in that file at that offset. Takes what was found. */
static int enter(struct follow *follow, struct found *found, uint64_t offset)
{
    struct stat status;
    struct place place = {0};
    if (fstat(found->fd, &status) == 0) {
        place.device = status.st_dev;
        place.inode = status.st_ino;
        if (offset > (uint64_t)status.st_size)
            offset = (uint64_t)status.st_size;
        if (place_move(&place, found->fd, offset) == 0) {
            if (found->fd != follow->open.fd)
                found_finish(&follow->open);
            follow->open = *found;
            follow->at = place;
            follow->placed = true;
            follow->moved = true;
            follow->ending = false;
            follow->searched = 0;
            follow->inside = is_inside(found->fd, offset);
            return CFD_OK;
        }
    }
    found_finish(found);
    return CFD_ERROR;
}

/* The start of the last line that may still grow. */
static uint64_t last_line_start(int fd, char *buffer)
{
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > RULE_LINE_MOST ? size - RULE_LINE_MOST : 0;
    ssize_t length = size > 0 ? pread(fd, buffer, (size_t)(size - from), from) : 0;
    const char *end = length > 0 ? memrchr(buffer, '\n', (size_t)length) : NULL;
    if (end)
        return (uint64_t)(from + (end + 1 - buffer));
    return from > 0 ? (uint64_t)size : 0;
}

static bool is_same_file(const struct place *place, int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && place_is_of(place, &status) &&
           (uint64_t)status.st_size >= place->offset && place_begins_same(place, fd);
}

static void tell_lost(const struct follow *follow, const struct reading *reading, const char *why)
{
    feed_lost(reading->host, follow->path, why, follow->at.offset, follow->at.offset);
}

/* With a committed position: the file of that position wherever it is now, then the path. */
static int resume(struct follow *follow, struct reading *reading, struct found *path)
{
    struct found found = {.fd = -1};
    if (path->fd >= 0 && is_same_file(&follow->at, path->fd))
        return enter(follow, path, follow->at.offset);
    if (rotate_find(reading->host, follow->path, &follow->at, &found) == CFD_OK) {
        found_finish(path);
        return enter(follow, &found, follow->at.offset);
    }
    if (path->fd < 0)
        return CFD_ABSENT;
    tell_lost(follow, reading,
              "the file that was read until this offset is gone or was replaced; what followed is "
              "unknown");
    return enter(follow, path, 0);
}

void follow_load(struct follow *follow, const struct cfd_host *host)
{
    const char *text = NULL;
    if (host->position_get(host, follow->path, &text) < 0)
        return;
    follow->ignored = strcmp(text, IGNORED_TEXT) == 0;
    if (follow->ignored)
        return;
    follow->placed = place_read(text, &follow->at) == 0;
    if (!follow->placed)
        kit_log(host, CFD_LOG_WARNING, "the position of %s is not readable", follow->path);
}

int follow_begin(struct follow *follow, struct reading *reading)
{
    const struct cfd_host *host = reading->host;
    if (follow->ignored || follow->open.fd >= 0)
        return CFD_OK;
    struct found path = {.fd = host->open_file(host, follow->path)};
    path.path = path.fd >= 0 ? strdup(follow->path) : NULL;
    int status = path.fd;
    if (follow->placed && (path.fd >= 0 || path.fd == CFD_ABSENT))
        status = resume(follow, reading, &path);
    else if (path.fd >= 0)
        status =
            enter(follow, &path, reading->from_end ? last_line_start(path.fd, reading->buffer) : 0);
    if (status >= 0)
        note_written(follow);
    return status < 0 ? status : CFD_OK;
}

/* Counts lines whose bytes stand in the buffer. */
static int take(struct follow *follow, struct reading *reading, const struct lines *lines)
{
    struct place moved = follow->at;
    if (place_move(&moved, follow->open.fd, follow->at.offset + lines->consumed))
        return CFD_MORE; /* shorter than a moment ago: the next step sees why */
    struct feed_text text = {.source = follow->path,
                             .offset = follow->at.offset,
                             .bytes = reading->buffer,
                             .length = lines->length};
    size_t before = feed_pending(reading->feed);
    if (feed_scan(reading->feed, reading->host, &text) < 0) {
        reading->broken = true;
        return CFD_ERROR;
    }
    reading->dense = feed_pending(reading->feed) - before > FEED_SETS_MOST / 2;
    uint64_t seen = follow->at.offset + lines->length;
    if (lines->cut)
        feed_lost(reading->host, follow->path,
                  follow->inside ? "a line went on long after it began and was counted"
                                 : "a line is longer than 64 KiB; the rules saw that much of it",
                  seen, seen + lines->cut);
    follow->at = moved;
    follow->moved = true;
    follow->searched = 0;
    follow->lines += lines->count;
    follow->bytes += lines->consumed;
    note_written(follow);
    return CFD_MORE;
}

/* Shorter than what was read, or another beginning. With logrotate's copytruncate a copy holds
 * what was not read. */
static int truncated(struct follow *follow, struct reading *reading)
{
    struct found found = {.fd = -1};
    int status = rotate_find(reading->host, follow->path, &follow->at, &found);
    if (status == CFD_OK)
        status = enter(follow, &found, follow->at.offset);
    else {
        tell_lost(follow, reading,
                  "the file was truncated or rewritten; what followed this offset is unknown");
        status = enter(follow, &follow->open, 0);
    }
    return status < 0 ? status : CFD_MORE;
}

/* A file that is written no more may lack its last line's end for ever. A line in which rules find
 * nothing can wait: it is read again when it has grown. */
static int take_quiet(struct follow *follow, struct reading *reading, const struct lines *rest)
{
    note_written(follow);
    if (!rest->length || reading->host->now_ms(reading->host) - follow->last_ms < QUIET_MS ||
        !feed_matches(reading->feed, reading->buffer, rest->length))
        return CFD_OK;
    int status = take(follow, reading, rest);
    follow->inside = status >= 0;
    return status;
}

/* What follows in a line that was counted: only its end is waited for. */
static int skip_line(struct follow *follow, struct reading *reading, size_t length)
{
    const char *end = memchr(reading->buffer, '\n', length);
    struct lines rest = {.consumed = end ? (size_t)(end + 1 - reading->buffer) : length};
    rest.cut = rest.consumed - (end ? 1 : 0);
    if (end && rest.cut == 1 && reading->buffer[0] == '\r')
        rest.cut = 0;
    int status = take(follow, reading, &rest);
    follow->inside = !end || status < 0;
    return status;
}

/* Nothing whole is left here: is there a newer file? The rest is a line only when there is, and
 * only what is read after the newer one was seen is all. */
static int at_end(struct follow *follow, struct reading *reading, const struct lines *rest)
{
    struct stat path;
    struct found next = {.fd = -1};
    if (stat(follow->path, &path) == 0 && place_is_of(&follow->at, &path))
        return take_quiet(follow, reading, rest);
    int status = rotate_next(reading->host, follow->path, &follow->at, follow->last_ms, &next);
    if (status == CFD_CHANGED)
        return CFD_OK;
    if (status < 0)
        return status;
    if (follow->ending && !rest->consumed)
        return enter(follow, &next, 0) < 0 ? CFD_ERROR : CFD_MORE;
    found_finish(&next);
    if (follow->ending)
        return take(follow, reading, rest);
    follow->ending = true;
    return CFD_MORE;
}

/* A line fills the buffer: looks for its end, a read at a time. */
static int overlong(struct follow *follow, struct reading *reading, size_t size)
{
    uint64_t from = follow->at.offset + size;
    if (from < follow->searched)
        from = follow->searched;
    ssize_t length = pread(follow->open.fd, reading->buffer, READ_BYTES, (off_t)from);
    if (length < 0)
        return CFD_ERROR;
    const char *end = memchr(reading->buffer, '\n', (size_t)length);
    if (length && !end) {
        follow->searched = from + (uint64_t)length;
        return CFD_MORE;
    }
    uint64_t whole = from - follow->at.offset + (end ? (uint64_t)(end - reading->buffer) : 0);
    struct lines line = {.length = RULE_LINE_MOST,
                         .consumed = whole + (end ? 1 : 0),
                         .cut = whole - RULE_LINE_MOST,
                         .count = 1};
    off_t at = (off_t)follow->at.offset;
    if (pread(follow->open.fd, reading->buffer, RULE_LINE_MOST, at) != RULE_LINE_MOST)
        return CFD_MORE;
    return end ? take(follow, reading, &line) : at_end(follow, reading, &line);
}

static int read_failed(const struct follow *follow, const struct reading *reading)
{
    kit_log(reading->host, CFD_LOG_ERROR, "%s cannot be read: %s", follow->path, strerror(errno));
    return CFD_ERROR;
}

int follow_step(struct follow *follow, struct reading *reading)
{
    int status = follow_begin(follow, reading);
    if (status < 0 || follow->ignored)
        return status;
    size_t size = reading->dense ? DENSE_BYTES : READ_BYTES;
    ssize_t got = pread(follow->open.fd, reading->buffer, size, (off_t)follow->at.offset);
    if (got < 0)
        return read_failed(follow, reading);
    /* Only now: what was read before a truncation is good, what was read behind it is not. */
    if (!is_same_file(&follow->at, follow->open.fd))
        return truncated(follow, reading);
    size_t length = (size_t)got;
    if (follow->inside && length)
        return skip_line(follow, reading, length);
    uint64_t most = reading->dense ? DENSE_LINES : READ_LINES;
    struct lines lines = lines_next(reading->buffer, length, most, false);
    if (lines.consumed)
        return take(follow, reading, &lines);
    if (length == size)
        return overlong(follow, reading, size);
    lines = lines_next(reading->buffer, length, 1, true);
    return at_end(follow, reading, &lines);
}

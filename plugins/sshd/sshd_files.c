/* sshd_config(5) and what it includes, as sshd reads it: the first value wins, Include stands where
 * it is written, a Match ends with its file. */
#include "sshd.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MOST 16 /* sshd's own */
#define FILES_MOST 256
#define LINES_MOST 100000
#define BYTES_MOST ((size_t)4 << 20)
#define LINE_MOST  ((size_t)64 << 10)
#define MATCH_MOST 256

struct reader {
    struct findings *findings;
    const struct cfd_host *host;
    size_t files, lines, bytes;
};

/* One file being read. */
struct file {
    const char *path;
    const char *outer; /* the Match that it was included from */
    char *match;       /* the one that holds now */
    size_t line;
    unsigned depth;
};

static int read_file(struct reader *reader, struct file *file);

char *line_next_word(char **at)
{
    char *word = *at + strspn(*at, " \t\r\f");
    char *end;

    if (*word == '\0' || *word == '#')
        return NULL;
    if (*word == '"') {
        word++;
        end = word + strcspn(word, "\"");
    } else {
        end = word + strcspn(word, " \t\r\f");
    }
    *at = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static void join_words(char *at, struct buffer *ret_joined)
{
    char *word;

    while ((word = line_next_word(&at))) {
        if (ret_joined->length > 0)
            buffer_byte(ret_joined, ' ');
        buffer_text(ret_joined, word);
    }
}

/* Both must hold where a Match stands in a file that another Match included. */
static int take_match(struct file *file, char *arguments)
{
    CLEAN(buffer_finish) struct buffer words = {0};
    char *match;

    if (*file->outer)
        buffer_text(&words, file->outer);
    join_words(arguments, &words);
    match = text_printable(words.data ? words.data : "",
                           words.length < MATCH_MOST ? words.length : MATCH_MOST);
    if (!match || words.failed) {
        free(match);
        return CFD_ERROR;
    }
    free(file->match);
    file->match = match;
    return CFD_OK;
}

static int include_one(struct reader *reader, const struct file *from, const char *path)
{
    struct file file = {.path = path, .outer = from->match, .depth = from->depth + 1};
    int status;

    if (file.depth > DEPTH_MOST || reader->files >= FILES_MOST) {
        findings_fault(reader->findings,
                       "%s line %zu: Include is nested too deep or names too "
                       "many files",
                       from->path, from->line);
        return CFD_OK;
    }
    status = read_file(reader, &file);
    if (status == CFD_DENIED)
        findings_fault(reader->findings,
                       "%s may not be read: give the service "
                       "CAP_DAC_READ_SEARCH",
                       path);
    else if (status != CFD_OK && status != CFD_ABSENT)
        findings_fault(reader->findings, "%s could not be read", path);
    return status == CFD_LATE ? CFD_LATE : CFD_OK;
}

static int take_include(struct reader *reader, const struct file *file, char *arguments)
{
    char *word;
    int status = CFD_OK;

    while (status == CFD_OK && (word = line_next_word(&arguments))) {
        CLEAN(clean_text)
        char *pattern = text_format("%s%s", *word == '/' ? "" : "/etc/ssh/", word);
        char **paths = pattern ? include_expand(reader->findings, reader->host, pattern) : NULL;

        if (!paths)
            return CFD_ERROR;
        for (char **path = paths; *path; path++) {
            if (status == CFD_OK)
                status = include_one(reader, file, *path);
            free(*path);
        }
        free(paths);
    }
    return status;
}

static int take_setting(struct reader *reader, const struct file *file, const char *name,
                        char *arguments, const char *text)
{
    const struct keyword *keyword = sshd_keyword(name);
    CLEAN(buffer_finish) struct buffer value = {0};
    struct entry entry = {.keyword = keyword, .match = file->match, .line = file->line};

    if (!keyword)
        return CFD_OK;
    join_words(arguments, &value);
    if (value.failed)
        return CFD_ERROR;
    if (!value.data)
        return CFD_OK;
    entry.value = value.data;
    entry.file = (char *)file->path;
    entry.text = (char *)text;
    return findings_add(reader->findings, &entry);
}

static int take_line(struct reader *reader, struct file *file, char *line)
{
    CLEAN(clean_text) char *text = strdup(line);
    char *at = line + strspn(line, " \t\r\f");
    char *name = at;
    bool equals;

    if (!text)
        return CFD_ERROR;
    if (*at == '\0' || *at == '#')
        return CFD_OK;
    at += strcspn(at, " \t\r\f=");
    equals = *at == '=';
    if (*at)
        *at++ = '\0';
    at += strspn(at, " \t\r\f");
    if (*at == '=' && !equals)
        at++;
    if (strcasecmp(name, "match") == 0)
        return take_match(file, at);
    if (strcasecmp(name, "include") == 0)
        return take_include(reader, file, at);
    return take_setting(reader, file, name, at, text);
}

static int take_lines(struct reader *reader, struct file *file, struct buffer *bytes)
{
    size_t offset = 0;
    int status = CFD_OK;

    while (offset < bytes->length && status == CFD_OK) {
        char *line = bytes->data + offset;
        size_t length = strcspn(line, "\n");

        file->line++;
        if (++reader->lines > LINES_MOST || length > LINE_MOST || line[length] != '\n') {
            bool last = offset + length == bytes->length;

            if (reader->lines > LINES_MOST || length > LINE_MOST || !last) {
                findings_fault(reader->findings,
                               "%s line %zu: too long, a NUL in it, or too "
                               "many lines",
                               file->path, file->line);
                return CFD_OK;
            }
        }
        line[length] = '\0';
        offset += length + 1;
        status = take_line(reader, file, line);
    }
    return status;
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

static int read_file(struct reader *reader, struct file *file)
{
    CLEAN(clean_fd) int fd = reader->host->open_file(reader->host, file->path);
    CLEAN(buffer_finish) struct buffer bytes = {0};
    int status = CFD_ERROR;

    if (fd < 0)
        return fd;
    if (reader->host->left_ms(reader->host) <= 0)
        return CFD_LATE;
    reader->files++;
    if (file_read_fd(fd, BYTES_MOST - reader->bytes, &bytes) != 0)
        return CFD_ERROR;
    reader->bytes += bytes.length;
    tell_watched(reader->host, file->path, &bytes);
    file->match = strdup(file->outer);
    if (file->match)
        status = take_lines(reader, file, &bytes);
    free(file->match);
    return status;
}

int files_read(struct findings *findings, const struct cfd_host *host, const char *path)
{
    struct reader reader = {.findings = findings, .host = host};
    struct file file = {.path = path, .outer = "", .depth = 0};

    return read_file(&reader, &file);
}

int effective_read(struct findings *findings, const char *output, size_t length)
{
    CLEAN(clean_text) char *copy = strndup(output, length);
    char *rest = copy, *line;
    int status = copy ? CFD_OK : CFD_ERROR;

    while (status == CFD_OK && (line = strsep(&rest, "\n"))) {
        size_t name = strcspn(line, " ");
        struct entry entry = {.match = (char *)"", .file = (char *)"sshd -T", .text = (char *)""};

        if (line[name] == '\0')
            continue;
        line[name] = '\0';
        entry.keyword = sshd_keyword(line);
        entry.value = line + name + 1;
        if (entry.keyword)
            status = findings_add(findings, &entry);
    }
    return status;
}

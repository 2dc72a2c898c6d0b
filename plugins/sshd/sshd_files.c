/* sshd_config(5) and what it includes, as sshd reads it: the first value wins, Include stands where
 * it is written, a Match ends with its file. */
#include "sshd.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MOST 16 /* sshd's own */
#define FILES_MOST 256
#define LINES_MOST 100000
#define BYTES_MOST ((size_t)4 << 20)
#define LINE_MOST  ((size_t)64 << 10)

struct reader {
    struct findings *findings;
    struct kit_run *run;
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
    match = text_printable(words.data ? words.data : "", words.length);
    if (!match || words.failed) {
        free(match);
        return CFD_ERROR;
    }
    free(file->match);
    file->match = match;
    return CFD_OK;
}

/* A part of the files that is not known, by its place. */
static void drop_line(const struct reader *reader, const struct file *file, const char *why)
{
    struct kit_item item = sshd_settings;

    item.source = file->path;
    item.line = file->line;
    kit_drop(reader->run, &item, "%s", why);
}

static int include_one(struct reader *reader, const struct file *from, const char *path)
{
    struct file file = {.path = path, .outer = from->match, .depth = from->depth + 1};
    int status;

    if (file.depth > DEPTH_MOST || reader->files >= FILES_MOST) {
        drop_line(reader, from, "Include is nested too deep or names too many files");
        return CFD_OK;
    }
    status = read_file(reader, &file);
    if (status != CFD_OK && status != CFD_ABSENT && status != CFD_LATE)
        kit_drop(reader->run, &sshd_settings, "%s %s%s", path, kit_status_text(status),
                 status == CFD_DENIED ? ": give the service CAP_DAC_READ_SEARCH" : "");
    return status == CFD_LATE ? CFD_LATE : CFD_OK;
}

static int take_include(struct reader *reader, const struct file *file, char *arguments)
{
    char *word;
    int status = CFD_OK;

    while (status == CFD_OK && (word = line_next_word(&arguments))) {
        CLEAN(clean_text)
        char *pattern = text_format("%s%s", *word == '/' ? "" : "/etc/ssh/", word);
        char **paths = pattern ? include_expand(reader->run, pattern) : NULL;

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
    if (!value.data) {
        const struct kit_item item = {.attribute = keyword->attribute,
                                      .source = file->path,
                                      .line = file->line,
                                      .name = keyword->name};

        kit_drop(reader->run, &item, "it has no value");
        return CFD_OK;
    }
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

/* Behind a line that is not known nobody knows which Match holds: the rest is not read. */
static int take_lines(struct reader *reader, struct file *file, struct kit_file *bytes)
{
    struct kit_lines lines = {.file = bytes, .limit_bytes = LINE_MOST};
    int status = CFD_OK;

    while (status == CFD_OK && kit_lines_next(&lines)) {
        file->line = lines.number;
        if (++reader->lines > LINES_MOST)
            lines.fault = "there are too many lines";
        if (lines.fault) {
            drop_line(reader, file, lines.fault);
            return CFD_OK;
        }
        status = take_line(reader, file, lines.text);
    }
    return status;
}

static int read_file(struct reader *reader, struct file *file)
{
    struct kit_file bytes;
    int status;

    if (kit_is_late(reader->run))
        return CFD_LATE;
    status = kit_file_read(reader->run, file->path, BYTES_MOST - reader->bytes, NULL, &bytes);
    if (status != CFD_OK)
        return status;
    (void)kit_watched(reader->run->host, file->path, bytes.length, bytes.lines);
    reader->files++;
    reader->bytes += bytes.length;
    file->match = strdup(file->outer);
    status = file->match ? take_lines(reader, file, &bytes) : CFD_ERROR;
    free(file->match);
    kit_file_finish(&bytes);
    return status;
}

int files_read(struct findings *findings, struct kit_run *run, const char *path)
{
    struct reader reader = {.findings = findings, .run = run};
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

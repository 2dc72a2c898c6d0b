/* Runs the real plugin over a file, with a lent host that keeps what it is handed.
 *
 * The plugin follows a memfd, which gets the file's lines a few at a time: then each line that a
 * rule matched is excerpted, none is left out, and the others are known. Each rule feeds an
 * attribute of its own, so that its hits are known too. */
#include "programs/conformd-collector/scanning.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "host/collector/stream.h"
#include "programs/conformd-collector/scanned.h"

enum {
    USAGE = 2,
    STEP_LINES = 20,       /* at a time: a rule shows so many of a batch at least */
    STEP_MS = 10000,       /* the plugin's clock goes on by so much, so that it shows them again */
    INPUT_MOST = 16 << 20, /* bytes of settings */
    PAGE = 4096,
    LINE_MOST = 1 << 20,  /* bytes of a line; what has longer ones is no log */
    HOLE_BYTES = 4 << 20, /* what was read is given back after so much */
};

struct scanning {
    struct plugin *plugin;
    struct settings settings;
    struct life life;
    json_t *faults;
    struct scanned *scanned;
    int scratch; /* what the plugin follows */
    uint64_t written;
    uint64_t kept; /* the scratch's bytes before are a hole, but for its first page */
    int64_t now_ms;
};

/* --- the lent host --- */

static struct scanning *of(const struct cfd_host *host)
{
    return ((const struct lender *)host->context)->context;
}

static int keep_reading(const struct cfd_host *host, const struct cfd_reading *reading)
{
    const struct scanning *scanning = of(host);
    const struct cfd_attribute *row = lend_attribute(&scanning->life.lender, reading->attribute);
    if (!row)
        return CFD_INVALID;
    return lend_status(scanned_reading(scanning->scanned, row, reading));
}

static int keep_excerpt(const struct cfd_host *host, const struct cfd_excerpt *excerpt)
{
    int64_t offset;
    if (text_begins(excerpt->place, "offset ") &&
        !text_to_integer(excerpt->place + strlen("offset "), &offset))
        scanned_mark(of(host)->scanned, (uint64_t)offset);
    return CFD_OK;
}

static int keep_loss(const struct cfd_host *host, const struct cfd_loss *loss)
{
    return lend_status(scanned_lost(of(host)->scanned, loss->why));
}

static int pass_missing(const struct cfd_host *host, uint32_t number, const char *why)
{
    (void)host;
    (void)number;
    (void)why;
    return CFD_OK;
}

static int pass_position(const struct cfd_host *host, const char *key, const char *value)
{
    (void)host;
    (void)key;
    (void)value;
    return CFD_OK;
}

static int open_plainly(const struct cfd_host *host, const char *path)
{
    (void)host;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : errno == ENOENT ? CFD_ABSENT : CFD_DENIED;
}

static int64_t stepped_now(const struct cfd_host *host)
{
    return of(host)->now_ms;
}

static void lend_own(struct cfd_host *host)
{
    host->emit = keep_reading;
    host->excerpt = keep_excerpt;
    host->lost = keep_loss;
    host->missing = pass_missing;
    host->position_set = pass_position;
    host->open_file = open_plainly;
    host->now_ms = stepped_now;
    host->watched = NULL; /* not offered: nothing is kept of it */
}

/* --- the plugin's life --- */

static void keep_fault(void *context, const char *path, bool warning, const char *sentence)
{
    const struct scanning *scanning = context;
    if (!warning)
        json_array_append_new(scanning->faults,
                              json_pack("{s:s, s:s}", "setting", path, "sentence", sentence));
}

static void keep_opened_fault(void *context, const char *path, const char *sentence)
{
    keep_fault(context, path, false, sentence);
}

static void print_said(void *context, int level, const char *text)
{
    (void)context;
    if (level <= CFD_LOG_WARNING)
        fprintf(stderr, "conformd-collector: %s\n", text);
}

static void finish_life(struct scanning *scanning)
{
    life_finish(&scanning->life);
    settings_finish(&scanning->settings);
    scanning->life = (struct life){0};
    scanning->settings = (struct settings){0};
}

/* ERROR_SETTING: the faults say why. */
static int open_life(struct scanning *scanning, const json_t *settings, struct error *error)
{
    const struct settings_faults faults = {keep_fault, scanning, true};
    struct lender *lender = &scanning->life.lender;
    *lender = (struct lender){.plugin = scanning->plugin,
                              .settings = &scanning->settings,
                              .wait = {emit_wait_plainly, NULL},
                              .on_fault = keep_opened_fault,
                              .on_said = print_said,
                              .context = scanning};
    int code = settings_parse(scanning->plugin->options, settings, &faults, &scanning->settings);
    if (code)
        return error_set(error, code, "%s", error_text(code));
    code = life_open(&scanning->life, error);
    lend_own(&lender->host);
    return code;
}

/* The settings as given, or with the rules as they are scanned; and the file. New reference. */
static json_t *settings_for(const json_t *given, const char *file, json_t *rules)
{
    json_t *settings = json_copy((json_t *)given);
    if (settings && !json_object_set_new(settings, "files", json_pack("[s]", file)) &&
        !json_object_set_new(settings, "start", json_string("beginning")) &&
        (!rules || !json_object_set(settings, "rule", rules)))
        return settings;
    json_decref(settings);
    return NULL;
}

static int try_rules(struct scanning *scanning, const json_t *given, struct error *error)
{
    CLEAN(clean_json) json_t *settings = settings_for(given, "/dev/null", NULL);
    if (!settings)
        return ERROR_MEMORY;
    int code = open_life(scanning, settings, error);
    finish_life(scanning);
    /* What has a place is told there. */
    return code && json_array_size(scanning->faults) ? 0 : code;
}

/* --- the file's way through the plugin --- */

static int write_whole(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno != EINTR)
            return ERROR_IO;
        bytes += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

/* A file of any size needs little memory; its first bytes tell the plugin that it is the same. */
static void give_back(struct scanning *scanning)
{
    uint64_t until = scanning->written / PAGE * PAGE;
    if (until < scanning->kept + HOLE_BYTES)
        return;
    if (fallocate(scanning->scratch, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  (off_t)scanning->kept, (off_t)(until - scanning->kept)))
        return; /* it only takes more memory */
    scanning->kept = until;
}

/* Bytes of a line with its end, 0 at the file's; never more than LINE_MOST. */
static size_t read_line(FILE *log, char *bytes)
{
    size_t length = 0;
    for (int byte; length < LINE_MOST && (byte = getc_unlocked(log)) != EOF;) {
        bytes[length++] = (char)byte;
        if (byte == '\n')
            break;
    }
    return length;
}

/* A line to the scratch, with an end. */
static int take_line(struct scanning *scanning, const char *line, size_t length)
{
    bool ends = line[length - 1] == '\n';
    size_t shown = length - (ends ? 1 : 0);
    if (shown && line[shown - 1] == '\r')
        shown--;
    int code = scanned_line(scanning->scanned, scanning->written, line, shown);
    if (!code)
        code = write_whole(scanning->scratch, line, length);
    if (!code && !ends)
        code = write_whole(scanning->scratch, "\n", 1);
    scanning->written += length + (ends ? 0 : 1);
    return code;
}

/* Up to STEP_LINES lines to the scratch; 0 with *ret_count lines. */
static int take_lines(struct scanning *scanning, FILE *log, size_t *ret_count)
{
    size_t count = 0, length;
    int code = 0;
    CLEAN(clean_text) char *line = malloc(LINE_MOST);
    if (!line)
        return ERROR_MEMORY;
    while (!code && count < STEP_LINES && (length = read_line(log, line)) > 0) {
        code = length == LINE_MOST ? ERROR_LIMIT : take_line(scanning, line, length);
        count++;
    }
    *ret_count = count;
    return !code && ferror(log) ? ERROR_IO : code;
}

static int collect_step(struct scanning *scanning, struct error *error)
{
    int status;
    scanning->now_ms += STEP_MS;
    do
        status = stream_collect(&scanning->life, 0);
    while (status == CFD_MORE);
    if (status < 0)
        return error_set(error, ERROR_FORMAT, "%s", stream_why(&scanning->life, status));
    lend_settle(&scanning->life.lender, true);
    scanned_step(scanning->scanned);
    give_back(scanning);
    return 0;
}

static int follow_log(struct scanning *scanning, const char *path, struct error *error)
{
    CLEAN(clean_file) FILE *log = fopen(path, "re");
    size_t count = 0;
    if (!log)
        return error_set(error, ERROR_MISSING, "%s: %s", path, strerror(errno));
    int code = collect_step(scanning, error);
    do {
        if (!code && (code = take_lines(scanning, log, &count)))
            error_set(error, code, "%s: %s", path,
                      code == ERROR_LIMIT ? "a line is longer than 1 MiB: this is not a log"
                      : code == ERROR_IO  ? strerror(errno)
                                          : error_text(code));
        if (!code && count)
            code = collect_step(scanning, error);
    } while (!code && count);
    return code;
}

static int scan_log(struct scanning *scanning, const json_t *given, const char *path,
                    struct error *error)
{
    CLEAN(clean_fd) int scratch = memfd_create("scan", MFD_CLOEXEC);
    CLEAN(clean_text) char *followed = text_format("/proc/self/fd/%d", scratch);
    CLEAN(clean_json) json_t *rules = scanned_rules(scanning->scanned);
    CLEAN(clean_json)
    json_t *settings = followed && rules ? settings_for(given, followed, rules) : NULL;
    if (scratch < 0 || !settings)
        return ERROR_MEMORY;
    scanning->scratch = scratch;
    scanning->kept = PAGE;
    int code = open_life(scanning, settings, error);
    if (!code)
        code = follow_log(scanning, path, error);
    finish_life(scanning);
    return code;
}

static int scan(struct scanning *scanning, const json_t *given, const char *path,
                struct error *error)
{
    const json_t *rules = json_object_get(given, "rule");
    CLEAN(clean_json) json_t *answer = NULL;
    scanning->faults = json_array();
    int code = try_rules(scanning, given, error);
    if (!code && path && !json_array_size(scanning->faults)) {
        code = scanned_new(rules, &scanning->scanned, error);
        if (!code)
            code = scan_log(scanning, given, path, error);
        if (!code)
            answer = scanned_answer(scanning->scanned);
    } else if (!code) {
        answer = json_object();
    }
    if (!code && (!answer || json_object_set(answer, "faults", scanning->faults)))
        code = ERROR_MEMORY;
    CLEAN(clean_text) char *text = code ? NULL : json_dumps(answer, JSON_COMPACT);
    if (text && puts(text) >= 0 && !fflush(stdout))
        return 0;
    return code ? code : ERROR_IO;
}

int scanning_run(int count, char **words)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(buffer_finish) struct buffer input = {0};
    CLEAN(clean_json) json_t *given = NULL;
    struct scanning scanning = {.scratch = -1};
    if (count < 1 || count > 2) {
        fputs("--scan takes FILE.so [LOG], and settings as JSON on standard input\n", stderr);
        return USAGE;
    }
    int code = file_read_fd(STDIN_FILENO, INPUT_MOST, &input);
    if (!code)
        code = json_read(input.data ? input.data : "", input.length, &given, &error);
    if (!code)
        code = plugin_load(words[0], &scanning.plugin, &error);
    if (!code)
        code = scan(&scanning, given, count == 2 ? words[1] : NULL, &error);
    if (code)
        fprintf(stderr, "conformd-collector: %s\n",
                error.sentence ? error_sentence(&error) : error_text(code));
    scanned_free(scanning.scanned);
    json_decref(scanning.faults);
    plugin_free(scanning.plugin);
    return code ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* log: follows log files and counts what rules find in them. */
#include "log_files.h"

#include "ground/base/clean.h"

#include <string.h>

#define STARTED_KEY "started" /* no path: a path begins with '/' */

struct self {
    struct files files;
    struct feed *feed;
    struct reading reading;
    size_t turn; /* the path that is read first next time */
    bool more;   /* the last collect answered CFD_MORE */
};

static const char *const starts[] = {"end", "beginning", NULL};

static const struct cfd_option options[] = {
    {.name = "files",
     .type = CFD_GLOB,
     .flags = CFD_LIST | CFD_REQUIRED,
     .help = "The files to follow; a wildcard also finds those that come later."},
    {.name = "start",
     .type = CFD_STRING,
     .preset = "end",
     .choices = starts,
     .help = "Where reading begins in files found at the very first run; those that appear later "
             "are read from their beginning."},
    {.name = "rules",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Rule sets (sshd) or single rules (sshd.failed_password) of rules.d."},
    {.name = "rule",
     .type = CFD_GROUP,
     .members = feed_rule_members,
     .help = "The rules themselves; filled in from rules.d."},
    ACCOUNTS_OPTIONS,
    {0}};

static const struct cfd_need needs[] = {{.kind = CFD_READ, .setting = "files"}, ACCOUNTS_NEED, {0}};

static void log_close(void *opaque)
{
    struct self *self = opaque;
    if (!self)
        return;
    files_finish(&self->files);
    feed_free(self->feed);
    free(self->reading.buffer);
    free(self);
}

static int log_open(const struct cfd_host *host, void **ret_self)
{
    struct self *self = calloc(1, sizeof *self);
    if (!self)
        return CFD_ERROR;
    *ret_self = self;
    int files = files_open(&self->files, host);
    int rules = feed_open(host, &self->feed);
    self->reading.buffer = malloc(READ_BYTES);
    self->reading.feed = self->feed;
    if (files < 0 || rules < 0)
        return files < 0 ? files : rules;
    return self->reading.buffer ? CFD_OK : CFD_ERROR;
}

static int log_start(void *opaque, const struct cfd_host *host, int *ret_fd)
{
    struct self *self = opaque;
    *ret_fd = files_watch(&self->files);
    if (*ret_fd < 0)
        host->log(host, CFD_LOG_INFO, "inotify is not there: files are looked at each interval");
    return CFD_OK;
}

static void log_stop(void *opaque, const struct cfd_host *host)
{
    (void)opaque;
    (void)host; /* positions are committed with each batch */
}

static int emit_source(struct follow *follow, const struct cfd_host *host)
{
    struct feed_source source = {.name = follow->path,
                                 .lines = follow->lines,
                                 .bytes = follow->bytes,
                                 .last_ms = follow->last_ms};
    follow->lines = 0;
    follow->bytes = 0;
    return follow->open.fd < 0 ? CFD_OK : feed_source(host, &source);
}

static int set_position(struct follow *follow, const struct cfd_host *host)
{
    if (!follow->moved)
        return CFD_OK;
    CLEAN(clean_text) char *text = follow->ignored ? strdup(IGNORED_TEXT) : place_text(&follow->at);
    follow->moved = false;
    return text ? host->position_set(host, follow->path, text) : CFD_ERROR;
}

/* Ends a batch: all that waits, then where reading stands. After a failure memory and store no
 * longer agree, and only a new process is right again. */
static int flush(struct self *self, const struct cfd_host *host)
{
    int status = CFD_OK;
    for (size_t i = 0; status >= 0 && i < self->files.count; i++) {
        struct follow *follow = self->files.follows[i];
        if (follow->lines || !self->more)
            status = emit_source(follow, host);
    }
    if (status >= 0)
        status = feed_flush(self->feed, host);
    for (size_t i = 0; status >= 0 && i < self->files.count; i++)
        status = set_position(self->files.follows[i], host);
    if (status >= 0)
        status = host->position_set(host, STARTED_KEY, "1");
    self->reading.broken = status < 0;
    return status < 0 ? status : CFD_OK;
}

/* One path until it has no more, the time is over, or the batch must end. */
static int read_path(struct self *self, struct follow *follow, int64_t until_ms)
{
    int status = follow->status < 0 ? follow->status : CFD_MORE;
    while (status == CFD_MORE) {
        status = follow_step(follow, &self->reading);
        if (self->reading.broken)
            return CFD_ERROR;
        if (feed_is_due(self->feed, until_ms))
            return CFD_MORE;
    }
    follow->status = status;
    return CFD_OK;
}

static int read_paths(struct self *self)
{
    int64_t until_ms = feed_until_ms();
    size_t count = self->files.count;
    for (size_t i = 0; i < count; i++) {
        size_t at = (self->turn + i) % count;
        int status = read_path(self, self->files.follows[at], until_ms);
        if (status == CFD_OK)
            continue;
        self->turn = at + 1;
        return status;
    }
    return CFD_OK;
}

/* What is known of the paths, and of the first run where each begins before any is read. */
static int prepare(struct self *self, const struct cfd_host *host)
{
    files_drain(&self->files);
    if (self->more)
        return CFD_OK;
    if (files_refresh(&self->files, host) < 0)
        return CFD_ERROR;
    const char *text;
    self->reading.from_end =
        host->position_get(host, STARTED_KEY, &text) < 0 && feed_starts_at_end(host);
    for (size_t i = 0; i < self->files.count; i++) {
        struct follow *follow = self->files.follows[i];
        follow->status = follow_begin(follow, &self->reading);
    }
    self->reading.from_end = false;
    return CFD_OK;
}

static int log_collect(void *opaque, const struct cfd_host *host)
{
    struct self *self = opaque;
    if (self->reading.broken)
        return CFD_ERROR;
    self->reading.host = host;
    int status = prepare(self, host);
    if (status >= 0)
        status = read_paths(self);
    self->more = status == CFD_MORE;
    if (status < 0)
        return status;
    int flushed = flush(self, host);
    if (flushed < 0)
        return flushed;
    return self->more ? CFD_MORE : files_judge(&self->files, self->feed, host);
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .flags = CFD_STREAM,
    .name = "log",
    .version = "1",
    .summary = "Follows log files and counts what rules find in them.",
    .family = "log",
    .options = options,
    .attributes = feed_attributes,
    .needs = needs,
    .open = log_open,
    .collect = log_collect,
    .close = log_close,
    .start = log_start,
    .stop = log_stop,
    .selftest = feed_selftest,
};

/* journal: follows the systemd journal and counts what rules find in its messages. */
#include "reader.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "journal_files.h"

#include <string.h>

struct self {
    struct reader reader;
    struct feed *feed;
    struct kit_texts unless; /* standby while one of these paths exists */
    bool broken;             /* memory and store may differ: only a new process is right again */
    int told;                /* the last status that was explained in the log */
};

static const char *const starts[] = {"end", "beginning", NULL};

static const struct cfd_option options[] = {
    {.name = "units",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Only messages of these units (ssh.service); preset all."},
    {.name = "identifiers",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Only messages with these syslog identifiers (sudo); preset all."},
    {.name = "unless_exists",
     .type = CFD_PATH,
     .flags = CFD_LIST,
     .help = "Stand by while one of these files exists, since log follows it."},
    {.name = "path", .type = CFD_PATH, .help = "A journal directory in place of the system's."},
    {.name = "start",
     .type = CFD_STRING,
     .preset = "end",
     .choices = starts,
     .help = "Where reading begins at the very first run."},
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

static const struct cfd_need needs[] = {{.kind = CFD_READ, .what = "/var/log/journal"},
                                        {.kind = CFD_READ, .what = "/run/log/journal"},
                                        {.kind = CFD_READ, .what = "/etc/machine-id"},
                                        {.kind = CFD_READ, .setting = "path"},
                                        {.kind = CFD_READ, .setting = "unless_exists"},
                                        ACCOUNTS_NEED,
                                        {0}};

static const struct kit_option members[] = {
    {"path", KIT_TEXT, offsetof(struct self, reader.path), NULL, 0},
    {"units", KIT_TEXTS, offsetof(struct self, reader.units), NULL, 0},
    {"identifiers", KIT_TEXTS, offsetof(struct self, reader.identifiers), NULL, 0},
    {"unless_exists", KIT_TEXTS, offsetof(struct self, unless), NULL, 0},
    {0}};

static int journal_open(const struct cfd_host *host, void **ret_self)
{
    struct self *self = calloc(1, sizeof *self);
    if (!self)
        return CFD_ERROR;
    *ret_self = self;
    int status = kit_options_read(host, "", members, self);
    self->reader.from_end = feed_starts_at_end(host);
    return status < 0 ? status : feed_open(host, &self->feed);
}

static void journal_close(void *opaque)
{
    struct self *self = opaque;
    if (!self)
        return;
    reader_end(&self->reader);
    kit_options_finish(members, self);
    feed_free(self->feed);
    free(self);
}

static bool stands_by(const struct self *self)
{
    for (size_t i = 0; i < self->unless.count; i++) {
        if (access(self->unless.text[i], F_OK) == 0)
            return true;
    }
    return false;
}

/* The journal, when there is one whose messages can be read. */
static int begin(struct self *self, const struct cfd_host *host)
{
    int status = self->reader.journal ? CFD_OK : journal_files_check(self->reader.path);
    if (status >= 0)
        status = reader_begin(&self->reader, host);
    if (status < 0 && self->told != status)
        host->log(host, CFD_LOG_ERROR,
                  status == CFD_ABSENT ? "there is no journal on this host"
                  : status == CFD_DENIED
                      ? "the journal exists, but conformd has no permission to read it"
                      : "the journal cannot be read");
    self->told = status;
    return status;
}

static int journal_start(void *opaque, const struct cfd_host *host, int *ret_fd)
{
    struct self *self = opaque;
    *ret_fd = -1;
    if (!stands_by(self) && begin(self, host) >= 0)
        *ret_fd = sd_journal_get_fd(self->reader.journal);
    return CFD_OK;
}

static void journal_stop(void *opaque, const struct cfd_host *host)
{
    (void)opaque;
    (void)host; /* positions are committed with each batch */
}

/* What log counts meanwhile shall not be counted again later: the cursor is given up. */
static int stand_by(struct self *self, const struct cfd_host *host)
{
    const char *text = NULL;
    reader_end(&self->reader);
    if (host->position_get(host, CURSOR_KEY, &text) >= 0 && *text)
        (void)host->position_set(host, CURSOR_KEY, "");
    return CFD_STANDBY;
}

static int flush(struct self *self, const struct cfd_host *host)
{
    struct reader *reader = &self->reader;
    struct feed_source source = {.name = SOURCE_NAME,
                                 .lines = reader->lines,
                                 .bytes = reader->bytes,
                                 .last_ms = reader->last_ms};
    CLEAN(clean_text) char *last = text_format("%lld", (long long)reader->last_ms);
    int status = last ? feed_source(host, &source) : CFD_ERROR;
    if (status >= 0)
        status = feed_flush(self->feed, host);
    if (status >= 0)
        status = host->position_set(host, LAST_KEY, last);
    if (status >= 0 && reader->cursor)
        status = host->position_set(host, CURSOR_KEY, reader->cursor);
    reader->lines = 0;
    reader->bytes = 0;
    return status < 0 ? status : CFD_OK;
}

static int read_entries(struct self *self, const struct cfd_host *host)
{
    int64_t until_ms = feed_until_ms();
    int status = CFD_MORE;
    while (status == CFD_MORE && !feed_is_due(self->feed, until_ms))
        status = reader_step(&self->reader, self->feed, host);
    return status;
}

static int journal_collect(void *opaque, const struct cfd_host *host)
{
    struct self *self = opaque;
    if (self->broken)
        return CFD_ERROR;
    if (stands_by(self))
        return stand_by(self, host);
    int status = begin(self, host);
    if (status < 0 && status != CFD_ABSENT)
        feed_missing(self->feed, host, "the journal cannot be read");
    if (status < 0)
        return status;
    status = reader_refresh(&self->reader);
    if (status >= 0)
        status = read_entries(self, host);
    int flushed = status < 0 ? status : flush(self, host);
    self->broken = flushed < 0;
    if (self->broken)
        feed_missing(self->feed, host, "the journal cannot be read");
    return flushed < 0 ? flushed : status;
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .flags = CFD_STREAM,
    .name = "journal",
    .version = "1",
    .summary = "Follows the systemd journal and counts what rules find in its messages.",
    .family = "log",
    .options = options,
    .attributes = feed_attributes,
    .needs = needs,
    .open = journal_open,
    .collect = journal_collect,
    .close = journal_close,
    .start = journal_start,
    .stop = journal_stop,
    .selftest = feed_selftest,
};

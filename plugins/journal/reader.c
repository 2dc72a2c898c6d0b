/* Filters by itself, so that the cursor also passes what does not concern it: else a quiet unit's
 * cursor would be vacuumed though nothing was missed. */
#include "reader.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <errno.h>
#include <string.h>

static int status_of(int code)
{
    return code == -ENOENT                     ? CFD_ABSENT
           : code == -EACCES || code == -EPERM ? CFD_DENIED
                                               : CFD_ERROR;
}

static int open_journal(struct reader *reader)
{
    int code = reader->path ? sd_journal_open_directory(&reader->journal, reader->path, 0)
                            : sd_journal_open(&reader->journal, SD_JOURNAL_LOCAL_ONLY);
    if (code < 0)
        return status_of(code);
    /* Longer ones are cut there; the rules see no more anyway. */
    sd_journal_set_data_threshold(reader->journal, RULE_LINE_MOST + sizeof "MESSAGE=");
    return CFD_OK;
}

/* To the last entry that is there now. Its time is the source's last sign of life: without it a
 * quiet journal would be unknown until its next line. */
static int seek_end(struct reader *reader)
{
    uint64_t time_us;
    int code = sd_journal_seek_tail(reader->journal);
    if (code >= 0)
        code = sd_journal_previous(reader->journal);
    if (code == 0)
        return sd_journal_seek_head(reader->journal);
    if (code > 0 && sd_journal_get_realtime_usec(reader->journal, &time_us) >= 0)
        reader->last_ms = (int64_t)(time_us / 1000);
    return code < 0 ? code : sd_journal_get_cursor(reader->journal, &reader->cursor);
}

static int seek(struct reader *reader)
{
    if (reader->cursor) {
        reader->unsure = true;
        return sd_journal_seek_cursor(reader->journal, reader->cursor);
    }
    return reader->from_end ? seek_end(reader) : sd_journal_seek_head(reader->journal);
}

static void load_positions(struct reader *reader, const struct cfd_host *host)
{
    const char *text = NULL;
    free(reader->cursor);
    reader->cursor = NULL;
    bool given = host->position_get(host, CURSOR_KEY, &text) >= 0;
    if (given && *text)
        reader->cursor = strdup(text);
    bool begun = host->position_get(host, LAST_KEY, &text) >= 0;
    if (!begun || text_to_integer(text, &reader->last_ms))
        reader->last_ms = 0;
    /* It ran before and saw an empty journal: all that is in it now is new. */
    if (begun && !given)
        reader->from_end = false;
}

int reader_begin(struct reader *reader, const struct cfd_host *host)
{
    if (reader->journal)
        return CFD_OK;
    load_positions(reader, host);
    int status = open_journal(reader);
    if (status == CFD_OK && seek(reader) < 0)
        status = CFD_ERROR;
    if (status < 0)
        reader_end(reader);
    return status;
}

void reader_end(struct reader *reader)
{
    sd_journal_close(reader->journal);
    free(reader->cursor);
    reader->journal = NULL;
    reader->cursor = NULL;
}

int reader_refresh(struct reader *reader)
{
    int code = sd_journal_process(reader->journal);
    /* Files went or came: what follows the cursor is looked up anew. */
    if (code == SD_JOURNAL_INVALIDATE && reader->cursor)
        code = seek(reader);
    return code < 0 ? CFD_ERROR : CFD_OK;
}

/* "s=ID;i=SEQNUM;...": entries of one writer are numbered without a gap. */
static bool read_sequence(const char *cursor, size_t *ret_id_length, uint64_t *ret_number)
{
    const char *end = strchr(cursor, ';');
    if (!end || !text_begins(cursor, "s=") || !text_begins(end, ";i="))
        return false;
    *ret_id_length = (size_t)(end - cursor);
    end += strlen(";i=");
    return text_read_hex(&end, ret_number) == 0;
}

/* The entry behind the cursor is not the one that was read last: were there others between? */
static void tell_gap(const struct reader *reader, const struct cfd_host *host, const char *now)
{
    size_t old_length = 0, new_length = 0;
    uint64_t old = 0, new = 0;
    struct cfd_loss loss = {.size = sizeof loss,
                            .source = SOURCE_NAME,
                            .unit = "messages",
                            .why =
                                "the journal was rotated or vacuumed past the last message read"};
    if (read_sequence(reader->cursor, &old_length, &old) && read_sequence(now, &new_length, &new) &&
        old_length == new_length && strncmp(reader->cursor, now, old_length) == 0) {
        if (new == old + 1)
            return;
        loss.from = old + 1;
        loss.to = new > old ? new : old + 1;
    }
    (void)host->lost(host, &loss);
}

/* A field's value without its name, or NULL. Borrowed until the next call. */
static const char *field(struct reader *reader, const char *name, size_t *ret_length)
{
    const void *data = NULL;
    size_t length = 0, skipped = strlen(name) + 1;
    if (sd_journal_get_data(reader->journal, name, &data, &length) < 0 || length < skipped)
        return NULL;
    *ret_length = length - skipped;
    return (const char *)data + skipped;
}

static bool is_among(struct reader *reader, const char *name, const struct kit_texts *names)
{
    size_t length = 0;
    const char *value = names->count ? field(reader, name, &length) : NULL;
    for (size_t i = 0; value && i < names->count; i++) {
        if (strlen(names->text[i]) == length && memcmp(names->text[i], value, length) == 0)
            return true;
    }
    return !names->count;
}

static void note_time(struct reader *reader)
{
    uint64_t time_us = 0;
    if (sd_journal_get_realtime_usec(reader->journal, &time_us) >= 0)
        reader->last_ms = (int64_t)(time_us / 1000);
}

/* A message is one line, even with line ends in it: those could forge others. */
static int scan_message(struct reader *reader, struct feed *feed, const struct cfd_host *host,
                        const char *cursor)
{
    size_t length = 0;
    const char *message = field(reader, "MESSAGE", &length);
    CLEAN(clean_text) char *line = malloc(length + 1);
    if (!line)
        return CFD_ERROR;
    for (size_t i = 0; message && i < length; i++)
        line[i] = message[i] == '\n' ? ' ' : message[i];
    reader->lines++;
    reader->bytes += length;
    note_time(reader);
    struct feed_text text = {
        .source = SOURCE_NAME, .cursor = cursor, .bytes = line, .length = length};
    if (length > RULE_LINE_MOST)
        feed_lost(host, SOURCE_NAME, "a message is longer than 64 KiB; the rules saw that much",
                  RULE_LINE_MOST, RULE_LINE_MOST);
    return message ? feed_scan(feed, host, &text) : CFD_OK;
}

int reader_step(struct reader *reader, struct feed *feed, const struct cfd_host *host)
{
    CLEAN(clean_text) char *cursor = NULL;
    int code = sd_journal_next(reader->journal);
    if (code == 0)
        return CFD_OK;
    if (code < 0 || sd_journal_get_cursor(reader->journal, &cursor) < 0)
        return CFD_ERROR;
    if (reader->unsure) {
        reader->unsure = false;
        if (sd_journal_test_cursor(reader->journal, reader->cursor) > 0)
            return CFD_MORE;
        tell_gap(reader, host, cursor);
    }
    int status = CFD_OK;
    if (is_among(reader, "_SYSTEMD_UNIT", &reader->units) &&
        is_among(reader, "SYSLOG_IDENTIFIER", &reader->identifiers))
        status = scan_message(reader, feed, host, cursor);
    if (status < 0)
        return status;
    free(reader->cursor);
    reader->cursor = cursor;
    cursor = NULL;
    return CFD_MORE;
}

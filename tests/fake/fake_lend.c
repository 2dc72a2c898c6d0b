/* What the fake lends: readings, files, clock and the rest, with the checks of the real host. */
#include "fake/fake_internal.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/labels.h"
#include "ground/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake *fake_of(const struct cfd_host *host)
{
    return host->context;
}

uint32_t fake_attribute_rows(const struct fake *fake)
{
    const struct cfd_attribute *rows = fake->plugin->attributes;
    uint32_t count = 0;

    while (rows && rows[count].name)
        count++;
    return count;
}

const struct cfd_attribute *fake_attribute(const struct fake *fake, uint32_t number)
{
    uint32_t rows = fake_attribute_rows(fake);

    if (number < rows)
        return &fake->plugin->attributes[number];
    return number - rows < fake->declared_count ? fake->declared[number - rows] : NULL;
}

size_t fake_label_count(const struct cfd_attribute *attribute)
{
    size_t count = 0;

    while (attribute->labels && attribute->labels[count])
        count++;
    return count;
}

static void clear_reading(struct fake_reading *reading)
{
    for (size_t i = 0; reading->labels && i < fake_label_count(reading->attribute); i++)
        free(reading->labels[i]);
    free(reading->labels);
    free(reading->text);
}

void fake_drop_readings(struct fake *fake, size_t keep)
{
    while (fake->reading_count > keep)
        clear_reading(&fake->readings[--fake->reading_count]);
}

void fake_drop_excerpts(struct fake *fake, size_t keep)
{
    while (fake->excerpt_count > keep) {
        struct fake_excerpt *excerpt = &fake->excerpts[--fake->excerpt_count];

        free(excerpt->source);
        free(excerpt->place);
        free(excerpt->bytes);
        free(excerpt->personal);
    }
}

static int refuse(struct fake *fake, const char *what)
{
    fprintf(stderr, "fake host refuses %s: %s\n", fake->plugin->name, what);
    return CFD_INVALID;
}

static int check_reading(struct fake *fake, const struct cfd_reading *reading,
                         const struct cfd_attribute *attribute)
{
    if (fake->opening)
        return refuse(fake, "emit in open");
    if (reading->size < sizeof(*reading) || !attribute)
        return refuse(fake, "a reading of no attribute or without its size");
    if (attribute->kind == CFD_TEXT && (!reading->text || strlen(reading->text) > 1024 ||
                                        !text_is_utf8(reading->text, strlen(reading->text))))
        return refuse(fake, "a text that is absent, longer than 1,024 bytes or not UTF-8");
    if (attribute->kind == CFD_EVENT && !(reading->value >= 0 && isfinite(reading->value)))
        return refuse(fake, "an event that is negative or not finite");
    for (size_t i = 0; reading->labels && i < fake_label_count(attribute); i++) {
        const char *value = reading->labels[i];

        if (!value || !text_is_utf8(value, strlen(value)))
            return refuse(fake, "a label that is NULL or not UTF-8");
    }
    return CFD_OK;
}

static int lend_emit(const struct cfd_host *host, const struct cfd_reading *reading)
{
    struct fake *fake = fake_of(host);
    const struct cfd_attribute *attribute = fake_attribute(fake, reading->attribute);
    struct fake_reading *kept;
    int status = check_reading(fake, reading, attribute);

    if (status != CFD_OK)
        return status;
    if (fake->refuse < 0)
        return fake->refuse;
    if (array_reserve(&fake->readings, &fake->reading_capacity, fake->reading_count,
                      sizeof(*kept)) != 0)
        fake_die("no memory");
    kept = &fake->readings[fake->reading_count++];
    *kept = (struct fake_reading){.attribute = attribute, .value = reading->value};
    if (attribute->kind == CFD_TEXT)
        kept->text = fake_copy_text(reading->text);
    if (!reading->labels || fake_label_count(attribute) == 0)
        return CFD_OK;
    kept->labels = calloc(fake_label_count(attribute), sizeof(*kept->labels));
    for (size_t i = 0; kept->labels && i < fake_label_count(attribute); i++)
        kept->labels[i] = fake_copy_text(reading->labels[i]);
    return CFD_OK;
}

static char *copy_parts(const struct cfd_excerpt *excerpt)
{
    char *parts = calloc(1, excerpt->length + excerpt->personal_count + 1), *end = parts;
    size_t at = 0;

    for (uint32_t i = 0; parts && i < excerpt->personal_count; i++) {
        const struct cfd_span *span = &excerpt->personal[i];
        if (span->from < at || span->from + span->length > excerpt->length)
            fake_die("personal parts are not in order or beyond the excerpt's end");
        end = mempcpy(end, excerpt->bytes + span->from, span->length);
        *end++ = '|';
        at = span->from + span->length;
    }
    return parts;
}

static int lend_excerpt(const struct cfd_host *host, const struct cfd_excerpt *excerpt)
{
    struct fake *fake = fake_of(host);
    const struct cfd_attribute *attribute = fake_attribute(fake, excerpt->attribute);
    size_t length = excerpt->length < 4096 ? excerpt->length : 4096;
    struct fake_excerpt *kept;

    if (fake->opening || excerpt->size < sizeof(*excerpt) || !attribute || !excerpt->source ||
        !excerpt->place)
        return refuse(fake, "an excerpt in open, of no attribute, or without source and place");
    if (array_reserve(&fake->excerpts, &fake->excerpt_capacity, fake->excerpt_count,
                      sizeof(*kept)) != 0)
        fake_die("no memory");
    kept = &fake->excerpts[fake->excerpt_count++];
    *kept = (struct fake_excerpt){.attribute = attribute,
                                  .source = fake_copy_text(excerpt->source),
                                  .place = fake_copy_text(excerpt->place),
                                  .bytes = calloc(1, length + 1),
                                  .length = length,
                                  .personal = copy_parts(excerpt)};
    if (!kept->bytes || !kept->personal)
        fake_die("no memory");
    if (length)
        memcpy(kept->bytes, excerpt->bytes, length);
    return CFD_OK;
}

static int lend_missing(const struct cfd_host *host, uint32_t number, const char *why)
{
    struct fake *fake = fake_of(host);
    const struct cfd_attribute *attribute = fake_attribute(fake, number);

    if (fake->opening || !attribute || !why || !*why)
        return refuse(fake, "missing in open, of no attribute, or without a reason");
    fake_pairs_add(&fake->missing, attribute->name, why);
    return CFD_OK;
}

static int lend_lost(const struct cfd_host *host, const struct cfd_loss *loss)
{
    struct fake *fake = fake_of(host);
    struct fake_pair *pair;

    if (fake->opening || loss->size < sizeof(*loss) || !loss->source || !loss->unit || !loss->why)
        return refuse(fake, "a loss in open or without source, unit and why");
    pair = fake_pairs_add(&fake->lost, loss->source, loss->why);
    pair->number = (int64_t)loss->from;
    pair->to = (int64_t)loss->to;
    return CFD_OK;
}

static int lend_watched(const struct cfd_host *host, const char *source, uint64_t bytes,
                        uint64_t lines)
{
    struct fake *fake = fake_of(host);
    struct fake_pair *pair;

    if (fake->opening || !source || !*source)
        return refuse(fake, "watched in open, or without a source");
    pair = fake_pairs_add(&fake->watched, source, "");
    pair->number = (int64_t)bytes;
    pair->to = (int64_t)lines;
    return CFD_OK;
}

static int lend_position_set(const struct cfd_host *host, const char *key, const char *value)
{
    struct fake *fake = fake_of(host);
    struct fake_pair *pair = fake_pairs_find(&fake->positions, key);

    if (fake->opening || !(fake->plugin->flags & CFD_STREAM) || !value)
        return refuse(fake, "a position in open, of a snapshot, or without a value");
    if (pair) {
        free(pair->text);
        pair->text = fake_copy_text(value);
    } else {
        fake_pairs_add(&fake->positions, key, value);
    }
    fake->committed_readings = fake->reading_count;
    fake->committed_excerpts = fake->excerpt_count;
    return CFD_OK;
}

static int lend_urgent(const struct cfd_host *host)
{
    struct fake *fake = fake_of(host);

    if (fake->opening || !(fake->plugin->flags & CFD_STREAM))
        return refuse(fake, "a word of urgency in open, or of a snapshot");
    fake->urgent_count++;
    return CFD_OK;
}

static int lend_position_get(const struct cfd_host *host, const char *key, const char **ret_value)
{
    const char *value = fake_position(fake_of(host), key);

    if (!value)
        return CFD_ABSENT;
    *ret_value = value;
    return CFD_OK;
}

static int lend_open_file(const struct cfd_host *host, const char *path)
{
    struct fake *fake = fake_of(host);
    const struct fake_pair *denied = fake_pairs_find(&fake->denied, path);
    CLEAN(clean_text) char *whole = text_format("%s%s", fake->root, path);
    int fd;

    if (fake->opening || path[0] != '/' || strstr(path, "/../") || text_ends(path, "/..") || !whole)
        return refuse(fake, "a file opened in open, or a path that is not absolute or climbs");
    fake_pairs_add(&fake->opened, path, "");
    if (denied)
        return (int)denied->number;
    fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0)
        return fd;
    if (errno == EACCES || errno == EPERM || errno == ELOOP)
        return CFD_DENIED;
    return errno == ENOENT || errno == ENOTDIR ? CFD_ABSENT : CFD_ERROR;
}

static void lend_log(const struct cfd_host *host, int level, const char *message)
{
    fake_pairs_add(&fake_of(host)->log, "", message)->number = level;
}

static int64_t lend_now(const struct cfd_host *host)
{
    return fake_of(host)->now_ms;
}

static int64_t lend_left(const struct cfd_host *host)
{
    struct fake *fake = fake_of(host);

    if (fake->left_calls == 0)
        return 0;
    if (fake->left_calls > 0)
        fake->left_calls--;
    return fake->left_ms;
}

static struct cfd_attribute *copy_attribute(const struct cfd_attribute *from)
{
    struct cfd_attribute *copy = calloc(1, sizeof(*copy));
    char **labels = calloc(9, sizeof(*labels));

    if (!copy || !labels)
        fake_die("no memory");
    *copy = *from;
    copy->name = fake_copy_text(from->name);
    copy->unit = fake_copy_text(from->unit ? from->unit : "");
    copy->help = fake_copy_text(from->help ? from->help : "");
    for (size_t i = 0; i < fake_label_count(from); i++)
        labels[i] = fake_copy_text(from->labels[i]);
    copy->labels = (const char *const *)labels;
    return copy;
}

static int lend_declare(const struct cfd_host *host, const struct cfd_attribute *attribute)
{
    struct fake *fake = fake_of(host);
    const char *family = fake->plugin->family ? fake->plugin->family : fake->plugin->name;
    uint32_t rows = fake_attribute_rows(fake);

    if (!fake->opening)
        return refuse(fake, "declare outside of open");
    if (!attribute->name || !labels_is_metric_name(attribute->name) ||
        !text_begins(attribute->name, family) || attribute->name[strlen(family)] != '_' ||
        attribute->kind < CFD_GAUGE || attribute->kind > CFD_TEXT || attribute->method == 0 ||
        fake_label_count(attribute) > 8)
        return refuse(fake, "an attribute with a wrong name, kind, method or number of labels");
    for (uint32_t i = 0; i < rows + fake->declared_count; i++) {
        if (strcmp(fake_attribute(fake, i)->name, attribute->name) == 0)
            return refuse(fake, "an attribute declared twice");
    }
    if (array_reserve(&fake->declared, &fake->declared_capacity, fake->declared_count,
                      sizeof(*fake->declared)) != 0)
        fake_die("no memory");
    fake->declared[fake->declared_count] = copy_attribute(attribute);
    return (int)(rows + fake->declared_count++);
}

static void lend_fault(const struct cfd_host *host, const char *path, const char *sentence)
{
    fake_pairs_add(&fake_of(host)->faults, path, sentence);
}

void fake_lend(struct fake *fake)
{
    fake->host = (struct cfd_host){.size = sizeof(struct cfd_host),
                                   .context = fake,
                                   .emit = lend_emit,
                                   .excerpt = lend_excerpt,
                                   .missing = lend_missing,
                                   .lost = lend_lost,
                                   .position_set = lend_position_set,
                                   .position_get = lend_position_get,
                                   .open_file = lend_open_file,
                                   .setting = fake_host_setting,
                                   .log = lend_log,
                                   .now_ms = lend_now,
                                   .left_ms = lend_left,
                                   .declare = lend_declare,
                                   .fault = lend_fault,
                                   .run_program = fake_host_run,
                                   .urgent = lend_urgent,
                                   .watched = lend_watched};
}

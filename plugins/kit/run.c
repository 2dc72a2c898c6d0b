/* The emitter: every call may be made after a failure, and the first failure is kept. */
#include <conformd/kit/run.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MOST 8 /* as the ABI takes them */

void kit_fail(struct kit_run *run, int status)
{
    if (status < 0 && run->status >= 0)
        run->status = status;
}

int kit_is_late(struct kit_run *run)
{
    if (run->host->left_ms(run->host) > 0)
        return 0;
    kit_fail(run, CFD_LATE);
    return 1;
}

static void free_labels(char *labels[LABELS_MOST + 1])
{
    for (size_t i = 0; i < LABELS_MOST; i++)
        free(labels[i]);
}

static int copy_labels(const char *const *from, char *ret_labels[LABELS_MOST + 1])
{
    for (size_t i = 0; from && from[i]; i++) {
        if (i == LABELS_MOST)
            return CFD_INVALID;
        ret_labels[i] = kit_printable(from[i], strlen(from[i]));
        if (!ret_labels[i])
            return CFD_ERROR;
    }
    return CFD_OK;
}

static const char *refused_text(int status)
{
    switch (status) {
    case CFD_LIMIT:
        return "a reading was refused: there are more series than are kept";
    case CFD_INVALID:
        return "a reading was refused: its value, text or labels are not valid";
    default:
        return "a reading could not be sent";
    }
}

/* What the host does not take is not zero: the attribute is unknown. */
static void emit_copy(struct kit_run *run, struct cfd_reading *reading, const char *const *labels)
{
    char *copies[LABELS_MOST + 1] = {0};
    const struct kit_item item = {.attribute = reading->attribute};
    int status = copy_labels(labels, copies);
    reading->size = sizeof *reading;
    reading->labels = labels ? (const char *const *)copies : NULL;
    if (status >= 0)
        status = run->host->emit(run->host, reading);
    free_labels(copies);
    if (status < 0)
        kit_drop(run, &item, "%s", refused_text(status));
    if (status != CFD_INVALID && status != CFD_LIMIT)
        kit_fail(run, status);
}

void kit_emit(struct kit_run *run, uint32_t attribute, double value, const char *const *labels)
{
    struct cfd_reading reading = {.attribute = attribute, .value = value};
    emit_copy(run, &reading, labels);
}

void kit_emit_text(struct kit_run *run, uint32_t attribute, const char *text,
                   const char *const *labels)
{
    const struct kit_item item = {.attribute = attribute, .labels = labels, .personal = 1};
    char *shown = kit_printable(text, strlen(text));
    struct cfd_reading reading = {.attribute = attribute, .text = shown};
    if (!shown)
        kit_drop(run, &item, "there was not enough memory for a text");
    else if (kit_cut(shown, KIT_TEXT_MOST))
        kit_drop(run, &item, "a text is longer than %d bytes and was cut", KIT_TEXT_MOST);
    kit_fail(run, shown ? CFD_OK : CFD_ERROR);
    if (shown)
        emit_copy(run, &reading, labels);
    free(shown);
}

void kit_excerpt(struct kit_run *run, const struct cfd_excerpt *excerpt)
{
    struct cfd_excerpt sized = *excerpt;
    sized.size = sizeof sized;
    if (run->excerpts++ < KIT_EXCERPTS_MOST)
        (void)run->host->excerpt(run->host, &sized);
}

int kit_watched(const struct cfd_host *host, const char *source, uint64_t bytes, uint64_t lines)
{
    if (host->size < offsetof(struct cfd_host, watched) + sizeof host->watched || !host->watched)
        return CFD_OK;
    return host->watched(host, source, bytes, lines);
}

int kit_urgent(const struct cfd_host *host)
{
    if (host->size < offsetof(struct cfd_host, urgent) + sizeof host->urgent || !host->urgent)
        return CFD_OK;
    return host->urgent(host);
}

void kit_log(const struct cfd_host *host, int level, const char *format, ...)
{
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    host->log(host, level, message ? message : format);
    free(message);
}

const char *kit_status_text(int status)
{
    switch (status) {
    case CFD_ABSENT:
        return "is not there";
    case CFD_DENIED:
        return "may not be read";
    case CFD_LATE:
        return "could not be read before the deadline";
    case CFD_LIMIT:
        return "is larger than its limit";
    case CFD_CHANGED:
        return "changed while it was read";
    default:
        return "could not be read";
    }
}

/* conformd/kit/run.h: one collect of a collector: readings, and what is unknown without an item.
 *
 *     struct kit_run run = {.host = host};
 *     kit_emit(&run, ATTRIBUTE, 12, NULL);
 *     kit_drop(&run, &(struct kit_item){.attribute = ATTRIBUTE, .name = "eth0"}, "is not a
 * number"); return kit_run_finish(&run);
 *
 * Every call may be made after a failure: the first one is kept, and kit_run_finish returns it. */
#ifndef CONFORMD_KIT_RUN_H
#define CONFORMD_KIT_RUN_H

#include <conformd/collector.h>
#include <conformd/kit/text.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIT_EXCERPTS_MOST 200  /* a run */
#define KIT_LOGGED_MOST   20   /* dropped items that the log names, a run */
#define KIT_NAME_MOST     128  /* bytes of an item's name in a reason */
#define KIT_WHY_MOST      512  /* bytes of a whole reason */
#define KIT_TEXT_MOST     1024 /* bytes of a reading of CFD_TEXT */

struct kit_dropped;

/* One call of collect. Set the host, quiet where it is wanted, and nothing else. */
struct kit_run {
    const struct cfd_host *host;
    int quiet;        /* 1: reasons do not go to the log: a stream logs them when they change */
    int status;       /* the first failure, or CFD_OK */
    size_t excerpts;  /* sent so far */
    uint64_t dropped; /* items */
    struct kit_dropped *reasons;
    size_t reason_count;
};

/* Frees, and returns what collect returns: the first failure, or else CFD_PARTIAL where an item was
 * dropped, or else CFD_OK. Where several items of an attribute were dropped, its reason then says
 * how many. */
int kit_run_finish(struct kit_run *run);

/* Keeps a failure (an enum cfd_status below 0) unless there was one before. */
void kit_fail(struct kit_run *run, int status);

/* 1 where the deadline passed, which is then the failure CFD_LATE. */
int kit_is_late(struct kit_run *run);

/* One reading. The labels' values are one for each declared label, NULL at the end; NULL for none.
 * They and the text are made printable. A reading that the host refuses (CFD_INVALID, CFD_LIMIT) is
 * dropped: its attribute is missing. One that could not be sent is a failure too. A text of more
 * than 1,024 bytes is cut, and its attribute is missing. */
void kit_emit(struct kit_run *run, uint32_t attribute, double value, const char *const *labels);
void kit_emit_text(struct kit_run *run, uint32_t attribute, const char *text,
                   const char *const *labels);

/* The first 200 of a run are sent. The excerpt's size is set by the kit. A refusal does not fail
 * the run.
 */
void kit_excerpt(struct kit_run *run, const struct cfd_excerpt *excerpt);

/* What could not be used: a line, a file, a value, an answer. Set what is known of it. */
struct kit_item {
    uint32_t attribute;        /* unknown without the item */
    uint32_t attributes;       /* how many in a row from it on are; 0: that one */
    const char *source;        /* file, unit or program; NULL: none */
    uint64_t line;             /* in it, from 1; 0: none */
    const char *name;          /* what the item is called; NULL: nothing */
    const char *const *labels; /* the one series that it would have been, as in a reading; NULL: it
                                * may be any */
    int personal; /* 1: name and labels are personal data, and the reason leaves them out */
};

/* Drops an item. Its attributes are missing in this run, with a reason that names the item: "SOURCE
 * line N: NAME {labels}: why". The reason is printable and at most 512 bytes long. The log gets it
 * too, for the first 20 items. The ABI has no call for one series: what is missing is the
 * attribute, and the reason names the series. Never in open. */
void kit_drop(struct kit_run *run, const struct kit_item *item, const char *why, ...) KIT_PRINTF_3;

/* Reports how much of a source was read since this was last reported, where the host offers that
 * call. */
int kit_watched(const struct cfd_host *host, const char *source, uint64_t bytes, uint64_t lines);

/* Reports that what was emitted since the last position is not to wait, where the host offers that.
 */
int kit_urgent(const struct cfd_host *host);

/* printf to the host's log; level is an enum cfd_log_level. */
void kit_log(const struct cfd_host *host, int level, const char *format, ...) KIT_PRINTF_3;

/* Completes "PATH ...": "is not there", "may not be read". Never NULL. */
const char *kit_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif

/* One reload: all who were asked must be ready for the new configuration, or the old one stays
 * whole. Pure. */
#ifndef CHECKS_RELOAD_H
#define CHECKS_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "parent/config/config.h"

enum { RELOAD_LIMIT_MS = 10000 }; /* from the first PREPARE to the last answer */

enum reload_verdict {
    RELOAD_WAIT,    /* answers are missing */
    RELOAD_COMMIT,  /* all can live with it */
    RELOAD_ABANDON, /* one cannot, is gone, or was too slow: `why` says which */
};

/* Zeroed: none is under way. */
struct reload {
    bool active;
    unsigned waiting; /* bit 1 << role of each that was asked and has not answered */
    unsigned asked;
    int64_t until_ms;
    char *why; /* the first refusal; the heap's */
};

void reload_begin(struct reload *reload, int64_t now_ms);
void reload_asked(struct reload *reload, enum role role);
bool reload_was_asked(const struct reload *reload, enum role role);
void reload_answered(struct reload *reload, enum role role, bool ok, const char *sentence);
/* The child is gone; a new one gets the configuration in force. */
void reload_lost(struct reload *reload, enum role role);
enum reload_verdict reload_judge(struct reload *reload, int64_t now_ms);
void reload_end(struct reload *reload);

#endif

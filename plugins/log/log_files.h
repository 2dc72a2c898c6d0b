/* Which paths are followed: the globs of the settings, looked at again and again. */
#ifndef LOG_LOG_FILES_H
#define LOG_LOG_FILES_H

#include "follow.h"

#include <conformd/kit/options.h>

#define FILES_MOST     512   /* followed at once */
#define FILES_GRACE_MS 60000 /* a path may be away so long: rotation is not done in one step */

struct files {
    struct kit_texts globs;
    struct follow **follows;
    size_t count;
    size_t capacity;
    int watch;     /* inotify, or -1 */
    bool too_many; /* more paths than FILES_MOST */
    int told;      /* the last status that was explained in the log */
};

/* Reads the setting "files". CFD_INVALID where it is empty. */
int files_open(struct files *files, const struct cfd_host *host) MUST_CHECK;
void files_finish(struct files *files);

/* Adds paths that are new, drops those that are gone. No lines may wait in the feed. */
int files_refresh(struct files *files, const struct cfd_host *host) MUST_CHECK;

/* What a run is worth: CFD_OK, or CFD_PARTIAL, CFD_DENIED with missing() reported, or
 * CFD_ABSENT. */
int files_judge(struct files *files, const struct feed *feed, const struct cfd_host *host);

/* A descriptor that becomes readable when files change, or -1; files_drain empties it. */
int files_watch(struct files *files);
void files_drain(const struct files *files);

#endif

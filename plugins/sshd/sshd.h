/* The settings of an SSH server: found by asking it, or in its files. */
#ifndef SSHD_SSHD_H
#define SSHD_SSHD_H

#include "ground/base/error.h"

#include <conformd/kit/lines.h>
#include <conformd/kit/options.h>

#include <stdbool.h>
#include <stddef.h>

enum sshd_attribute {
    SSHD_ROOT_LOGIN,
    SSHD_PASSWORD,
    SSHD_MAX_TRIES,
    SSHD_GRACE,
    SSHD_SETTING,
    SSHD_METHOD,
};

/* A setting of interest. Names are in small letters, as sshd -T prints them. */
struct keyword {
    const char *name;
    const char *preset; /* OpenSSH's own (sshd_config(5)); NULL: it differs by version */
    bool many;          /* may be on several lines, which add up */
    uint32_t attribute; /* that its excerpt belongs to */
};

/* Ends with a row whose name is NULL. */
extern const struct keyword sshd_keywords[];

/* The row of a name in any case, older names too; NULL for one of no interest. */
const struct keyword *sshd_keyword(const char *name);

#define MATCH_MOST 256 /* bytes of the label match */

/* One value found. */
struct entry {
    const struct keyword *keyword;
    char *match; /* "" for the global part, else all criteria of the Match line */
    char *value;
    char *file;
    size_t line;
    char *text; /* the line itself */
};

/* All that was found; the first value of a keyword and match wins, as in sshd_config(5). */
struct findings {
    struct entry *entries;
    size_t count, capacity;
};

int findings_add(struct findings *findings, const struct entry *entry) MUST_CHECK;
const struct entry *findings_get(const struct findings *findings, const char *match,
                                 const char *name);
void findings_finish(struct findings *findings);

/* What is unknown where a part of the files could not be read: every setting. */
extern const struct kit_item sshd_settings;

/* Reads the file and what it includes. CFD_OK, also where a part of it was dropped; the status of
 * the first file where it cannot be read. At most 16 files deep, 256 files, 4 MiB and 100,000 lines
 * in all. */
int files_read(struct findings *findings, struct kit_run *run, const char *path);

/* The words of "sshd -T"'s output. */
int effective_read(struct findings *findings, const char *output, size_t length);

/* Paths that a pattern of Include matches, sorted; the caller frees each and the list, which ends
 * with NULL. NULL without memory; none where the folder is not there. */
char **include_expand(struct kit_run *run, const char *pattern);

/* The next word of a line, quotes taken off, or NULL at the end or before a comment. */
char *line_next_word(char **at);

/* Emits everything. effective is NULL where sshd could not be asked. */
void sshd_report(struct kit_run *run, const struct findings *files,
                 const struct findings *effective);

/* Seconds of a time as in sshd_config(5): "120", "2m", "1h30m"; -1 where it is none. */
int64_t sshd_seconds(const char *text);

/* The settings of the collector. */
struct sshd {
    char *config;
    struct kit_texts program; /* and its words */
};

/* The plugin's callbacks. */
int sshd_collect(void *self, const struct cfd_host *host);
int sshd_selftest(void *self, const struct cfd_host *host, const char *root);

#endif

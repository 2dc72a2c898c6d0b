/* The accounts of a host as its files say: what is read, and what is evaluated of it. */
#ifndef ACCOUNTS_ACCOUNTS_H
#define ACCOUNTS_ACCOUNTS_H

#include "ground/base/buffer.h"

#include <conformd/kit/lines.h>
#include <conformd/kit/options.h>

#include <stdbool.h>

enum accounts_attribute {
    ACCOUNTS_EMPTY_PASSWORD,
    ACCOUNTS_EXTRA_UID0,
    ACCOUNTS_PASSWORD_LOCKED,
    ACCOUNTS_HASH_STRONG,
    ACCOUNTS_PASSWORD_AGE,
    ACCOUNTS_PASSWORD_MAX_AGE,
    ACCOUNTS_LOGIN_ENABLED,
    ACCOUNTS_DUPLICATES,
    ACCOUNTS_PRIVILEGED_MEMBER,
    ACCOUNTS_TOTAL,
    ACCOUNTS_MALFORMED_LINES,
};

/* The settings. */
struct accounts {
    char *passwd;
    char *shadow;
    char *group;
    struct kit_texts privileged;
};

/* One line: its bytes, with NUL where the colons were, and its number from 1. */
struct origin {
    const char *start;
    size_t length;
    size_t number;
};

struct account {
    struct origin origin;
    const char *name;
    const char *secret; /* the password field of passwd itself */
    const char *shell;
    uint32_t uid;
    uint32_t gid;
};

/* Days; -1 where the field is empty. */
struct shadow {
    struct origin origin;
    const char *name;
    const char *secret;
    int64_t changed;
    int64_t most_age;
    int64_t expires;
};

struct group {
    struct origin origin;
    const char *name;
    const char *secret;  /* its own password field: a hash may be there too */
    const char *members; /* with commas */
    uint32_t gid;
};

/* One file of lines: how reading it ended, and which lines did not have its format. */
struct source {
    const char *path;
    struct kit_file file;
    int status; /* enum cfd_status */
    size_t malformed;
    size_t first_malformed; /* line number */
    bool foreign;           /* a line begins with + or -: other accounts come from NIS */
};

/* The three files, parsed in place; the rows point into the sources' bytes. */
struct book {
    struct source passwd, shadow, group;
    struct account *accounts;
    size_t account_count, account_capacity;
    struct shadow *shadows; /* sorted by name, then line */
    size_t shadow_count, shadow_capacity;
    struct group *groups;
    size_t group_count, group_capacity;
};

/* Reads and parses the three files; a file that cannot be read leaves its status in its source.
 * CFD_ERROR without memory. */
int book_read(struct book *book, struct kit_run *run, const struct accounts *accounts) MUST_CHECK;
/* Wipes what was read. */
void book_finish(struct book *book);

/* The first shadow line of that name, as getspnam takes it, or NULL. */
const struct shadow *book_find_shadow(const struct book *book, const char *name);

/* What a password field allows. */
enum password_state {
    PASSWORD_EMPTY,  /* no password is asked for */
    PASSWORD_LOCKED, /* no password fits: !, *, or nothing that crypt(3) could give */
    PASSWORD_USABLE
};

enum password_state password_state(const char *secret);
bool password_is_strong(const char *secret);
/* The mark that may be shown of a field: "", "!", "*", "$1$(hash)", "!(hash)", "(hash)". The result
 * is appended. */
void password_redact(struct buffer *buffer, const char *secret);

/* Emits all readings of a book. The run keeps the first failure. */
void accounts_report(struct kit_run *run, const struct book *book,
                     const struct kit_texts *privileged);

/* The plugin's collect callback. */
int accounts_collect(void *self, const struct cfd_host *host);

/* The plugin's selftest callback. */
int accounts_selftest(void *self, const struct cfd_host *host, const char *root);

#endif

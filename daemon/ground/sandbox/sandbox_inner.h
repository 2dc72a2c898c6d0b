/* What the files of this room share. */
#ifndef SANDBOX_SANDBOX_INNER_H
#define SANDBOX_SANDBOX_INNER_H

#include <stdint.h>
#include <sys/types.h>

#include "ground/sandbox/sandbox.h"
#include "ground/sandbox/tables.h"

/* Leaks are looked for by tracing the process; that is let through in such a build, and said. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#ifdef SANDBOX_COUNTS_COVERAGE
#define SANDBOX_COVERAGE 1
#else
#define SANDBOX_COVERAGE 0
#endif

/* The powers of a role with its needs. */
unsigned sandbox_powers(const struct sandbox_plan *plan);
bool sandbox_has_need(const json_t *needs, const char *kind);

/* A rule for files, by what lies below it. */
struct place_rule {
    char *path;
    uint64_t rights;
};
struct sandbox_place {
    char *path;
    dev_t device;
    ino_t inode; /* 0: it was not there */
};
struct places {
    struct place_rule *rules;
    size_t count;
    size_t capacity;
    struct sandbox_place *watched;
    size_t watched_count;
    size_t watched_capacity;
    json_t *reads;
    json_t *left_out;
    bool names_files;
};
/* All paths of a plan. ERROR_MEMORY. */
int sandbox_places_of(const struct sandbox_plan *plan, unsigned powers,
                      struct places *ret) MUST_CHECK;
void sandbox_places_finish(struct places *places);

/* Rights of files, as the kernel numbers them. */
enum {
    RIGHT_EXECUTE = 1 << 0,
    RIGHT_WRITE_FILE = 1 << 1,
    RIGHT_READ_FILE = 1 << 2,
    RIGHT_READ_DIR = 1 << 3,
    RIGHT_REMOVE_FILE = 1 << 5,
    RIGHT_MAKE_REG = 1 << 8,
    RIGHT_TRUNCATE = 1 << 14, /* ABI 3 */
    RIGHTS_READ = RIGHT_READ_FILE | RIGHT_READ_DIR,
    RIGHTS_RUN = RIGHTS_READ | RIGHT_EXECUTE,
    RIGHTS_STORE =
        RIGHTS_READ | RIGHT_WRITE_FILE | RIGHT_REMOVE_FILE | RIGHT_MAKE_REG | RIGHT_TRUNCATE,
};

/* The ABI of this kernel, or 0 with errno. */
int sandbox_landlock_abi(void);
/* Restricts this process to the rules and, from ABI 4 on, TCP to the ports that the needs name.
 * ERROR_IO with a sentence. */
int sandbox_landlock_restrict(int abi, const struct places *places, const struct sandbox_plan *plan,
                              struct error *error) MUST_CHECK;

/* The filters. 1 where the kernel has none; ERROR_IO with a sentence. */
int sandbox_seccomp_restrict(unsigned powers, struct error *error) MUST_CHECK;
int sandbox_seccomp_refuse(struct error *error) MUST_CHECK;

#endif

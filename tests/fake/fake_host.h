/* A host for plugin tests: lends what the daemon lends and keeps what the plugin hands over.
 * A mistake of the test itself (no such option, a plugin that does not load) ends the process. */
#ifndef FAKE_FAKE_HOST_H
#define FAKE_FAKE_HOST_H

#include <conformd/collector.h>

#include <stdbool.h>

struct fake_reading {
    const struct cfd_attribute *attribute;
    double value;
    char *text;    /* of CFD_TEXT, else NULL */
    char **labels; /* one a declared label, "" where absent; NULL for none */
};

struct fake_excerpt {
    const struct cfd_attribute *attribute;
    char *source;
    char *place;
    char *bytes; /* NUL behind it */
    size_t length;
    char *personal; /* its personal parts, each with '|' behind it */
};

/* missing: name of the attribute, why. fault: path, sentence. lost: source, why. settings and
 * positions: key, value (NULL: an empty list). programs: argv[0], output. log: "", message. */
struct fake_pair {
    char *name;
    char *text;
    int64_t number; /* log: level; programs: exit code; lost: from; denied: the status */
    int64_t to;     /* lost: to; watched: lines */
};

struct fake_pairs {
    struct fake_pair *pair;
    size_t count;
    size_t capacity;
};

struct fake {
    /* For a test to set. */
    char *root;         /* put before each path of open_file; "" at first */
    int64_t now_ms;     /* the wall clock; 2026-11-22T00:00:00Z at first */
    int64_t left_ms;    /* what left_ms answers; 60000 at first */
    int64_t left_calls; /* after so many calls left_ms answers 0; -1 (at first): never */
    bool real_programs; /* run_program runs what has no canned answer; else that is CFD_ABSENT */
    int refuse;         /* below 0: emit answers this and takes nothing (CFD_LIMIT ...) */

    /* What came. */
    struct fake_reading *readings;
    size_t reading_count;
    struct fake_excerpt *excerpts;
    size_t excerpt_count;
    struct fake_pairs missing, lost, log, faults, positions;
    struct fake_pairs opened;  /* paths given to open_file, text: "" */
    struct fake_pairs watched; /* source; number: bytes, to: lines */
    struct fake_pairs ran;     /* argv[0], text: all words with blanks between */
    size_t urgent_count;       /* calls of urgent */
    int fd;                    /* what start gave, or -1 */
    int status;                /* of the last callback */

    /* Its own. */
    const struct cfd_collector *plugin;
    void *library;
    void *self;
    struct cfd_host host;
    bool opening, opened_well, started;
    struct cfd_attribute **declared;
    size_t declared_count, declared_capacity;
    size_t reading_capacity, excerpt_capacity;
    size_t committed_readings, committed_excerpts;
    struct fake_pairs settings, programs, denied, presets;
    char *output, *errors; /* of the last run_program */
};

/* fake_load(PLUGIN_PATH) in a plugin's test. fake_new takes a head. */
struct fake *fake_load(const char *path);
struct fake *fake_new(const struct cfd_collector *plugin);
void fake_free(struct fake *fake); /* stops and closes first where need be */

/* "files[0]", "rule[2].pattern", "checks[0].program[1]"; a list's name alone sets a list of one,
 * with NULL an empty one. The text is as it would be typed ("true", "10s", "64KiB"). */
void fake_set(struct fake *fake, const char *path, const char *text);
/* A member of a log collector's rule. */
void fake_set_rule(struct fake *fake, int number, const char *member, const char *text);
void fake_unset_all(struct fake *fake);
void fake_root(struct fake *fake, const char *root);
/* open_file of this path (without root) answers status. */
void fake_deny(struct fake *fake, const char *path, int status);
/* run_program of argv0 gives this; a later call with the same argv0 replaces it. */
void fake_program(struct fake *fake, const char *argv0, const char *output, int exit_code);

/* The callbacks one by one; each gives the plugin's status. fake_collect calls once. */
int fake_open(struct fake *fake);
int fake_start(struct fake *fake);
int fake_collect(struct fake *fake);
void fake_stop(struct fake *fake);
void fake_close(struct fake *fake);
/* root is put before the paths of open_file meanwhile, as the daemon does. */
int fake_selftest(struct fake *fake, const char *root);
/* Clears what came, opens and starts where that was not done, collects until it is not CFD_MORE
 * (10,000 times at most); a snapshot is closed again, a stream stays. */
int fake_run(struct fake *fake);
/* As kill -9: close without stop; what came after the last position_set is gone. */
void fake_crash(struct fake *fake);
/* Forgets readings, excerpts, missing, lost, log, faults; keeps settings and positions. */
void fake_clear(struct fake *fake);

/* Queries. labels is "name=value,name=value", a part of the labels or NULL for any.
 * fake_value gives the last match; fake_text likewise, borrowed, or NULL. */
bool fake_value(const struct fake *fake, const char *attribute, const char *labels, double *value);
const char *fake_text(const struct fake *fake, const char *attribute, const char *labels);
double fake_sum(const struct fake *fake, const char *attribute, const char *labels);
size_t fake_count(const struct fake *fake, const char *attribute, const char *labels);
/* Why that attribute was reported missing, or NULL. */
const char *fake_missing(const struct fake *fake, const char *attribute);
int fake_status(const struct fake *fake);
/* The sentence told for a setting's path (NULL: any), or NULL. */
const char *fake_fault(const struct fake *fake, const char *path);
/* True where the part stands in a message of the log, or in an excerpt of the attribute (NULL:
 * any). */
bool fake_logged(const struct fake *fake, const char *part);
bool fake_excerpted(const struct fake *fake, const char *attribute, const char *part);
/* True where the part stands in anything that came: readings, excerpts, missing, lost, log. */
bool fake_told(const struct fake *fake, const char *part);
const char *fake_position(const struct fake *fake, const char *key);
/* Prints all that came, for a test that fails. */
void fake_print(const struct fake *fake);

/* Trees in a temporary folder. fake_tree makes one (the caller frees the path, fake_remove_tree
 * removes all below); fake_file makes folders as needed and writes, fake_append adds. */
char *fake_tree(void);
void fake_file(const char *root, const char *path, const char *text);
void fake_bytes(const char *root, const char *path, const void *bytes, size_t length);
void fake_append(const char *root, const char *path, const char *text);
void fake_copy(const char *root, const char *path, const char *from);
void fake_remove_tree(const char *root);

#endif

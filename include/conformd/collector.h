/* conformd/collector.h: what a collector and conformd promise each other.
 *
 * A collector is a shared object that exports one constant, cfd_collector_plugin. The program
 * conformd-collector loads it, in a process of its own for each instance that the configuration
 * names, after it has given up every right that the collector did not declare.
 *
 * The promise. CFD_ABI changes only when old collectors would break. Fields are only added, at
 * the end of a struct; the head carries its own size and that of each row, both sides copy the
 * smaller of two sizes, and what lies beyond reads as zero: "not offered". A collector built
 * against an older header runs unchanged; one built against a newer header runs where the field
 * it knows and the daemon does not may be zero. Zero a struct before you fill it.
 *
 * Life of a snapshot collector (no CFD_STREAM):     Life of a stream (CFD_STREAM):
 *
 *     open -> collect (-> collect ...) -> close         open -> start -> collect ... -> stop ->
 * close
 *
 * A snapshot's process is made for each run; with an interval under a minute it stays and collect
 * is called again. A stream stays: collect is called when its descriptor is readable, at each
 * interval, and once more before stop. selftest is called alone, with nothing before it.
 * All calls come from one thread. The process may be killed at any time; only what was sent and
 * committed counts.
 *
 * Memory. What a callback receives is borrowed until it returns. What it hands to the host is
 * copied before the host's function returns. Text is UTF-8 with NUL at its end unless a length
 * is given; log lines may hold any bytes.
 */
#ifndef CONFORMD_COLLECTOR_H
#define CONFORMD_COLLECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CFD_ABI 1

/* Answers of callbacks and of the host's functions: 0 or more is good. */
enum cfd_status {
    CFD_OK = 0,
    CFD_MORE = 1,     /* collect: there is more; call again at once */
    CFD_PARTIAL = 2,  /* collect: part of it could not be read; missing() says what */
    CFD_STANDBY = 3,  /* collect: another instance follows this source; nothing is claimed */
    CFD_ERROR = -1,   /* it failed; log() said why */
    CFD_ABSENT = -2,  /* the source is not there on this host */
    CFD_DENIED = -3,  /* the source is there and may not be read */
    CFD_LATE = -4,    /* the deadline passed */
    CFD_LIMIT = -5,   /* more than the host takes; the rest was not taken */
    CFD_INVALID = -6, /* a name, type or value that was not declared or is malformed */
    CFD_CHANGED = -7  /* what was read changed meanwhile; it is read again next time */
};

/* Types of a setting, and how they are written in the configuration. */
enum cfd_type {
    CFD_BOOLEAN,  /* true, false */
    CFD_INTEGER,  /* 42; least and most apply */
    CFD_NUMBER,   /* 0.5 or 42; least and most apply */
    CFD_DURATION, /* "10s", "1h30m", "7d"; read as milliseconds; least and most in milliseconds */
    CFD_BYTES,    /* "64KiB"; read as bytes; least and most in bytes */
    CFD_STRING,   /* "text"; least and most are its length in bytes */
    CFD_PATH,     /* "/absolute/path" */
    CFD_GLOB,     /* "/var/log/app-*.log": absolute, as glob(7) */
    CFD_PROGRAM,  /* ["/path/to/program", "argument"]: run without a shell; read as a list */
    CFD_URL,      /* "https://host/path" */
    CFD_SECRET,   /* "credential:NAME": the text of that credential is read, never printed */
    CFD_GROUP     /* ( { ... }, ... ) of the members below; always a list */
};

enum cfd_option_flag {
    CFD_LIST = 1,    /* [a, b] of the type; a single value is taken as a list of one */
    CFD_REQUIRED = 2 /* must be given */
};

/* A setting. A table of them ends with a row whose name is NULL. The daemon parses, checks,
 * documents (`conformctl describe`) and prints; the collector reads with host->setting(). */
struct cfd_option {
    const char *name; /* [a-z][a-z0-9_]* */
    int32_t type;     /* enum cfd_type */
    uint32_t flags;   /* enum cfd_option_flag */
    double least;     /* with most: both 0 means no limit */
    double most;
    const char *preset;               /* as it would be typed, a list with commas; NULL: none */
    const char *help;                 /* one sentence */
    const struct cfd_option *members; /* of CFD_GROUP */
    const char *const *choices;       /* of CFD_STRING: the only values, NULL at the end */
};

enum cfd_kind {
    CFD_GAUGE,   /* a value now */
    CFD_COUNTER, /* a total that the source keeps; may start again at 0 */
    CFD_EVENT,   /* an increment since the last reading; the daemon keeps the sum */
    CFD_TEXT     /* a text of at most 1,024 bytes, kept as NAME_info{value="..."} 1 */
};

/* What is measured. A table ends with a row whose name is NULL. Readings name an attribute by its
 * row, declared ones by the number that declare() gave. */
struct cfd_attribute {
    const char *name;          /* Prometheus' naming; begins with the family and '_' */
    int32_t kind;              /* enum cfd_kind */
    uint32_t method;           /* version of the method, from 1; raised when values change meaning*/
    const char *unit;          /* "seconds", "bytes", "ratio", "accounts" ...; "" for none */
    const char *help;          /* one sentence */
    const char *const *labels; /* names, NULL at the end; at most 8; NULL for none */
    uint32_t personal;         /* bit n: label n holds personal data (name, address) */
    uint32_t reserved;         /* 0 */
};

enum cfd_need_kind {
    CFD_READ = 1,   /* read a path (a folder: all below) */
    CFD_RUN,        /* run a program */
    CFD_CONNECT,    /* connect to an address or a unix socket */
    CFD_LISTEN,     /* listen at an address */
    CFD_CAPABILITY, /* hold a capability: "cap_dac_read_search" */
    CFD_NETLINK,    /* talk to a netlink family: "audit", "route", "sock_diag" */
    CFD_DBUS        /* call a service on the system bus */
};

/* What the collector must be able to do; the sandbox allows this and no more. Ends with kind 0. */
struct cfd_need {
    int32_t kind;        /* enum cfd_need_kind */
    uint32_t reserved;   /* 0 */
    const char *what;    /* the path, program, address ...; NULL: the setting names it */
    const char *setting; /* path of a setting: "files", "checks[].command"; NULL: what names it */
};

/* A value of a setting. */
struct cfd_value {
    size_t size;      /* of this struct, set by the caller */
    int32_t type;     /* enum cfd_type */
    uint32_t count;   /* of a list or group: how many; else 1 */
    int64_t integer;  /* boolean, integer, duration (ms), bytes */
    double number;    /* number, and each of integer */
    const char *text; /* string, path, glob, program's first word, url, secret */
};

struct cfd_reading {
    size_t size;
    uint32_t attribute;        /* row in the plugin's table, or declare()'s number */
    uint32_t reserved;         /* 0 */
    double value;              /* of gauge, counter, event (not negative) */
    const char *text;          /* of CFD_TEXT */
    const char *const *labels; /* one value a declared label, "" for absent; NULL for no labels */
};

/* A part of an excerpt's bytes. */
struct cfd_span {
    uint32_t from;
    uint32_t length;
};

/* The lines or settings that a reading rests on: shown to people, kept for their own time. */
struct cfd_excerpt {
    size_t size;
    const char *source; /* file, unit or command */
    const char *place;  /* "line 12", "offset 4711", a cursor; may be "" */
    uint32_t attribute;
    uint32_t length; /* of bytes, at most 4,096; what is more is cut */
    const char *bytes;
    /* Parts of bytes that are personal data, as a personal label's value is, and kept as that is;
     * in order, apart from one another. NULL for none. */
    const struct cfd_span *personal;
    uint32_t personal_count;
    uint32_t reserved; /* 0 */
};

/* Something that should have been read and is gone: rotated away, overwritten, dropped. */
struct cfd_loss {
    size_t size;
    const char *source;
    const char *unit; /* "bytes", "lines", "messages" */
    const char *why;
    uint64_t from;
    uint64_t to; /* from..to in that unit; equal where the amount is not known */
};

/* A program's outcome. */
struct cfd_ran {
    size_t size;
    int32_t exit_code;  /* 0..255, or -1 when a signal ended it */
    int32_t signal;     /* that signal, or 0 */
    size_t length;      /* of output */
    const char *output; /* standard output, NUL behind it; valid until the next run_program */
    const char *errors; /* standard error likewise, at most 4 KiB */
};

enum cfd_log_level { CFD_LOG_ERROR = 3, CFD_LOG_WARNING = 4, CFD_LOG_INFO = 6, CFD_LOG_DEBUG = 7 };

/* What the daemon provides; a test can provide its own. `size` says which functions are there:
 * one that lies beyond it is not offered. Each takes the table itself first. */
struct cfd_host {
    size_t size;
    void *context; /* the lender's */

    /* One reading. In open nothing can be emitted. */
    int (*emit)(const struct cfd_host *host, const struct cfd_reading *reading);
    int (*excerpt)(const struct cfd_host *host, const struct cfd_excerpt *excerpt);
    /* This attribute could not be read in this run: its results are unknown, never good. */
    int (*missing)(const struct cfd_host *host, uint32_t attribute, const char *why);
    int (*lost)(const struct cfd_host *host, const struct cfd_loss *loss);

    /* Ends a batch of a stream: what was emitted since the last position is committed with it or
     * not at all. Several keys (one a file) may be set one after another without an emit between.*/
    int (*position_set)(const struct cfd_host *host, const char *key, const char *value);
    /* The committed value of a key, or CFD_ABSENT. Borrowed until the next call. */
    int (*position_get)(const struct cfd_host *host, const char *key, const char **ret_value);

    /* Opens for reading, close-on-exec; below `root` in a selftest. Symbolic links are refused
     * (CFD_DENIED) but in directories that only root can write. Records path, inode, size and time
     * in the evidence. A descriptor that the caller closes, or an enum cfd_status below 0. */
    int (*open_file)(const struct cfd_host *host, const char *path);

    /* "files[0]", "checks[2].program[1]", or the list itself for its count. CFD_ABSENT where it is
     * not given and has no preset. */
    int (*setting)(const struct cfd_host *host, const char *path, struct cfd_value *ret_value);
    void (*log)(const struct cfd_host *host, int level, const char *message);
    int64_t (*now_ms)(const struct cfd_host *host);  /* wall clock, since 1970 */
    int64_t (*left_ms)(const struct cfd_host *host); /* until the deadline of this call */
    /* In open only: an attribute known from the settings. Returns its number or a status. */
    int (*declare)(const struct cfd_host *host, const struct cfd_attribute *attribute);
    /* In open only: what is wrong with the settings, reported to the person with file and line.
     * path as in setting(). open then returns CFD_INVALID. */
    void (*fault)(const struct cfd_host *host, const char *path, const char *sentence);
    /* Runs a declared program without a shell, environment PATH and LC_ALL=C only, standard input
     * empty, until timeout_ms or the deadline; output_limit bytes of its output are kept
     * (CFD_LIMIT when there were more). argv ends with NULL; argv[0] is an absolute path. */
    int (*run_program)(const struct cfd_host *host, const char *const *argv, int64_t timeout_ms,
                       size_t output_limit, struct cfd_ran *ret_ran);
    /* Streams, in collect: what was emitted since the last position shall not wait for the
     * interval's end to be evidence. Called before the position that ends the batch. However
     * often it is called, an instance gets at most one evidence leaf a second so. Beyond
     * `size` in older daemons: then it is reported at the interval. */
    int (*urgent)(const struct cfd_host *host);
    /* How much of a source (file, unit) was read since this was last reported, whatever was
     * found in it; 0 lines where it has none. In collect. Not offered by every daemon: look
     * at size and NULL. */
    int (*watched)(const struct cfd_host *host, const char *source, uint64_t bytes, uint64_t lines);
};

enum cfd_collector_flag {
    CFD_STREAM = 1, /* has start and stop, keeps positions */
    /* A stream whose source keeps nothing: a crash of collector, engine or host loses what came
     * since the last batch was committed. The host reports that; position_set ends batches. */
    CFD_PUSHED = 2
};

/* The head. Rows are walked by the sizes given here. */
struct cfd_collector {
    uint32_t abi; /* CFD_ABI */
    uint32_t size;
    uint32_t option_size;
    uint32_t attribute_size;
    uint32_t need_size;
    uint32_t flags;   /* enum cfd_collector_flag */
    const char *name; /* as the file is called, without .so */
    const char *version;
    const char *summary;                    /* one sentence */
    const char *family;                     /* attribute names begin with it; NULL: the name */
    const struct cfd_option *options;       /* NULL for none */
    const struct cfd_attribute *attributes; /* NULL when all are declared in open */
    const struct cfd_need *needs;           /* NULL for none */

    /* Once, first: reads settings, declares, allocates. *ret_self goes to the other calls. Touches
     * no source: it also runs in `conformd --check`. Required. */
    int (*open)(const struct cfd_host *host, void **ret_self);
    /* Reads the source and emits. CFD_OK ends a snapshot's run; a stream works at most 200 ms and
     * answers CFD_MORE when there is more. Required. */
    int (*collect)(void *self, const struct cfd_host *host);
    /* Once, last, also after a failed open that set *ret_self. Optional. */
    void (*close)(void *self);
    /* Streams: once after open. Gives a descriptor that becomes readable when there is something,
     * or -1 (then collect comes at the interval only). The daemon only polls it. */
    int (*start)(void *self, const struct cfd_host *host, int *ret_fd);
    /* Streams: once before close. Optional. */
    void (*stop)(void *self, const struct cfd_host *host);
    /* Runs the method on the plugin's good and bad tree below root; CFD_OK when what must come out
     * came out. Optional; without it results are provisional. */
    int (*selftest)(void *self, const struct cfd_host *host, const char *root);
};

/* The first five fields of the head, in order. */
#define CFD_COLLECTOR_HEAD                                                                         \
    CFD_ABI, sizeof(struct cfd_collector), sizeof(struct cfd_option),                              \
        sizeof(struct cfd_attribute), sizeof(struct cfd_need)

#if defined(__GNUC__)
#define CFD_EXPORT __attribute__((visibility("default")))
#else
#define CFD_EXPORT
#endif

/* The one symbol that a plugin exports. */
extern CFD_EXPORT const struct cfd_collector cfd_collector_plugin;

#ifdef __cplusplus
}
#endif

#endif

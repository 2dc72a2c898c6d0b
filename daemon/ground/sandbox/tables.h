/* How the table of system calls is written. */
#ifndef SANDBOX_TABLES_H
#define SANDBOX_TABLES_H

#include "ground/roles/power.h"

/* The arguments with which a call is let through. Where there are several, one is enough. */
enum check {
    CHECK_NONE,
    CHECK_OPEN_READ,    /* open: to read, nothing made, nothing cut short */
    CHECK_OPENAT_READ,  /* openat: the same */
    CHECK_OPEN_STORE,   /* open: anything but cutting short */
    CHECK_OPENAT_STORE, /* openat: the same */
    CHECK_OPEN_WRITE,   /* open: to write, cut short or not */
    CHECK_OPENAT_WRITE, /* openat: the same */
    CHECK_MAP,          /* memory that is written or run, not both */
    CHECK_PROTECT,      /* never made to run */
    CHECK_FCNTL,        /* no signals by way of a descriptor's owner */
    CHECK_IOCTL,        /* what plain input and output use */
    CHECK_PRCTL,        /* names and questions */
    CHECK_LIMIT_ASK,    /* prlimit64 of itself, that sets nothing */
    CHECK_LIMIT_OWN,    /* prlimit64 of itself */
    CHECK_SELF,         /* the first argument is this process */
    CHECK_GROUP,        /* kill: a group of processes */
    CHECK_THREAD,       /* clone: a thread */
    CHECK_FORK,         /* clone: no new namespace */
    CHECK_SOCKET_UNIX,
    CHECK_SOCKET_INET,
    CHECK_SOCKET_ROUTE, /* netlink, as getaddrinfo asks for the host's addresses */
    CHECK_SOCKET_NETLINK,
};

struct row {
    unsigned powers; /* one of them is enough */
    enum check check;
    const char *calls; /* names with spaces between */
};
/* What is let through; ends with a row without calls. */
extern const struct row sandbox_allowed[];

/* What the parent refuses to itself and all that it starts. */
enum refused {
    REFUSED_ALWAYS,
    REFUSED_ABSENT,    /* as if the kernel did not know it: the caller has another way */
    REFUSED_MAP,       /* memory that is written and run */
    REFUSED_PROTECT,   /* memory that is made to run */
    REFUSED_NAMESPACE, /* clone: a new namespace */
    REFUSED_KILL,      /* signals to all, or to the daemon's own group */
};
struct refusal {
    enum refused refused;
    const char *calls;
};
extern const struct refusal sandbox_refused[];

#endif

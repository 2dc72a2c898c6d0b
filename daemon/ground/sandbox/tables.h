/* How the table of system calls is written. */
#ifndef SANDBOX_TABLES_H
#define SANDBOX_TABLES_H

/* What lets a system call through. */
enum power {
    POWER_ANY = 1 << 0,      /* every program but the parent */
    POWER_READ = 1 << 1,     /* opens files for reading */
    POWER_WATCH = 1 << 2,    /* is told of changes of files */
    POWER_STORE = 1 << 3,    /* opens files for writing, and makes them */
    POWER_REMOVE = 1 << 4,   /* takes files away, cuts them short */
    POWER_SEAL = 1 << 5,     /* hands large messages over in sealed memory */
    POWER_ACCEPT = 1 << 6,   /* takes connections of sockets that it was given */
    POWER_CONNECT = 1 << 7,  /* connects over the network */
    POWER_LOCAL = 1 << 8,    /* connects to a socket of this host */
    POWER_SERVE = 1 << 9,    /* makes sockets that listen */
    POWER_NETLINK = 1 << 10, /* asks the kernel over netlink */
    POWER_THREAD = 1 << 11,  /* starts threads */
    POWER_RUN = 1 << 12,     /* runs programs */
    POWER_OUTPUT = 1 << 13,  /* opens for writing: Landlock says what */
    POWER_SIGNAL = 1 << 14,  /* sends signals: Landlock says where to */
    POWER_DEBUG = 1 << 15,   /* of builds with sanitizers */
    POWER_CLOCK = 1 << 16,   /* asks whether the clock is synchronised; to set it takes more */
};

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

/* The programs that the daemon is made of: one row a role says what differs between them. */
#ifndef ROLES_ROLE_H
#define ROLES_ROLE_H

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_PARENT,    /* reads the configuration, starts and watches the others */
    ROLE_ENGINE,    /* writes the store; owns every decision and every schedule */
    ROLE_READER,    /* reads the store for the front; writes its -shm, where readers leave marks */
    ROLE_FRONT,     /* accepts connections */
    ROLE_COURIER,   /* connects */
    ROLE_COLLECTOR, /* one plugin: reads, runs, connects ... as its needs say */
    ROLE_COUNT
};

/* Every descriptor that a child may inherit, by number. */
enum child_descriptor {
    CHILD_PARENT = 3, /* all: channel to the parent */
    CHILD_CONFIG = 4, /* all: sealed memfd, the role's part of the configuration as JSON */
    CHILD_ENGINE = 5, /* channel to the role's neighbour: the engine; of a reader, the front */
    CHILD_LISTEN = 6, /* engine: control.sock; front: api.sock, then 7, 8 ...: HTTP sockets */
};

enum role_trait {
    ROLE_KEPT = 1 << 0,     /* without it there is no daemon: it is started again for ever, and has
                               no reason of its own to go */
    ROLE_ORDERLY = 1 << 1,  /* gets SIGTERM when the parent dies, not SIGKILL */
    ROLE_NAMED = 1 << 2,    /* a process an instance, whose name is on its command line */
    ROLE_FOREIGN = 1 << 3,  /* runs code of others: it can pass no descriptors, and is set aside
                               when it dies again and again before it is ready */
    ROLE_TOLD = 1 << 4,     /* its neighbour hears how each of its processes ended */
    ROLE_PREPARES = 1 << 5, /* takes a new configuration over; others are started again for it */
    ROLE_LOADS = 1 << 6,    /* loads objects after it has begun */
    ROLE_ASKED = 1 << 7,    /* identifies who asks it by /proc/PID/loginuid */
    ROLE_REACHES = 1 << 8,  /* connects to whatever is configured */
};

enum { ROLE_LISTENERS_MOST = 16 };

struct role_row {
    const char *name;    /* in messages, in the log */
    const char *program; /* its file's name */
    unsigned traits;     /* of enum role_trait */
    unsigned powers;     /* of enum power: what its sandbox lets through; none: a list is refused */
    enum role neighbour; /* at CHILD_ENGINE, who asks for its starts; ROLE_PARENT: it has none */
    int listeners_most;
    int stop_phase;     /* the parent ends all of a phase, then those of the next; from 1 on */
    unsigned silent_ms; /* without a sign of life, once ready; then it is killed */
    unsigned files_most;
    uint64_t data_most; /* bytes of memory for itself; 0: no limit */
};

/* Never NULL. */
const struct role_row *role_find(enum role role);
/* Its name, for sentences: "engine", "front", "courier", "reader", "collector", "parent". */
const char *role_name(enum role role);
bool role_has(enum role role, enum role_trait trait);

#endif

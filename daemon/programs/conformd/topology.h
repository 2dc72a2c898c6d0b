/* The parent at work: which children there are, over which channels, and what happens when one
 * of them ends. */
#ifndef CONFORMD_TOPOLOGY_H
#define CONFORMD_TOPOLOGY_H

#include "ground/process/child.h"
#include "parent/checks/check.h"
#include "parent/checks/reload.h"
#include "parent/children/children.h"
#include "parent/children/listen.h"
#include "parent/children/service.h"

/* The order of an end: collectors, then front, courier and reader, then the engine. Their numbers
 * are those of the roles' table. */
enum stop_phase { STOP_NOT, STOP_COLLECTORS, STOP_FRONT, STOP_ENGINE, STOP_DONE };

struct parent {
    const char *config_path;
    struct config *config;
    json_t *tables;     /* {instance: what its collector declared} */
    json_t *known;      /* of the last check: who need not be asked again */
    struct child links; /* its loop alone: what a child_link asks for */
    struct children table;
    struct listeners listeners;
    struct notify notify;
    struct loop_timer *timer;
    int64_t turned_ms; /* of the last turn */
    bool adopts;       /* what collectors leave behind becomes its child */
    enum stop_phase stop;
    bool told_ready;
    bool engine_was_ready; /* once; before that its refusal ends the daemon */
    int status;            /* the program's exit status */

    /* A reload under way (reloading.c). */
    struct reload reload; /* from PREPARE on */
    struct config *next;  /* the configuration that is checked, then prepared */
    struct check *check;
    struct loop_watch *check_watch;
    struct listeners next_listeners;
    bool reload_again; /* SIGHUP came meanwhile */
};

/* Starts the engine; the rest follows when it is ready. */
int topology_start(struct parent *parent) MUST_CHECK;
/* Ends all in their order, within 5 s; then the loop stops. */
void topology_stop(struct parent *parent);
/* SIGCHLD: takes the ends of all that have ended. */
void topology_reap(struct parent *parent);
/* The engine is ready: a front that was there before it gets a channel to it. */
void topology_join_front(struct parent *parent);
/* Does what is due and sets the timer; after everything that changes a row. */
void topology_turn(struct parent *parent);
/* Kills what is left and frees the table. */
void topology_finish(struct parent *parent);

/* Sends a message to a child that has a process; body may be NULL. */
void topology_send(struct children_row *row, enum message_type type, const json_t *body);
/* Asks a child to finish within grace_ms; one that only waits for its start is forgotten. */
void topology_ask_to_stop(struct children_row *row, int64_t grace_ms);
struct children_row *topology_ready_row(const struct parent *parent, enum role role);

/* SIGHUP. */
void conformd_reloading_begin(struct parent *parent);
/* Goes on with the reload under way, if any; of topology_turn. */
void conformd_reloading_step(struct parent *parent);
void conformd_reloading_finish(struct parent *parent);

#endif

/* Collectors of the package as coroutines, each at a channel of the engine's intake. */
#ifndef VOLUME_TASK_H
#define VOLUME_TASK_H

#include <ucontext.h>

#include "engine/engine/state.h"
#include "host/collector/life.h"
#include "kit/engine_scene.h"
#include "volume/host.h"

enum { TASKS = 8 };

struct world;

/* A collector's process: its life, and the engine's end of its channel. */
struct task {
    struct world *world;
    char *name;
    struct plugin *plugin;
    struct settings settings;
    struct life life;
    struct channel *channel;
    struct intake_link *link;
    int fd;          /* the life's end */
    bool proves;     /* it was started for its selftest */
    int64_t wake_ms; /* boot clock: it waits no longer */
    bool finished;   /* its life is over */
    bool closed;     /* the engine saw its channel's end */
    ucontext_t self;
    void *stack;
};

struct world {
    struct scene *scene;
    struct host host;
    json_t *parts; /* of the configuration */
    struct task *tasks[TASKS];
    ucontext_t main;
    struct task *running;
    json_t *asked; /* names of processes to start */
    json_t *taken; /* messages for the courier */
    json_t *runs;  /* how often each was started or asked */
    bool moved;
};

/* makecontext hands over no pointer, and clock_now has no argument. */
extern struct world *here;

void must(int code, const struct error *error);
struct task *task_find(const struct world *world, const char *name);
/* The process that the engine asked for. */
void task_start(struct world *world, const char *name);
void task_ask(struct task *task, int64_t run, int64_t deadline_ms);
/* Each goes on until it waits; what it handed over is taken, sealed and acknowledged. */
void task_run_all(struct world *world);

#endif

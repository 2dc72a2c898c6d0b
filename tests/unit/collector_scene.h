/* A collector's life with an engine that lives in its waits; shared by the tests of both. */
#ifndef UNIT_COLLECTOR_SCENE_H
#define UNIT_COLLECTOR_SCENE_H

#include "ground/channel/frame.h"
#include "host/collector/life.h"

enum { VALUE, HITS, NAME, TALLY };

/* The plugin's table: gauge and event with label user, text, counter. */
extern const struct cfd_attribute scene_attributes[];

/* Engine, life and what both saw. */
struct scene {
    struct life life;
    struct plugin *plugin;
    struct settings settings;
    struct channel *engine;
    bool acks;         /* the engine acknowledges what it took */
    int waits_to_stop; /* the process is told to stop after so many; -1: never */
    bool leaves;       /* the engine goes away at the first wait after collect */
    uint64_t taken;
    uint64_t acked;
    size_t most_outstanding;
    size_t readings, tables, excerpts, missing, lost, opened, said, outcomes, collects;
    uint64_t watched_bytes, watched_lines;
    int64_t outcome;
    char outcome_why[256];
    char said_all[4096];
    char order[4096]; /* a letter for each message, positions in brackets */
    int (*collect)(struct scene *scene, const struct cfd_host *host);
    int (*open)(struct scene *scene, const struct cfd_host *host);
    void *own;    /* of the test */
    double value; /* of the events of attribute HITS, added up */
};

/* Emits one reading of the plugin; label may be NULL. */
int scene_emit(const struct cfd_host *host, uint32_t attribute, double value, const char *label);
/* Takes what was sent, and acknowledges it. */
void scene_serve(struct scene *scene);
void scene_begin(struct scene *scene, bool stream, const char *settings_text);
void scene_connect(struct scene *scene);
void scene_send_collect(struct scene *scene, int64_t deadline_ms);
/* All of these, and life_run: gives its code. */
int scene_run(struct scene *scene, bool stream, const char *settings_text);
void scene_end(struct scene *scene);

#endif

/* A story: the real engine room, its clock, and what happens to it, told as JSON lines. */
#ifndef KNOWN_STORY_H
#define KNOWN_STORY_H

#include "kit/engine_scene.h"

#include <jansson.h>

enum { ACTORS = 4, USERS = 3, MOODS = 8 };

/* How an instance's runs end for a while. */
enum mood { WELL, NAMING, SILENT, FAILING, ABSENT, STANDBY, KILLED, HANGING };

struct actor {
    const char *name;
    const char *prefix; /* of its attributes */
    bool stream;
    bool configured;
    enum mood mood;
    int64_t every_ms;
    struct intake_link *link;
    json_t *readings; /* of the run under way; borrowed */
};

struct story {
    struct scene *scene;
    uint64_t random;
    struct actor actors[ACTORS];
    bool present[USERS]; /* an element that is not is silent */
    bool bad[USERS];
    int age;
};

uint64_t story_random(struct story *story, uint64_t below);
/* True once in so many times. */
bool story_one_in(struct story *story, uint64_t times);
/* One event, with the time of the wall clock; takes the fields. */
void story_tell(struct story *story, const char *event, json_t *fields);

/* recipes.c: the measures of a story. */
void recipes_add(struct story *story);

#endif

/* A store as months of use leave it, made by the engine room itself with a clock that runs ahead.
 *
 * In it stand: findings in each of the six states, standing, cleared and returned; results of every
 * state over all the days; a measure that is unknown for each of the five reasons; runs that ended
 * well, failed and partial; a stream; an objective; acts of people; messages that were taken, that
 * failed once and that wait; and what the monitoring itself finds (a collector that is lost, an
 * absence of the daemon). */
#ifndef KIT_MADE_STORE_H
#define KIT_MADE_STORE_H

#include "kit/engine_scene.h"

struct made_plan {
    int findings; /* of measures; those of the monitoring come besides */
    int measures; /* that raise them: M000 ..., besides the five that are unknown */
    int days;     /* at least 4, and one for each time that every measure raises */
};

/* Into the folder of a scene that is not open and has no configuration yet. It is closed at the
 * end; now and config are those of that moment, so that it can be opened again. */
void made_store(struct scene *scene, const struct made_plan *plan);

#endif

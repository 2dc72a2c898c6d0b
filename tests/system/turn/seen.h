/* What a store holds, and what an engine holds in memory, as text that can be compared. */
#ifndef TURN_SEEN_H
#define TURN_SEEN_H

#include "kit/engine_scene.h"

/* Every row of every table; the caller frees. */
char *seen_store(const struct scene *scene);
/* What a process that starts on the store holds as well, but for what is judged: instances, series,
 * concerns. */
char *seen_memory(struct scene *scene);
/* ... and what it does not: the head of the ledger, the time, when what waits is to be told. */
char *seen_marks(struct scene *scene);
/* Measures and objectives. */
char *seen_judged(struct scene *scene);
/* All leaves with their payloads of text, readings and excerpts; what is random in them masked. */
char *seen_leaves(struct scene *scene);
/* Fails the test, and shows the first line that differs. */
void seen_equal(const char *what, const char *one, const char *other);

/* A scene of the same configuration and time on a copy of the store, not opened yet. */
struct scene *seen_copy(const struct scene *scene);

#endif

/* What the organization states, what a measure is by it, and the state of the clock. Inside the
 * room only. */
#ifndef ENGINE_STATED_H
#define ENGINE_STATED_H

#include "engine/engine.h"
#include "engine/judged.h"

/* What is known of the clock; zeroed at first. */
struct sync {
    bool looked;
    int64_t looked_boot_ms;
    enum clock_state state;
};

/* applies.c: does a measure apply, and what is its result worth? */
void applies_load(const struct engine *engine, struct judged *judged);
int applies_judge(struct engine *engine, struct judged *judged, const struct measure_world *world,
                  struct result *ret, struct error *error) MUST_CHECK;
void applies_show(const struct judged *judged, json_t *row);
void applies_mark(const struct judged *judged, json_t *facts);

/* use.c: who uses a measure, and what feeds it. */
void use_show(const struct engine *engine, const struct judged *judged, json_t *row);

/* sync.c: looks at the clock at most each minute; in the caller's turn. */
int sync_look(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;
bool sync_is_good(const struct engine *engine);
const char *sync_text(const struct engine *engine);

/* stated.c: what the organization states, for the API and the intake; in the caller's turn. */
int stated_put(struct engine *engine, struct error *error) MUST_CHECK;
int64_t stated_scope_version(const struct engine *engine); /* 0: none is stated */

/* records.c: classes of records, for the API; in the caller's turn. */
int records_put(struct engine *engine, struct error *error) MUST_CHECK;
void records_check(const json_t *config,
                   void (*on_fault)(void *context, const struct engine_fault *fault),
                   void *context);

#endif

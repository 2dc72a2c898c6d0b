/* A scene's folder, as it was left, held against its ledger; and damaged, to see that it is named.
 */
#ifndef KIT_LOOKING_H
#define KIT_LOOKING_H

#include "evidence/rebuild/rebuild.h"
#include "kit/engine_scene.h"

/* What a check told. */
struct looking {
    char first[512];
    char all[16384];
    char gaps[4096];
    struct rebuild_figures figures;
};

/* Checks, or rebuilds; the engine is not open. */
void looking_at(struct scene *scene, bool apply, struct looking *ret);
void looking_expect_equal(struct scene *scene);
void looking_change(struct scene *scene, const char *sql);

struct looking_damage {
    const char *sql, *place; /* what is to be named */
};
/* Tries each damage on the store as it is, which is to be equal before and after. */
void looking_name_damages(struct scene *scene, const struct looking_damage *damages, size_t count);

#endif

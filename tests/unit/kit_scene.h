/* What the tests of the kit share: a plugin, a fake host for it, and a run. */
#ifndef UNIT_KIT_SCENE_H
#define UNIT_KIT_SCENE_H

#include <conformd/kit/run.h>

#include "fake/fake_host.h"

enum { VALUE, TEXT, EVENT }; /* attributes kit_value{a,b}, kit_text{a,b}, kit_event */

struct scene {
    struct fake *fake;
    char *root;
    struct kit_run run;
};

int kit_set_up(void **state);
int kit_tear_down(void **state);

/* Why that attribute is missing: the last reason, which is the one that the daemon keeps; or NULL.
 */
const char *kit_why(const struct scene *scene, const char *attribute);

#endif

/* Presets of the schema for a configuration that a test wrote by hand. */
#ifndef KIT_PRESETS_H
#define KIT_PRESETS_H

#include <jansson.h>

/* Puts in what a loaded configuration would hold: of the whole, or of a part in its form, each
 * setting that is not given and has a preset. */
void presets_fill(json_t *config);
/* The same of one measure. */
void presets_fill_measure(json_t *construct);

#endif

/* A configuration as its roles see it. */
#ifndef VOLUME_PARTS_H
#define VOLUME_PARTS_H

#include <jansson.h>

/* {instance: its part} of each collector, and the engine's at "". NULL, and told on stderr, where
 * the file is not valid. */
json_t *parts_read(const char *path);

#endif

/* The first look at a configuration file: it refuses what libconfig 1.5 reads wrongly or not at all
 * (numbers beyond 32 bits, open comments, NUL, @include) and notes the line of every setting. */
#ifndef CONFIG_STRUCTURE_H
#define CONFIG_STRUCTURE_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SCAN_FILE_LIMIT  262144 /* bytes of a file */
#define SCAN_DEPTH_LIMIT 12     /* groups, lists and arrays in each other */
#define SCAN_GROUP_LIMIT 1000   /* settings of a group */

/* Zeroed but for on_fault and context; ended by structure_finish. */
struct scan {
    json_t *lines;   /* path of a setting or element -> its line */
    json_t *numbers; /* path of a number -> its exact value */
    bool faulty;     /* on_fault was called */
    void (*on_fault)(void *context, size_t line, const char *sentence);
    void *context;
};

/* Goes over a whole file. on_fault is called for each mistake, with a sentence; after the first
 * mistake of structure it stops. ERROR_MEMORY only. */
int structure_text(struct scan *scan, const char *text, size_t length) MUST_CHECK;
void structure_finish(struct scan *scan);

#endif

/* What checks of collectors have found, so that a reload asks only those of which something
 * changed. */
#ifndef CHECKS_KNOWN_H
#define CHECKS_KNOWN_H

#include <jansson.h>

#include "ground/base/error.h"

/* {instance: {part, file, tables}}; file says which one the plugin's was when it was checked. */

/* Device, inode, size and times of the plugin's file of a collector's part; NULL where it cannot be
 * seen or without memory. The caller frees. */
char *known_file(const json_t *part);

/* The tables that this part and this very file gave before; NULL when either is another or was not
 * valid then. known may be NULL. Borrowed. */
json_t *known_tables(const json_t *known, const char *instance, const json_t *part,
                     const char *file);

/* tables NULL: it was not valid, and nothing is known. */
int known_put(json_t *known, const char *instance, json_t *part, const char *file,
              json_t *tables) MUST_CHECK;

#endif

/* The two kinds of turns that are broken. */
#ifndef TURN_BROKEN_H
#define TURN_BROKEN_H

#include <stdint.h>

/* Each is a group of tests; answers how many failed. */
int broken_acts(void);
/* stride: between two steps that are broken. */
int broken_ordinary(int64_t stride);

#endif

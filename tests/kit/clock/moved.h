/* The test clock: time that a test adds to the kernel's, one number for every process.
 *
 * Only programs of a build with CONFORMD_TEST_CLOCK are linked with these files, in the place of
 * calls that stand in the daemon as they are (ld's --wrap): clock_now(), the timers of the loop,
 * and the parent's execve(). No source of the daemon knows of it, so a release cannot hold it.
 *
 * A test makes a file of two numbers and names it in the environment variable CONFORMD_TEST_CLOCK.
 * Each process maps it before its main begins, so its descriptors and its sandbox are as ever; the
 * parent hands the variable on to its children, who get nothing else of their environment.
 *
 * What passes moves both clocks alike: to the daemon the machine has slept for so long, and that is
 * no step of the clock. Whoever moves it (tests/kit/clock.py) does so while every process sleeps
 * with nothing under way, and sends SIGUSR2 to each: a sleep ends, and timers are set for what is
 * left of them. In between time passes as ever, so deadlines of runs, signs of life and answers
 * that are waited for take real time. CLOCK_MONOTONIC (clock_us) and times of files are not moved,
 * nor is what a plugin reads by itself. */
#ifndef KIT_CLOCK_MOVED_H
#define KIT_CLOCK_MOVED_H

#include "ground/base/clock.h"

/* What the file holds. */
struct moved {
    int64_t passed_ms; /* added to both clocks; only grows */
    int64_t wall_ms;   /* added to the wall clock besides: where the test begins, a step */
};

#define MOVED_VARIABLE "CONFORMD_TEST_CLOCK"

/* NULL where no test moves the clock. */
const struct moved *moved_get(void);

#endif

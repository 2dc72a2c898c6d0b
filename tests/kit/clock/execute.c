/* A child of the parent's gets a fresh environment, and the clock that a test moves besides. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/clock/moved.h"

enum { LINES_MOST = 32, LINE = 4096 };

int __real_execve(const char *path, char *const arguments[], char *const environment[]);
int __wrap_execve(const char *path, char *const arguments[], char *const environment[]);

int __wrap_execve(const char *path, char *const arguments[], char *const environment[])
{
    const char *clock = getenv(MOVED_VARIABLE);
    char *lines[LINES_MOST + 2];
    char line[LINE];
    size_t count = 0;
    if (!clock)
        return __real_execve(path, arguments, environment);
    while (environment[count] && count < LINES_MOST) {
        lines[count] = environment[count];
        count++;
    }
    if (environment[count] ||
        snprintf(line, sizeof line, MOVED_VARIABLE "=%s", clock) >= (int)sizeof line) {
        errno = E2BIG;
        return -1;
    }
    lines[count++] = line;
    lines[count] = NULL;
    return __real_execve(path, arguments, lines);
}

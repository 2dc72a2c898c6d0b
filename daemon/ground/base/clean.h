/* Locals that free themselves: CLEAN(clean_text) char *name = NULL; */
#ifndef BASE_CLEAN_H
#define BASE_CLEAN_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEAN(function) __attribute__((cleanup(function)))

static inline void clean_text(char **text)
{
    free(*text);
}

static inline void clean_memory(void *pointer)
{
    free(*(void **)pointer);
}

static inline void clean_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void clean_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static inline void clean_json(json_t **json)
{
    json_decref(*json);
}

#endif

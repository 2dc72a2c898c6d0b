/* The files of a quiet host in a scratch folder, and what its login log gets in a day. */
#ifndef VOLUME_HOST_H
#define VOLUME_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct host {
    char root[256];
    bool journal;    /* it has no log files, but a journal */
    size_t lines;    /* written since host_make */
    int64_t next_ms; /* wall clock: the next lines are due */
};

/* False where nothing is here that writes a journal. */
bool host_make(struct host *host, bool journal, int64_t now_ms);
void host_free(struct host *host);
/* Writes what is due at now_ms. */
void host_write(struct host *host, int64_t now_ms);
/* Points a collector's settings at these files. */
void host_point(const struct host *host, const char *collector, json_t *settings);

#endif

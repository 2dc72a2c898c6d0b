/* The folders that the daemon lives in, and the sockets that it listens on. */
#ifndef CHILDREN_LISTEN_H
#define CHILDREN_LISTEN_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

#include "ground/base/error.h"
#include "ground/roles/role.h"
#include "parent/children/rights.h"

struct listeners {
    int control; /* runtime_dir/control.sock */
    int front[ROLE_LISTENERS_MOST];
    char *address[ROLE_LISTENERS_MOST]; /* as written in http.listen; NULL for api.sock */
    size_t front_count;                 /* the first is runtime_dir/api.sock, the others HTTP */
};

/* Makes state_dir (0750) and runtime_dir (0755) of the configuration where they are missing, with
 * what is above them, and gives those it made to the user. */
int listen_make_folders(const json_t *config, const struct rights_user *user,
                        struct error *error) MUST_CHECK;

/* Opens all: both unix sockets (0660; a file left over is replaced, one that another process still
 * serves is ERROR_EXISTS) and http.listen ("127.0.0.1:9191", "[::1]:9191", or a list of them). */
int listen_open(const json_t *config, struct listeners *ret, struct error *error) MUST_CHECK;
/* HTTP alone, for a reload; an address that `old` (or NULL) listens on already is shared with it.
 * ret->front[0] and ret->control are -1. */
int listen_open_http(const json_t *config, const struct listeners *old, struct listeners *ret,
                     struct error *error) MUST_CHECK;
/* Closes; the sockets' files stay until listen_remove. */
void listen_close_http(struct listeners *listeners);
void listen_close(struct listeners *listeners);
void listen_remove(const json_t *config);

#endif

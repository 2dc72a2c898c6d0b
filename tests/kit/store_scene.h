/* A store in a folder that goes away, and a process that holds its log. */
#ifndef KIT_STORE_SCENE_H
#define KIT_STORE_SCENE_H

#include "evidence/store/store.h"

#include <sys/types.h>

enum { STORE_SCENE_FOLDER = 64 };

void store_scene_folder(char ret_folder[STORE_SCENE_FOLDER]);
/* A new folder, and a store in it that writes. */
struct store *store_scene_new(char ret_folder[STORE_SCENE_FOLDER]);
/* Another process' or the same one's, of a folder that is there. Fails the test where it cannot. */
struct store *store_scene_open(const char *folder, enum store_mode mode);
/* The folder goes with the files in it; close the stores first. */
void store_scene_remove(const char *folder);

/* For cmocka: *state is one of these. */
struct store_scene {
    char folder[STORE_SCENE_FOLDER];
    struct store *store;
    struct error error;
};
int store_scene_set_up(void **state);
int store_scene_tear_down(void **state); /* store may be closed and NULL by then */

/* The number that the statement gives. */
int64_t store_scene_count(struct store *store, const char *sql);

/* A process that reads and does not end, until it is let go. */
pid_t store_scene_hold(const char *folder);
void store_scene_let_go(pid_t pid);

/* What is bound comes back, byte for byte; the same from a writer and a reader. */
void store_scene_round_trip(struct store *store);

#endif

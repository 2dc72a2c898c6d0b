/* A store in a folder that goes away, and a process that holds its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/store_scene.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void store_scene_folder(char ret_folder[STORE_SCENE_FOLDER])
{
    snprintf(ret_folder, STORE_SCENE_FOLDER, "/tmp/test_store.XXXXXX");
    assert_non_null(mkdtemp(ret_folder));
}

struct store *store_scene_open(const char *folder, enum store_mode mode)
{
    struct store *store = NULL;
    struct error error = {0};
    if (store_open(folder, mode, &store, &error))
        fail_msg("%s", error_sentence(&error));
    return store;
}

struct store *store_scene_new(char ret_folder[STORE_SCENE_FOLDER])
{
    store_scene_folder(ret_folder);
    return store_scene_open(ret_folder, STORE_WRITE);
}

void store_scene_remove(const char *folder)
{
    DIR *list = opendir(folder);
    const struct dirent *entry;
    while (list && (entry = readdir(list)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(list), entry->d_name, 0);
    if (list)
        closedir(list);
    assert_int_equal(rmdir(folder), 0);
}

int store_scene_set_up(void **state)
{
    struct store_scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->store = store_scene_new(scene->folder);
    *state = scene;
    return 0;
}

int store_scene_tear_down(void **state)
{
    struct store_scene *scene = *state;
    store_close(scene->store);
    store_scene_remove(scene->folder);
    error_finish(&scene->error);
    free(scene);
    return 0;
}

int64_t store_scene_count(struct store *store, const char *sql)
{
    struct error error = {0};
    struct store_query *query = store_query(store, sql);
    if (store_step(query, &error) != 1)
        fail_msg("%s: %s", sql, error_sentence(&error));
    int64_t value = store_integer(query, 0);
    store_reset(query);
    return value;
}

static void read_on(const char *folder, int told)
{
    struct store *mine = NULL;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || store_open(folder, STORE_READ, &mine, NULL) ||
        store_begin(mine, NULL) ||
        store_step(store_query(mine, "SELECT count(*) FROM meta"), NULL) != 1 ||
        write(told, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

pid_t store_scene_hold(const char *folder)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0)
        read_on(folder, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return pid;
}

void store_scene_let_go(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

void store_scene_round_trip(struct store *store)
{
    size_t length;
    struct store_query *query = store_query(store, "SELECT ?1, ?2, ?3, ?4, ?5, x'', 7");
    store_bind_integer(query, 1, INT64_MIN);
    store_bind_double(query, 2, 0.1);
    store_bind_text(query, 3, "\xc3\xa9");
    store_bind_bytes(query, 4, "\0\1", 2);
    store_bind_text(query, 5, NULL);
    assert_int_equal(store_step(query, NULL), 1);
    assert_true(store_integer(query, 0) == INT64_MIN);
    assert_true(store_double(query, 1) == 0.1);
    assert_string_equal(store_text(query, 2), "\xc3\xa9");
    assert_memory_equal(store_bytes(query, 3, &length), "\0\1", 2);
    assert_int_equal(length, 2);
    assert_null(store_text(query, 4));
    assert_null(store_bytes(query, 4, &length));
    assert_int_equal(length, 0);
    assert_non_null(store_text(query, 5));
    assert_string_equal(store_text(query, 6), "7");
    assert_int_equal(store_step(query, NULL), 0);
}

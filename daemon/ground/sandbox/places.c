/* Which files a process may reach: those of its role, and what its needs name. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/sandbox/sandbox_inner.h"

/* Of every role: the zone for times in words, what the C library asks of the machine, and nothing
 * read or written to nowhere. */
static const char *const of_all[] = {"/etc/localtime",          "/usr/share/zoneinfo", "/proc/sys",
                                     "/sys/devices/system/cpu", "/dev/urandom",        NULL};
/* Objects that are loaded later. */
static const char *const of_loading[] = {
    "/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache", NULL};
/* Names of hosts, and whom to trust. */
static const char *const of_network[] = {"/etc/resolv.conf",     "/etc/hosts",
                                         "/etc/host.conf",       "/etc/nsswitch.conf",
                                         "/etc/gai.conf",        "/etc/services",
                                         "/etc/protocols",       "/etc/ssl",
                                         "/etc/ca-certificates", "/usr/share/ca-certificates",
                                         "/run/systemd/resolve", NULL};
/* Who asks is told by /proc/PID/loginuid. */
static const char *const of_asked[] = {"/proc", NULL};
/* Programs, and what any of them wants: shells, their modules, accounts' names, processes. */
static const char *const of_programs[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", NULL};
static const char *const of_running[] = {"/etc/ld.so.cache",
                                         "/etc/ld.so.preload",
                                         "/etc/passwd",
                                         "/etc/group",
                                         "/etc/nsswitch.conf",
                                         "/etc/alternatives",
                                         "/etc/os-release",
                                         "/etc/machine-id",
                                         "/etc/profile",
                                         "/etc/inputrc",
                                         "/dev/zero",
                                         "/dev/random",
                                         "/dev/fd",
                                         "/proc",
                                         "/sys",
                                         NULL};

struct gather {
    struct places *places;
    const struct sandbox_plan *plan;
    int code; /* ERROR_MEMORY once it was out of memory */
};

static void add_rule(struct gather *gather, const char *path, uint64_t rights)
{
    struct places *places = gather->places;
    char *copy = strdup(path);
    if (!copy ||
        array_reserve(&places->rules, &places->capacity, places->count, sizeof *places->rules)) {
        free(copy);
        gather->code = ERROR_MEMORY;
        return;
    }
    places->rules[places->count++] = (struct place_rule){copy, rights};
}

static void add_list(struct gather *gather, const char *const *paths, uint64_t rights)
{
    for (; paths && *paths; paths++)
        add_rule(gather, *paths, rights);
}

/* Takes over the text. */
static void add_once(struct gather *gather, json_t *list, char *text)
{
    CLEAN(clean_text) char *taken = text;
    size_t index;
    const json_t *known;
    json_array_foreach (list, index, known)
        if (taken && !strcmp(json_string_value(known), taken))
            return;
    if (!taken || json_array_append_new(list, json_string(taken)))
        gather->code = ERROR_MEMORY;
}

/* Remembers what a path is now, so that it is seen when a new process would see more. */
static void watch(struct gather *gather, const char *path, const struct stat *status)
{
    struct places *places = gather->places;
    struct sandbox_place place = {.path = strdup(path)};
    if (status) {
        place.device = status->st_dev;
        place.inode = status->st_ino;
    }
    if (!place.path || array_reserve(&places->watched, &places->watched_capacity,
                                     places->watched_count, sizeof *places->watched)) {
        free(place.path);
        gather->code = ERROR_MEMORY;
        return;
    }
    places->watched[places->watched_count++] = place;
}

static void watch_list(struct gather *gather, const char *const *paths)
{
    for (; *paths; paths++) {
        struct stat status;
        if (stat(*paths, &status))
            watch(gather, *paths, NULL);
        else if (!S_ISDIR(status.st_mode))
            watch(gather, *paths, &status);
    }
}

static void add_absent(struct gather *gather, const char *path)
{
    watch(gather, path, NULL);
    add_once(gather, gather->places->left_out,
             text_format("%s is not there; a process that begins once it is may read it", path));
}

/* A rule holds a file, not its name: where it is replaced, the new one is out of reach. */
static void add_declared(struct gather *gather, const char *path, uint64_t rights)
{
    struct stat status;
    if (stat(path, &status)) {
        add_absent(gather, path);
        return;
    }
    if (!S_ISDIR(status.st_mode)) {
        watch(gather, path, &status);
        gather->places->names_files = true;
    }
    add_rule(gather, path, rights);
    add_once(gather, gather->places->reads, strdup(path));
}

/* --- patterns --- */

/* "/var/log" of "/var/log/app-*.log" and of "/var/log/auth.log"; of any pattern the folder in front
 * of its first wildcard, for what is rotated has the same folder and another name. */
static char *folder_of(const char *pattern)
{
    size_t plain = strcspn(pattern, "*?[");
    while (plain > 1 && pattern[plain - 1] != '/')
        plain--;
    return strndup(pattern, plain > 1 ? plain - 1 : 1);
}

/* What is a link leads elsewhere: there too the file and its successors are read. */
static void add_linked(struct gather *gather, const char *path)
{
    struct stat status;
    if (lstat(path, &status) || !S_ISLNK(status.st_mode))
        return;
    CLEAN(clean_text) char *target = realpath(path, NULL);
    CLEAN(clean_text) char *folder = target ? folder_of(target) : NULL;
    if (folder)
        add_declared(gather, folder, RIGHTS_READ);
}

static void add_pattern(struct gather *gather, const char *pattern)
{
    glob_t found = {0};
    CLEAN(clean_text) char *folder = folder_of(pattern);
    if (!folder) {
        gather->code = ERROR_MEMORY;
        return;
    }
    add_declared(gather, folder, RIGHTS_READ);
    if (!glob(pattern, GLOB_NOSORT, NULL, &found))
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_linked(gather, found.gl_pathv[i]);
    globfree(&found);
}

/* --- programs --- */

static bool is_of_the_system(const char *path)
{
    for (const char *const *at = of_programs; *at; at++)
        if (text_begins(path, *at) && path[strlen(*at)] == '/')
            return true;
    return false;
}

static void add_program(struct gather *gather, const char *path)
{
    if (!is_of_the_system(path))
        add_declared(gather, path, RIGHTS_RUN);
}

/* --- the whole --- */

bool sandbox_has_need(const json_t *needs, const char *kind)
{
    size_t index;
    const json_t *need;
    json_array_foreach (needs, index, need)
        if (!strcmp(json_text_of(need, "kind", ""), kind))
            return true;
    return false;
}

static void add_needs(struct gather *gather)
{
    size_t index;
    const json_t *need;
    json_array_foreach (gather->plan->needs, index, need) {
        const char *kind = json_text_of(need, "kind", ""), *what = json_text_of(need, "what", "");
        if (what[0] != '/')
            continue;
        if (!strcmp(kind, "read") && json_flag_of(need, "glob", false))
            add_pattern(gather, what);
        else if (!strcmp(kind, "read"))
            add_declared(gather, what, RIGHTS_READ);
        else if (!strcmp(kind, "run"))
            add_program(gather, what);
    }
}

static void add_role(struct gather *gather, unsigned powers)
{
    enum role role = gather->plan->role;
    add_list(gather, of_all, RIGHTS_READ);
    add_rule(gather, "/dev/null", RIGHT_READ_FILE | RIGHT_WRITE_FILE);
    if (role_has(role, ROLE_LOADS))
        add_list(gather, of_loading, RIGHTS_READ);
    if (powers & POWER_CONNECT)
        add_list(gather, of_network, RIGHTS_READ);
    if (role_has(role, ROLE_REACHES))
        watch_list(gather, of_network);
    if (role_has(role, ROLE_ASKED) || (powers & POWER_DEBUG))
        add_list(gather, of_asked, RIGHTS_READ);
    if (powers & POWER_RUN) {
        add_list(gather, of_programs, RIGHTS_RUN);
        add_list(gather, of_running, RIGHTS_READ);
    }
    add_list(gather, gather->plan->reads, RIGHTS_READ);
    add_list(gather, gather->plan->writes, RIGHTS_STORE);
}

int sandbox_places_of(const struct sandbox_plan *plan, unsigned powers, struct places *ret)
{
    *ret = (struct places){.reads = json_array(), .left_out = json_array()};
    struct gather gather = {.places = ret, .plan = plan};
    if (!ret->reads || !ret->left_out)
        gather.code = ERROR_MEMORY;
    else
        add_role(&gather, powers);
    if (!gather.code)
        add_needs(&gather);
    if (gather.code)
        sandbox_places_finish(ret);
    return gather.code;
}

void sandbox_places_finish(struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->rules[i].path);
    for (size_t i = 0; i < places->watched_count; i++)
        free(places->watched[i].path);
    free(places->rules);
    free(places->watched);
    json_decref(places->reads);
    json_decref(places->left_out);
    *places = (struct places){0};
}

/* Checks the descriptors that a child begins with, and reads its part of the configuration. */
#include "ground/process/inherit.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { DESCRIPTORS = 64 }; /* beyond this number nothing is declared for anyone */

static void clean_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static bool is_channel(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_SEQPACKET;
}

static bool is_listener(int fd)
{
    int listens = 0;
    socklen_t size = sizeof listens;
    return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) && listens;
}

static bool has_neighbour(enum role role)
{
    return role_find(role)->neighbour != ROLE_PARENT;
}

static bool is_declared(int fd, enum role role, bool check)
{
    if (fd <= STDERR_FILENO)
        return true;
    if (fd == CHILD_PARENT)
        return is_channel(fd);
    if (fd == CHILD_CONFIG)
        return file_is_sealed(fd);
    if (check)
        return false;
    if (fd == CHILD_ENGINE)
        return has_neighbour(role) && is_channel(fd);
    return fd >= CHILD_LISTEN && fd < CHILD_LISTEN + role_find(role)->listeners_most &&
           is_listener(fd);
}

static int list_open(bool is_open[DESCRIPTORS], enum role role, bool check, struct error *error)
{
    CLEAN(clean_dir) DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return error_set(error, ERROR_IO, "cannot list the open descriptors: %s", strerror(errno));
    for (const struct dirent *entry; (entry = readdir(dir));) {
        int64_t fd = -1;
        if (text_to_integer(entry->d_name, &fd) || fd == dirfd(dir))
            continue;
        if (fd < 0 || fd >= DESCRIPTORS || !is_declared((int)fd, role, check))
            return error_set(error, ERROR_STATE,
                             "descriptor %s is open and not declared for this role: the program is "
                             "started by conformd, not by hand",
                             entry->d_name);
        is_open[fd] = true;
    }
    return 0;
}

int inherit_check(enum role role, bool check, int *ret_listeners, struct error *error)
{
    bool is_open[DESCRIPTORS] = {false};
    int code = list_open(is_open, role, check, error);
    if (code)
        return code;
    int last = !check && has_neighbour(role) ? CHILD_ENGINE : CHILD_CONFIG;
    for (int fd = CHILD_PARENT; fd <= last; fd++)
        if (!is_open[fd])
            return error_set(error, ERROR_STATE,
                             "descriptor %d is not open: the program is started by conformd, not "
                             "by hand",
                             fd);
    int listeners = 0;
    while (CHILD_LISTEN + listeners < DESCRIPTORS && is_open[CHILD_LISTEN + listeners])
        listeners++;
    *ret_listeners = listeners;
    return 0;
}

int inherit_config(json_t **ret, struct error *error)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    int code = file_read_fd(CHILD_CONFIG, MESSAGE_JSON_MOST, &text);
    close(CHILD_CONFIG);
    if (code)
        return error_set(error, code, "cannot read the configuration: %s", error_text(code));
    json_t *config = NULL;
    code = json_read(text.data, text.length, &config, error);
    if (code) {
        error_prefix(error, "the configuration from the parent");
        return code;
    }
    if (!json_is_object(config)) {
        json_decref(config);
        return error_set(error, ERROR_FORMAT, "the configuration from the parent is not an object");
    }
    *ret = config;
    return 0;
}

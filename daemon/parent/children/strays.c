/* Adopts what collectors leave behind, and ends it. */
#include "parent/children/strays.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { LIST_SIZE = 4096 };

/* The numbers of this process' children with spaces between; a number that was cut is left out. */
static void read_children(char ret[LIST_SIZE])
{
    CLEAN(clean_text) char *path = text_format("/proc/self/task/%d/children", (int)getpid());
    CLEAN(clean_fd) int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t count = fd >= 0 ? read(fd, ret, LIST_SIZE - 1) : 0;
    bool cut = count == LIST_SIZE - 1;
    while (cut && count > 0 && !isspace((unsigned char)ret[count - 1]))
        count--;
    ret[count > 0 ? count : 0] = '\0';
}

bool strays_adopt(void)
{
    char list[LIST_SIZE];
    read_children(list);
    return !*list && !prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static bool end_stray(pid_t pid)
{
    /* What has ended is reaped; what was just killed tells its end by the next SIGCHLD. */
    if (waitpid(pid, NULL, WNOHANG) != 0)
        return false;
    kill(pid, SIGKILL);
    return true;
}

size_t strays_end(bool (*is_ours)(const void *context, pid_t pid), const void *context)
{
    char list[LIST_SIZE];
    size_t alive = 0;
    read_children(list);
    char *at = list;
    for (char *end;; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at)
            break;
        if (pid > 0 && !is_ours(context, (pid_t)pid) && end_stray((pid_t)pid))
            alive++;
    }
    return alive;
}

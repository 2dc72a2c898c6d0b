/* Makes a process: descriptors, limits, rights, in the order that the kernel wants, then exec. */
#include "parent/children/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "parent/children/rights.h"

enum { ABOVE_ALL = 64 }; /* beyond every number that a plan may name */

/* The steps in the new process, as it tells them to the parent when one fails. */
enum step { STEP_DESCRIPTORS, STEP_LIMITS, STEP_RIGHTS, STEP_EXECUTE };

struct failure {
    int step;
    int number; /* errno */
};

static const char *step_name(int step)
{
    switch ((enum step)step) {
    case STEP_DESCRIPTORS:
        return "laying out its descriptors";
    case STEP_LIMITS:
        return "setting its limits";
    case STEP_RIGHTS:
        return "giving up rights";
    case STEP_EXECUTE:
        return "executing it";
    }
    return "starting it";
}

int spawn_plan_fd(struct spawn_plan *plan, int from, int to)
{
    if (plan->fd_count == SPAWN_FDS_MOST || to >= ABOVE_ALL)
        return ERROR_LIMIT;
    plan->fds[plan->fd_count++] = (struct spawn_fd){from, to};
    return 0;
}

uint64_t spawn_capability(const char *name)
{
    static const struct {
        const char *name;
        unsigned number;
    } known[] = {
        {"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
        {"CAP_NET_ADMIN", CAP_NET_ADMIN},
        {"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
        {"CAP_SYSLOG", CAP_SYSLOG},
        {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
        {"CAP_AUDIT_READ", CAP_AUDIT_READ},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(known[i].name, name))
            return 1ull << known[i].number;
    return 0;
}

static bool in_plan(const struct spawn_plan *plan, int fd)
{
    for (size_t i = 0; i < plan->fd_count; i++)
        if (plan->fds[i].to == fd)
            return true;
    return false;
}

int spawn_lay_out(const struct spawn_plan *plan, int keep)
{
    int moved[SPAWN_FDS_MOST];
    /* First all out of the way: a target may be another's source. */
    for (size_t i = 0; i < plan->fd_count; i++)
        if ((moved[i] = fcntl(plan->fds[i].from, F_DUPFD_CLOEXEC, ABOVE_ALL)) < 0)
            return -1;
    if (keep >= 0 && (keep = fcntl(keep, F_DUPFD_CLOEXEC, ABOVE_ALL)) < 0)
        return -1;
    for (size_t i = 0; i < plan->fd_count; i++)
        if (dup2(moved[i], plan->fds[i].to) < 0)
            return -1;
    for (int fd = STDERR_FILENO + 1; fd < ABOVE_ALL; fd++)
        if (!in_plan(plan, fd))
            close(fd);
    /* Marked, not closed: the descriptor kept for the report of a failure is among them. */
    if (close_range(ABOVE_ALL, ~0u, CLOSE_RANGE_CLOEXEC))
        return -1;
    return keep;
}

static int set_limits(const struct spawn_plan *plan)
{
    struct rlimit files = {plan->files_most, plan->files_most};
    struct rlimit none = {0, 0};
    int code = setrlimit(RLIMIT_CORE, &none);
    struct rlimit now;
    /* Not above what the parent was given. */
    if (!code && !getrlimit(RLIMIT_NOFILE, &now) && now.rlim_max < files.rlim_max)
        files = (struct rlimit){now.rlim_max, now.rlim_max};
    if (!code)
        code = setrlimit(RLIMIT_NOFILE, &files);
#ifndef __SANITIZE_ADDRESS__
    /* The sanitizer's own tables are larger than any limit. */
    struct rlimit data = {plan->data_most, plan->data_most};
    if (!code && plan->data_most && !getrlimit(RLIMIT_DATA, &now)) {
        if (now.rlim_max < data.rlim_max)
            data = (struct rlimit){now.rlim_max, now.rlim_max};
        code = setrlimit(RLIMIT_DATA, &data);
    }
#endif
    return code;
}

static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Every step's failure ends in one place; returns the step that failed. */
static enum step become(const struct spawn_plan *plan, int *report)
{
    reset_signals();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        return STEP_DESCRIPTORS;
    int kept = spawn_lay_out(plan, *report);
    if (kept < 0)
        return STEP_DESCRIPTORS;
    *report = kept;
    if (set_limits(plan))
        return STEP_LIMITS;
    /* After every change of rights, which would undo it. */
    if (rights_restrict(plan->capabilities) || prctl(PR_SET_PDEATHSIG, plan->death_signal))
        return STEP_RIGHTS;
    execve(plan->path, plan->arguments, plan->environment);
    return STEP_EXECUTE;
}

static void run_child(const struct spawn_plan *plan, int report, pid_t parent)
{
    struct failure failure = {0};
    failure.step = (int)become(plan, &report);
    failure.number = errno;
    /* The parent may have died before the death signal was asked for. */
    if (getppid() == parent && write(report, &failure, sizeof failure) < 0)
        _exit(126);
    _exit(127);
}

static int read_report(int fd, struct failure *ret)
{
    ssize_t count = -1;
    do
        count = read(fd, ret, sizeof *ret);
    while (count < 0 && errno == EINTR);
    return count == (ssize_t)sizeof *ret;
}

int spawn_start(const struct spawn_plan *plan, pid_t *ret_pid, struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_IO, "cannot start %s: a pipe: %s", plan->path,
                         strerror(errno));
    CLEAN(clean_fd) int reading = ends[0];
    CLEAN(clean_fd) int writing = ends[1];
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return error_set(error, ERROR_IO, "cannot start %s: fork: %s", plan->path, strerror(errno));
    if (pid == 0)
        run_child(plan, writing, parent);
    close(writing);
    writing = -1;
    struct failure failure;
    if (read_report(reading, &failure)) {
        waitpid(pid, NULL, 0);
        return error_set(error, ERROR_IO, "cannot start %s: %s: %s", plan->path,
                         step_name(failure.step), strerror(failure.number));
    }
    *ret_pid = pid;
    return 0;
}

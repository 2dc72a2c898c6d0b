/* Runs a declared program: no shell, two words of environment, no descriptor, an end in time. */
#include "host/collector/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"

enum { ERRORS_MOST = 4096 };

/* A running program. */
struct program {
    pid_t pid;
    int pidfd; /* readable once it has ended */
    int out;
    int err;
    bool over; /* more output than is kept */
};

static int fill_actions(posix_spawn_file_actions_t *actions, int out, int err)
{
    int code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!code)
        code = posix_spawn_file_actions_adddup2(actions, out, 1);
    if (!code)
        code = posix_spawn_file_actions_adddup2(actions, err, 2);
    /* Also what the plugin opened without close-on-exec. */
    if (!code)
        code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (!code)
        code = posix_spawn_file_actions_addchdir_np(actions, "/");
    return code;
}

static int fill_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                        POSIX_SPAWN_SETSIGMASK);
    if (!code)
        code = posix_spawnattr_setpgroup(attributes, 0);
    if (!code)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    return code ? code : posix_spawnattr_setsigmask(attributes, &none);
}

/* 0 or an errno. */
static int spawn(const char *const *argv, int out, int err, pid_t *ret_pid)
{
    static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    code = fill_actions(&actions, out, err);
    if (!code)
        code = fill_attributes(&attributes);
    if (!code)
        code =
            posix_spawn(ret_pid, argv[0], &actions, &attributes, (char *const *)argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

static int status_of(int number)
{
    switch (number) {
    case 0:
        return CFD_OK;
    case ENOENT:
    case ENOTDIR:
        return CFD_ABSENT;
    case EACCES:
    case EPERM:
        return CFD_DENIED;
    default:
        return CFD_ERROR;
    }
}

static int begin(const char *const *argv, struct program *ret)
{
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC | O_NONBLOCK))
        return CFD_ERROR;
    if (pipe2(err, O_CLOEXEC | O_NONBLOCK)) {
        close(out[0]);
        close(out[1]);
        return CFD_ERROR;
    }
    /* The program's ends block, as it expects. */
    fcntl(out[1], F_SETFL, 0);
    fcntl(err[1], F_SETFL, 0);
    *ret = (struct program){.pidfd = -1, .out = out[0], .err = err[0]};
    int code = spawn(argv, out[1], err[1], &ret->pid);
    close(out[1]);
    close(err[1]);
    if (!code) {
        ret->pidfd = pidfd_open(ret->pid, 0);
        code = ret->pidfd < 0 ? errno : 0;
        if (code) {
            kill(-ret->pid, SIGKILL);
            waitpid(ret->pid, NULL, 0);
        }
    }
    if (code) {
        close(out[0]);
        close(err[0]);
    }
    return status_of(code);
}

/* Reads what is there. False at the end of file. */
static bool read_some(int fd, struct buffer *into, size_t most, bool *over)
{
    char chunk[16384];
    for (;;) {
        ssize_t count = read(fd, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN;
        if (count == 0)
            return false;
        size_t room = most - into->length;
        size_t kept = (size_t)count < room ? (size_t)count : room;
        *over = *over || (size_t)count > room;
        buffer_append(into, chunk, kept);
    }
}

/* Until the program ends; what a descendant of it still writes then is not waited for. */
static int watch(struct lender *lender, struct program *program, int64_t until_ms,
                 size_t output_limit)
{
    bool errors_over = false;
    struct pollfd polled[3] = {
        {.fd = program->pidfd, .events = POLLIN},
        {.fd = program->out, .events = POLLIN},
        {.fd = program->err, .events = POLLIN},
    };
    for (;;) {
        int64_t left_ms = until_ms - clock_now().boot_ms;
        if (left_ms <= 0)
            return CFD_LATE;
        int ready = lender->wait.wait(lender->wait.context, polled, 3, left_ms);
        if (ready < 0)
            return CFD_ERROR;
        bool ended = ready > 0 && polled[0].revents;
        if (polled[1].fd >= 0 &&
            !read_some(program->out, &lender->output, output_limit, &program->over))
            polled[1].fd = -1;
        if (polled[2].fd >= 0 &&
            !read_some(program->err, &lender->errors, ERRORS_MOST, &errors_over))
            polled[2].fd = -1;
        if (ended)
            return CFD_OK;
    }
}

static void finish(struct program *program, struct cfd_ran *ran)
{
    int state = 0;
    /* The leader is not reaped yet, so the group's number is still its own. */
    kill(-program->pid, SIGKILL);
    while (waitpid(program->pid, &state, 0) < 0 && errno == EINTR)
        continue;
    ran->exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    ran->signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    close(program->pidfd);
    close(program->out);
    close(program->err);
}

static int check_call(struct lender *lender, const char *const *argv, const struct cfd_ran *ran)
{
    if (lender->phase != LEND_COLLECT && lender->phase != LEND_SELFTEST)
        return lend_refuse(lender, "a program run outside of collect");
    if (!argv || !argv[0] || argv[0][0] != '/' || !ran ||
        ran->size < offsetof(struct cfd_ran, errors))
        return lend_refuse(lender, "a program without an absolute path, or an outcome without its "
                                   "size");
    if (!lend_is_declared(lender, CFD_RUN, argv[0]))
        return lend_refuse(lender, "program %s, which is not among its needs", argv[0]);
    return CFD_OK;
}

static int64_t end_of(const struct lender *lender, int64_t timeout_ms)
{
    int64_t now_ms = clock_now().boot_ms;
    int64_t until_ms = timeout_ms < INT64_MAX - now_ms ? now_ms + timeout_ms : INT64_MAX;
    return lender->until_ms && lender->until_ms < until_ms ? lender->until_ms : until_ms;
}

int lend_run_program(const struct cfd_host *host, const char *const *argv, int64_t timeout_ms,
                     size_t output_limit, struct cfd_ran *ret_ran)
{
    struct lender *lender = host->context;
    struct program program;
    struct cfd_ran ran = {0};
    int status = check_call(lender, argv, ret_ran);
    if (!status)
        status = begin(argv, &program);
    if (status)
        return status;
    buffer_reset(&lender->output);
    buffer_reset(&lender->errors);
    status = watch(lender, &program, end_of(lender, timeout_ms), output_limit);
    finish(&program, &ran);
    buffer_append(&lender->output, "", 0);
    buffer_append(&lender->errors, "", 0);
    if (status == CFD_ERROR || lender->output.failed || lender->errors.failed)
        return CFD_ERROR;
    ran.output = lender->output.data;
    ran.length = lender->output.length;
    ran.errors = lender->errors.data;
    ran.size = ret_ran->size;
    memcpy(ret_ran, &ran, ran.size < sizeof ran ? ran.size : sizeof ran);
    if (status == CFD_OK && program.over)
        return CFD_LIMIT;
    return status;
}

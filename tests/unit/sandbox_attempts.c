/* The attempts: one system call each. */
#include "sandbox_attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A folder with what the attempts reach for. */
char sandbox_folder[] = "/tmp/conformd-sandbox-XXXXXX";

const char *sandbox_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", sandbox_folder, name);
    return path;
}

static int opened(const char *name, int flags)
{
    int fd = open(sandbox_path(name), flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? errno : 0;
}

static int answer(long result)
{
    return result < 0 ? errno : 0;
}

static int read_declared(void)
{
    return opened("declared", O_RDONLY);
}
int attempt_read_other(void)
{
    return opened("other", O_RDONLY);
}
int attempt_read_rotated(void)
{
    return opened("logs/auth.log.1", O_RDONLY);
}
int attempt_write_file(void)
{
    return opened("declared", O_WRONLY);
}
int attempt_make_file(void)
{
    return opened("new", O_WRONLY | O_CREAT);
}
static int cut_open(void)
{
    return opened("declared", O_RDONLY | O_TRUNC);
}
static int cut(void)
{
    return answer(truncate(sandbox_path("declared"), 0));
}
static int cut_fd(void)
{
    /* Where it is let through, the descriptor is what is wrong. */
    return answer(ftruncate(-1, 0) && errno != EBADF ? -1 : 0);
}
static int change_mode(void)
{
    return answer(chmod(sandbox_path("declared"), 0644));
}
static int change_owner(void)
{
    return answer(chown(sandbox_path("declared"), getuid(), getgid()));
}
static int set_attribute(void)
{
    return answer(setxattr(sandbox_path("declared"), "user.x", "1", 1, 0));
}
static int take_away(void)
{
    return answer(unlink(sandbox_path("away")));
}
int attempt_signal_other(void)
{
    return answer(kill(getppid(), 0));
}
int attempt_signal_all(void)
{
    return answer(kill(-1, 0));
}
int attempt_signal_own_group(void)
{
    return answer(kill(-getpgrp(), 0));
}
int attempt_signal_self(void)
{
    return answer(syscall(SYS_tgkill, getpid(), gettid(), 0)) ? errno : answer(kill(getpid(), 0));
}
static int own_signals(void)
{
    return answer(fcntl(STDERR_FILENO, F_SETOWN, getppid()));
}
static int trace(void)
{
    return answer(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}
int attempt_fork_it(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return answer(pid);
}
static int run_it(void)
{
    /* Of what is no program, so that what comes after the sandbox fails in another way. */
    execve(sandbox_path("declared"), (char *[]){(char *)"x", NULL}, (char *[]){NULL});
    return errno == EACCES ? 0 : errno;
}
static int run_true(void)
{
    pid_t pid = vfork();
    int status = 0;
    if (pid == 0) {
        execve("/bin/true", (char *[]){(char *)"true", NULL}, (char *[]){NULL});
        _exit(1);
    }
    return pid < 0 ? errno : waitpid(pid, &status, 0) == pid && status == 0 ? 0 : EIO;
}
static int connect_out(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return answer(fd);
}
static int connect_here(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return answer(fd);
}
static int map_both(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}
static int make_run(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return answer(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}
static int open_newer(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};
    return answer(syscall(SYS_openat2, AT_FDCWD, sandbox_path("declared"), how, sizeof how));
}
static int clone_newer(void)
{
    uint64_t arguments[8] = {0};
    return answer(syscall(SYS_clone3, arguments, sizeof arguments));
}
static int new_namespace(void)
{
    return answer(syscall(SYS_unshare, 0));
}
static int ring(void)
{
    struct io_uring_params params = {0};
    return answer(syscall(SYS_io_uring_setup, 1, &params));
}
static int raise_limit(void)
{
    struct rlimit limit = {0, 0};
    return answer(prlimit(0, RLIMIT_CORE, &limit, NULL));
}
static int seal(void)
{
    return answer(memfd_create("x", MFD_CLOEXEC));
}
static int watch_files(void)
{
    return answer(inotify_init1(IN_CLOEXEC));
}

const struct attempt attempts[] = {
    {"read what is declared", read_declared, EACCES, ENGINE | READER | COLLECTORS | PARENT, true},
    {"read what is not declared", attempt_read_other, EACCES, PARENT, true},
    {"read what a log was rotated to", attempt_read_rotated, EACCES, COLLECTORS | PARENT, true},
    {"open for writing", attempt_write_file, EPERM, ENGINE | READER | PARENT, false},
    {"make a file", attempt_make_file, EPERM, ENGINE | READER | PARENT, false},
    {"O_TRUNC", cut_open, EPERM, PARENT, false},
    {"truncate", cut, EPERM, 0, false},
    {"ftruncate", cut_fd, EPERM, ENGINE | PARENT, false},
    {"chmod", change_mode, EPERM, PARENT, false},
    {"chown", change_owner, EPERM, PARENT, false},
    {"setxattr", set_attribute, EPERM, 0, false},
    {"unlink", take_away, EPERM, ENGINE | PARENT, false},
    {"signal another", attempt_signal_other, EPERM, PARENT, false},
    {"signal all", attempt_signal_all, EPERM, 0, false},
    {"signal itself", attempt_signal_self, EPERM, CHILDREN | PARENT, false},
    {"F_SETOWN", own_signals, EPERM, PARENT, false},
    {"ptrace", trace, EPERM, 0, false},
    {"fork", attempt_fork_it, EPERM, RUNS | PARENT, false},
    {"execve", run_it, EPERM, RUNS | PARENT, false},
    {"run a program", run_true, EPERM, RUNS | PARENT, false},
    {"a socket of the network", connect_out, EPERM, COURIER | CONNECTS | PARENT, false},
    {"a socket of this host", connect_here, EPERM, COURIER | CONNECTS | PARENT, false},
    {"map W+X", map_both, EPERM, 0, false},
    {"mprotect X", make_run, EPERM, 0, false},
    {"openat2", open_newer, ENOSYS, 0, false},
    {"clone3", clone_newer, ENOSYS, 0, false},
    {"unshare", new_namespace, EPERM, 0, false},
    {"io_uring", ring, EPERM, 0, false},
    {"set a limit", raise_limit, EPERM, RUNS | PARENT, false},
    {"memfd_create", seal, EPERM, ENGINE | READER | FRONT | COURIER | PARENT, false},
    {"inotify", watch_files, EPERM, COLLECTORS | PARENT, false},
    {0},
};

/* What a program that was taken over might try, as system calls: a plugin makes them itself, the
 * injector lets a running program make them. */
#ifndef SANDBOX_ATTEMPTS_H
#define SANDBOX_ATTEMPTS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { ATTEMPT_ARGUMENTS = 6, SIGCHLD_FLAG = SIGCHLD, ATTACH = 16 };

/* Stand-ins among the arguments. */
#define ARG_PATH   0x70617468L /* the attempt's path */
#define ARG_PARENT 0x70706964L /* the process that started this one */
#define ARG_SPACE  0x73706163L /* some writable memory, zeroed */

/* A path that begins with this lies in the folder of the test. */
#define SCRATCH "scratch:"

struct attempt {
    const char *name;
    long number;
    const char *path;
    long arguments[ATTEMPT_ARGUMENTS];
    int wanted; /* errno */
};

static const struct attempt attempts[] = {
    {"read_shadow", SYS_openat, "/etc/shadow", {AT_FDCWD, ARG_PATH, O_RDONLY}, EACCES},
    {"read_passwd", SYS_openat, "/etc/passwd", {AT_FDCWD, ARG_PATH, O_RDONLY}, EACCES},
    {"read_other", SYS_openat, SCRATCH "file", {AT_FDCWD, ARG_PATH, O_RDONLY}, EACCES},
    {"write", SYS_openat, SCRATCH "file", {AT_FDCWD, ARG_PATH, O_WRONLY}, EPERM},
    {"create", SYS_openat, SCRATCH "new", {AT_FDCWD, ARG_PATH, O_WRONLY | O_CREAT, 0600}, EPERM},
    {"open_truncate", SYS_openat, SCRATCH "file", {AT_FDCWD, ARG_PATH, O_RDONLY | O_TRUNC}, EPERM},
    {"truncate", SYS_truncate, SCRATCH "file", {ARG_PATH, 0}, EPERM},
    {"ftruncate", SYS_ftruncate, "", {-1, 0}, EPERM},
    {"unlink", SYS_unlinkat, SCRATCH "file", {AT_FDCWD, ARG_PATH, 0}, EPERM},
    {"rename", SYS_renameat, SCRATCH "file", {AT_FDCWD, ARG_PATH, AT_FDCWD, ARG_PATH}, EPERM},
    {"mkdir", SYS_mkdirat, SCRATCH "new", {AT_FDCWD, ARG_PATH, 0700}, EPERM},
    {"chmod", SYS_fchmodat, SCRATCH "file", {AT_FDCWD, ARG_PATH, 0666}, EPERM},
    {"chown", SYS_fchownat, SCRATCH "file", {AT_FDCWD, ARG_PATH, -1, -1, 0}, EPERM},
    {"setxattr", SYS_setxattr, SCRATCH "file", {ARG_PATH, ARG_PATH, ARG_PATH, 1, 0}, EPERM},
    {"kill", SYS_kill, "", {ARG_PARENT, 0}, EPERM},
    {"tgkill", SYS_tgkill, "", {ARG_PARENT, ARG_PARENT, 0}, EPERM},
    {"signal_by_owner", SYS_fcntl, "", {2, F_SETOWN, ARG_PARENT}, EPERM},
    {"ptrace", SYS_ptrace, "", {ATTACH, ARG_PARENT, 0, 0}, EPERM},
    {"read_memory", SYS_process_vm_readv, "", {ARG_PARENT, ARG_SPACE, 1, ARG_SPACE, 1, 0}, EPERM},
    {"fork", SYS_clone, "", {SIGCHLD_FLAG, 0, 0, 0, 0}, EPERM},
    {"clone3", SYS_clone3, "", {ARG_SPACE, 64}, ENOSYS},
    {"exec", SYS_execve, "/bin/true", {ARG_PATH, 0, 0}, EPERM},
    {"socket", SYS_socket, "", {AF_INET, SOCK_STREAM, 0}, EPERM},
    {"socket_unix", SYS_socket, "", {AF_UNIX, SOCK_STREAM, 0}, EPERM},
    {"connect", SYS_connect, "", {0, ARG_SPACE, 16}, EPERM},
    {"bind", SYS_bind, "", {0, ARG_SPACE, 16}, EPERM},
    {"map_write_exec", SYS_mmap, "", {0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}, EPERM},
    {"protect_exec", SYS_mprotect, "", {ARG_SPACE, 4096, PROT_READ | PROT_EXEC}, EPERM},
    {"openat2", SYS_openat2, "/etc/passwd", {AT_FDCWD, ARG_PATH, ARG_SPACE, 24}, ENOSYS},
    {"unshare", SYS_unshare, "", {0}, EPERM},
    {"mount", SYS_mount, "/tmp", {ARG_PATH, ARG_PATH, ARG_PATH, 0, 0}, EPERM},
    {"io_uring", SYS_io_uring_setup, "", {1, ARG_SPACE}, EPERM},
    {"bpf", SYS_bpf, "", {0, ARG_SPACE, 64}, EPERM},
    {"keyctl", SYS_keyctl, "", {0, -3, 0}, EPERM},
    {"limit", SYS_prlimit64, "", {0, 4, ARG_SPACE, 0}, EPERM},
};
enum { ATTEMPT_COUNT = sizeof attempts / sizeof *attempts };

#endif

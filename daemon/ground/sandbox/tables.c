/* The tables of system calls: what each power lets through, and what the parent refuses to all.
 * What stands in no row is answered with EPERM. */
#include "ground/sandbox/sandbox_inner.h"

const struct row sandbox_allowed[] = {
    /* Descriptors that it has, memory, clocks, waiting, itself. */
    {POWER_ANY, CHECK_NONE,
     "read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range dup dup2 "
     "dup3 fstat pipe pipe2 socketpair sendfile"},
    {POWER_ANY, CHECK_NONE,
     "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait "
     "epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime"},
    {POWER_ANY, CHECK_NONE,
     "recvmsg sendmsg recvfrom sendto recvmmsg sendmmsg getsockopt setsockopt getsockname "
     "getpeername shutdown"},
    {POWER_ANY, CHECK_NONE,
     "munmap mremap brk madvise futex sched_yield sched_getaffinity membarrier set_robust_list "
     "get_robust_list rseq set_tid_address arch_prctl getcpu"},
    {POWER_ANY, CHECK_NONE,
     "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait "
     "sigaltstack restart_syscall pause alarm setitimer getitimer"},
    {POWER_ANY, CHECK_NONE,
     "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times"},
    {POWER_ANY, CHECK_NONE,
     "getpid gettid getppid getpgrp getpgid getsid getuid geteuid getgid getegid getresuid "
     "getresgid getgroups getrusage getrlimit getrandom uname sysinfo capget exit exit_group"},
    {POWER_ANY, CHECK_MAP, "mmap"},
    {POWER_ANY, CHECK_PROTECT, "mprotect"},
    {POWER_ANY, CHECK_FCNTL, "fcntl"},
    {POWER_ANY, CHECK_IOCTL, "ioctl"},
    {POWER_ANY, CHECK_PRCTL, "prctl"},
    {POWER_ANY, CHECK_LIMIT_ASK, "prlimit64"},
    /* abort() and raise(). */
    {POWER_ANY, CHECK_SELF, "kill tkill tgkill"},

    {POWER_READ, CHECK_OPEN_READ, "open"},
    {POWER_READ, CHECK_OPENAT_READ, "openat"},
    {POWER_READ, CHECK_NONE,
     "stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents "
     "getdents64 statfs fstatfs getcwd fadvise64 readahead getxattr lgetxattr fgetxattr"},
    {POWER_WATCH, CHECK_NONE,
     "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch flock"},

    {POWER_STORE, CHECK_OPEN_STORE, "open"},
    {POWER_STORE, CHECK_OPENAT_STORE, "openat"},
    {POWER_STORE, CHECK_NONE, "fsync fdatasync fallocate msync umask"},
    {POWER_REMOVE, CHECK_NONE, "ftruncate unlink unlinkat"},
    {POWER_SEAL, CHECK_NONE, "memfd_create"},
    /* No program has CAP_SYS_TIME, without which they only tell. */
    {POWER_CLOCK, CHECK_NONE, "adjtimex clock_adjtime"},

    {POWER_ACCEPT | POWER_SERVE, CHECK_NONE, "accept accept4"},
    {POWER_CONNECT | POWER_SERVE, CHECK_SOCKET_INET, "socket"},
    {POWER_CONNECT | POWER_SERVE | POWER_LOCAL, CHECK_SOCKET_UNIX, "socket"},
    {POWER_CONNECT, CHECK_SOCKET_ROUTE, "socket"},
    {POWER_NETLINK, CHECK_SOCKET_NETLINK, "socket"},
    {POWER_CONNECT | POWER_LOCAL | POWER_NETLINK, CHECK_NONE, "connect"},
    {POWER_SERVE | POWER_NETLINK, CHECK_NONE, "bind"},
    {POWER_SERVE, CHECK_NONE, "listen"},
    {POWER_THREAD, CHECK_THREAD, "clone"},

    {POWER_RUN, CHECK_FORK, "clone"},
    {POWER_OUTPUT, CHECK_OPEN_WRITE, "open"},
    {POWER_OUTPUT, CHECK_OPENAT_WRITE, "openat"},
    {POWER_RUN, CHECK_LIMIT_OWN, "prlimit64"},
    {POWER_RUN, CHECK_GROUP, "kill"},
    {POWER_RUN, CHECK_NONE,
     "fork vfork execve wait4 waitid pidfd_open setpgid setsid chdir fchdir umask setrlimit flock "
     "fsync fdatasync copy_file_range splice tee"},
    /* Without a capability these gain nothing, and programs die where they are refused. */
    {POWER_RUN, CHECK_NONE,
     "setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset"},
    {POWER_RUN, CHECK_NONE,
     "timer_create timer_settime timer_gettime timer_delete timer_getoverrun getpriority "
     "sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min mincore"},
    {POWER_SIGNAL, CHECK_NONE, "kill tkill tgkill"},

    {POWER_DEBUG, CHECK_NONE, "clone wait4 ptrace prctl process_vm_readv"},
    {0, CHECK_NONE, NULL},
};

const struct refusal sandbox_refused[] = {
    {REFUSED_ALWAYS, "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd"},
    {REFUSED_ALWAYS, "io_uring_setup io_uring_enter io_uring_register bpf userfaultfd "
                     "perf_event_open keyctl add_key request_key fanotify_init"},
    {REFUSED_ALWAYS, "unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen "
                     "fsconfig fsmount fspick mount_setattr swapon swapoff quotactl"},
    {REFUSED_ALWAYS,
     "init_module finit_module delete_module kexec_load kexec_file_load reboot acct "
     "iopl ioperm modify_ldt syslog settimeofday clock_settime "
     "sethostname setdomainname vhangup personality"},
    {REFUSED_ALWAYS, "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr mknod "
                     "mknodat open_by_handle_at truncate move_pages migrate_pages "
                     "rt_sigqueueinfo rt_tgsigqueueinfo pkey_mprotect"},
    {REFUSED_ABSENT, "clone3 openat2 execveat memfd_secret"},
    {REFUSED_MAP, "mmap"},
    {REFUSED_PROTECT, "mprotect"},
    {REFUSED_NAMESPACE, "clone"},
    {REFUSED_KILL, "kill"},
    {REFUSED_ALWAYS, NULL},
};

unsigned sandbox_powers(const struct sandbox_plan *plan)
{
    static const struct {
        const char *kind;
        unsigned powers;
    } of_need[] = {
        {"run", POWER_RUN},      {"connect", POWER_CONNECT | POWER_LOCAL},
        {"listen", POWER_SERVE}, {"netlink", POWER_NETLINK},
        {"dbus", POWER_LOCAL},
    };
    unsigned powers = role_find(plan->role)->powers;
    for (size_t i = 0; i < sizeof of_need / sizeof *of_need; i++)
        if (sandbox_has_need(plan->needs, of_need[i].kind))
            powers |= of_need[i].powers;
    if (powers && SANDBOX_SANITIZED)
        powers |= POWER_DEBUG | POWER_READ;
    /* Counters are written at the end of the process. */
    if (powers && SANDBOX_COVERAGE)
        powers |= POWER_READ | POWER_STORE | POWER_REMOVE;
    return powers;
}

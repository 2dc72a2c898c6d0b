/* Makes filters of the tables and loads them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/sandbox/sandbox_inner.h"

enum { NAME_SIZE = 64, NEGATIVE = 1u << 31, GET_SET = 7 };

#define WHOLE UINT32_MAX
#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)

/* One way for a call to pass: `argument` under `mask` is `value`. The arguments are ints; what
 * stands above their 32 bits is nobody's. */
static const struct pass {
    enum check check;
    unsigned argument;
    uint32_t mask;
    uint32_t value;
} passes[] = {
    {CHECK_OPEN_READ, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {CHECK_OPENAT_READ, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {CHECK_OPEN_STORE, 1, O_TRUNC, 0},
    {CHECK_OPENAT_STORE, 2, O_TRUNC, 0},
    {CHECK_OPEN_WRITE, 1, O_ACCMODE, O_WRONLY},
    {CHECK_OPEN_WRITE, 1, O_ACCMODE, O_RDWR},
    {CHECK_OPENAT_WRITE, 2, O_ACCMODE, O_WRONLY},
    {CHECK_OPENAT_WRITE, 2, O_ACCMODE, O_RDWR},
    {CHECK_MAP, 2, PROT_EXEC, 0},
    {CHECK_MAP, 2, PROT_EXEC | PROT_WRITE, PROT_EXEC},
    {CHECK_PROTECT, 2, PROT_EXEC, 0},
    {CHECK_FCNTL, 1, WHOLE & ~(uint32_t)GET_SET, 0}, /* F_DUPFD to F_SETLKW */
    {CHECK_FCNTL, 1, WHOLE, F_DUPFD_CLOEXEC},
    {CHECK_FCNTL, 1, WHOLE, F_OFD_GETLK},
    {CHECK_FCNTL, 1, WHOLE, F_OFD_SETLK},
    {CHECK_FCNTL, 1, WHOLE, F_OFD_SETLKW},
    {CHECK_FCNTL, 1, WHOLE, F_GETPIPE_SZ},
    {CHECK_FCNTL, 1, WHOLE, F_SETPIPE_SZ},
    {CHECK_FCNTL, 1, WHOLE, F_ADD_SEALS},
    {CHECK_FCNTL, 1, WHOLE, F_GET_SEALS},
    {CHECK_IOCTL, 1, WHOLE, FIONREAD},
    {CHECK_IOCTL, 1, WHOLE, FIONBIO},
    {CHECK_IOCTL, 1, WHOLE, FIOCLEX},
    {CHECK_IOCTL, 1, WHOLE, FIONCLEX},
    {CHECK_IOCTL, 1, WHOLE, TCGETS},
    {CHECK_IOCTL, 1, WHOLE, TIOCGWINSZ},
    {CHECK_PRCTL, 0, WHOLE, PR_SET_NAME},
    {CHECK_PRCTL, 0, WHOLE, PR_GET_NAME},
    {CHECK_PRCTL, 0, WHOLE, PR_GET_DUMPABLE},
    {CHECK_PRCTL, 0, WHOLE, PR_GET_NO_NEW_PRIVS},
    {CHECK_PRCTL, 0, WHOLE, PR_SET_NO_NEW_PRIVS},
    {CHECK_PRCTL, 0, WHOLE, PR_GET_SECCOMP},
    {CHECK_PRCTL, 0, WHOLE, PR_CAPBSET_READ},
    {CHECK_PRCTL, 0, WHOLE, PR_SET_PDEATHSIG},
    {CHECK_LIMIT_ASK, 2, WHOLE, 0},
    {CHECK_LIMIT_OWN, 0, WHOLE, 0},
    {CHECK_GROUP, 0, NEGATIVE, NEGATIVE},
    {CHECK_THREAD, 0, CLONE_THREAD, CLONE_THREAD},
    {CHECK_FORK, 0, NAMESPACES, 0},
    {CHECK_SOCKET_UNIX, 0, WHOLE, AF_UNIX},
    {CHECK_SOCKET_INET, 0, WHOLE, AF_INET},
    {CHECK_SOCKET_INET, 0, WHOLE, AF_INET6},
    {CHECK_SOCKET_NETLINK, 0, WHOLE, AF_NETLINK},
};

static void clean_filter(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

static struct scmp_arg_cmp compare(unsigned argument, uint32_t mask, uint32_t value)
{
    return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, mask, value};
}

static int add(scmp_filter_ctx filter, uint32_t action, int call, const struct scmp_arg_cmp *first)
{
    int code = seccomp_rule_add_array(filter, action, call, first ? 1 : 0, first);
    return code == -EEXIST ? 0 : code;
}

static int allow_checked(scmp_filter_ctx filter, int call, enum check check)
{
    if (check == CHECK_SELF) {
        struct scmp_arg_cmp own = compare(0, WHOLE, (uint32_t)getpid());
        return add(filter, SCMP_ACT_ALLOW, call, &own);
    }
    if (check == CHECK_SOCKET_ROUTE) {
        struct scmp_arg_cmp route[] = {compare(0, WHOLE, AF_NETLINK),
                                       compare(2, WHOLE, NETLINK_ROUTE)};
        return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 2, route);
    }
    int code = 0;
    for (size_t i = 0; !code && i < sizeof passes / sizeof *passes; i++) {
        struct scmp_arg_cmp one = compare(passes[i].argument, passes[i].mask, passes[i].value);
        /* The low 32 bits of a pointer say nothing of whether it is NULL. */
        if (check == CHECK_LIMIT_ASK)
            one.datum_a = UINT64_MAX;
        if (passes[i].check == check)
            code = add(filter, SCMP_ACT_ALLOW, call, &one);
    }
    return code;
}

/* The next name of a list, as this architecture numbers it; false at the end. */
static bool next_call(const char **at, int *ret)
{
    char name[NAME_SIZE];
    *at += strspn(*at, " ");
    size_t length = strcspn(*at, " ");
    if (!length || length >= sizeof name)
        return false;
    memcpy(name, *at, length);
    name[length] = '\0';
    *at += length;
    *ret = seccomp_syscall_resolve_name(name);
    return true;
}

static int allow_row(scmp_filter_ctx filter, const struct row *row)
{
    int code = 0, call;
    for (const char *at = row->calls; !code && next_call(&at, &call);) {
        if (call == __NR_SCMP_ERROR)
            continue;
        code = row->check == CHECK_NONE ? add(filter, SCMP_ACT_ALLOW, call, NULL)
                                        : allow_checked(filter, call, row->check);
    }
    return code;
}

/* Each namespace alone: a rule asks for all bits of its mask. */
static int refuse_namespaces(scmp_filter_ctx filter, int call)
{
    static const uint32_t bits[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                    CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
    int code = 0;
    for (size_t i = 0; !code && i < sizeof bits / sizeof *bits; i++) {
        struct scmp_arg_cmp bit = compare(0, bits[i], bits[i]);
        code = add(filter, SCMP_ACT_ERRNO(EPERM), call, &bit);
    }
    return code;
}

static int refuse_kill(scmp_filter_ctx filter, int call)
{
    struct scmp_arg_cmp all = compare(0, WHOLE, UINT32_MAX);
    struct scmp_arg_cmp group = compare(0, WHOLE, (uint32_t)-getpgrp());
    struct scmp_arg_cmp own = compare(0, WHOLE, 0);
    int code = add(filter, SCMP_ACT_ERRNO(EPERM), call, &all);
    code = code ? code : add(filter, SCMP_ACT_ERRNO(EPERM), call, &group);
    return code ? code : add(filter, SCMP_ACT_ERRNO(EPERM), call, &own);
}

static int refuse_call(scmp_filter_ctx filter, int call, enum refused refused)
{
    struct scmp_arg_cmp both = compare(2, PROT_EXEC | PROT_WRITE, PROT_EXEC | PROT_WRITE);
    struct scmp_arg_cmp run = compare(2, PROT_EXEC, PROT_EXEC);
    switch (refused) {
    case REFUSED_ALWAYS:
        return add(filter, SCMP_ACT_ERRNO(EPERM), call, NULL);
    case REFUSED_ABSENT:
        return add(filter, SCMP_ACT_ERRNO(ENOSYS), call, NULL);
    case REFUSED_MAP:
        return add(filter, SCMP_ACT_ERRNO(EPERM), call, &both);
    case REFUSED_PROTECT:
        return add(filter, SCMP_ACT_ERRNO(EPERM), call, &run);
    case REFUSED_NAMESPACE:
        return refuse_namespaces(filter, call);
    case REFUSED_KILL:
        return refuse_kill(filter, call);
    }
    return 0;
}

/* Those of one kind, or all. */
static int refuse_rows(scmp_filter_ctx filter, int only)
{
    int code = 0, call;
    for (const struct refusal *row = sandbox_refused; !code && row->calls; row++) {
        if (only >= 0 && (int)row->refused != only)
            continue;
        for (const char *at = row->calls; !code && next_call(&at, &call);) {
            bool traced = SANDBOX_SANITIZED && call == SCMP_SYS(ptrace);
            if (call != __NR_SCMP_ERROR && !traced)
                code = refuse_call(filter, call, row->refused);
        }
    }
    return code;
}

static int load(scmp_filter_ctx filter, int code, struct error *error)
{
    /* A tree instead of a list; without it the filter is the same. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    /* The kernel's own errno. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    if (!code)
        code = seccomp_load(filter);
    /* Built without it, or forbidden by an older filter that knows no seccomp(). */
    if (code == -EINVAL || code == -ENOSYS)
        return 1;
    if (code)
        return error_set(error, ERROR_IO, "the table of system calls is refused: %s",
                         strerror(-code));
    return 0;
}

static int load_refusals(int only, struct error *error)
{
    CLEAN(clean_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return error_set(error, ERROR_MEMORY, "no memory left for the table of system calls");
    return load(filter, refuse_rows(filter, only), error);
}

int sandbox_seccomp_restrict(unsigned powers, struct error *error)
{
    CLEAN(clean_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return error_set(error, ERROR_MEMORY, "no memory left for the table of system calls");
    int code = 0;
    /* A filter of its own, for a call has one answer in each; first, for this one is the last. */
    if ((powers & POWER_RUN) && !(powers & POWER_SIGNAL))
        code = load_refusals(REFUSED_KILL, error);
    if (code)
        return code;
    for (const struct row *row = sandbox_allowed; !code && row->calls; row++)
        if (row->powers & powers)
            code = allow_row(filter, row);
    if (!code)
        code = refuse_rows(filter, REFUSED_ABSENT);
    return load(filter, code, error);
}

int sandbox_seccomp_refuse(struct error *error)
{
    return load_refusals(-1, error);
}

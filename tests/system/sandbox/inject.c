/* Lets a running program make the attempts of attempts.h, by ptrace, and prints how each was
 * answered: inject PID SCRATCH. The program goes on as it was. x86-64 alone. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attempts.h"

enum { SKIPPED = 77, TRIES = 200, RED_ZONE = 128, ROOM = 16384, PAGE = 4096, WAIT_NS = 5000000 };

#ifdef __x86_64__

static pid_t target;
static pid_t parent;
static const char *scratch;

static void fail(const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void stop(void)
{
    int status = 0;
    if (ptrace(PTRACE_SEIZE, target, NULL, NULL) || ptrace(PTRACE_INTERRUPT, target, NULL, NULL) ||
        waitpid(target, &status, __WALL) != target || !WIFSTOPPED(status))
        fail("it cannot be stopped");
}

/* Stopped in a system call, so that the instruction in front of it makes one. */
static int stop_in_call(struct user_regs_struct *ret)
{
    for (int i = 0; i < TRIES; i++) {
        stop();
        if (ptrace(PTRACE_GETREGS, target, NULL, ret))
            fail("its registers");
        long word = ptrace(PTRACE_PEEKTEXT, target, (void *)(ret->rip - 2), NULL);
        if ((word & 0xffff) == 0x050f)
            return 1;
        ptrace(PTRACE_DETACH, target, NULL, NULL);
        nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    }
    return 0;
}

static void put(unsigned long at, const void *bytes, size_t length)
{
    struct iovec here = {(void *)(uintptr_t)bytes, length};
    struct iovec there = {(void *)at, length};
    if (process_vm_writev(target, &here, 1, &there, 1, 0) != (ssize_t)length)
        fail("its memory");
}

static unsigned long long argument_of(long argument, unsigned long path, unsigned long space)
{
    return (unsigned long long)(argument == ARG_PATH     ? (long)path
                                : argument == ARG_PARENT ? (long)parent
                                : argument == ARG_SPACE  ? (long)space
                                                         : argument);
}

static long long make_call(const struct user_regs_struct *before, const struct attempt *attempt)
{
    char path[PAGE] = "";
    static const char zero[PAGE];
    unsigned long room = (before->rsp - RED_ZONE - ROOM) & ~(unsigned long)(PAGE - 1);
    struct user_regs_struct regs = *before;
    int status = 0;
    if (strncmp(attempt->path, SCRATCH, strlen(SCRATCH)) == 0)
        snprintf(path, sizeof path, "%s/%s", scratch, attempt->path + strlen(SCRATCH));
    else
        snprintf(path, sizeof path, "%s", attempt->path);
    put(room, path, sizeof path);
    put(room + PAGE, zero, sizeof zero);
    regs.rip -= 2;
    regs.orig_rax = (unsigned long long)-1;
    regs.rax = (unsigned long long)attempt->number;
    unsigned long long *const into[] = {&regs.rdi, &regs.rsi, &regs.rdx,
                                        &regs.r10, &regs.r8,  &regs.r9};
    for (int i = 0; i < ATTEMPT_ARGUMENTS; i++)
        *into[i] = argument_of(attempt->arguments[i], room, room + PAGE);
    unsigned long long at = regs.rip;
    if (ptrace(PTRACE_SETREGS, target, NULL, &regs))
        fail("its registers");
    /* A stop that was asked for before may come first; then nothing was called yet. */
    while (regs.rip == at)
        if (ptrace(PTRACE_SINGLESTEP, target, NULL, NULL) ||
            waitpid(target, &status, __WALL) != target || !WIFSTOPPED(status) ||
            ptrace(PTRACE_GETREGS, target, NULL, &regs))
            fail("a call of it");
    return (long long)regs.rax;
}

static int try_one(const struct attempt *attempt)
{
    struct user_regs_struct before;
    if (!stop_in_call(&before))
        fail("it is never in a system call");
    long long result = make_call(&before, attempt);
    if (ptrace(PTRACE_SETREGS, target, NULL, &before) || ptrace(PTRACE_DETACH, target, NULL, NULL))
        fail("it cannot go on");
    /* A copy of it must not go on. */
    if (attempt->number == SYS_clone && result > 0)
        kill((pid_t)result, SIGKILL);
    return result < 0 ? (int)-result : 0;
}

static pid_t parent_of(pid_t pid)
{
    char path[64], line[256];
    int found = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        if (strncmp(line, "PPid:", 5) == 0)
            found = (int)strtol(line + 5, NULL, 10);
    if (file)
        fclose(file);
    return found;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    target = (pid_t)strtol(argv[1], NULL, 10);
    scratch = argv[2];
    parent = parent_of(target);
    if (target <= 0 || parent <= 0)
        return 2;
    for (int i = 0; i < ATTEMPT_COUNT; i++) {
        int got = try_one(&attempts[i]);
        printf("%s %d %d %s\n", attempts[i].name, attempts[i].wanted, got, strerror(got));
        fflush(stdout);
    }
    return 0;
}

#else
int main(void)
{
    return SKIPPED;
}
#endif

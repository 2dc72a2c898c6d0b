/* The sandbox of each role, entered in a process of its own that then tries what it may not. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
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

#include <cmocka.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/inner.h"

/* A folder with what the attempts reach for. */
static char folder[] = "/tmp/conformd-sandbox-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int opened(const char *name, int flags)
{
    int fd = open(in_folder(name), flags | O_CLOEXEC, 0600);
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
static int read_other(void)
{
    return opened("other", O_RDONLY);
}
static int read_rotated(void)
{
    return opened("logs/auth.log.1", O_RDONLY);
}
static int write_file(void)
{
    return opened("declared", O_WRONLY);
}
static int make_file(void)
{
    return opened("new", O_WRONLY | O_CREAT);
}
static int cut_open(void)
{
    return opened("declared", O_RDONLY | O_TRUNC);
}
static int cut(void)
{
    return answer(truncate(in_folder("declared"), 0));
}
static int cut_fd(void)
{
    /* Where it is let through, the descriptor is what is wrong. */
    return answer(ftruncate(-1, 0) && errno != EBADF ? -1 : 0);
}
static int change_mode(void)
{
    return answer(chmod(in_folder("declared"), 0644));
}
static int change_owner(void)
{
    return answer(chown(in_folder("declared"), getuid(), getgid()));
}
static int set_attribute(void)
{
    return answer(setxattr(in_folder("declared"), "user.x", "1", 1, 0));
}
static int take_away(void)
{
    return answer(unlink(in_folder("away")));
}
static int signal_other(void)
{
    return answer(kill(getppid(), 0));
}
static int signal_all(void)
{
    return answer(kill(-1, 0));
}
static int signal_own_group(void)
{
    return answer(kill(-getpgrp(), 0));
}
static int signal_self(void)
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
static int fork_it(void)
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
    execve(in_folder("declared"), (char *[]){(char *)"x", NULL}, (char *[]){NULL});
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
    return answer(syscall(SYS_openat2, AT_FDCWD, in_folder("declared"), how, sizeof how));
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

/* Which roles and needs may; the rest is answered with `refused`. */
enum {
    ENGINE = 1,
    READER = 2,
    FRONT = 4,
    COURIER = 8,
    PLAIN = 16, /* a collector that reads */
    RUNS = 32,
    CONNECTS = 64,
    PARENT = 128,
    COLLECTORS = PLAIN | RUNS | CONNECTS,
    CHILDREN = ENGINE | READER | FRONT | COURIER | COLLECTORS,
};

static const struct attempt {
    const char *name;
    int (*attempt)(void);
    int refused;
    unsigned may;
    bool by_landlock; /* without it nothing is refused */
} attempts[] = {
    {"read what is declared", read_declared, EACCES, ENGINE | READER | COLLECTORS | PARENT, true},
    {"read what is not declared", read_other, EACCES, PARENT, true},
    {"read what a log was rotated to", read_rotated, EACCES, COLLECTORS | PARENT, true},
    {"open for writing", write_file, EPERM, ENGINE | READER | PARENT, false},
    {"make a file", make_file, EPERM, ENGINE | READER | PARENT, false},
    {"O_TRUNC", cut_open, EPERM, PARENT, false},
    {"truncate", cut, EPERM, 0, false},
    {"ftruncate", cut_fd, EPERM, ENGINE | PARENT, false},
    {"chmod", change_mode, EPERM, PARENT, false},
    {"chown", change_owner, EPERM, PARENT, false},
    {"setxattr", set_attribute, EPERM, 0, false},
    {"unlink", take_away, EPERM, ENGINE | PARENT, false},
    {"signal another", signal_other, EPERM, PARENT, false},
    {"signal all", signal_all, EPERM, 0, false},
    {"signal itself", signal_self, EPERM, CHILDREN | PARENT, false},
    {"F_SETOWN", own_signals, EPERM, PARENT, false},
    {"ptrace", trace, EPERM, 0, false},
    {"fork", fork_it, EPERM, RUNS | PARENT, false},
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
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static json_t *make_needs(unsigned who)
{
    json_t *needs =
        json_pack("[{s:s, s:s}, {s:s, s:s+, s:b}]", "kind", "read", "what", in_folder("declared"),
                  "kind", "read", "what", folder, "/logs/auth.log", "glob", 1);
    if (who == RUNS)
        json_array_append_new(needs, json_pack("{s:s, s:s}", "kind", "run", "what", "/bin/true"));
    if (who == CONNECTS)
        json_array_append_new(needs,
                              json_pack("{s:s, s:s}", "kind", "connect", "what", "localhost:80"));
    return needs;
}

static enum sandbox_role role_of(unsigned who)
{
    return who == ENGINE    ? SANDBOX_ENGINE
           : who == READER  ? SANDBOX_READER
           : who == FRONT   ? SANDBOX_FRONT
           : who == COURIER ? SANDBOX_COURIER
           : who == PARENT  ? SANDBOX_PARENT
                            : SANDBOX_COLLECTOR;
}

static int enter(unsigned who, struct sandbox_state *ret)
{
    static char declared[256];
    snprintf(declared, sizeof declared, "%s", in_folder("declared"));
    CLEAN(clean_json) json_t *needs = who & COLLECTORS ? make_needs(who) : NULL;
    const char *const writes[] = {who == ENGINE ? folder : declared, NULL};
    const struct sandbox_plan plan = {
        .role = role_of(who), .needs = needs, .writes = who & (ENGINE | READER) ? writes : NULL};
    CLEAN(error_finish) struct error error = {0};
    int code = sandbox_enter(&plan, ret, &error);
    if (code)
        fprintf(stderr, "%s\n", error_sentence(&error));
    return code;
}

static bool may(const struct attempt *attempt, unsigned who, const struct sandbox_state *state)
{
    if (attempt->may & who)
        return true;
#ifdef __SANITIZE_ADDRESS__
    /* A search for leaks clones the process. */
    if (attempt->attempt == fork_it)
        return true;
#endif
    /* The engine's folder has them all; a reader may open what it writes, and make nothing. */
    if (attempt->attempt == read_other || attempt->attempt == read_rotated)
        return who == ENGINE || !state->landlock;
    return attempt->by_landlock && !state->landlock;
}

static int wanted(const struct attempt *attempt, unsigned who, const struct sandbox_state *state)
{
    if (attempt->attempt == make_file && who == READER && state->landlock)
        return EACCES;
    /* Landlock lets no program write there, where the table of calls leaves it to Landlock. */
    if ((attempt->attempt == write_file || attempt->attempt == make_file) && who == RUNS &&
        state->landlock)
        return EACCES;
    /* Refused one by one, by Landlock, and so no error of the whole. */
    if (attempt->attempt == signal_all && who == RUNS && state->landlock >= 6)
        return 0;
    return may(attempt, who, state) ? 0 : attempt->refused;
}

/* In a process of its own; the exit status says how many attempts ended otherwise. */
static int try_all(unsigned who)
{
    struct sandbox_state state = {0};
    int wrong = 0;
    if (enter(who, &state))
        return ATTEMPTS + 1;
    for (int i = 0; i < ATTEMPTS; i++) {
        errno = 0;
        int got = attempts[i].attempt();
        int want = wanted(&attempts[i], who, &state);
        if (got == want)
            continue;
        fprintf(stderr, "role %u, %s: errno %d (%s) where %d was wanted\n", who, attempts[i].name,
                got, strerror(got), want);
        wrong++;
    }
    return wrong;
}

static int in_child(int (*work)(unsigned who), unsigned who)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(work(who));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put(const char *name)
{
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "line\n", 5), 5);
    close(fd);
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(in_folder("logs"), 0700), 0);
    put("declared");
    put("other");
    put("logs/auth.log");
    put("logs/auth.log.1");
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"declared", "other",           "logs/auth.log",
                                        "new",      "logs/auth.log.1", "away"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    rmdir(in_folder("logs"));
    rmdir(folder);
    return 0;
}

static void test_roles(void **state)
{
    (void)state;
    for (unsigned who = ENGINE; who <= PARENT; who <<= 1) {
        put("away");
        unlink(in_folder("new"));
        assert_int_equal(in_child(try_all, who), 0);
    }
}

/* A program that is run writes to /dev/null and nowhere else, and its signals stay with it. */
static int try_running(unsigned who)
{
    struct sandbox_state state = {0};
    if (enter(who, &state))
        return 1;
    int fd = open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if ((fd < 0) != !state.landlock)
        return 2;
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        pause();
        _exit(0);
    }
    if (pid < 0 || (setpgid(pid, pid) && errno != EACCES))
        return 3;
    int status = 0;
    if (kill(-pid, SIGKILL) || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
        return 4;
    /* Of its own group Landlock lets it reach itself alone. */
    return signal_own_group() == (state.landlock >= 6 ? 0 : EPERM) ? 0 : 5;
}

static void test_programs(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_running, RUNS), 0);
}

/* The same where Landlock knows no signals: the tables hold alone. */
static int try_older(unsigned who)
{
    CLEAN(error_finish) struct error error = {0};
    int status = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        seccomp_restrict(who | POWER_ANY | POWER_READ | POWER_RUN | POWER_OUTPUT, &error)) {
        fprintf(stderr, "%s\n", error_sentence(&error));
        return 1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        pause();
        _exit(0);
    }
    if (pid < 0 || (setpgid(pid, pid) && errno != EACCES))
        return 2;
    if (kill(-pid, SIGKILL) || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
        return 3;
    return signal_own_group() == EPERM && signal_all() == EPERM && signal_other() == EPERM &&
                   signal_self() == 0
               ? 0
               : 4;
}

static void test_older(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_older, 0), 0);
}

static int try_state(unsigned who)
{
    struct sandbox_state state = {0};
    if (enter(who, &state))
        return 1;
    CLEAN(clean_json) json_t *json = sandbox_to_json(&state);
    if (!json || !json_flag_of(json, "seccomp", false) || prctl(PR_GET_SECCOMP) != 2)
        return 2;
    if (!state.landlock && !json_array_size(json_object_get(json, "left_out")))
        return 3;
    if (who == PARENT)
        return state.landlock || json_array_size(state.left_out) != 1;
    if (json_array_size(json_object_get(json, "reads")) != 2 || !state.names_files)
        return 4;
    if (sandbox_is_stale(&state))
        return 5;
    sandbox_finish(&state);
    return 0;
}

static void test_state(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_state, PLAIN), 0);
    assert_int_equal(in_child(try_state, PARENT), 0);
}

static int try_stale(unsigned who)
{
    struct sandbox_state state = {0};
    int ready[2], go[2];
    char byte = 0;
    (void)who;
    if (pipe(ready) || pipe(go))
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        /* Beside the sandbox: a file is replaced as tools do it. */
        if (read(go[0], &byte, 1) != 1)
            _exit(1);
        put("new");
        char new[256];
        snprintf(new, sizeof new, "%s", in_folder("new"));
        _exit(rename(new, in_folder("declared")) || write(ready[1], "x", 1) != 1);
    }
    if (enter(PLAIN, &state) || sandbox_is_stale(&state))
        return 2;
    if (write(go[1], "x", 1) != 1 || read(ready[0], &byte, 1) != 1)
        return 3;
    return sandbox_is_stale(&state) ? 0 : 4;
}

static void test_stale(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_stale, PLAIN), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles), cmocka_unit_test(test_programs), cmocka_unit_test(test_older),
        cmocka_unit_test(test_state), cmocka_unit_test(test_stale),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

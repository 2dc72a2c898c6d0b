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

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/sandbox/sandbox_inner.h"
#include "sandbox_attempts.h"

static json_t *make_needs(unsigned who)
{
    json_t *needs = json_pack("[{s:s, s:s}, {s:s, s:s+, s:b}]", "kind", "read", "what",
                              sandbox_path("declared"), "kind", "read", "what", sandbox_folder,
                              "/logs/auth.log", "glob", 1);
    if (who == RUNS)
        json_array_append_new(needs, json_pack("{s:s, s:s}", "kind", "run", "what", "/bin/true"));
    if (who == CONNECTS)
        json_array_append_new(needs,
                              json_pack("{s:s, s:s}", "kind", "connect", "what", "localhost:80"));
    return needs;
}

static enum role role_of(unsigned who)
{
    return who == ENGINE    ? ROLE_ENGINE
           : who == READER  ? ROLE_READER
           : who == FRONT   ? ROLE_FRONT
           : who == COURIER ? ROLE_COURIER
           : who == PARENT  ? ROLE_PARENT
                            : ROLE_COLLECTOR;
}

static int enter(unsigned who, struct sandbox_state *ret)
{
    static char declared[256];
    snprintf(declared, sizeof declared, "%s", sandbox_path("declared"));
    CLEAN(clean_json) json_t *needs = who & COLLECTORS ? make_needs(who) : NULL;
    const char *const writes[] = {who == ENGINE ? sandbox_folder : declared, NULL};
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
    if (attempt->attempt == attempt_fork_it)
        return true;
#endif
    /* The engine's folder has them all; a reader may open what it writes, and make nothing. */
    if (attempt->attempt == attempt_read_other || attempt->attempt == attempt_read_rotated)
        return who == ENGINE || !state->landlock;
    return attempt->by_landlock && !state->landlock;
}

static int wanted(const struct attempt *attempt, unsigned who, const struct sandbox_state *state)
{
    if (attempt->attempt == attempt_make_file && who == READER && state->landlock)
        return EACCES;
    /* Landlock lets no program write there, where the table of calls leaves it to Landlock. */
    if ((attempt->attempt == attempt_write_file || attempt->attempt == attempt_make_file) &&
        who == RUNS && state->landlock)
        return EACCES;
    /* Refused one by one, by Landlock, and so no error of the whole. */
    if (attempt->attempt == attempt_signal_all && who == RUNS && state->landlock >= 6)
        return 0;
    return may(attempt, who, state) ? 0 : attempt->refused;
}

/* In a process of its own; the exit status says how many attempts ended otherwise. */
static int try_all(unsigned who)
{
    struct sandbox_state state = {0};
    int wrong = 0;
    if (enter(who, &state))
        return 200;
    for (int i = 0; attempts[i].name; i++) {
#ifdef __SANITIZE_ADDRESS__
        /* Let through there, it would stop this test. */
        if (who == PARENT && strcmp(attempts[i].name, "ptrace") == 0)
            continue;
#endif
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
    int fd = open(sandbox_path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "line\n", 5), 5);
    close(fd);
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(sandbox_folder));
    assert_int_equal(mkdir(sandbox_path("logs"), 0700), 0);
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
        unlink(sandbox_path(names[i]));
    rmdir(sandbox_path("logs"));
    rmdir(sandbox_folder);
    return 0;
}

static void test_roles(void **state)
{
    (void)state;
    for (unsigned who = ENGINE; who <= PARENT; who <<= 1) {
        put("away");
        unlink(sandbox_path("new"));
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
    return attempt_signal_own_group() == (state.landlock >= 6 ? 0 : EPERM) ? 0 : 5;
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
        sandbox_seccomp_restrict(who | POWER_ANY | POWER_READ | POWER_RUN | POWER_OUTPUT, &error)) {
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
    return attempt_signal_own_group() == EPERM && attempt_signal_all() == EPERM &&
                   attempt_signal_other() == EPERM && attempt_signal_self() == 0
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
        snprintf(new, sizeof new, "%s", sandbox_path("new"));
        _exit(rename(new, sandbox_path("declared")) || write(ready[1], "x", 1) != 1);
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

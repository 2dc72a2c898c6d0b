/* The parent's pure parts: back-off, what is due, a reload's verdict, notices, descriptors. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "parent/checks/known.h"
#include "parent/checks/reload.h"
#include "parent/children/children.h"
#include "parent/children/launch.h"
#include "parent/children/service.h"
#include "parent/children/spawn.h"

/* What the parent and the children take for granted of a row. */
static void test_a_role_is_a_row(void **state)
{
    (void)state;
    for (enum role role = ROLE_ENGINE; role < ROLE_COUNT; role++) {
        const struct role_row *row = role_find(role);
        assert_true(row->silent_ms > 1000 && row->files_most > 0 && row->powers);
        assert_in_range(row->stop_phase, 1, 3);
        assert_true(row->listeners_most <= ROLE_LISTENERS_MOST);
        /* Its channel leads to one that is there before it and outlives it at a stop, or to the
         * engine's front, which ends beside the reader. */
        assert_true((row->neighbour == ROLE_PARENT) == (role == ROLE_ENGINE));
        assert_true(role == ROLE_ENGINE || role_has(row->neighbour, ROLE_KEPT));
        assert_true(role == ROLE_ENGINE ||
                    role_find(row->neighbour)->stop_phase >= row->stop_phase);
        for (enum role other = ROLE_PARENT; other < role; other++) {
            assert_string_not_equal(row->name, role_name(other));
            assert_string_not_equal(row->program, role_find(other)->program);
        }
    }
}

static void test_backoff_doubles(void **state)
{
    (void)state;
    static const int64_t delays[] = {0,    100,   200,   400,   800,   1600, 3200,
                                     6400, 12800, 25600, 51200, 60000, 60000};
    struct backoff backoff = {0};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        children_backoff_died(&backoff, 0, 0);
        assert_int_equal(children_backoff_delay_ms(&backoff), delays[i]);
    }
    assert_false(children_backoff_is_spent(&backoff, 0));
    children_backoff_died(&backoff, CHILDREN_WELL_MS - 1, 0);
    assert_int_equal(children_backoff_delay_ms(&backoff), 60000);
    children_backoff_died(&backoff, CHILDREN_WELL_MS, 0);
    assert_int_equal(children_backoff_delay_ms(&backoff), 0);
}

static void test_only_a_collector_is_set_aside(void **state)
{
    (void)state;
    struct children_row engine = {.role = ROLE_ENGINE};
    struct children_row collector = {.role = ROLE_COLLECTOR};
    for (int i = 0; i < CHILDREN_DEATHS_MOST; i++) {
        assert_true(children_want(&collector, 0));
        children_started(&collector, 9, 0);
        children_ended(&collector, false, 1);
        children_started(&engine, 9, 0);
        children_ended(&engine, false, 1);
    }
    assert_false(children_want(&collector, CHILDREN_ASIDE_MS));
    assert_true(children_want(&engine, 0));
    /* It is tried once more after a time, and again after that time. */
    assert_true(children_want(&collector, 1 + CHILDREN_ASIDE_MS));
    children_started(&collector, 9, 1 + CHILDREN_ASIDE_MS);
    children_ended(&collector, false, 2 + CHILDREN_ASIDE_MS);
    assert_false(children_want(&collector, 3 + CHILDREN_ASIDE_MS));
    /* One that was ready in between begins to count anew. */
    collector.backoff = (struct backoff){.deaths = 9, .unready = 9};
    children_started(&collector, 9, 0);
    children_became_ready(&collector, 1);
    children_ended(&collector, false, 2);
    assert_true(children_want(&collector, 2));
    assert_int_equal(collector.backoff.unready, 0);
}

static void test_due_start(void **state)
{
    (void)state;
    struct children_row row = {.role = ROLE_ENGINE, .backoff = {.deaths = 3, .died_ms = 1000}};
    assert_int_equal(children_due(&row, 0), CHILDREN_NOTHING);
    assert_true(children_want(&row, 1050));
    assert_int_equal(children_due(&row, 1199), CHILDREN_NOTHING);
    assert_int_equal(children_due(&row, 1200), CHILDREN_START);
    /* What is due long after the last death has waited already. */
    assert_true(children_want(&row, 9000));
    assert_int_equal(children_due(&row, 9000), CHILDREN_START);
}

/* Which end comes first, and its reason. */
static void test_due_kill(void **state)
{
    (void)state;
    static const struct {
        int64_t deadline_ms; /* of the run, from its start; 0: none */
        int64_t ready_ms;    /* -1: never */
        int64_t stop_ms;     /* asked to stop at, with 500 ms of grace; 0: not */
        int64_t killed_ms;
        const char *reason;
    } rows[] = {
        {0, -1, 0, 1000 + CHILDREN_UNREADY_MS, "silent"},
        {0, 2000, 0, 2000 + 4000, "silent"},
        {30000, 2000, 0, 31000, "deadline"}, /* a run may be silent until its deadline */
        {30000, 2000, 4000, 4500, "stopped"},
        {0, 2000, 4000, 4500, "stopped"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct children_row row = {.role = ROLE_COLLECTOR, .next_limit_ms = rows[i].deadline_ms};
        children_started(&row, 9, 1000);
        if (rows[i].ready_ms > 0) {
            children_heard(&row, rows[i].ready_ms);
            children_became_ready(&row, rows[i].ready_ms);
        }
        if (rows[i].stop_ms)
            children_stopping(&row, rows[i].stop_ms, 500);
        struct children_row *in_table = &row;
        struct children table = {.rows = &in_table, .count = 1};
        assert_int_equal(children_next_ms(&table), rows[i].killed_ms);
        assert_int_equal(children_due(&row, rows[i].killed_ms - 1), CHILDREN_NOTHING);
        assert_int_equal(children_due(&row, rows[i].killed_ms), CHILDREN_KILL);
        assert_string_equal(row.reason, rows[i].reason);
        row.killed = true;
        assert_int_equal(children_due(&row, rows[i].killed_ms), CHILDREN_NOTHING);
        assert_int_equal(children_next_ms(&table), INT64_MAX);
    }
}

static void test_an_asked_end_is_no_death(void **state)
{
    (void)state;
    struct children_row row = {.role = ROLE_FRONT};
    children_started(&row, 9, 0);
    children_stopping(&row, 10, 0);
    children_ended(&row, false, 20);
    assert_int_equal(row.backoff.deaths, 0);
    children_started(&row, 9, 30);
    children_condemn(&row, 40, "protocol");
    children_ended(&row, false, 50);
    assert_int_equal(row.backoff.deaths, 1);
}

static void test_table(void **state)
{
    (void)state;
    struct children table = {0};
    struct children_row *one = NULL;
    struct children_row *again = NULL;
    struct children_row *engine = NULL;
    assert_int_equal(children_add(&table, ROLE_COLLECTOR, "one", &one), 0);
    assert_int_equal(children_add(&table, ROLE_COLLECTOR, "one", &again), 0);
    assert_int_equal(children_add(&table, ROLE_ENGINE, NULL, &engine), 0);
    assert_ptr_equal(one, again);
    assert_int_equal(table.count, 2);
    assert_null(children_find(&table, ROLE_COLLECTOR, "two"));
    assert_ptr_equal(children_find(&table, ROLE_ENGINE, NULL), engine);
    children_drop(&table, one);
    assert_null(children_find(&table, ROLE_COLLECTOR, "one"));
    children_finish(&table);
}

static void test_reload(void **state)
{
    (void)state;
    struct reload reload = {0};
    reload_begin(&reload, 0);
    reload_asked(&reload, ROLE_ENGINE);
    reload_asked(&reload, ROLE_FRONT);
    assert_int_equal(reload_judge(&reload, 1), RELOAD_WAIT);
    reload_answered(&reload, ROLE_ENGINE, true, "");
    assert_int_equal(reload_judge(&reload, 1), RELOAD_WAIT);
    reload_answered(&reload, ROLE_COURIER, false, "was never asked");
    reload_answered(&reload, ROLE_FRONT, true, "");
    assert_int_equal(reload_judge(&reload, 1), RELOAD_COMMIT);
    /* One that agreed and died is not there any more to live with it. */
    reload_lost(&reload, ROLE_ENGINE);
    assert_int_equal(reload_judge(&reload, 1), RELOAD_ABANDON);

    reload_begin(&reload, 0);
    reload_asked(&reload, ROLE_ENGINE);
    reload_asked(&reload, ROLE_FRONT);
    reload_answered(&reload, ROLE_FRONT, false, "no");
    assert_int_equal(reload_judge(&reload, 1), RELOAD_ABANDON);
    assert_string_equal(reload.why, "the front: no");

    reload_begin(&reload, 0);
    reload_asked(&reload, ROLE_ENGINE);
    assert_int_equal(reload_judge(&reload, RELOAD_LIMIT_MS - 1), RELOAD_WAIT);
    assert_int_equal(reload_judge(&reload, RELOAD_LIMIT_MS), RELOAD_ABANDON);
    assert_non_null(strstr(reload.why, "engine"));
    reload_end(&reload);
}

static void note(void *context, const char *text)
{
    buffer_print(context, "%s;", text);
}

static void test_notices(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer said = {0};
    struct notify notify = {.send = note, .context = &said, .interval_ms = 1000};
    service_ready(&notify);
    service_reloading(&notify, 5000000);
    service_status(&notify, "%s", "two\nlines");
    service_stopping(&notify);
    assert_string_equal(said.data, "READY=1;RELOADING=1\nMONOTONIC_USEC=5000000;STATUS=two lines;"
                                   "STOPPING=1;");
}

static void test_watchdog_is_withheld(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer said = {0};
    struct notify notify = {.send = note, .context = &said, .interval_ms = 1000};
    service_alive(&notify, 1000, 900);
    service_alive(&notify, 1500, 1400);
    assert_string_equal(said.data, "WATCHDOG=1;");
    service_alive(&notify, 2000 + NOTIFY_ENGINE_LIMIT_MS, 1999);
    assert_string_equal(said.data, "WATCHDOG=1;");
    service_alive(&notify, 2000 + NOTIFY_ENGINE_LIMIT_MS, 2000);
    assert_string_equal(said.data, "WATCHDOG=1;WATCHDOG=1;");
    buffer_reset(&said);
    buffer_text(&said, "");
    notify.interval_ms = 0;
    service_alive(&notify, 900000, 900000);
    assert_string_equal(said.data, "");
}

static bool is_sort(int fd, mode_t sort)
{
    struct stat found;
    return !fstat(fd, &found) && (found.st_mode & S_IFMT) == sort;
}

static bool closes_at_exec(int fd)
{
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static bool all_else_is_closed(int a, int b, int c)
{
    for (int fd = 3; fd < 64; fd++)
        if (fd != a && fd != b && fd != c && fcntl(fd, F_GETFD) >= 0)
            return false;
    return true;
}

/* Two files change places and one goes far besides; all else is closed. */
static int lay_out_here(int null, int root)
{
    struct spawn_plan plan = {0};
    if (spawn_plan_fd(&plan, null, root) || spawn_plan_fd(&plan, root, null) ||
        spawn_plan_fd(&plan, null, 20))
        return 1;
    int keep = spawn_lay_out(&plan, root);
    if (!is_sort(null, S_IFDIR) || !is_sort(root, S_IFCHR) || !is_sort(20, S_IFCHR))
        return 2;
    if (!is_sort(keep, S_IFDIR) || !closes_at_exec(keep) || closes_at_exec(null))
        return 3;
    return all_else_is_closed(null, root, 20) ? 0 : 4;
}

static void test_descriptors_change_places(void **state)
{
    (void)state;
    int a = open("/dev/null", O_RDWR | O_CLOEXEC);
    int b = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int stray = open("/dev/null", O_RDONLY);
    assert_true(a > 2 && b > 2 && stray > 2);
    pid_t pid = fork();
    if (pid == 0)
        _exit(lay_out_here(a, b));
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(a);
    close(b);
    close(stray);
}

static void test_spawn_tells_the_step(void **state)
{
    (void)state;
    char name[] = "nothing";
    char *arguments[] = {name, NULL};
    char *environment[] = {NULL};
    struct spawn_plan plan = {.path = "/nonexistent/program",
                              .arguments = arguments,
                              .environment = environment,
                              .files_most = 64,
                              .death_signal = 9};
    pid_t pid = 0;
    struct error error = {0};
    assert_int_equal(spawn_start(&plan, &pid, &error), ERROR_IO);
    assert_non_null(strstr(error.sentence, "/nonexistent/program: executing it: No such file"));
    assert_int_equal(pid, 0);
    error_finish(&error);
    for (size_t i = 0; i < SPAWN_FDS_MOST; i++)
        assert_int_equal(spawn_plan_fd(&plan, 3, 3), 0);
    assert_int_equal(spawn_plan_fd(&plan, 3, 3), ERROR_LIMIT);
}

/* The shell compares what the kernel says of it with what the plan said. */
static void test_spawn_limits(void **state)
{
    (void)state;
    char name[] = "sh";
    char option[] = "-c";
    char script[] = "[ \"$(ulimit -n) $(ulimit -Hc) $(ulimit -Hd)\" = \"61 0 $0\" ]";
#ifdef __SANITIZE_ADDRESS__
    char data[] = "unlimited";
#else
    char data[] = "65536";
#endif
    char *arguments[] = {name, option, script, data, NULL};
    char *environment[] = {NULL};
    struct spawn_plan plan = {.path = "/bin/sh",
                              .arguments = arguments,
                              .environment = environment,
                              .files_most = 61,
                              .data_most = 64 << 20,
                              .death_signal = 9};
    pid_t pid = 0;
    int status = -1;
    struct error error = {0};
    assert_int_equal(spawn_start(&plan, &pid, &error), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Only the same settings and the very same file spare a collector the question. */
static void test_known(void **state)
{
    (void)state;
    char path[] = "/tmp/test_known.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    json_t *known = json_object();
    json_t *part = json_pack("{s:s, s:i}", "plugin_path", path, "every", 1);
    json_t *other = json_pack("{s:s, s:i}", "plugin_path", path, "every", 2);
    json_t *tables = json_pack("{s:s}", "sha256", "aa");
    char *file = known_file(part);
    assert_null(known_tables(NULL, "one", part, file));
    assert_int_equal(known_put(known, "one", part, file, NULL), 0);
    assert_null(known_tables(known, "one", part, file));
    assert_int_equal(known_put(known, "one", part, file, tables), 0);
    assert_ptr_equal(known_tables(known, "one", part, file), tables);
    assert_null(known_tables(known, "two", part, file));
    assert_null(known_tables(known, "one", other, file));
    assert_null(known_tables(known, "one", part, NULL));
    assert_int_equal(write(fd, "x", 1), 1);
    char *changed = known_file(part);
    assert_null(known_tables(known, "one", part, changed));
    close(fd);
    unlink(path);
    assert_null(known_file(part));
    free(file);
    free(changed);
    json_decref(known);
    json_decref(part);
    json_decref(other);
    json_decref(tables);
}

static void test_capabilities(void **state)
{
    (void)state;
    json_t *tables = json_pack("{s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "needs", "kind",
                               "capability", "what", "cap_dac_read_search", "kind", "read", "what",
                               "cap_syslog", "kind", "capability", "what", "cap_sys_admin");
    assert_int_equal(launch_capabilities(tables), 1u << 2);
    assert_int_equal(launch_capabilities(NULL), 0);
    json_decref(tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_role_is_a_row),
        cmocka_unit_test(test_backoff_doubles),
        cmocka_unit_test(test_only_a_collector_is_set_aside),
        cmocka_unit_test(test_due_start),
        cmocka_unit_test(test_due_kill),
        cmocka_unit_test(test_an_asked_end_is_no_death),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_notices),
        cmocka_unit_test(test_watchdog_is_withheld),
        cmocka_unit_test(test_descriptors_change_places),
        cmocka_unit_test(test_spawn_tells_the_step),
        cmocka_unit_test(test_spawn_limits),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_capabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

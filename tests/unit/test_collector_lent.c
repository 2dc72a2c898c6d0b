/* Files and programs, as the host lends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"
#include "unit/collector_scene.h"

/* --- files --- */

static char tree[] = "/tmp/conformd-life-XXXXXX";

static void make(const char *path, bool folder, const char *link)
{
    CLEAN(clean_text) char *whole = text_format("%s%s", tree, path);
    int fd = -1;
    if (folder)
        assert_int_equal(mkdir(whole, 0755), 0);
    else if (link)
        assert_int_equal(symlink(link, whole), 0);
    else
        assert_true((fd = open(whole, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) >= 0);
    if (fd >= 0)
        close(fd);
}

static int open_in_tree(const struct cfd_host *host, const char *path)
{
    int fd = host->open_file(host, path);
    if (fd < 0)
        return fd;
    close(fd);
    return CFD_OK;
}

static int collect_files(struct scene *scene, const struct cfd_host *host)
{
    bool root = geteuid() == 0;
    scene->life.lender.root = tree;
    assert_int_equal(open_in_tree(host, "/a/file"), CFD_OK);
    assert_int_equal(open_in_tree(host, "/a/none"), CFD_ABSENT);
    assert_int_equal(open_in_tree(host, "/a/file/x"), CFD_ABSENT);
    assert_int_equal(open_in_tree(host, "file"), CFD_INVALID);
    assert_int_equal(open_in_tree(host, "/a/../a/file"), CFD_INVALID);
    assert_int_equal(open_in_tree(host, "/a"), CFD_OK);
    assert_int_equal(open_in_tree(host, "/a/fifo"), CFD_DENIED);
    /* In a folder that only root can write links are followed, and stay below the root. */
    assert_int_equal(open_in_tree(host, "/a/link"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/absolute"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/climber"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/folder/file"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/loop"), CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/dangling"), root ? CFD_ABSENT : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/open/link"), CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/open/folder/file"), CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/open/file"), CFD_OK);
    return CFD_OK;
}

static void test_open_file(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_files};
    assert_non_null(mkdtemp(tree));
    chmod(tree, 0755);
    make("/a", true, NULL);
    make("/a/file", false, NULL);
    make("/a/link", false, "file");
    make("/a/absolute", false, "/a/file");
    make("/a/climber", false, "../../../../a/file");
    make("/a/folder", false, "../a");
    make("/a/loop", false, "loop");
    make("/a/dangling", false, "/etc/passwd");
    make("/open", true, NULL);
    make("/open/file", false, NULL);
    make("/open/link", false, "file");
    make("/open/folder", false, "/a");
    CLEAN(clean_text) char *shared = text_format("%s/open", tree);
    CLEAN(clean_text) char *fifo = text_format("%s/a/fifo", tree);
    assert_int_equal(chmod(shared, 01777), 0);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_true(scene.opened >= 3);
    scene_end(&scene);
    if (fork() == 0)
        execl("/bin/rm", "rm", "-rf", tree, NULL);
    wait(NULL);
}

/* --- what was watched --- */

static int collect_watched(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    assert_true(host->size > offsetof(struct cfd_host, watched));
    assert_int_equal(host->watched(host, "/a/file", 1000, 12), CFD_OK);
    assert_int_equal(host->watched(host, "/a/file", 0, 0), CFD_OK);
    assert_int_equal(host->watched(host, "/a/file", 24, 3), CFD_OK);
    assert_int_equal(host->watched(host, NULL, 1, 1), CFD_INVALID);
    assert_int_equal(host->watched(host, "", 1, 1), CFD_INVALID);
    assert_int_equal(host->watched(host, "/a/file", UINT64_MAX, 1), CFD_INVALID);
    assert_int_equal(host->watched(host, "/a/file", 1, (uint64_t)1 << 53), CFD_INVALID);
    return CFD_OK;
}

static int open_watched(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    assert_int_equal(host->watched(host, "/a/file", 1, 1), CFD_INVALID);
    return CFD_OK;
}

static void test_watched(void **state)
{
    (void)state;
    struct scene scene = {.open = open_watched, .collect = collect_watched};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_int_equal(scene.watched_bytes, 1024);
    assert_int_equal(scene.watched_lines, 15);
    scene_end(&scene);
}

/* --- programs --- */

static int run(const struct cfd_host *host, const char *script, int64_t timeout_ms, size_t limit,
               struct cfd_ran *ran)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    *ran = (struct cfd_ran){.size = sizeof *ran};
    return host->run_program(host, argv, timeout_ms, limit, ran);
}

static int collect_programs(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    struct cfd_ran ran;
    const char *const other[] = {"/bin/ls", NULL};
    const char *const declared[] = {"/bin/true", NULL};
    const char *const gone[] = {"/no/such", NULL};
    int64_t before_ms = clock_now().boot_ms;
    assert_int_equal(run(host, "echo out; echo err >&2; exit 3", 5000, 100, &ran), CFD_OK);
    assert_int_equal(ran.exit_code, 3);
    assert_string_equal(ran.output, "out\n");
    assert_string_equal(ran.errors, "err\n");
    assert_int_equal(run(host, "kill -TERM $$", 5000, 100, &ran), CFD_OK);
    assert_int_equal(ran.exit_code, -1);
    assert_int_equal(ran.signal, SIGTERM);
    assert_int_equal(run(host, "i=0; while [ $i -lt 30000 ]; do echo 0123456789; i=$((i+1)); done",
                         20000, 1000, &ran),
                     CFD_LIMIT);
    assert_int_equal(ran.length, 1000);
    assert_int_equal(strlen(ran.output), 1000);
    assert_int_equal(run(host, "/usr/bin/env | sort; ls /proc/self/fd; cat", 5000, 1000, &ran),
                     CFD_OK);
    assert_null(strstr(ran.output, "HOME="));
    assert_non_null(strstr(ran.output, "LC_ALL=C\n"));
    assert_non_null(strstr(ran.output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
    assert_null(strstr(ran.output, "\n4\n")); /* 3 is the folder that ls reads */
    assert_int_equal(run(host, "echo begun; sleep 600 & sleep 600", 200, 100, &ran), CFD_LATE);
    assert_string_equal(ran.output, "begun\n");
    /* A descendant that keeps the pipe is not waited for. */
    assert_int_equal(run(host, "sleep 600 & echo done", 100000, 100, &ran), CFD_OK);
    assert_string_equal(ran.output, "done\n");
    assert_true(clock_now().boot_ms - before_ms < 60000);
    ran = (struct cfd_ran){.size = sizeof ran};
    assert_int_equal(host->run_program(host, other, 1000, 100, &ran), CFD_INVALID);
    assert_int_equal(host->run_program(host, declared, 1000, 100, &ran), CFD_OK);
    assert_int_equal(host->run_program(host, gone, 1000, 100, &ran), CFD_ABSENT);
    return CFD_OK;
}

static void test_run_program(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_programs};
    setenv("HOME", "/root", 1);
    /* One that somebody forgot to close on exec. */
    int fd = open("/dev/null", O_RDONLY);
    assert_int_equal(scene_run(&scene, false,
                               "{\"checks\":[{\"program\":[\"/no/such\"]},"
                               "{\"program\":[\"/bin/true\"]}]}"),
                     0);
    scene_end(&scene);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_file),
        cmocka_unit_test(test_watched),
        cmocka_unit_test(test_run_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A collector's life: runs, credit, refusals, batches and intervals of a stream. */
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

/* --- runs --- */

static int collect_some(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    struct cfd_reading text = {.size = sizeof text, .attribute = NAME, .text = "x"};
    struct cfd_excerpt excerpt = {.size = sizeof excerpt,
                                  .source = "/f",
                                  .place = "line 1",
                                  .attribute = VALUE,
                                  .length = 9000,
                                  .bytes = NULL};
    char bytes[9000];
    memset(bytes, 'x', sizeof bytes);
    excerpt.bytes = bytes;
    struct cfd_loss loss = {sizeof loss, "/f", "lines", "rotated", 1, 5};
    assert_int_equal(scene_emit(host, VALUE, 1, "ann"), CFD_OK);
    assert_int_equal(scene_emit(host, HITS, 2, NULL), CFD_OK);
    assert_int_equal(scene_emit(host, VALUE, NAN, ""), CFD_OK);
    assert_int_equal(host->emit(host, &text), CFD_OK);
    assert_int_equal(host->excerpt(host, &excerpt), CFD_OK);
    assert_int_equal(host->missing(host, TALLY, "gone"), CFD_OK);
    assert_int_equal(host->lost(host, &loss), CFD_OK);
    assert_true(host->left_ms(host) > 0 && host->left_ms(host) <= 60000);
    return CFD_PARTIAL;
}

static void test_snapshot(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_some};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_int_equal(scene.tables, 1);
    assert_int_equal(scene.readings, 4);
    assert_int_equal(scene.excerpts, 1);
    assert_int_equal(scene.missing, 1);
    assert_int_equal(scene.lost, 1);
    assert_int_equal(scene.outcomes, 1);
    assert_int_equal(scene.outcome, CFD_PARTIAL);
    scene_end(&scene);
    assert_string_equal(scene.order, "RO|close");
}

static int collect_failing(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    host->log(host, CFD_LOG_ERROR, "the disk is on fire");
    return -99;
}

static void test_failed_snapshot_says_why(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_failing};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_int_equal(scene.outcome, CFD_ERROR);
    assert_string_equal(scene.outcome_why, "the disk is on fire");
    scene_end(&scene);
}

static int collect_many(struct scene *scene, const struct cfd_host *host)
{
    char label[1000];
    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    for (int i = 0; i < 500; i++)
        assert_int_equal(scene_emit(host, VALUE, i, label), CFD_OK);
    return scene->collects < 4 ? CFD_MORE : CFD_OK;
}

static void test_credit(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_many};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_int_equal(scene.readings, 2000);
    assert_true(scene.most_outstanding > CHANNEL_CREDIT / 2);
    assert_true(scene.most_outstanding <= CHANNEL_CREDIT);
    scene_end(&scene);
}

static void test_resident(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_some};
    scene_begin(&scene, false, "{}");
    scene.life.every_ms = 10000;
    scene.waits_to_stop = 1;
    scene_connect(&scene);
    scene_send_collect(&scene, 0);
    scene.collect = collect_failing;
    assert_int_equal(life_run(&scene.life), 0);
    assert_true(scene.collects >= 1);
    assert_true(scene.life.stopping);
    scene_end(&scene);
}

static void test_engine_leaves(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_many, .leaves = true};
    scene_begin(&scene, false, "{}");
    scene_connect(&scene);
    scene.acks = false;
    struct cfd_reading reading = {.size = sizeof reading};
    (void)reading;
    scene.collect = collect_failing;
    scene.life.every_ms = 10000;
    assert_int_equal(life_run(&scene.life), ERROR_CLOSED);
    scene_end(&scene);
}

static int collect_refused(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    struct cfd_reading none = {.size = 0};
    struct cfd_reading text = {.size = sizeof text, .attribute = NAME};
    char wide[LEND_TEXT + 2];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(scene_emit(host, 99, 1, NULL), CFD_INVALID);
    assert_int_equal(scene_emit(host, HITS, -1, "a"), CFD_INVALID);
    assert_int_equal(scene_emit(host, HITS, INFINITY, "a"), CFD_INVALID);
    assert_int_equal(scene_emit(host, VALUE, 1, "\xff"), CFD_INVALID);
    assert_int_equal(host->emit(host, &none), CFD_INVALID);
    assert_int_equal(host->emit(host, &text), CFD_INVALID);
    text.text = wide;
    assert_int_equal(host->emit(host, &text), CFD_INVALID);
    assert_int_equal(host->missing(host, 4, "x"), CFD_INVALID);
    assert_int_equal(host->position_set(host, "a", "b"), CFD_INVALID);
    assert_int_equal(host->declare(host, &scene_attributes[0]), CFD_INVALID);
    for (int i = 0; i < 20; i++)
        assert_int_equal(scene_emit(host, 99, 1, NULL), CFD_INVALID);
    assert_int_equal(scene_emit(host, VALUE, 1, "fine"), CFD_OK);
    return CFD_OK;
}

static void test_refusals_are_told(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_refused};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_int_equal(scene.readings, 1);
    assert_int_equal(scene.said, LEND_REFUSALS + 1);
    assert_non_null(strstr(scene.said_all, "attribute 99, which was not declared"));
    assert_non_null(strstr(scene.said_all, "demo_hits: an event is an increment"));
    assert_non_null(strstr(scene.said_all, "refused: 20 more"));
    scene_end(&scene);
}

/* --- open --- */

static int open_declares(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    static const char *const rule_labels[] = {"source", NULL};
    struct cfd_attribute attribute = {"demo_rule", CFD_EVENT, 1, "", "", rule_labels, 0, 0};
    struct cfd_value value = {.size = sizeof value};
    assert_int_equal(host->declare(host, &attribute), 4);
    assert_int_equal(host->declare(host, &attribute), CFD_INVALID);
    attribute.name = "other_rule";
    assert_int_equal(host->declare(host, &attribute), CFD_INVALID);
    assert_int_equal(scene_emit(host, VALUE, 1, NULL), CFD_INVALID);
    assert_int_equal(host->open_file(host, "/etc/passwd"), CFD_INVALID);
    assert_int_equal(host->setting(host, "files", &value), CFD_OK);
    assert_int_equal(value.count, 2);
    assert_int_equal(host->setting(host, "files[1]", &value), CFD_OK);
    assert_string_equal(value.text, "/b");
    assert_int_equal(host->setting(host, "files[2]", &value), CFD_ABSENT);
    return CFD_OK;
}

static int collect_declared(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    assert_int_equal(scene_emit(host, 4, 1, "here"), CFD_OK);
    return CFD_OK;
}

static void test_declare(void **state)
{
    (void)state;
    struct scene scene = {.open = open_declares, .collect = collect_declared};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_int_equal(scene.readings, 1);
    CLEAN(clean_json) json_t *tables = lend_tables(&scene.life.lender);
    const json_t *rows = json_object_get(tables, "attributes");
    assert_string_equal(json_text_of(json_array_get(rows, 4), "name", ""), "demo_rule");
    assert_string_equal(json_text_of(json_array_get(rows, 4), "kind", ""), "event");
    scene_end(&scene);
}

static int open_faulty(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    host->fault(host, "files[0]", "is no good");
    return CFD_INVALID;
}

static void test_faults_of_open(void **state)
{
    (void)state;
    struct scene scene = {.open = open_faulty};
    scene_begin(&scene, false, "{}");
    assert_int_equal(life_open(&scene.life, NULL), ERROR_SETTING);
    assert_int_equal(scene.life.lender.fault_count, 1);
    scene_end(&scene);
    /* close also after a failed open that gave a self. */
    assert_string_equal(scene.order, "|close");
}

/* --- streams --- */

static int collect_batches(struct scene *scene, const struct cfd_host *host)
{
    if (scene->collects > 1)
        return CFD_OK;
    assert_int_equal(scene_emit(host, HITS, 1, "a"), CFD_OK);
    assert_int_equal(scene_emit(host, HITS, 1, "b"), CFD_OK);
    assert_int_equal(host->position_set(host, "f", "10"), CFD_OK);
    assert_int_equal(host->position_set(host, "g", "20"), CFD_OK);
    assert_int_equal(scene_emit(host, HITS, 1, "c"), CFD_OK);
    assert_int_equal(host->position_set(host, "f", "11"), CFD_OK);
    assert_int_equal(scene_emit(host, VALUE, 1, "d"), CFD_OK);
    return CFD_OK;
}

static void test_stream_batches(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_batches};
    scene_begin(&scene, true, "{}");
    scene.waits_to_stop = 2;
    scene_connect(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    scene_serve(&scene);
    assert_int_equal(scene.readings, 4);
    scene_end(&scene);
    /* The last reading had no position: it goes with the interval's end. */
    assert_string_equal(scene.order, "7RB0(f=10g=20)RB0(f=11)RB1()|stop|close");
}

/* One whose source keeps nothing says first of all that it hears now, and nothing else does. */
static void test_pushed_stream_says_that_it_reads(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_batches};
    scene_begin(&scene, true, "{}");
    scene.plugin->head.flags |= CFD_PUSHED;
    scene.waits_to_stop = 2;
    scene_connect(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    scene_serve(&scene);
    CLEAN(clean_json) json_t *tables = lend_tables(&scene.life.lender);
    assert_true(json_flag_of(tables, "pushed", false));
    scene_end(&scene);
    assert_string_equal(scene.order, "7B0()RB0(f=10g=20)RB0(f=11)RB1()|stop|close");
}

/* A descriptor that stays readable brings a collect every LIFE_GAP_MS; the time of the last batch
 * is set, so that no pause of the machine ends a moment. */
static int collect_moments(struct scene *scene, const struct cfd_host *host)
{
    struct life *life = &scene->life;
    const char at[] = {(char)('0' + scene->collects), '\0'};
    if (scene->collects <= 3) {
        assert_int_equal(scene_emit(host, HITS, 1, "a"), CFD_OK);
        assert_int_equal(scene_emit(host, HITS, 2, scene->collects == 3 ? "b" : "a"), CFD_OK);
        assert_int_equal(scene_emit(host, VALUE, 1, "a"), CFD_OK);
        assert_int_equal(host->position_set(host, "f", at), CFD_OK);
    }
    life->fd = *(const int *)scene->own;
    life->handed_ms = scene->collects <= 3 ? clock_now().boot_ms : 0;
    life->stopping = scene->collects > 4;
    return CFD_OK;
}

/* A stream whose descriptor is readable all along. */
static void run_readable(struct scene *scene)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    scene->own = &ends[0];
    scene_begin(scene, true, "{}");
    scene_connect(scene);
    assert_int_equal(life_run(&scene->life), 0);
    scene_serve(scene);
    scene->life.fd = -1;
    close(ends[0]);
}

/* The first goes at once; what comes within a moment of it is one batch, its events added up. */
static void test_stream_joins_what_is_close(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_moments};
    run_readable(&scene);
    /* a and VALUE; then a, VALUE, b and VALUE */
    assert_int_equal(scene.readings, 2 + 4);
    assert_true(scene.value == 3 * (1 + 2));
    scene_end(&scene);
    assert_string_equal(scene.order, "7RB0(f=1)RB0(f=3)B1()|stop|close");
}

/* Much does not wait: the credit is for what is on its way. */
static int collect_much(struct scene *scene, const struct cfd_host *host)
{
    int ret = collect_moments(scene, host);
    char label[1000];
    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    for (int i = 0; scene->collects == 2 && i < 40; i++) {
        label[0] = (char)('0' + i);
        assert_int_equal(scene_emit(host, HITS, 1, label), CFD_OK);
    }
    if (scene->collects == 2)
        assert_int_equal(host->position_set(host, "f", "9"), CFD_OK);
    return ret;
}

static void test_stream_does_not_hold_much(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_much};
    run_readable(&scene);
    scene_end(&scene);
    assert_string_equal(scene.order, "7RB0(f=1)RB0(f=2)RB0(f=9)RB0(f=3)B1()|stop|close");
}

static int collect_urgent(struct scene *scene, const struct cfd_host *host)
{
    if (scene->collects > 1)
        return CFD_OK;
    assert_int_equal(scene_emit(host, HITS, 1, "a"), CFD_OK);
    assert_int_equal(host->urgent(host), CFD_OK);
    assert_int_equal(host->urgent(host), CFD_OK);
    assert_int_equal(host->position_set(host, "f", "10"), CFD_OK);
    assert_int_equal(scene_emit(host, HITS, 1, "b"), CFD_OK);
    assert_int_equal(host->position_set(host, "f", "11"), CFD_OK);
    return CFD_OK;
}

/* Of the batch that a position ends, and of no other. */
static void test_stream_urgent(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_urgent};
    scene_begin(&scene, true, "{}");
    scene.waits_to_stop = 2;
    scene_connect(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    scene_serve(&scene);
    assert_true(scene.life.lender.host.size >= offsetof(struct cfd_host, urgent) + sizeof(void *));
    scene_end(&scene);
    assert_string_equal(scene.order, "7RB2(f=10)RB0(f=11)B1()|stop|close");
}

static int collect_urgent_moment(struct scene *scene, const struct cfd_host *host)
{
    int ret = collect_moments(scene, host);
    if (scene->collects == 2)
        assert_int_equal(host->urgent(host), CFD_OK);
    return ret;
}

/* It does not wait for what comes within a moment of it. */
static void test_stream_does_not_hold_what_is_urgent(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_urgent_moment};
    run_readable(&scene);
    scene_end(&scene);
    assert_string_equal(scene.order, "7RB0(f=1)RB2(f=2)RB0(f=3)B1()|stop|close");
}

static int collect_urgent_snapshot(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    assert_int_equal(host->urgent(host), CFD_INVALID);
    return CFD_OK;
}

static void test_snapshot_is_never_urgent(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_urgent_snapshot};
    assert_int_equal(scene_run(&scene, false, "{}"), 0);
    assert_non_null(strstr(scene.said_all, "refused: a report of urgency"));
    scene_end(&scene);
}

static int collect_backlog(struct scene *scene, const struct cfd_host *host)
{
    scene->life.asked.collect = true; /* as if the interval were over each time */
    assert_int_equal(scene_emit(host, HITS, 1, "a"), CFD_OK);
    if (scene->collects == 3)
        assert_int_equal(host->position_set(host, "f", "3"), CFD_OK);
    return scene->collects < 4 ? CFD_MORE : CFD_OK;
}

/* An interval that ends in the middle of a batch waits for its position: counted exactly once. */
static void test_interval_waits_for_the_batch(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_backlog};
    scene_begin(&scene, true, "{}");
    scene.waits_to_stop = 6;
    scene_connect(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    scene_serve(&scene);
    assert_int_equal(strncmp(scene.order, "7RB4(f=3)", 9), 0);
    scene_end(&scene);
}

static int collect_absent(struct scene *scene, const struct cfd_host *host)
{
    (void)host;
    return scene->collects == 1 ? CFD_ABSENT : CFD_OK;
}

static void test_stream_status(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_absent};
    scene_begin(&scene, true, "{}");
    scene.waits_to_stop = 2;
    scene_connect(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    scene_serve(&scene);
    assert_int_equal(scene.outcome, CFD_ABSENT);
    assert_string_equal(scene.outcome_why, "the source is not there");
    scene_end(&scene);
    assert_string_equal(scene.order, "7OB1()|stop|close");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_failed_snapshot_says_why),
        cmocka_unit_test(test_credit),
        cmocka_unit_test(test_resident),
        cmocka_unit_test(test_engine_leaves),
        cmocka_unit_test(test_refusals_are_told),
        cmocka_unit_test(test_declare),
        cmocka_unit_test(test_faults_of_open),
        cmocka_unit_test(test_stream_batches),
        cmocka_unit_test(test_pushed_stream_says_that_it_reads),
        cmocka_unit_test(test_stream_joins_what_is_close),
        cmocka_unit_test(test_stream_does_not_hold_much),
        cmocka_unit_test(test_interval_waits_for_the_batch),
        cmocka_unit_test(test_stream_status),
        cmocka_unit_test(test_stream_urgent),
        cmocka_unit_test(test_stream_does_not_hold_what_is_urgent),
        cmocka_unit_test(test_snapshot_is_never_urgent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

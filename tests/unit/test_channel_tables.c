/* Tables of rules at one end: a second one, and what stands around their handlers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/channel/frame.h"

enum { PLAIN = 1, SIZED, REFUSED, UNKNOWN };

/* What the handlers saw. */
struct seen {
    size_t count;
    uint32_t type;
};

static int on_message(void *context, struct channel_message *message)
{
    struct seen *seen = context;
    seen->count++;
    seen->type = message->type;
    return 0;
}

static int on_refused(void *context, struct channel_message *message)
{
    (void)context;
    (void)message;
    return ERROR_RANGE;
}

static const struct channel_rule rules[] = {
    {PLAIN, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_message},
    {SIZED, 4, 8, CHANNEL_FD_NONE, on_message},
    {REFUSED, 0, 16, CHANNEL_FD_NONE, on_refused},
    {0},
};

struct pair {
    struct channel *sender;
    struct channel *receiver;
    int raw; /* the sender's end, for bytes that no channel would send */
    struct seen seen;
};

static void open_pair(struct pair *pair, void *context)
{
    int fds[2];
    *pair = (struct pair){0};
    assert_int_equal(channel_pair(fds), 0);
    pair->raw = fds[0];
    assert_int_equal(channel_new(fds[0], rules, false, NULL, &pair->sender), 0);
    assert_int_equal(
        channel_new(fds[1], rules, false, context ? context : &pair->seen, &pair->receiver), 0);
}

static void close_pair(struct pair *pair)
{
    channel_free(pair->sender);
    channel_free(pair->receiver);
}

static const struct channel_rule further[] = {
    {UNKNOWN, 4, 8, CHANNEL_FD_NONE, on_message},
    {0},
};

/* Rows of a second table are checked as those of the first, and serve a context of their own. */
static void test_second_table(void **state)
{
    (void)state;
    struct pair pair;
    struct seen other = {0};
    struct buffer body = {.data = (char[]){"four"}, .length = 4};
    open_pair(&pair, NULL);
    assert_int_equal(channel_also(pair.receiver, further, &other), 0);
    assert_int_equal(channel_send(pair.sender, UNKNOWN, &body, -1, NULL), 0);
    assert_int_equal(channel_send(pair.sender, PLAIN, NULL, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 5), ERROR_AGAIN);
    assert_int_equal(other.count, 1);
    assert_int_equal(other.type, UNKNOWN);
    assert_int_equal(pair.seen.count, 1);
    assert_int_equal(pair.seen.type, PLAIN);
    assert_int_equal(channel_send(pair.sender, UNKNOWN, NULL, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
    assert_string_equal(channel_fault(pair.receiver),
                        "message type 4 with a body of 0 bytes, of 4 to 8");
    assert_int_equal(other.count, 1);
    close_pair(&pair);
}

static void test_tables_that_do_not_fit(void **state)
{
    (void)state;
    static const struct channel_rule again[] = {
        {UNKNOWN + 1, 0, 0, CHANNEL_FD_NONE, on_message},
        {SIZED, 0, 0, CHANNEL_FD_NONE, on_message},
        {0},
    };
    static const struct channel_rule third[] = {
        {UNKNOWN + 1, 0, 0, CHANNEL_FD_NONE, on_message},
        {0},
    };
    struct pair pair;
    open_pair(&pair, NULL);
    assert_int_equal(channel_also(pair.receiver, again, &pair.seen), ERROR_STATE);
    assert_int_equal(channel_also(pair.receiver, further, &pair.seen), 0);
    assert_int_equal(channel_also(pair.receiver, third, &pair.seen), ERROR_LIMIT);
    /* Of what was refused no row is taken. */
    assert_int_equal(channel_send(pair.sender, UNKNOWN + 1, NULL, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
    assert_int_equal(pair.seen.count, 0);
    close_pair(&pair);
}

/* What stood around the handlers: it keeps messages of one type, and hands on the others. */
struct around {
    struct seen seen;
    const struct channel_rule *kept;
    size_t count;
};

static int around_message(void *context, const struct channel_rule *rule,
                          struct channel_message *message)
{
    struct around *around = context;
    around->count++;
    if (message->type != SIZED)
        return rule->handler(&around->seen, message);
    around->kept = rule;
    return 0;
}

static void test_around(void **state)
{
    (void)state;
    struct pair pair;
    struct around around = {0};
    struct buffer body = {.data = (char[]){"four"}, .length = 4};
    open_pair(&pair, &around);
    channel_around(pair.receiver, around_message);
    assert_int_equal(channel_send(pair.sender, PLAIN, NULL, -1, NULL), 0);
    assert_int_equal(channel_send(pair.sender, SIZED, &body, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 5), ERROR_AGAIN);
    assert_int_equal(around.count, 2);
    assert_int_equal(around.seen.count, 1);
    assert_ptr_equal(around.kept, &rules[1]);
    struct channel_message message = {.type = SIZED, .sequence = 2, .fd = -1};
    assert_int_equal(around.kept->handler(&around.seen, &message), 0);
    assert_int_equal(around.seen.type, SIZED);
    /* A refusal is the handler's. */
    assert_int_equal(channel_send(pair.sender, REFUSED, NULL, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
    assert_int_equal(around.count, 3);
    close_pair(&pair);
}

/* It gets the context of the row's table. */
static void test_around_a_second_table(void **state)
{
    (void)state;
    struct pair pair;
    struct around around = {0}, other = {0};
    struct buffer body = {.data = (char[]){"four"}, .length = 4};
    open_pair(&pair, &around);
    channel_around(pair.receiver, around_message);
    assert_int_equal(channel_also(pair.receiver, further, &other), 0);
    assert_int_equal(channel_send(pair.sender, UNKNOWN, &body, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), 0);
    assert_int_equal(around.count, 0);
    assert_int_equal(other.count, 1);
    assert_int_equal(other.seen.type, UNKNOWN);
    close_pair(&pair);
}

/* What is malformed reaches no one. */
static void test_around_sees_what_was_checked(void **state)
{
    (void)state;
    static const struct channel_head cases[] = {
        {SIZED, 19, 1}, {UNKNOWN, 16, 1}, {PLAIN, 16, 2}, {PLAIN, 17, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        struct around around = {0};
        uint8_t bytes[CHANNEL_LEAST + 3] = {0};
        open_pair(&pair, &around);
        channel_around(pair.receiver, around_message);
        memcpy(bytes, &cases[i], CHANNEL_LEAST);
        size_t length = cases[i].length == 19 ? sizeof bytes : CHANNEL_LEAST;
        assert_int_equal(send(pair.raw, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
        assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
        assert_int_equal(around.count, 0);
        close_pair(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_table),
        cmocka_unit_test(test_tables_that_do_not_fit),
        cmocka_unit_test(test_around),
        cmocka_unit_test(test_around_a_second_table),
        cmocka_unit_test(test_around_sees_what_was_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

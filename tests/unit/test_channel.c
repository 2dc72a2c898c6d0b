/* Channels: what is sent comes out once and in order; what is malformed ends the channel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/channel/frame.h"
#include "ground/channel/messages.h"

enum { PLAIN = 1, SIZED, WITH_FD, JSON, REFUSED, UNKNOWN };

/* What the handlers saw. */
struct seen {
    size_t count;
    uint32_t type;
    size_t length;
    uint64_t sequence;
    uint8_t first;
    int fd;
    json_t *json;
    struct channel *again; /* received from inside the handler */
    int again_code;
};

static int on_message(void *context, struct channel_message *message)
{
    struct seen *seen = context;
    seen->count++;
    seen->type = message->type;
    seen->length = message->length;
    seen->sequence = message->sequence;
    seen->first = message->length ? message->body[0] : 0;
    seen->fd = message->fd;
    if (seen->again)
        seen->again_code = channel_receive(seen->again, 1);
    return 0;
}

static int on_fd(void *context, struct channel_message *message)
{
    on_message(context, message);
    message->fd = -1;
    return 0;
}

static int on_json(void *context, struct channel_message *message)
{
    struct seen *seen = context;
    json_decref(seen->json);
    seen->json = NULL;
    return messages_json(message, &seen->json);
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
    {WITH_FD, 0, 16, CHANNEL_FD_MUST, on_fd},
    {JSON, 2, CHANNEL_MOST, CHANNEL_FD_MAYBE, on_json},
    {REFUSED, 0, 16, CHANNEL_FD_NONE, on_refused},
    {0},
};

struct pair {
    struct channel *sender;
    struct channel *receiver;
    int raw; /* the sender's end, for bytes that no channel would send */
    struct seen seen;
};

static void open_pair(struct pair *pair, bool with_fds)
{
    int fds[2];
    *pair = (struct pair){.seen.fd = -1};
    assert_int_equal(channel_pair(fds), 0);
    pair->raw = fds[0];
    assert_int_equal(channel_new(fds[0], rules, true, &pair->seen, &pair->sender), 0);
    assert_int_equal(channel_new(fds[1], rules, with_fds, &pair->seen, &pair->receiver), 0);
}

static void close_pair(struct pair *pair)
{
    channel_free(pair->sender);
    channel_free(pair->receiver);
    json_decref(pair->seen.json);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Sends bytes and descriptors as they are. */
static void send_raw(int socket, const void *bytes, size_t length, const int *fds, size_t count)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(8 * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
    }
    assert_int_equal(sendmsg(socket, &message, MSG_NOSIGNAL), (ssize_t)length);
}

static void send_head(int socket, uint32_t type, uint32_t length, uint64_t sequence, size_t body)
{
    uint8_t bytes[CHANNEL_LEAST + 64] = {0};
    struct channel_head head = {type, length, sequence};
    memcpy(bytes, &head, sizeof head);
    send_raw(socket, bytes, sizeof head + body, NULL, 0);
}

static void test_send_and_receive(void **state)
{
    (void)state;
    struct pair pair;
    uint64_t sequence = 0;
    struct buffer body = {.data = (char[]){"four"}, .length = 4};
    open_pair(&pair, false);
    assert_int_equal(channel_receive(pair.receiver, 5), ERROR_AGAIN);
    assert_int_equal(channel_send(pair.sender, PLAIN, NULL, -1, &sequence), 0);
    assert_int_equal(sequence, 1);
    assert_int_equal(channel_send(pair.sender, SIZED, &body, -1, &sequence), 0);
    assert_int_equal(sequence, 2);
    assert_int_equal(channel_receive(pair.receiver, 1), 0);
    assert_int_equal(pair.seen.type, PLAIN);
    assert_int_equal(pair.seen.length, 0);
    assert_int_equal(channel_receive(pair.receiver, 5), ERROR_AGAIN);
    assert_int_equal(pair.seen.count, 2);
    assert_int_equal(pair.seen.sequence, 2);
    assert_int_equal(pair.seen.first, 'f');
    channel_free(pair.sender);
    pair.sender = NULL;
    assert_int_equal(channel_receive(pair.receiver, 5), ERROR_CLOSED);
    assert_int_equal(channel_send(pair.receiver, PLAIN, NULL, -1, NULL), ERROR_CLOSED);
    close_pair(&pair);
}

static void test_send_limits(void **state)
{
    (void)state;
    struct pair pair;
    static char bytes[CHANNEL_MOST];
    struct buffer body = {.data = bytes, .length = CHANNEL_MOST - CHANNEL_LEAST};
    open_pair(&pair, false);
    assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), 0);
    body.length++;
    assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), ERROR_LIMIT);
    body.failed = true;
    assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), ERROR_MEMORY);
    assert_int_equal(channel_send(pair.sender, 0, NULL, -1, NULL), ERROR_RANGE);
    assert_int_equal(channel_receive(pair.receiver, 5), ERROR_AGAIN);
    assert_int_equal(pair.seen.length, CHANNEL_MOST - CHANNEL_LEAST);
    close_pair(&pair);
}

/* The credit goes into the socket at once, as a few large messages or as many small ones. */
static void test_buffers_hold_the_credit(void **state)
{
    (void)state;
    static char bytes[CHANNEL_MOST];
    static const size_t sizes[] = {CHANNEL_CREDIT / 2, 4096, 1024};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pair pair;
        struct buffer body = {.data = bytes, .length = sizes[i] - CHANNEL_LEAST};
        open_pair(&pair, false);
        for (size_t sent = 0; sent < CHANNEL_CREDIT; sent += sizes[i])
            assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), 0);
        assert_false(channel_wants_write(pair.sender));
        close_pair(&pair);
    }
}

static void test_queue_keeps_order(void **state)
{
    (void)state;
    enum { COUNT = 40, SIZE = 60000 };
    struct pair pair;
    static char bytes[SIZE];
    struct buffer body = {.data = bytes, .length = SIZE};
    open_pair(&pair, true);
    for (int i = 0; i < COUNT; i++) {
        bytes[0] = (char)i;
        assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), 0);
    }
    assert_true(channel_wants_write(pair.sender));
    assert_int_equal(channel_flush(pair.sender), ERROR_AGAIN);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(channel_receive(pair.receiver, 1), 0);
        assert_int_equal(pair.seen.sequence, i + 1);
        assert_int_equal(pair.seen.first, i);
        int code = channel_flush(pair.sender);
        assert_true(code == 0 || code == ERROR_AGAIN);
    }
    assert_false(channel_wants_write(pair.sender));
    close_pair(&pair);
}

static void test_queue_is_limited(void **state)
{
    (void)state;
    struct pair pair;
    static char bytes[60000];
    struct buffer body = {.data = bytes, .length = sizeof bytes};
    int code = 0;
    size_t count = 0;
    open_pair(&pair, true);
    while (!code && count++ < 1000)
        code = channel_send(pair.sender, PLAIN, &body, -1, NULL);
    assert_int_equal(code, ERROR_LIMIT);
    assert_true(count > (8 << 20) / sizeof bytes);
    /* What was refused used no number. */
    while (channel_flush(pair.sender) == ERROR_AGAIN)
        assert_true(channel_receive(pair.receiver, 1) == 0);
    assert_int_equal(channel_receive(pair.receiver, 1000), ERROR_AGAIN);
    assert_int_equal(channel_send(pair.sender, PLAIN, NULL, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1000), ERROR_AGAIN);
    assert_int_equal(pair.seen.count, count);
    close_pair(&pair);
}

static void test_peer_closes_while_queued(void **state)
{
    (void)state;
    struct pair pair;
    static char bytes[60000];
    struct buffer body = {.data = bytes, .length = sizeof bytes};
    open_pair(&pair, true);
    assert_int_equal(channel_send(pair.receiver, PLAIN, NULL, -1, NULL), 0);
    while (!channel_wants_write(pair.sender))
        assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), 0);
    channel_free(pair.receiver);
    pair.receiver = NULL;
    assert_int_equal(channel_flush(pair.sender), ERROR_CLOSED);
    assert_false(channel_wants_write(pair.sender));
    /* Its last message is still taken, though it closed with ours unread. */
    assert_int_equal(channel_receive(pair.sender, 5), ERROR_CLOSED);
    assert_int_equal(pair.seen.count, 1);
    close_pair(&pair);
}

static void test_descriptor_comes_along(void **state)
{
    (void)state;
    struct pair pair;
    struct stat sent, came;
    CLEAN(clean_fd) int fd = -1;
    assert_int_equal(file_seal("along", "abc", 3, &fd), 0);
    assert_int_equal(fstat(fd, &sent), 0);
    open_pair(&pair, true);
    assert_int_equal(channel_send(pair.sender, WITH_FD, NULL, fd, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), 0);
    assert_true(pair.seen.fd >= 0);
    assert_int_equal(fstat(pair.seen.fd, &came), 0);
    assert_int_equal(sent.st_ino, came.st_ino);
    assert_true(fcntl(pair.seen.fd, F_GETFD) & FD_CLOEXEC);
    close(pair.seen.fd);
    close_pair(&pair);
}

static void test_queued_descriptor_is_a_duplicate(void **state)
{
    (void)state;
    struct pair pair;
    static char bytes[60000];
    struct buffer body = {.data = bytes, .length = sizeof bytes};
    size_t before = count_descriptors();
    int fd = -1;
    assert_int_equal(file_seal("along", "abc", 3, &fd), 0);
    open_pair(&pair, true);
    while (!channel_wants_write(pair.sender))
        assert_int_equal(channel_send(pair.sender, PLAIN, &body, -1, NULL), 0);
    assert_int_equal(channel_send(pair.sender, WITH_FD, NULL, fd, NULL), 0);
    assert_int_equal(channel_send(pair.sender, WITH_FD, NULL, fd, NULL), 0);
    close(fd);
    while (pair.seen.type != WITH_FD) {
        assert_int_equal(channel_receive(pair.receiver, 1), 0);
        assert_true(channel_flush(pair.sender) != ERROR_CLOSED);
    }
    close(pair.seen.fd);
    close_pair(&pair);
    assert_int_equal(count_descriptors(), before);
}

static json_t *large_object(size_t length)
{
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';
    json_t *object = json_pack("{s:s}", "text", text);
    free(text);
    return object;
}

static void test_json(void **state)
{
    (void)state;
    static const size_t lengths[] = {3, CHANNEL_MOST - 100, CHANNEL_MOST, 1000000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct pair pair;
        json_t *object = large_object(lengths[i]);
        size_t before = count_descriptors();
        open_pair(&pair, true);
        assert_int_equal(messages_send(pair.sender, (enum message_type)JSON, object), 0);
        assert_int_equal(channel_receive(pair.receiver, 1), 0);
        assert_true(json_equal(object, pair.seen.json));
        close_pair(&pair);
        json_decref(object);
        assert_int_equal(count_descriptors(), before);
    }
}

static void test_json_hostile(void **state)
{
    (void)state;
    static const char *const texts[] = {"[]", "{\"a\":1,\"a\":2}", "{\"a\":", "  ", "{}{}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pair pair;
        open_pair(&pair, true);
        assert_int_equal(channel_send_text(pair.sender, JSON, texts[i], strlen(texts[i])), 0);
        assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
        close_pair(&pair);
    }
}

/* A memfd that its sender can still change is not read. */
static void test_json_unsealed(void **state)
{
    (void)state;
    struct pair pair;
    CLEAN(clean_fd) int fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(write(fd, "{}", 2), 2);
    open_pair(&pair, true);
    assert_int_equal(channel_send(pair.sender, JSON, NULL, fd, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
    close_pair(&pair);
}

static void test_malformed_heads(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, length;
        uint64_t sequence;
        size_t body;
        const char *fault;
    } cases[] = {
        {PLAIN, 16, 2, 0, "message 2 after 0"},
        {PLAIN, 16, 0, 0, "message 0 after 0"},
        {PLAIN, 16, UINT64_MAX, 0, "message 18446744073709551615 after 0"},
        {PLAIN, 17, 1, 0, "a message that says 17 bytes and has 16"},
        {PLAIN, 0, 1, 4, "a message that says 0 bytes and has 20"},
        {PLAIN, UINT32_MAX, 1, 4, "a message that says 4294967295 bytes and has 20"},
        {UNKNOWN, 16, 1, 0, "a message of type 6, which is not accepted here"},
        {0, 16, 1, 0, "a message of type 0, which is not accepted here"},
        {SIZED, 19, 1, 3, "message type 2 with a body of 3 bytes, of 4 to 8"},
        {SIZED, 25, 1, 9, "message type 2 with a body of 9 bytes, of 4 to 8"},
        {JSON, 17, 1, 1, "message type 4 with a body of 1 bytes, of 2 to 65536"},
        {REFUSED, 16, 1, 0, "message type 5 refused: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        open_pair(&pair, false);
        send_head(pair.raw, cases[i].type, cases[i].length, cases[i].sequence, cases[i].body);
        assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
        assert_int_equal(
            strncmp(channel_fault(pair.receiver), cases[i].fault, strlen(cases[i].fault)), 0);
        assert_int_equal(pair.seen.count, 0);
        /* Nothing is taken after it. */
        send_head(pair.raw, PLAIN, 16, 1, 0);
        assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
        assert_int_equal(pair.seen.count, 0);
        close_pair(&pair);
    }
}

static void test_malformed_sizes(void **state)
{
    (void)state;
    static uint8_t bytes[CHANNEL_MOST + 1];
    static const size_t sizes[] = {0, 1, 15, CHANNEL_MOST + 1};
    struct channel_head head = {PLAIN, CHANNEL_MOST, 1};
    memcpy(bytes, &head, sizeof head);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pair pair;
        open_pair(&pair, i % 2);
        send_raw(pair.raw, bytes, sizes[i], NULL, 0);
        assert_int_equal(channel_receive(pair.receiver, 1), ERROR_PEER);
        assert_int_equal(pair.seen.count, 0);
        close_pair(&pair);
    }
}

/* Descriptors that nobody asked for end the channel and stay nowhere. */
static void test_unexpected_descriptors(void **state)
{
    (void)state;
    static const struct {
        bool with_fds;
        uint32_t type;
        size_t count;
        int code;
    } cases[] = {
        {false, PLAIN, 1, ERROR_PEER},   {false, PLAIN, 5, ERROR_PEER},
        {false, WITH_FD, 1, ERROR_PEER}, {true, PLAIN, 1, ERROR_PEER},
        {true, PLAIN, 5, ERROR_PEER},    {true, WITH_FD, 2, ERROR_PEER},
        {true, WITH_FD, 5, ERROR_PEER},  {true, WITH_FD, 0, ERROR_PEER},
        {true, UNKNOWN, 2, ERROR_PEER},  {true, REFUSED, 0, ERROR_PEER},
    };
    static const int fds[5] = {0, 1, 2, 0, 1};
    size_t before = count_descriptors();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        struct channel_head head = {cases[i].type, sizeof head, 1};
        open_pair(&pair, cases[i].with_fds);
        size_t opened = count_descriptors();
        send_raw(pair.raw, &head, sizeof head, fds, cases[i].count);
        assert_int_equal(channel_receive(pair.receiver, 1), cases[i].code);
        assert_int_equal(pair.seen.count, 0);
        assert_int_equal(count_descriptors(), opened);
        close_pair(&pair);
    }
    assert_int_equal(count_descriptors(), before);
}

static void test_receive_inside_a_handler(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, false);
    pair.seen.again = pair.receiver;
    assert_int_equal(channel_send(pair.sender, PLAIN, NULL, -1, NULL), 0);
    assert_int_equal(channel_receive(pair.receiver, 1), 0);
    assert_int_equal(pair.seen.again_code, ERROR_STATE);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(test_send_and_receive),
        cmocka_unit_test(test_send_limits),
        cmocka_unit_test(test_buffers_hold_the_credit),
        cmocka_unit_test(test_queue_keeps_order),
        cmocka_unit_test(test_queue_is_limited),
        cmocka_unit_test(test_peer_closes_while_queued),
        cmocka_unit_test(test_descriptor_comes_along),
        cmocka_unit_test(test_queued_descriptor_is_a_duplicate),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_hostile),
        cmocka_unit_test(test_json_unsealed),
        cmocka_unit_test(test_malformed_heads),
        cmocka_unit_test(test_malformed_sizes),
        cmocka_unit_test(test_unexpected_descriptors),
        cmocka_unit_test(test_receive_inside_a_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Valid messages of a collector, of every type, and what a seed makes of them. */
#include "lies.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As daemon/ground/channel/messages.h and launch.h have them; a lie needs no headers of the daemon.
 */
enum { CHANNEL = 5, TABLES = 40, POSITIONS, COLLECT, READINGS, EXCERPT, MISSING, LOST, OPENED };
enum { COUNTED = OPENED + 1, BATCH, OUTCOME, SAID, ACK, TYPES = ACK - TABLES + 1 };
enum { FRAME_MOST = 4096, GROWTH_MOST = 2048, TRIES = 10, PAUSE_MS = 10 };

struct frame {
    uint32_t type;
    uint32_t length;
    uint64_t sequence;
    unsigned char body[FRAME_MOST];
};

struct lies {
    uint64_t state;
    struct frame frame;
    size_t size; /* of the body */
};

/* xorshift64* */
static uint32_t chance(struct lies *lies, uint32_t below)
{
    lies->state ^= lies->state >> 12;
    lies->state ^= lies->state << 25;
    lies->state ^= lies->state >> 27;
    return (uint32_t)((lies->state * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static void put(struct lies *lies, const void *bytes, size_t size)
{
    memcpy(lies->frame.body + lies->size, bytes, size);
    lies->size += size;
}

static void put_u32(struct lies *lies, uint32_t value)
{
    put(lies, &value, sizeof value);
}

static void put_u64(struct lies *lies, uint64_t value)
{
    put(lies, &value, sizeof value);
}

static void put_text(struct lies *lies, const char *text)
{
    put_u32(lies, (uint32_t)strlen(text));
    put(lies, text, strlen(text) + 1);
}

static void put_readings(struct lies *lies)
{
    double value = 1;
    uint16_t labels = 1;
    uint32_t count = 1 + chance(lies, 3);
    put_u32(lies, count);
    for (uint32_t i = 0; i < count; i++) {
        put_u32(lies, 0);
        put(lies, &value, sizeof value);
        put(lies, &labels, sizeof labels);
        put_text(lies, "x");
    }
}

static void put_texts(struct lies *lies, int count)
{
    for (int i = 0; i < count; i++)
        put_text(lies, "a text of no interest");
}

static void put_body(struct lies *lies)
{
    unsigned char digest[32] = {7};
    switch (lies->frame.type) {
    case READINGS:
        put_readings(lies);
        break;
    case EXCERPT:
        put_u32(lies, 0);
        put_texts(lies, 3);
        break;
    case MISSING:
        put_u32(lies, 0);
        put_texts(lies, 1);
        break;
    case LOST:
        put_texts(lies, 3);
        put_u64(lies, 1);
        put_u64(lies, 2);
        break;
    case OPENED:
        put_texts(lies, 1);
        for (int i = 0; i < 4; i++)
            put_u64(lies, (uint64_t)i);
        break;
    case COUNTED:
        put_texts(lies, 1);
        put_u64(lies, 5);
        put_u32(lies, sizeof digest);
        put(lies, digest, sizeof digest);
        put(lies, "", 1);
        break;
    case BATCH:
        put_u32(lies, 1);
        put_u32(lies, 1);
        put_texts(lies, 2);
        break;
    case OUTCOME:
        put_u64(lies, 0);
        put_texts(lies, 1);
        break;
    case SAID:
        put_u32(lies, 6);
        put_texts(lies, 1);
        break;
    default:
        put(lies, "{\"plugin\":\"x\",\"attributes\":[]}", 30);
    }
}

static void flip(struct lies *lies)
{
    for (uint32_t i = 0, count = 1 + chance(lies, 8); i < count && lies->size; i++)
        lies->frame.body[chance(lies, (uint32_t)lies->size)] ^=
            (unsigned char)(1u << chance(lies, 8));
}

static void grow(struct lies *lies)
{
    for (uint32_t i = 0, count = 1 + chance(lies, GROWTH_MOST); i < count; i++)
        lies->frame.body[lies->size++] = (unsigned char)chance(lies, 256);
}

/* Numbers and lengths at their limits, where they may well stand. */
static void stretch(struct lies *lies)
{
    static const uint32_t odd[] = {0, 1, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t value = odd[chance(lies, sizeof odd / sizeof *odd)];
    if (lies->size >= sizeof value)
        memcpy(lies->frame.body + chance(lies, (uint32_t)(lies->size - sizeof value + 1)), &value,
               sizeof value);
}

/* Half of the valid ones are of the types that a run is made of, so that more of them are read. */
static void make(struct lies *lies, uint64_t sequence)
{
    static const uint32_t usual[] = {READINGS, EXCERPT, MISSING, SAID};
    lies->size = 0;
    lies->frame.type = chance(lies, 2) ? usual[chance(lies, 4)] : TABLES + chance(lies, TYPES);
    put_body(lies);
    lies->frame.sequence = sequence;
    switch (chance(lies, 8)) {
    case 0:
    case 1:
        flip(lies);
        break;
    case 2:
        lies->size = chance(lies, (uint32_t)lies->size + 1);
        break;
    case 3:
        grow(lies);
        break;
    case 4:
    case 5:
        stretch(lies);
        break;
    case 6:
        lies->frame.type = chance(lies, 2) ? chance(lies, 128) : chance(lies, 1u << 30);
        break;
    default:
        lies->frame.sequence += chance(lies, 4);
    }
    lies->frame.length = (uint32_t)(16 + lies->size);
    if (chance(lies, 32) == 0)
        lies->frame.length = chance(lies, 1u << 20);
}

/* The socket may be full of what nobody reads any more. */
static int send_patiently(const struct lies *lies)
{
    for (int i = 0; i < TRIES; i++) {
        if (send(CHANNEL, &lies->frame, 16 + lies->size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return 1;
        if (errno != EAGAIN)
            return 0;
        struct pollfd writable = {.fd = CHANNEL, .events = POLLOUT};
        (void)poll(&writable, 1, PAUSE_MS);
    }
    return 0;
}

void lies_tell(unsigned seed, unsigned count, unsigned long long sequence)
{
    static struct lies lies;
    unsigned told = 0;
    lies.state = seed * 2654435761ull + 1;
    while (told < count) {
        make(&lies, sequence + told);
        if (!send_patiently(&lies))
            break;
        told++;
    }
    dprintf(STDERR_FILENO, "bad: %u mutated frames, seed %u\n", told, seed);
}

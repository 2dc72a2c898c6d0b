/* An inode number comes again; the first bytes tell whose it is. */
#include "place.h"

#include "ground/base/hash.h"
#include "ground/base/text.h"

#include <inttypes.h>
#include <unistd.h>

char *place_text(const struct place *place)
{
    return text_format("%" PRIx64 ":%" PRIx64 ":%" PRIx64 ":%" PRIx64 ":%" PRIx64, place->device,
                       place->inode, place->offset, place->seen, place->print);
}

int place_read(const char *text, struct place *ret_place)
{
    struct place place = {0};
    uint64_t *fields[] = {&place.device, &place.inode, &place.offset, &place.seen, &place.print};
    for (int i = 0; i < 5; i++)
        if (text_read_hex(&text, fields[i]) || *text++ != (i < 4 ? ':' : '\0'))
            return ERROR_FORMAT;
    if (place.seen > PLACE_SEEN_MOST || place.seen > place.offset || place.offset > INT64_MAX)
        return ERROR_FORMAT;
    *ret_place = place;
    return 0;
}

bool place_is_of(const struct place *place, const struct stat *status)
{
    return place->device == status->st_dev && place->inode == status->st_ino;
}

static int print_front(int fd, uint64_t length, uint64_t *ret_print)
{
    unsigned char bytes[PLACE_SEEN_MOST];
    ssize_t got = pread(fd, bytes, (size_t)length, 0);
    if (got < 0 || (uint64_t)got != length)
        return ERROR_IO;
    *ret_print = hash_bytes(HASH_START, bytes, (size_t)length);
    return 0;
}

bool place_begins_same(const struct place *place, int fd)
{
    uint64_t print = 0;
    return print_front(fd, place->seen, &print) == 0 && (!place->seen || print == place->print);
}

int place_move(struct place *place, int fd, uint64_t offset)
{
    struct place moved = *place;
    moved.offset = offset;
    uint64_t seen = offset < PLACE_SEEN_MOST ? offset : PLACE_SEEN_MOST;
    /* The front does not change while a file grows: it is read again only until it is full. */
    if (seen != place->seen || !place->print) {
        int code = print_front(fd, seen, &moved.print);
        if (code)
            return code;
        moved.seen = seen;
    }
    *place = moved;
    return 0;
}

/* Reads whole files up to a limit; makes sealed memory files. */
#include "ground/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ground/base/clean.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int file_read_fd(int fd, size_t limit_bytes, struct buffer *ret_bytes)
{
    char chunk[16384];
    CLEAN(buffer_finish) struct buffer bytes = {0};
    for (off_t offset = 0;;) {
        ssize_t count = pread(fd, chunk, sizeof chunk, offset);
        /* A pipe or a socket has no offsets. */
        if (count < 0 && errno == ESPIPE)
            count = read(fd, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return ERROR_IO;
        if (count == 0)
            break;
        if (bytes.length + (size_t)count > limit_bytes)
            return ERROR_LIMIT;
        buffer_append(&bytes, chunk, (size_t)count);
        offset += count;
    }
    buffer_append(&bytes, "", 0);
    if (bytes.failed)
        return ERROR_MEMORY;
    buffer_finish(ret_bytes);
    *ret_bytes = bytes;
    bytes = (struct buffer){0};
    return 0;
}

int file_read(const char *path, size_t limit_bytes, struct buffer *ret_bytes)
{
    CLEAN(clean_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERROR_MISSING : errno == EACCES ? ERROR_DENIED : ERROR_IO;
    return file_read_fd(fd, limit_bytes, ret_bytes);
}

int file_seal(const char *name, const void *bytes, size_t length, int *ret_fd)
{
    CLEAN(clean_fd) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return ERROR_IO;
    for (size_t done = 0; done < length;) {
        ssize_t count = write(fd, (const char *)bytes + done, length - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return ERROR_IO;
        done += (size_t)count;
    }
    if (fcntl(fd, F_ADD_SEALS, SEALS))
        return ERROR_IO;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

bool file_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & (SEALS & ~F_SEAL_SEAL)) == (SEALS & ~F_SEAL_SEAL);
}

/* One daemon a folder: an open-file-description lock with the holder's pid in the file. */
#include "evidence/store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* Says what a person can do about a folder that cannot be used. */
static int refuse_folder(const char *folder, struct error *error)
{
    int why = errno;
    if (why == ENOENT)
        return error_set(error, ERROR_MISSING,
                         "the folder %s does not exist: create it, owned by the user that conformd "
                         "runs as and with mode 0750, or set another state_dir",
                         folder);
    if (why == EACCES || why == EPERM || why == EROFS)
        return error_set(error, ERROR_DENIED,
                         "the folder %s cannot be written by user id %u (%s): give it to the user "
                         "that conformd runs as, or set another state_dir",
                         folder, (unsigned)geteuid(), strerror(why));
    if (why == ENOTDIR)
        return error_set(error, ERROR_IO, "%s is not a folder: set another state_dir", folder);
    return error_set(error, ERROR_IO, "the folder %s cannot be used: %s", folder, strerror(why));
}

static int refuse_second(const char *folder, int fd, struct error *error)
{
    char text[24] = "";
    int64_t pid = 0;
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (text_to_integer(text, &pid) || pid <= 0)
        return error_set(error, ERROR_EXISTS,
                         "another conformd uses the folder %s: stop it first, or set another "
                         "state_dir",
                         folder);
    return error_set(error, ERROR_EXISTS,
                     "another conformd (pid %lld) uses the folder %s: stop it first, or set "
                     "another state_dir",
                     (long long)pid, folder);
}

/* The pid only serves the sentence above; the lock itself decides, so a stale pid does no harm. */
static int write_pid(int fd)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)length, 0) != length)
        return ERROR_IO;
    return 0;
}

int store_lock_folder(const char *folder, int *ret_fd, struct error *error)
{
    CLEAN(clean_text) char *path = text_format("%s/lock", folder);
    if (!path)
        return error_set(error, ERROR_MEMORY, "out of memory");
    CLEAN(clean_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return refuse_folder(folder, error);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &whole)) {
        if (errno == EAGAIN || errno == EACCES)
            return refuse_second(folder, fd, error);
        return error_set(error, ERROR_IO, "%s cannot be locked: %s", path, strerror(errno));
    }
    if (write_pid(fd))
        return error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
    *ret_fd = fd;
    fd = -1;
    return 0;
}

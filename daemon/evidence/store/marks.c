/* Who reads the log: the read marks of SQLite's -shm file, by the kernel's word. */
#include "evidence/store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* https://www.sqlite.org/walformat.html, 2.3.2: the lock bytes 123 to 127 are those of readers. */
enum { MARKS_AT = 123, MARKS = 5 };

int store_open_marks(const char *folder, int *ret_fd, struct error *error)
{
    CLEAN(clean_text) char *path = text_format("%s/conformd.db-shm", folder);
    if (!path)
        return error_set(error, ERROR_MEMORY, "out of memory");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return error_set(error, ERROR_IO, "%s cannot be opened: %s", path, strerror(errno));
    *ret_fd = fd;
    return 0;
}

int64_t store_log_holder(const struct store *store)
{
    struct flock marks = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = MARKS_AT, .l_len = MARKS};
    if (store->marks_fd < 0 || fcntl(store->marks_fd, F_GETLK, &marks))
        return 0;
    return marks.l_type == F_UNLCK ? 0 : marks.l_pid;
}

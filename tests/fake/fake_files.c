/* Trees of files in a temporary folder. */
#include "fake/fake_internal.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *fake_tree(void)
{
    const char *base = getenv("TMPDIR");
    char *path = text_format("%s/conformd-test-XXXXXX", base && *base ? base : "/tmp");

    if (!path || !mkdtemp(path))
        fake_die("no temporary folder: %s", strerror(errno));
    return path;
}

static int open_below(const char *root, const char *path, int flags)
{
    CLEAN(clean_text) char *whole = text_format("%s/%s", root, path);
    int fd;

    if (!whole)
        fake_die("no memory");
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(whole, 0755) != 0 && errno != EEXIST)
            fake_die("%s: %s", whole, strerror(errno));
        *slash = '/';
    }
    fd = open(whole, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    if (fd < 0)
        fake_die("%s: %s", whole, strerror(errno));
    return fd;
}

static void write_below(const char *root, const char *path, int flags, const void *bytes,
                        size_t length)
{
    CLEAN(clean_fd) int fd = open_below(root, path, flags);
    const char *at = bytes;

    while (length > 0) {
        ssize_t written = write(fd, at, length);

        if (written < 0)
            fake_die("%s/%s: %s", root, path, strerror(errno));
        at += written;
        length -= (size_t)written;
    }
}

void fake_bytes(const char *root, const char *path, const void *bytes, size_t length)
{
    write_below(root, path, O_TRUNC, bytes, length);
}

void fake_file(const char *root, const char *path, const char *text)
{
    fake_bytes(root, path, text, strlen(text));
}

void fake_append(const char *root, const char *path, const char *text)
{
    write_below(root, path, O_APPEND, text, strlen(text));
}

void fake_copy(const char *root, const char *path, const char *from)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};

    if (file_read(from, (size_t)64 << 20, &bytes) != 0)
        fake_die("%s cannot be read", from);
    fake_bytes(root, path, bytes.data, bytes.length);
}

static int remove_one(const char *path, const struct stat *state, int kind, struct FTW *place)
{
    (void)state;
    (void)kind;
    (void)place;
    return remove(path);
}

void fake_remove_tree(const char *root)
{
    if (!strstr(root, "conformd-test-"))
        fake_die("%s is no tree of fake_tree", root);
    if (nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "%s is not wholly removed\n", root);
}

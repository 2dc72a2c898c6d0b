/* Whole files and sealed memory, with limits. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "ground/base/buffer.h"

/* Reads fd from offset 0 to its end, at most limit_bytes; ERROR_LIMIT when there is more. */
int file_read_fd(int fd, size_t limit_bytes, struct buffer *ret_bytes) MUST_CHECK;

/* The same for a path; ERROR_MISSING, ERROR_DENIED or ERROR_IO with errno. */
int file_read(const char *path, size_t limit_bytes, struct buffer *ret_bytes) MUST_CHECK;

/* A memfd that holds the bytes and can be neither written, grown nor shrunk. The caller closes. */
int file_seal(const char *name, const void *bytes, size_t length, int *ret_fd) MUST_CHECK;

/* True when fd is a memfd sealed against writing, growing and shrinking. */
bool file_is_sealed(int fd);

#endif

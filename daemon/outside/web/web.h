/* The dashboard's pages, compiled in. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <stddef.h>

/* One file of pages/, by its path: "/index.html". */
struct web_file {
    const char *path;
    const unsigned char *bytes;
    size_t length;
};
extern const struct web_file web_files[];
extern const size_t web_file_count;

/* The file of a path ("/" is index.html), or NULL; ret_type its Content-Type. */
const struct web_file *web_find(const char *path, const char **ret_type);

#endif

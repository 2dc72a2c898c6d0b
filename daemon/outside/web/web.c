/* Finds a page, and says what it is. */
#include "outside/web/web.h"

#include <string.h>

#include "ground/base/text.h"

static const char *type_of(const char *path)
{
    static const struct kind {
        const char *ending;
        const char *type;
    } kinds[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_ends(path, kinds[i].ending))
            return kinds[i].type;
    return "application/octet-stream";
}

const struct web_file *web_find(const char *path, const char **ret_type)
{
    if (!strcmp(path, "/"))
        path = "/index.html";
    for (size_t i = 0; i < web_file_count; i++) {
        if (strcmp(web_files[i].path, path) != 0)
            continue;
        *ret_type = type_of(path);
        return &web_files[i];
    }
    return NULL;
}

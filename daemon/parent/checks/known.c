/* Remembers a collector's tables with the settings and the file that they came from. */
#include "parent/checks/known.h"

#include <string.h>
#include <sys/stat.h>

#include "ground/base/json.h"
#include "ground/base/text.h"

char *known_file(const json_t *part)
{
    struct stat file;
    if (stat(json_text_of(part, "plugin_path", ""), &file))
        return NULL;
    /* A file that was written to and given its old time again still has another time of change. */
    return text_format("%llu:%llu:%lld:%lld.%09ld:%lld.%09ld", (unsigned long long)file.st_dev,
                       (unsigned long long)file.st_ino, (long long)file.st_size,
                       (long long)file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
                       (long long)file.st_ctim.tv_sec, file.st_ctim.tv_nsec);
}

json_t *known_tables(const json_t *known, const char *instance, const json_t *part,
                     const char *file)
{
    const json_t *row = json_object_get(known, instance);
    if (!row || !file || strcmp(json_text_of(row, "file", ""), file) != 0 ||
        !json_equal(json_object_get(row, "part"), part))
        return NULL;
    return json_object_get(row, "tables");
}

int known_put(json_t *known, const char *instance, json_t *part, const char *file, json_t *tables)
{
    if (!tables || !file)
        return 0;
    json_t *row = json_pack("{s:O, s:s, s:O}", "part", part, "file", file, "tables", tables);
    return json_object_set_new(known, instance, row) ? ERROR_MEMORY : 0;
}

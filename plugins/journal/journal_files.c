/* sd_journal_open succeeds with nothing in its hands: the files themselves are asked. */
#include "journal_files.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <conformd/collector.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>

struct seen {
    bool readable;
    bool denied; /* a directory, or a file of the system's own journal */
    bool others; /* files that may not be read */
};

static void clean_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

static void look_at_file(const char *path, const char *name, struct seen *seen)
{
    if (!text_ends(name, ".journal"))
        return;
    if (access(path, R_OK) == 0)
        seen->readable = true;
    else if (text_begins(name, "system"))
        seen->denied = true;
    else
        seen->others = true;
}

static void look_at(const char *path, int depth, struct seen *seen)
{
    CLEAN(clean_folder) DIR *folder = opendir(path);
    const struct dirent *entry;
    if (!folder)
        seen->denied = seen->denied || errno == EACCES || errno == EPERM;
    while (folder && (entry = readdir(folder))) {
        CLEAN(clean_text) char *below = text_format("%s/%s", path, entry->d_name);
        if (!below || entry->d_name[0] == '.')
            continue;
        look_at_file(below, entry->d_name, seen);
        if (depth == 0 && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
            look_at(below, depth + 1, seen);
    }
}

int journal_files_check(const char *path)
{
    static const char *const standard[] = {"/var/log/journal", "/run/log/journal"};
    struct seen seen = {0};
    if (path)
        look_at(path, 0, &seen);
    for (size_t i = 0; !path && i < 2; i++)
        look_at(standard[i], 0, &seen);
    if (seen.denied || (seen.others && !seen.readable))
        return CFD_DENIED;
    return seen.readable ? CFD_OK : CFD_ABSENT;
}

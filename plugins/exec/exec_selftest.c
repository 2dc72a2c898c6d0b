/* Reads the answers of a good and a bad tree and looks whether what must come out came out. */
#include "exec.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"
#include "perfdata.h"

#include <string.h>

enum { ANSWER_MOST = 4096 };

/* What an answer's performance data holds. */
struct counts {
    int items;
    int unknown; /* U, or malformed */
    int warnings;
    int criticals;
};

static int read_counts(const struct cfd_host *host, const char *path, struct counts *ret)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(clean_fd) int fd = host->open_file(host, path);
    if (fd < 0)
        return fd;
    if (file_read_fd(fd, ANSWER_MOST, &bytes))
        return CFD_ERROR;
    CLEAN(clean_text) char *data = perfdata_of(bytes.data ? bytes.data : "");
    const char *at = data ? data : "";
    struct perfdata item;
    for (int found; (found = perfdata_next(&at, &item)) != 0; ret->items++) {
        bool known = found > 0 && item.known;
        ret->unknown += !known;
        ret->warnings += known && item.warning.given && perfdata_alerts(&item.warning, item.value);
        ret->criticals +=
            known && item.critical.given && perfdata_alerts(&item.critical, item.value);
    }
    return data ? CFD_OK : CFD_ERROR;
}

static int check_answer(const struct cfd_host *host, const char *path, struct counts wanted)
{
    struct counts found = {0};
    int status = read_counts(host, path, &found);
    if (status != CFD_OK || memcmp(&found, &wanted, sizeof found) == 0)
        return status;
    CLEAN(clean_text)
    char *text = text_format("%s: %d items, %d unknown, %d warnings, %d criticals were found where "
                             "%d, %d, %d, %d are",
                             path, found.items, found.unknown, found.warnings, found.criticals,
                             wanted.items, wanted.unknown, wanted.warnings, wanted.criticals);
    host->log(host, CFD_LOG_ERROR, text ? text : "the selftest failed");
    return CFD_ERROR;
}

int exec_selftest(void *self, const struct cfd_host *host, const char *root)
{
    (void)self;
    (void)root; /* the host puts it before each path */
    int status = check_answer(host, "/good/answer", (struct counts){.items = 3});
    return status != CFD_OK ? status
                            : check_answer(host, "/bad/answer", (struct counts){4, 2, 2, 2});
}

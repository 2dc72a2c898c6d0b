/* What a run with these files is worth: one that cannot be read is never a silent zero. */
#include "log_files.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

struct weighed {
    const struct follow *bad;  /* one that is there and cannot be read */
    const struct follow *gone; /* one that was followed and is away */
    const struct follow *away; /* one that is away */
    size_t readable;
};

static const char *text_of(int status)
{
    switch (status) {
    case CFD_OK:
        return "all files are read again";
    case CFD_ABSENT:
        return "the file is not there";
    case CFD_CHANGED:
        return "the file was followed and is gone";
    case CFD_DENIED:
        return "the file may not be read";
    case CFD_LIMIT:
        return "more files than can be followed";
    default:
        return "the file cannot be read";
    }
}

static struct weighed weigh(const struct files *files, int64_t now_ms)
{
    struct weighed weighed = {0};
    for (size_t i = 0; i < files->count; i++) {
        const struct follow *follow = files->follows[i];
        bool late = follow->gone_ms && now_ms - follow->gone_ms >= FILES_GRACE_MS;
        if (late || follow->status == CFD_ABSENT) {
            weighed.away = follow;
            weighed.gone = follow->placed ? follow : weighed.gone;
        } else if (follow->status < 0) {
            weighed.bad = follow;
        } else {
            weighed.readable++;
        }
    }
    return weighed;
}

/* Says why in the log when it is another reason than last time. */
static void explain(struct files *files, const struct cfd_host *host, int why, const char *sentence)
{
    if (files->told != why)
        host->log(host, why == CFD_OK ? CFD_LOG_INFO : CFD_LOG_ERROR, sentence);
    files->told = why;
}

int files_judge(struct files *files, const struct feed *feed, const struct cfd_host *host)
{
    struct weighed weighed = weigh(files, host->now_ms(host));
    const struct follow *of = weighed.bad;
    int why = of ? of->status : CFD_OK;
    if (!of && !weighed.readable) {
        of = weighed.away;
        why = CFD_ABSENT;
    } else if (!of && weighed.gone) {
        of = weighed.gone;
        why = CFD_CHANGED;
    } else if (!of && files->too_many) {
        why = CFD_LIMIT;
    }
    CLEAN(clean_text)
    char *sentence = text_format("%s: %s", of ? of->path : files->globs.text[0], text_of(why));
    explain(files, host, why, sentence ? sentence : text_of(why));
    if (why == CFD_OK || why == CFD_ABSENT)
        return why;
    feed_missing(feed, host, sentence ? sentence : text_of(why));
    return why == CFD_DENIED && !weighed.readable ? CFD_DENIED : CFD_PARTIAL;
}

/* Tries the method where it will be used: in the collector's process and its sandbox. */
#include "programs/conformd-collector/proving.h"

#include "ground/base/clean.h"
#include "ground/channel/messages.h"
#include "ground/channel/wire.h"
#include "host/collector/plugin.h"

enum { PATIENCE_MS = 5000 };

static const struct channel_rule nothing[] = {{0}};

static const char *word_of(int status)
{
    return status == CFD_OK ? "passed" : status == CFD_ABSENT ? "none" : "failed";
}

/* The lender's wait also shows signs of life. */
static int flush(struct life *life, struct channel *channel)
{
    int code;
    while ((code = channel_flush(channel)) == ERROR_AGAIN) {
        struct pollfd polled = {.fd = channel_fd(channel), .events = POLLOUT};
        const struct lend_wait *wait = &life->lender.wait;
        if (wait->wait(wait->context, &polled, 1, PATIENCE_MS) <= 0)
            return ERROR_CLOSED;
    }
    return code;
}

int proving_run(struct life *life, const char *root, int fd)
{
    const struct plugin *plugin = life->lender.plugin;
    struct channel *channel = NULL;
    CLEAN(buffer_finish) struct buffer body = {0};
    /* A plugin that has none is told from one whose tree is not there. */
    bool has = plugin->head.selftest != NULL;
    int status = life_selftest(life, root);
    const char *word = !has ? "none" : status == CFD_ABSENT ? "failed" : word_of(status);
    const char *said = life->lender.last_error ? life->lender.last_error : "it does not say why";
    wire_put_text(&body, word);
    wire_put_text(&body, plugin->sha256);
    wire_put_text(&body, plugin->head.version);
    wire_put_text(&body, has && status != CFD_OK ? said : "");
    int code = body.failed ? ERROR_MEMORY : channel_new(fd, nothing, true, life, &channel);
    if (!code)
        code = channel_send(channel, MESSAGE_PROVED, &body, -1, NULL);
    if (!code)
        code = flush(life, channel);
    channel_free(channel);
    return code;
}

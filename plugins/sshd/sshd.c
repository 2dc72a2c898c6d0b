/* The sshd collector: the settings that the SSH server of this host follows. */
#include "sshd.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <string.h>

#define WORDS_MOST   16
#define RUN_MS       10000
#define OUTPUT_LIMIT ((size_t)256 << 10)

static const char *const match_label[] = {"match", NULL};
static const char *const setting_labels[] = {"setting", "match", NULL};

static const struct cfd_option options[] = {
    {"program", CFD_PROGRAM, 0, 0, 0, "/usr/sbin/sshd", "The server, run with -T.", NULL, NULL},
    {"config", CFD_PATH, 0, 0, 0, "/etc/ssh/sshd_config", "Its configuration.", NULL, NULL},
    {0}};

static const struct cfd_attribute attributes[] = {
    [SSHD_ROOT_LOGIN] = {"sshd_root_login_unrestricted", CFD_GAUGE, 1, "",
                         "1 where PermitRootLogin is yes.", match_label, 0, 0},
    [SSHD_PASSWORD] = {"sshd_password_authentication", CFD_GAUGE, 1, "",
                       "1 where PasswordAuthentication is yes.", match_label, 0, 0},
    [SSHD_MAX_TRIES] = {"sshd_max_auth_tries", CFD_GAUGE, 1, "", "Attempts a connection.",
                        match_label, 0, 0},
    [SSHD_GRACE] = {"sshd_login_grace_seconds", CFD_GAUGE, 1, "seconds",
                    "Time to log in; 0 is without end.", NULL, 0, 0},
    [SSHD_SETTING] = {"sshd_setting", CFD_TEXT, 1, "", "Each setting of interest.", setting_labels,
                      0, 0},
    [SSHD_METHOD] = {"sshd_method", CFD_TEXT, 1, "", "How it was found: sshd -T or files.", NULL, 0,
                     0},
    {0}};

static const struct cfd_need needs[] = {{CFD_RUN, 0, NULL, "program"},
                                        {CFD_READ, 0, NULL, "config"},
                                        {CFD_READ, 0, "/etc/ssh", NULL},
                                        {CFD_READ, 0, "/run/sshd", NULL},
                                        {CFD_CAPABILITY, 0, "cap_dac_read_search", NULL},
                                        {0}};

struct sshd {
    char *config;
    char *words[WORDS_MOST + 4]; /* the program's, then -T -f CONFIG */
};

static int read_text(const struct cfd_host *host, const char *path, char **ret_text)
{
    struct cfd_value value = {.size = sizeof(value)};
    int status = host->setting(host, path, &value);

    if (status < 0)
        return status;
    *ret_text = strdup(value.text);
    return *ret_text ? CFD_OK : CFD_ERROR;
}

static int read_program(struct sshd *self, const struct cfd_host *host)
{
    const char *const last[] = {"-T", "-f", self->config};
    struct cfd_value list = {.size = sizeof(list)};
    int status = host->setting(host, "program", &list);
    uint32_t count = 0;

    for (; status >= 0 && count < list.count && count < WORDS_MOST; count++) {
        CLEAN(clean_text) char *path = text_format("program[%u]", count);

        status = path ? read_text(host, path, &self->words[count]) : CFD_ERROR;
    }
    for (size_t i = 0; status >= 0 && i < 3; i++) {
        self->words[count + i] = strdup(last[i]);
        status = self->words[count + i] ? CFD_OK : CFD_ERROR;
    }
    return status < 0 ? status : CFD_OK;
}

static int sshd_open(const struct cfd_host *host, void **ret_self)
{
    struct sshd *self = calloc(1, sizeof(*self));
    int status;

    if (!self)
        return CFD_ERROR;
    *ret_self = self;
    status = read_text(host, "config", &self->config);
    return status < 0 ? status : read_program(self, host);
}

/* CFD_OK with findings, CFD_ABSENT where the program is not there, CFD_ERROR where it refused. */
static int ask_server(const struct sshd *self, const struct cfd_host *host,
                      struct findings *effective)
{
    CLEAN(clean_text) char *message = NULL;
    struct cfd_ran ran = {.size = sizeof(ran)};
    int status =
        host->run_program(host, (const char *const *)self->words, RUN_MS, OUTPUT_LIMIT, &ran);
    const char *words = status == CFD_OK && ran.errors ? ran.errors : "";

    if (status == CFD_ABSENT)
        return CFD_ABSENT;
    if (status == CFD_OK && ran.exit_code == 0)
        status = effective_read(effective, ran.output, ran.length);
    else if (status == CFD_OK)
        message = text_format("sshd -T gave %d: %.*s; the files are read instead", ran.exit_code,
                              (int)strcspn(words, "\r\n"), words);
    if (message)
        host->log(host, CFD_LOG_INFO, message);
    /* A server that prints nothing of what every version prints was not asked well. */
    return status == CFD_OK && findings_get(effective, "", "permitrootlogin") ? CFD_OK : CFD_ERROR;
}

static int collect_both(const struct sshd *self, const struct cfd_host *host,
                        struct findings *files, struct findings *effective)
{
    int asked = ask_server(self, host, effective);
    int status = files_read(files, host, self->config);

    if (status == CFD_LATE || (status == CFD_ABSENT && asked == CFD_ABSENT))
        return status;
    if (status != CFD_OK && asked != CFD_OK) {
        host->log(host, CFD_LOG_ERROR, "neither sshd -T nor its configuration can be read");
        return status == CFD_ABSENT ? CFD_ERROR : status;
    }
    if (status != CFD_OK)
        findings_fault(files, "%s could not be read: its Match blocks are not known", self->config);
    return sshd_report(host, files, asked == CFD_OK ? effective : NULL);
}

static int sshd_collect(void *data, const struct cfd_host *host)
{
    CLEAN(findings_finish) struct findings files = {0};
    CLEAN(findings_finish) struct findings effective = {0};

    if (host->left_ms(host) <= 0)
        return CFD_LATE;
    return collect_both(data, host, &files, &effective);
}

static void sshd_close(void *data)
{
    struct sshd *self = data;

    if (!self)
        return;
    for (size_t i = 0; i < sizeof(self->words) / sizeof(self->words[0]); i++)
        free(self->words[i]);
    free(self->config);
    free(self);
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .name = "sshd",
    .version = "1.0",
    .summary = "Settings of the SSH server: root's login, passwords, attempts, and for whom.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = sshd_open,
    .collect = sshd_collect,
    .close = sshd_close,
    .selftest = sshd_selftest};

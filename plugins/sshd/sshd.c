/* The sshd collector: the settings that the SSH server of this host follows. */
#include "sshd.h"

#include "ground/base/clean.h"

#include <string.h>

#define WORDS_MOST   16 /* of the program, itself among them */
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

static const struct kit_option members[] = {
    {"config", KIT_TEXT, offsetof(struct sshd, config), NULL, 0},
    {"program", KIT_TEXTS, offsetof(struct sshd, program), NULL, 0},
    {0}};

static int sshd_open(const struct cfd_host *host, void **ret_self)
{
    struct sshd *self = calloc(1, sizeof(*self));
    int status;

    *ret_self = self;
    status = self ? kit_options_read(host, "", members, self) : CFD_ERROR;
    if (status < 0 || self->program.count <= WORDS_MOST)
        return status;
    host->fault(host, "program", "the program has more than 15 arguments");
    return CFD_INVALID;
}

/* CFD_OK with findings, CFD_ABSENT where the program is not there, CFD_ERROR where it refused. */
static int ask_server(const struct sshd *self, const struct cfd_host *host,
                      struct findings *effective)
{
    const char *words[WORDS_MOST + 4] = {NULL};
    const char *const last[] = {"-T", "-f", self->config};
    struct cfd_ran ran = {.size = sizeof(ran)};
    size_t count = self->program.count;
    int status;

    memcpy(words, self->program.text, count * sizeof(*words));
    memcpy(words + count, last, sizeof(last));
    status = host->run_program(host, words, RUN_MS, OUTPUT_LIMIT, &ran);
    if (status == CFD_ABSENT)
        return CFD_ABSENT;
    if (status == CFD_OK && ran.exit_code == 0)
        status = effective_read(effective, ran.output, ran.length);
    else if (status == CFD_OK)
        kit_log(host, CFD_LOG_INFO, "sshd -T gave %d: %.*s; the files are read instead",
                ran.exit_code, (int)strcspn(ran.errors ? ran.errors : "", "\r\n"),
                ran.errors ? ran.errors : "");
    /* A server that prints nothing of what every version prints was not asked well. */
    return status == CFD_OK && findings_get(effective, "", "permitrootlogin") ? CFD_OK : CFD_ERROR;
}

static void collect_both(const struct sshd *self, struct kit_run *run, struct findings *files,
                         struct findings *effective)
{
    int asked = ask_server(self, run->host, effective);
    int status = files_read(files, run, self->config);

    if (status == CFD_LATE || (status == CFD_ABSENT && asked == CFD_ABSENT)) {
        kit_fail(run, status);
        return;
    }
    if (status != CFD_OK && asked != CFD_OK) {
        run->host->log(run->host, CFD_LOG_ERROR,
                       "neither sshd -T nor its configuration can be read");
        kit_fail(run, status == CFD_ABSENT ? CFD_ERROR : status);
        return;
    }
    if (status != CFD_OK)
        kit_drop(run, &sshd_settings, "%s could not be read: its Match blocks are not known",
                 self->config);
    sshd_report(run, files, asked == CFD_OK ? effective : NULL);
}

int sshd_collect(void *data, const struct cfd_host *host)
{
    CLEAN(findings_finish) struct findings files = {0};
    CLEAN(findings_finish) struct findings effective = {0};
    struct kit_run run = {.host = host};

    if (!kit_is_late(&run))
        collect_both(data, &run, &files, &effective);
    return kit_run_finish(&run);
}

static void sshd_close(void *data)
{
    if (data)
        kit_options_finish(members, data);
    free(data);
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .name = "sshd",
    .version = "1.0",
    .summary =
        "Settings of the SSH server: root's login, passwords, attempts, and for which users.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = sshd_open,
    .collect = sshd_collect,
    .close = sshd_close,
    .selftest = sshd_selftest};

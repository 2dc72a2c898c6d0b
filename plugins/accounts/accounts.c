/* The accounts collector: passwd, shadow and group of this host, without a hash leaving it. */
#include "accounts.h"

#include <stdlib.h>

static const char *const user_label[] = {"user", NULL};
static const char *const kind_label[] = {"kind", NULL};
static const char *const file_label[] = {"file", NULL};
static const char *const member_labels[] = {"group", "user", NULL};

static const struct cfd_option options[] = {
    {"passwd", CFD_PATH, 0, 0, 0, "/etc/passwd", "The file of accounts, as passwd(5).", NULL, NULL},
    {"shadow", CFD_PATH, 0, 0, 0, "/etc/shadow", "The file of passwords, as shadow(5).", NULL,
     NULL},
    {"group", CFD_PATH, 0, 0, 0, "/etc/group", "The file of groups, as group(5).", NULL, NULL},
    {"privileged_groups", CFD_STRING, CFD_LIST, 1, 256,
     "root,sudo,wheel,adm,docker,lxd,disk,shadow",
     "Groups whose members have more rights than others.", NULL, NULL},
    {0}};

static const struct cfd_attribute attributes[] = {
    [ACCOUNTS_EMPTY_PASSWORD] = {"accounts_empty_password", CFD_GAUGE, 1, "",
                                 "1 where no password is asked for.", user_label, 1, 0},
    [ACCOUNTS_EXTRA_UID0] = {"accounts_extra_uid0", CFD_GAUGE, 1, "",
                             "1 where the number is 0 and it is not the first named root.",
                             user_label, 1, 0},
    [ACCOUNTS_PASSWORD_LOCKED] = {"accounts_password_locked", CFD_GAUGE, 1, "",
                                  "1 where no password fits.", user_label, 1, 0},
    [ACCOUNTS_HASH_STRONG] = {"accounts_hash_strong", CFD_GAUGE, 1, "",
                              "1 for yescrypt, SHA-512 and bcrypt, 0 for other methods.",
                              user_label, 1, 0},
    [ACCOUNTS_PASSWORD_AGE] = {"accounts_password_age_seconds", CFD_GAUGE, 1, "seconds",
                               "Time since the password was changed.", user_label, 1, 0},
    [ACCOUNTS_PASSWORD_MAX_AGE] = {"accounts_password_max_age_seconds", CFD_GAUGE, 1, "seconds",
                                   "Time after which the password must be changed, where set.",
                                   user_label, 1, 0},
    [ACCOUNTS_LOGIN_ENABLED] = {"accounts_login_enabled", CFD_GAUGE, 1, "",
                                "1 with a password that fits, a login shell and no expiry.",
                                user_label, 1, 0},
    [ACCOUNTS_DUPLICATES] = {"accounts_duplicates", CFD_GAUGE, 1, "entries",
                             "Entries beyond the first with the same uid, gid, user or group.",
                             kind_label, 0, 0},
    [ACCOUNTS_PRIVILEGED_MEMBER] = {"accounts_privileged_member", CFD_GAUGE, 1, "",
                                    "1 for each member of a privileged group.", member_labels, 2,
                                    0},
    [ACCOUNTS_TOTAL] = {"accounts_present", CFD_GAUGE, 1, "accounts", "Accounts in passwd.", NULL,
                        0, 0},
    [ACCOUNTS_MALFORMED_LINES] = {"accounts_malformed_lines", CFD_GAUGE, 1, "lines",
                                  "Lines that do not follow the file's format.", file_label, 0, 0},
    {0}};

static const struct cfd_need needs[] = {{CFD_READ, 0, NULL, "passwd"},
                                        {CFD_READ, 0, NULL, "shadow"},
                                        {CFD_READ, 0, NULL, "group"},
                                        {CFD_CAPABILITY, 0, "cap_dac_read_search", NULL},
                                        {0}};

static const struct kit_option members[] = {
    {"passwd", KIT_TEXT, offsetof(struct accounts, passwd), NULL, 0},
    {"shadow", KIT_TEXT, offsetof(struct accounts, shadow), NULL, 0},
    {"group", KIT_TEXT, offsetof(struct accounts, group), NULL, 0},
    {"privileged_groups", KIT_TEXTS, offsetof(struct accounts, privileged), NULL, 0},
    {0}};

static int accounts_open(const struct cfd_host *host, void **ret_self)
{
    struct accounts *self = calloc(1, sizeof(*self));

    *ret_self = self;
    return self ? kit_options_read(host, "", members, self) : CFD_ERROR;
}

int accounts_collect(void *data, const struct cfd_host *host)
{
    const struct accounts *self = data;
    struct kit_run run = {.host = host};
    struct book book;
    int status = book_read(&book, &run, self);

    if (status == CFD_OK)
        status = book.passwd.status;
    if (status == CFD_OK)
        accounts_report(&run, &book, &self->privileged);
    else
        host->log(host, CFD_LOG_ERROR, "the file of accounts could not be read");
    kit_fail(&run, status);
    book_finish(&book);
    return kit_run_finish(&run);
}

static void accounts_close(void *data)
{
    if (data)
        kit_options_finish(members, data);
    free(data);
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .name = "accounts",
    .version = "1.0",
    .summary = "Accounts of this host: passwords that are empty, weak or old, second roots, "
               "members of privileged groups.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = accounts_open,
    .collect = accounts_collect,
    .close = accounts_close,
    .selftest = accounts_selftest};

/* The keywords of interest, and the list of the values found for them. */
#include "sshd.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <string.h>
#include <strings.h>

const struct keyword sshd_keywords[] = {
    {"permitrootlogin", "prohibit-password", false, SSHD_ROOT_LOGIN},
    {"passwordauthentication", "yes", false, SSHD_PASSWORD},
    {"maxauthtries", "6", false, SSHD_MAX_TRIES},
    {"logingracetime", "120", false, SSHD_GRACE},
    {"kbdinteractiveauthentication", "yes", false, SSHD_SETTING},
    {"pubkeyauthentication", "yes", false, SSHD_SETTING},
    {"hostbasedauthentication", "no", false, SSHD_SETTING},
    {"gssapiauthentication", "no", false, SSHD_SETTING},
    {"authenticationmethods", "any", false, SSHD_SETTING},
    {"permitemptypasswords", "no", false, SSHD_SETTING},
    {"permituserenvironment", "no", false, SSHD_SETTING},
    {"ignorerhosts", "yes", false, SSHD_SETTING},
    {"strictmodes", "yes", false, SSHD_SETTING},
    {"usepam", "no", false, SSHD_SETTING},
    {"x11forwarding", "no", false, SSHD_SETTING},
    {"allowtcpforwarding", "yes", false, SSHD_SETTING},
    {"allowagentforwarding", "yes", false, SSHD_SETTING},
    {"gatewayports", "no", false, SSHD_SETTING},
    {"permittunnel", "no", false, SSHD_SETTING},
    {"clientaliveinterval", "0", false, SSHD_SETTING},
    {"clientalivecountmax", "3", false, SSHD_SETTING},
    {"maxsessions", "10", false, SSHD_SETTING},
    {"maxstartups", "10:30:100", false, SSHD_SETTING},
    {"loglevel", "INFO", false, SSHD_SETTING},
    {"syslogfacility", "AUTH", false, SSHD_SETTING},
    {"banner", "none", false, SSHD_SETTING},
    {"port", "22", true, SSHD_SETTING},
    {"ciphers", NULL, false, SSHD_SETTING},
    {"macs", NULL, false, SSHD_SETTING},
    {"kexalgorithms", NULL, false, SSHD_SETTING},
    {"hostkeyalgorithms", NULL, false, SSHD_SETTING},
    {"pubkeyacceptedalgorithms", NULL, false, SSHD_SETTING},
    {"allowusers", NULL, true, SSHD_SETTING},
    {"allowgroups", NULL, true, SSHD_SETTING},
    {"denyusers", NULL, true, SSHD_SETTING},
    {"denygroups", NULL, true, SSHD_SETTING},
    {NULL, NULL, false, 0},
};

const struct kit_item sshd_settings = {.attribute = SSHD_ROOT_LOGIN,
                                       .attributes = SSHD_SETTING - SSHD_ROOT_LOGIN + 1};

/* Names that older configurations bear. */
static const char *const aliases[][2] = {
    {"challengeresponseauthentication", "kbdinteractiveauthentication"},
    {"skeyauthentication", "kbdinteractiveauthentication"},
    {"pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"},
    {"dsaauthentication", "pubkeyauthentication"},
};

const struct keyword *sshd_keyword(const char *name)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcasecmp(aliases[i][0], name) == 0)
            name = aliases[i][1];
    }
    for (const struct keyword *row = sshd_keywords; row->name; row++) {
        if (strcasecmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const struct entry *findings_get(const struct findings *findings, const char *match,
                                 const char *name)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct entry *entry = &findings->entries[i];

        if (strcmp(entry->keyword->name, name) == 0 && strcmp(entry->match, match) == 0)
            return entry;
    }
    return NULL;
}

static void entry_finish(struct entry *entry)
{
    free(entry->match);
    free(entry->value);
    free(entry->file);
    free(entry->text);
}

static int add_to_value(struct entry *entry, const char *value)
{
    char *joined = text_format("%s %s", entry->value, value);

    if (!joined)
        return CFD_ERROR;
    free(entry->value);
    entry->value = joined;
    return CFD_OK;
}

int findings_add(struct findings *findings, const struct entry *entry)
{
    struct entry *known =
        (struct entry *)findings_get(findings, entry->match, entry->keyword->name);
    struct entry copy = {.keyword = entry->keyword, .line = entry->line};

    if (known)
        return entry->keyword->many ? add_to_value(known, entry->value) : CFD_OK;
    if (array_reserve(&findings->entries, &findings->capacity, findings->count, sizeof(copy)) != 0)
        return CFD_ERROR;
    copy.match = strdup(entry->match);
    copy.value = strdup(entry->value);
    copy.file = strdup(entry->file);
    copy.text = strdup(entry->text);
    if (!copy.match || !copy.value || !copy.file || !copy.text) {
        entry_finish(&copy);
        return CFD_ERROR;
    }
    findings->entries[findings->count++] = copy;
    return CFD_OK;
}

void findings_finish(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        entry_finish(&findings->entries[i]);
    free(findings->entries);
    *findings = (struct findings){0};
}

/* The setting rights: whom it names, as numbers, so that the engine needs no list of accounts.
 * Who joins or leaves a group has other rights from the next reload on. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"

#define GROUP  "group:"
#define NUMBER "uid:"
#define NOBODY 4294967295 /* an audit loginuid that is none */

enum { ENTRY_SIZE = 16384, ENTRY_MOST = 4 << 20 };

/* Memory for one entry of a database, doubled while the entry does not fit. */
struct entry {
    char *memory;
    size_t size;
};

static int grow(struct entry *entry)
{
    size_t size = entry->size ? entry->size * 2 : ENTRY_SIZE;
    char *memory = size > ENTRY_MOST ? NULL : realloc(entry->memory, size);
    if (!memory)
        return ERROR_MEMORY;
    *entry = (struct entry){memory, size};
    return 0;
}

/* In rising order and once each: the text of a configuration follows from who is in it alone. */
static int add(json_t *uids, json_int_t uid)
{
    size_t at = 0;
    while (at < json_array_size(uids) && json_integer_value(json_array_get(uids, at)) < uid)
        at++;
    const json_t *there = json_array_get(uids, at);
    if (there && json_integer_value(there) == uid)
        return 0;
    return json_array_insert_new(uids, at, json_integer(uid)) ? ERROR_MEMORY : 0;
}

static int add_user(const char *name, struct entry *entry, json_t *uids)
{
    struct passwd account, *found = NULL;
    int code = entry->size ? 0 : grow(entry);
    while (!code && getpwnam_r(name, &account, entry->memory, entry->size, &found) == ERANGE)
        code = grow(entry);
    return code || !found ? code : add(uids, account.pw_uid);
}

/* Those whose first group it is stand in no list of its members. */
static int add_first(gid_t group, struct entry *entry, json_t *uids)
{
    struct passwd account, *found = NULL;
    int code = entry->size ? 0 : grow(entry);
    setpwent();
    while (!code) {
        int why = getpwent_r(&account, entry->memory, entry->size, &found);
        if (why == ERANGE)
            code = grow(entry);
        else if (why)
            break;
        else if (account.pw_gid == group)
            code = add(uids, account.pw_uid);
    }
    endpwent();
    return code;
}

/* A member who is no user of this host is passed over. */
static int add_members(char **members, json_t *uids)
{
    struct entry entry = {0};
    int code = 0;
    for (; !code && *members; members++)
        code = add_user(*members, &entry, uids);
    free(entry.memory);
    return code;
}

static int add_group(const char *name, struct entry *entry, json_t *uids, bool *ret_known)
{
    struct group group, *found = NULL;
    int code = entry->size ? 0 : grow(entry);
    while (!code && getgrnam_r(name, &group, entry->memory, entry->size, &found) == ERANGE)
        code = grow(entry);
    *ret_known = found != NULL;
    if (code || !found)
        return code;
    gid_t number = group.gr_gid;
    code = add_members(group.gr_mem, uids);
    return code ? code : add_first(number, entry, uids);
}

/* ret_known: there is such a user or group; a group may still be empty. */
static int resolve(const char *who, json_t *uids, bool *ret_known)
{
    struct entry entry = {0};
    int64_t number;
    int code;
    if (text_begins(who, NUMBER)) {
        bool fits =
            !text_to_integer(who + strlen(NUMBER), &number) && number >= 0 && number < NOBODY;
        *ret_known = fits;
        return fits ? add(uids, number) : 0;
    }
    if (text_begins(who, GROUP)) {
        code = add_group(who + strlen(GROUP), &entry, uids, ret_known);
    } else {
        code = add_user(who, &entry, uids);
        *ret_known = json_array_size(uids) > 0;
    }
    free(entry.memory);
    return code;
}

static int resolve_one(struct config *config, const char *path, const char *who, json_t *into)
{
    CLEAN(clean_json) json_t *uids = json_array();
    bool known = false;
    int code = uids ? resolve(who, uids, &known) : ERROR_MEMORY;
    if (code)
        return code;
    if (!known)
        config_fault_setting(config, path,
                             "found \"%s\", allowed is a user of this host, \"" GROUP
                             "\" and a group of it, or \"" NUMBER "\" and a number",
                             who);
    else if (!json_array_size(uids))
        config_fault_warn(config, path, "found \"%s\", in which nobody is", who);
    return json_object_set(into, who, uids) ? ERROR_MEMORY : 0;
}

int config_check_right(struct config *config, size_t index, const json_t *right)
{
    json_t *row = json_array_get(json_object_get(config->whole, "rights"), index);
    json_t *into = json_object();
    size_t i;
    json_t *who;
    if (json_object_set_new(row, "uids", into))
        return ERROR_MEMORY;
    json_array_foreach (json_object_get(right, "who"), i, who) {
        const char *name = json_string_value(who);
        CLEAN(clean_text) char *path = text_format("rights[%zu].who[%zu]", index, i);
        int code = !path ? ERROR_MEMORY : name ? resolve_one(config, path, name, into) : 0;
        if (code)
            return code;
    }
    return 0;
}

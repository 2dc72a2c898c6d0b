/* Who may do which act, by the setting `rights`: its names are numbers already. */
#include "engine/acts/acts.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

/* The word of this row that covers the act, or NULL. */
static const char *covering(const json_t *row, const struct acts_wish *wish)
{
    const char *own = act_row_words[wish->row->name];
    const char *kind = act_row_words[wish->row->right];
    size_t index;
    json_t *word;
    json_array_foreach (json_object_get(row, "acts"), index, word) {
        const char *text = json_string_value(word);
        if (text && (strcmp(text, own) == 0 || strcmp(text, kind) == 0))
            return text;
    }
    return NULL;
}

static bool holds(const json_t *uids, uint32_t uid)
{
    size_t index;
    json_t *value;
    json_array_foreach ((json_t *)(uintptr_t)uids, index, value) {
        if (json_integer_value(value) == (json_int_t)uid)
            return true;
    }
    return false;
}

/* The name under which a row holds this uid, or NULL. */
static const char *name_of(const json_t *row, uint32_t uid)
{
    const char *who;
    json_t *uids;
    json_object_foreach (json_object_get(row, "uids"), who, uids) {
        if (holds(uids, uid))
            return who;
    }
    return NULL;
}

static int refuse(const json_t *rights, const struct acts_wish *wish, struct error *error)
{
    struct buffer who = {0};
    size_t index, at;
    json_t *row, *name;
    json_array_foreach ((json_t *)(uintptr_t)rights, index, row) {
        if (!covering(row, wish))
            continue;
        json_array_foreach (json_object_get(row, "who"), at, name) {
            buffer_print(&who, "%s%s", who.length ? ", " : "", json_string_value(name));
        }
    }
    CLEAN(clean_text) char *names = buffer_take(&who);
    return error_set(error, ERROR_DENIED,
                     "%s is not allowed for uid %u: the setting rights allows it for %s",
                     act_row_words[wish->row->name], wish->uid, names && *names ? names : "nobody");
}

int acts_allow(const json_t *rights, const struct acts_wish *wish, char **ret_right,
               struct error *error)
{
    size_t index;
    json_t *row;
    *ret_right = NULL;
    if (!json_array_size(rights))
        return 0;
    json_array_foreach ((json_t *)(uintptr_t)rights, index, row) {
        const char *word = covering(row, wish);
        const char *who = word ? name_of(row, wish->uid) : NULL;
        if (!who)
            continue;
        *ret_right = text_format("%s: %s", who, word);
        return *ret_right ? 0 : ERROR_MEMORY;
    }
    return refuse(rights, wish, error);
}

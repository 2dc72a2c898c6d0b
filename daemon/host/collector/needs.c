/* What a collector needs, with the settings that its needs name put in. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "host/collector/lend.h"

/* Called for each value; false ends it. */
struct visitor {
    bool (*visit)(void *context, const struct cfd_need *need, const struct cfd_value *value);
    void *context;
};

static bool visit_path(const struct lender *lender, const struct cfd_need *need, const char *path,
                       const struct visitor *visitor)
{
    const struct cfd_value *value = settings_get(lender->settings, path);
    return !value || !value->text || visitor->visit(visitor->context, need, value);
}

/* "program", "files" (each of the list) or "checks[].program". */
static bool visit_setting(const struct lender *lender, const struct cfd_need *need,
                          const struct visitor *visitor)
{
    const char *brackets = strstr(need->setting, "[]");
    size_t length = brackets ? (size_t)(brackets - need->setting) : strlen(need->setting);
    CLEAN(clean_text) char *list = strndup(need->setting, length);
    const struct cfd_value *value = list ? settings_get(lender->settings, list) : NULL;
    bool goes_on = true;
    /* A program's list is its words: the first is the program. */
    bool is_one = value && value->type == CFD_PROGRAM;
    if (!brackets && value && (is_one || value->text))
        return visit_path(lender, need, list, visitor);
    for (uint32_t i = 0; goes_on && value && i < value->count; i++) {
        CLEAN(clean_text)
        char *item = text_format("%s[%u]%s", list, i, brackets ? brackets + 2 : "");
        goes_on = !item || visit_path(lender, need, item, visitor);
    }
    return goes_on;
}

static void visit_needs(const struct lender *lender, const struct visitor *visitor)
{
    bool goes_on = true;
    for (const struct cfd_need *need = lender->plugin->needs; goes_on && need->kind; need++) {
        struct cfd_value fixed = {
            .size = sizeof fixed, .type = CFD_STRING, .count = 1, .text = need->what};
        goes_on = need->what ? visitor->visit(visitor->context, need, &fixed)
                             : visit_setting(lender, need, visitor);
    }
}

/* --- is it declared? --- */

struct search {
    enum cfd_need_kind kind;
    const char *what;
    bool found;
};

static bool is_other(void *context, const struct cfd_need *need, const struct cfd_value *value)
{
    struct search *search = context;
    search->found = need->kind == (int32_t)search->kind && !strcmp(value->text, search->what);
    return !search->found;
}

bool lend_is_declared(const struct lender *lender, enum cfd_need_kind kind, const char *what)
{
    struct search search = {kind, what, false};
    visit_needs(lender, &(struct visitor){is_other, &search});
    return search.found;
}

/* --- all of them --- */

static bool add_need(void *context, const struct cfd_need *need, const struct cfd_value *value)
{
    json_t *list = context;
    json_t *row =
        json_pack("{s:s, s:s}", "kind", plugin_describe_need(need->kind), "what", value->text);
    if (row && value->type == CFD_GLOB)
        json_object_set_new(row, "glob", json_true());
    return !json_array_append_new(list, row);
}

json_t *lend_needs(const struct lender *lender)
{
    json_t *list = json_array();
    if (list)
        visit_needs(lender, &(struct visitor){add_need, list});
    return list;
}

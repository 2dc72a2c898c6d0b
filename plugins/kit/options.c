/* Settings into a struct, row by row. */
#include <conformd/kit/options.h>

#include <stdlib.h>
#include <string.h>

/* Where a table is read into. */
struct reading {
    const struct cfd_host *host;
    const char *prefix;
    const struct kit_option *table;
    char *into;
    unsigned depth;
};

static int read_table(const struct reading *reading);

/* CFD_OK, CFD_ABSENT, CFD_INVALID after it was reported, or CFD_ERROR. */
static int ask(const struct cfd_host *host, const char *path, struct cfd_value *ret_value)
{
    *ret_value = (struct cfd_value){.size = sizeof *ret_value};
    int status = host->setting(host, path, ret_value);
    if (status >= 0 || status == CFD_ABSENT || status == CFD_ERROR)
        return status;
    host->fault(host, path, "this setting could not be read");
    return CFD_INVALID;
}

static int copy_text(const char *text, char **ret_copy)
{
    *ret_copy = strdup(text ? text : "");
    return *ret_copy ? CFD_OK : CFD_ERROR;
}

/* A list without the item that its count promises would look shorter than it is. */
static int read_item(const struct cfd_host *host, const char *list, size_t index, char **ret_text)
{
    struct cfd_value value;
    char *path = kit_format("%s[%zu]", list, index);
    int status = path ? ask(host, path, &value) : CFD_ERROR;
    if (status >= 0)
        status = copy_text(value.text, ret_text);
    free(path);
    return status == CFD_ABSENT ? CFD_ERROR : status;
}

static int read_texts(const struct reading *reading, const char *path, size_t count,
                      struct kit_texts *texts)
{
    int status = CFD_OK;
    texts->text = calloc(count + 1, sizeof *texts->text);
    if (!texts->text)
        return CFD_ERROR;
    for (size_t i = 0; status >= 0 && i < count; i++) {
        status = read_item(reading->host, path, i, &texts->text[i]);
        texts->count += status >= 0;
    }
    return status;
}

/* A fault in one group does not hide those in the others. */
static int read_groups(const struct reading *reading, const char *path, size_t count,
                       const struct kit_option *row)
{
    struct kit_groups *groups = (void *)(reading->into + row->offset);
    int status = CFD_OK;
    if (reading->depth >= KIT_OPTIONS_DEPTH)
        return CFD_ERROR;
    groups->group = calloc(count + 1, row->size);
    if (!groups->group)
        return CFD_ERROR;
    groups->count = count;
    for (size_t i = 0; status != CFD_ERROR && i < count; i++) {
        char *prefix = kit_format("%s[%zu].", path, i);
        const struct reading inner = {.host = reading->host,
                                      .prefix = prefix,
                                      .table = row->members,
                                      .into = (char *)groups->group + i * row->size,
                                      .depth = reading->depth + 1};
        int read = prefix ? read_table(&inner) : CFD_ERROR;
        status = read < 0 ? read : status;
        free(prefix);
    }
    return status;
}

static void store_number(void *member, int32_t type, const struct cfd_value *value)
{
    if (type == KIT_BOOLEAN)
        *(int *)member = value->integer != 0;
    else if (type == KIT_INTEGER)
        *(int64_t *)member = value->integer;
    else if (type == KIT_NUMBER)
        *(double *)member = value->number;
}

static int read_row(const struct reading *reading, const char *path, const struct kit_option *row)
{
    void *member = reading->into + row->offset;
    struct cfd_value value;
    int status = ask(reading->host, path, &value);
    size_t count = status >= 0 ? value.count : 0;
    if (status < 0 && status != CFD_ABSENT)
        return status;
    if (row->type == KIT_TEXTS)
        return read_texts(reading, path, count, member);
    if (row->type == KIT_GROUPS)
        return read_groups(reading, path, count, row);
    if (status == CFD_ABSENT)
        return CFD_OK;
    if (row->type == KIT_TEXT)
        return copy_text(value.text, member);
    store_number(member, row->type, &value);
    return CFD_OK;
}

/* Every row is read, so that all faults are reported at once. */
static int read_table(const struct reading *reading)
{
    int status = CFD_OK;
    for (const struct kit_option *row = reading->table; row->name; row++) {
        char *path = kit_format("%s%s", reading->prefix, row->name);
        int read = path ? read_row(reading, path, row) : CFD_ERROR;
        status = read < 0 && status != CFD_ERROR ? read : status;
        free(path);
    }
    return status;
}

int kit_options_read(const struct cfd_host *host, const char *prefix,
                     const struct kit_option *table, void *ret_struct)
{
    const struct reading reading = {host, prefix, table, ret_struct, 0};
    int status = read_table(&reading);
    if (status == CFD_ERROR)
        host->log(host, CFD_LOG_ERROR,
                  "the settings could not be read: there was not enough memory, or a list is "
                  "incomplete");
    return status;
}

static void finish_texts(struct kit_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->text[i]);
    free(texts->text);
    *texts = (struct kit_texts){0};
}

static void finish_table(const struct kit_option *table, char *filled, unsigned depth);

static void finish_groups(const struct kit_option *row, struct kit_groups *groups, unsigned depth)
{
    for (size_t i = 0; depth < KIT_OPTIONS_DEPTH && i < groups->count; i++)
        finish_table(row->members, (char *)groups->group + i * row->size, depth + 1);
    free(groups->group);
    *groups = (struct kit_groups){0};
}

static void finish_table(const struct kit_option *table, char *filled, unsigned depth)
{
    for (const struct kit_option *row = table; row->name; row++) {
        void *member = filled + row->offset;
        if (row->type == KIT_TEXT) {
            free(*(char **)member);
            *(char **)member = NULL;
        } else if (row->type == KIT_TEXTS) {
            finish_texts(member);
        } else if (row->type == KIT_GROUPS) {
            finish_groups(row, member, depth);
        }
    }
}

void kit_options_finish(const struct kit_option *table, void *filled)
{
    finish_table(table, filled, 0);
}

/* Members of privileged groups, and names and numbers that stand more than once. */
#include "accounts_report.h"

#include "ground/base/clean.h"

#include <stdlib.h>
#include <string.h>

/* One member of a list with commas; blanks around are passed over. */
static bool next_member(const char **at, const char **ret_name, size_t *ret_length)
{
    while (**at == ',' || **at == ' ')
        (*at)++;
    *ret_name = *at;
    *ret_length = strcspn(*at, ", ");
    *at += *ret_length;
    return *ret_length > 0;
}

static bool is_member(const struct group *group, const char *name)
{
    const char *at = group->members, *member;
    size_t length;

    while (next_member(&at, &member, &length)) {
        if (strlen(name) == length && strncmp(member, name, length) == 0)
            return true;
    }
    return false;
}

static void report_group(struct run *run, const struct group *group)
{
    const char *at = group->members, *member;
    size_t length;

    while (next_member(&at, &member, &length)) {
        CLEAN(clean_text) char *name = strndup(member, length);

        if (name)
            run_emit(run, ACCOUNTS_PRIVILEGED_MEMBER, 1, group->name, name);
        else
            kit_fail(run->kit, CFD_ERROR);
    }
    for (size_t i = 0; i < run->book->account_count; i++) {
        const struct account *account = &run->book->accounts[i];

        if (account->gid == group->gid && !is_member(group, account->name))
            run_emit(run, ACCOUNTS_PRIVILEGED_MEMBER, 1, group->name, account->name);
    }
    if (*group->members)
        run_excerpt(run, ACCOUNTS_PRIVILEGED_MEMBER, &run->book->group, &group->origin,
                    group->secret);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Entries beyond the first of each value. The array is sorted in place. */
static double count_doubles(void *items, size_t count, size_t size,
                            int (*compare)(const void *, const void *))
{
    double doubles = 0;

    if (count > 0)
        qsort(items, count, size, compare);
    for (size_t i = 1; i < count; i++)
        doubles += compare((char *)items + (i - 1) * size, (char *)items + i * size) == 0;
    return doubles;
}

static void report_doubles(struct run *run, const char *kind, void *items, size_t count, bool ids)
{
    double doubles = ids ? count_doubles(items, count, sizeof(uint32_t), compare_ids)
                         : count_doubles(items, count, sizeof(const char *), compare_texts);

    run_emit(run, ACCOUNTS_DUPLICATES, doubles, kind, "");
}

static void report_account_doubles(struct run *run)
{
    size_t count = run->book->account_count;
    CLEAN(clean_memory) const char **names = calloc(count + 1, sizeof(*names));
    CLEAN(clean_memory) uint32_t *ids = calloc(count + 1, sizeof(*ids));

    if (!names || !ids) {
        kit_fail(run->kit, CFD_ERROR);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = run->book->accounts[i].name;
        ids[i] = run->book->accounts[i].uid;
    }
    report_doubles(run, "user", names, count, false);
    report_doubles(run, "uid", ids, count, true);
}

static void report_group_doubles(struct run *run)
{
    size_t count = run->book->group_count;
    CLEAN(clean_memory) const char **names = calloc(count + 1, sizeof(*names));
    CLEAN(clean_memory) uint32_t *ids = calloc(count + 1, sizeof(*ids));

    if (!names || !ids) {
        kit_fail(run->kit, CFD_ERROR);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = run->book->groups[i].name;
        ids[i] = run->book->groups[i].gid;
    }
    report_doubles(run, "group", names, count, false);
    report_doubles(run, "gid", ids, count, true);
}

static void report_members(struct run *run)
{
    for (size_t i = 0; i < run->book->group_count; i++) {
        for (char **name = run->privileged->text; *name; name++) {
            if (strcmp(run->book->groups[i].name, *name) == 0)
                report_group(run, &run->book->groups[i]);
        }
    }
}

void run_groups(struct run *run)
{
    report_account_doubles(run);
    if (run->book->group.status != CFD_OK)
        return;
    report_group_doubles(run);
    report_members(run);
}

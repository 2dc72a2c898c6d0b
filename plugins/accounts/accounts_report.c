/* Judges each account and emits its readings. */
#include "accounts_report.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <string.h>

#define DAY_SECONDS 86400
#define PARTS_MOST  2048 /* an excerpt has no room for more */

void run_emit(struct run *run, uint32_t attribute, double value, const char *first,
              const char *second)
{
    const char *const labels[] = {first, second, NULL};

    kit_emit(run->kit, attribute, value, attribute == ACCOUNTS_TOTAL ? NULL : labels);
}

/* Which fields name people: the account, in passwd also its comment and its home; in group each of
 * the members. */
static bool names_people(const struct run *run, const struct source *source, size_t field)
{
    if (source == &run->book->group)
        return field == 3;
    return field == 0 || (source == &run->book->passwd && (field == 4 || field == 5));
}

static uint32_t mark_people(const struct run *run, const struct source *source,
                            const struct buffer *line, struct cfd_span *spans)
{
    size_t field = 0, from = 0;
    uint32_t count = 0;

    for (size_t i = 0; i <= line->length; i++) {
        char byte = i < line->length ? line->data[i] : ':';
        bool part = names_people(run, source, field);

        if (byte != ':' && !(byte == ',' && part))
            continue;
        if (part && i > from && count < PARTS_MOST)
            spans[count++] = (struct cfd_span){(uint32_t)from, (uint32_t)(i - from)};
        from = i + 1;
        field += byte == ':';
    }
    return count;
}

void run_excerpt(struct run *run, uint32_t attribute, const struct source *source,
                 const struct origin *origin, const char *secret)
{
    CLEAN(buffer_finish) struct buffer line = {0};
    CLEAN(clean_text) char *place = text_format("line %zu", origin->number);
    size_t before = (size_t)(secret - origin->start);
    size_t after = before + strlen(secret);
    struct cfd_span people[PARTS_MOST];
    struct cfd_excerpt excerpt = {.source = source->path};

    if (run->kit->excerpts >= KIT_EXCERPTS_MOST || !place)
        return;
    buffer_append(&line, origin->start, before);
    password_redact(&line, secret);
    buffer_append(&line, origin->start + after, origin->length - after);
    if (line.failed)
        return;
    for (size_t i = 0; i < line.length; i++)
        line.data[i] = line.data[i] ? line.data[i] : ':';
    excerpt.place = place;
    excerpt.attribute = attribute;
    excerpt.bytes = line.data ? line.data : "";
    excerpt.length = (uint32_t)line.length;
    excerpt.personal = people;
    excerpt.personal_count = mark_people(run, source, &line, people);
    kit_excerpt(run->kit, &excerpt);
}

static bool is_login_shell(const char *shell)
{
    static const char *const others[] = {"nologin", "false",    "true",     "sync",
                                         "halt",    "shutdown", "git-shell"};
    const char *slash = strrchr(shell, '/');
    const char *name = slash ? slash + 1 : shell;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(name, others[i]) == 0)
            return false;
    }
    return true;
}

static void report_ages(struct run *run, const struct account *account, const struct shadow *shadow)
{
    int64_t now_s = run->kit->host->now_ms(run->kit->host) / 1000;

    /* 0 is no date: the password must be changed at the next login (shadow(5)). */
    if (shadow->changed > 0)
        run_emit(run, ACCOUNTS_PASSWORD_AGE, (double)(now_s - shadow->changed * DAY_SECONDS),
                 account->name, "");
    if (shadow->most_age >= 0)
        run_emit(run, ACCOUNTS_PASSWORD_MAX_AGE, (double)(shadow->most_age * DAY_SECONDS),
                 account->name, "");
}

/* Where an account's password is kept, and what is said there. */
struct held {
    const struct shadow *shadow; /* NULL: in passwd itself, or nowhere */
    const struct source *source;
    const struct origin *origin;
    const char *secret;
};

/* False where it is in a shadow file that could not be read. */
static bool find_password(const struct book *book, const struct account *account,
                          struct held *ret_held)
{
    bool shadowed = strcmp(account->secret, "x") == 0;
    const struct shadow *shadow = shadowed ? book_find_shadow(book, account->name) : NULL;

    *ret_held = (struct held){NULL, &book->passwd, &account->origin, account->secret};
    if (shadow)
        *ret_held = (struct held){shadow, &book->shadow, &shadow->origin, shadow->secret};
    return shadow || !shadowed || book->shadow.status == CFD_OK;
}

static bool is_expired(const struct run *run, const struct shadow *shadow)
{
    int64_t today = run->kit->host->now_ms(run->kit->host) / 1000 / DAY_SECONDS;

    return shadow && shadow->expires >= 0 && shadow->expires <= today;
}

static void report_hash(struct run *run, const struct account *account, const struct held *held)
{
    bool strong = password_is_strong(held->secret);

    run_emit(run, ACCOUNTS_HASH_STRONG, strong, account->name, "");
    if (!strong)
        run_excerpt(run, ACCOUNTS_HASH_STRONG, held->source, held->origin, held->secret);
    if (held->shadow)
        report_ages(run, account, held->shadow);
}

static void report_password(struct run *run, const struct account *account)
{
    struct held held;
    enum password_state state;
    bool may_log_in;

    if (!find_password(run->book, account, &held))
        return;
    state = password_state(held.secret);
    may_log_in =
        state != PASSWORD_LOCKED && !is_expired(run, held.shadow) && is_login_shell(account->shell);
    run_emit(run, ACCOUNTS_EMPTY_PASSWORD, state == PASSWORD_EMPTY, account->name, "");
    run_emit(run, ACCOUNTS_PASSWORD_LOCKED, state == PASSWORD_LOCKED, account->name, "");
    run_emit(run, ACCOUNTS_LOGIN_ENABLED, may_log_in, account->name, "");
    if (state == PASSWORD_EMPTY)
        run_excerpt(run, ACCOUNTS_EMPTY_PASSWORD, held.source, held.origin, held.secret);
    if (state == PASSWORD_USABLE)
        report_hash(run, account, &held);
}

void run_accounts(struct run *run)
{
    const struct book *book = run->book;
    bool root_seen = false;

    for (size_t i = 0; i < book->account_count; i++) {
        const struct account *account = &book->accounts[i];
        bool is_root = !root_seen && strcmp(account->name, "root") == 0;
        bool extra = account->uid == 0 && !is_root;

        if (i % 256 == 0 && kit_is_late(run->kit))
            return;
        root_seen = root_seen || is_root;
        run_emit(run, ACCOUNTS_EXTRA_UID0, extra, account->name, "");
        if (extra)
            run_excerpt(run, ACCOUNTS_EXTRA_UID0, &book->passwd, &account->origin, account->secret);
        report_password(run, account);
    }
    run_emit(run, ACCOUNTS_TOTAL, (double)book->account_count, "", "");
}

/* Says which attributes rest on a file that could not be read, why, and what to do about it. */
static void drop_unread(struct run *run, const struct source *source, const char *remedy)
{
    static const struct kit_item of_shadow[] = {
        {.attribute = ACCOUNTS_EMPTY_PASSWORD},
        {.attribute = ACCOUNTS_PASSWORD_LOCKED,
         .attributes = ACCOUNTS_LOGIN_ENABLED - ACCOUNTS_PASSWORD_LOCKED + 1}};
    static const struct kit_item of_group = {.attribute = ACCOUNTS_DUPLICATES, .attributes = 2};
    const char *reason = kit_status_text(source->status);

    if (source->status == CFD_OK)
        return;
    if (source == &run->book->group) {
        kit_drop(run->kit, &of_group, "%s %s: %s", source->path, reason, remedy);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        kit_drop(run->kit, &of_shadow[i], "%s %s: %s", source->path, reason, remedy);
}

/* Lines that are not of their format have an attribute of their own. */
static void report_lines(struct run *run, const struct source *source)
{
    const struct cfd_host *host = run->kit->host;

    if (source->status != CFD_OK)
        return;
    run_emit(run, ACCOUNTS_MALFORMED_LINES, (double)source->malformed, source->path, "");
    if (source->malformed > 0)
        kit_log(host, CFD_LOG_WARNING, "%s: %zu malformed lines, the first is line %zu",
                source->path, source->malformed, source->first_malformed);
    if (source->foreign)
        host->log(host, CFD_LOG_INFO,
                  "lines with + or - are skipped: accounts of NIS are not measured");
}

void accounts_report(struct kit_run *kit, const struct book *book,
                     const struct kit_texts *privileged)
{
    struct run run = {.kit = kit, .book = book, .privileged = privileged};

    drop_unread(&run, &book->shadow,
                "give the service CAP_DAC_READ_SEARCH, or its user the group shadow");
    drop_unread(&run, &book->group, "see the setting group");
    run_accounts(&run);
    if (kit->status == CFD_LATE)
        return;
    run_groups(&run);
    report_lines(&run, &book->passwd);
    report_lines(&run, &book->shadow);
    report_lines(&run, &book->group);
}

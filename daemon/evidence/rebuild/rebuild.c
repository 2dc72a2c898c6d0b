/* Check and apply. */
#include "evidence/rebuild/rebuild.h"

#include "evidence/rebuild/apply.h"
#include "evidence/rebuild/rebuilt.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

static int compare_all(struct rebuilt *rebuilt)
{
    struct series_set *stored = NULL;
    int code = series_open(rebuilt->store, NULL, &stored, rebuilt->error);
    if (!code)
        code = rebuild_compare_tables(rebuilt);
    if (!code)
        code = rebuild_compare_states(rebuilt);
    if (!code)
        code = rebuild_compare_samples(rebuilt, stored);
    series_close(stored);
    return code;
}

static int run(struct rebuilt *rebuilt, struct store *store, bool apply, struct error *error)
{
    int64_t leaves;
    int code = rebuilt_init(rebuilt, store, error);
    if (!code)
        code = ledger_verify(rebuilt->ledger, &leaves, error);
    if (!code)
        code = rebuilt_read(rebuilt);
    if (!code)
        code = compare_all(rebuilt);
    return code || !apply ? code : apply_all(rebuilt);
}

static int start(struct store *store, const struct rebuild_report *report, bool apply,
                 struct rebuild_figures *ret, struct error *error)
{
    struct rebuilt rebuilt = {.report = report};
    int code = run(&rebuilt, store, apply, error);
    *ret = rebuilt.figures;
    rebuilt_finish(&rebuilt);
    if (code && !*error_sentence(error))
        error_set(error, code, "%s", error_text(code));
    return code;
}

int rebuild_check(struct store *store, const struct rebuild_report *report,
                  struct rebuild_figures *ret, struct error *error)
{
    return start(store, report, false, ret, error);
}

int rebuild_apply(struct store *store, const struct rebuild_report *report,
                  struct rebuild_figures *ret, struct error *error)
{
    return start(store, report, true, ret, error);
}

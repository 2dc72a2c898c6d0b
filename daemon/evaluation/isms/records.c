/* Classes of records: what the daemon keeps, where, how long, and why it may. What it keeps itself
 * is told here as it is done; the organization adds the legal basis, and classes of its own. */
#include "evaluation/isms/isms.h"

#include <string.h>

#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static const char by_tree[] = "only the daemon's user reads the folder; every byte is under a hash "
                              "tree (RFC 6962), so that a change is seen";
static const char by_salt[] = "only the daemon's user reads the folder; a salted hash of it is in "
                              "the ledger, so that a change is seen and it can still be deleted";
static const char by_folder[] = "only the daemon's user reads the folder";
static const char with_store[] = "as long as the store";
static const char not_alone[] = "with the store; not alone yet";
static const char by_disposal[] =
    "by whole days, with an entry that says which; proofs of what stays remain valid";
static const char by_sweep[] = "the oldest rows are deleted each minute";

/* retention NULL: the setting `keep`. */
static const struct record_class {
    const char *id, *description, *location, *protection, *retention, *disposal;
} classes[] = {
    {"leaves", "numbers, times, outcomes and hashes of all that was done; no names and no text",
     "tables bundles, tiles", by_tree, with_store, "none: the tree only grows"},
    {"readings",
     "what collectors read, with labels; personal ones as pseudonyms, or as a legal basis allows",
     "table payloads, kind 1", by_salt, with_store, not_alone},
    {"excerpts",
     "lines and settings seen: a rule's first 20 and last 5 lines an interval; what a rule marks "
     "as personal as in readings",
     "table payloads, kind 2", by_salt, with_store, not_alone},
    {"acts", "names, places and reasons of runs, approvals and decisions of people",
     "table payloads, kind 3; constructs, baselines", by_salt, with_store, not_alone},
    {"findings", "findings, with what was seen, who took them and what was done",
     "tables findings, finding_events", by_folder, with_store, not_alone},
    {"samples", "numbers by labels and time, for formulas", "tables series, samples", by_folder,
     NULL, by_sweep},
    {"results", "each change of a measure's state, and its value once a minute", "table results",
     by_folder, NULL, by_sweep},
    {"runs", "each run of a collector: when, how it ended, what it cost", "table runs", by_folder,
     NULL, by_sweep},
    {"messages", "messages to those who are notified", "table outbox", by_folder,
     "30 days after delivery; until then as long as it is tried", by_sweep},
    {"sessions", "who opened the dashboard: a hash of the token, the name, the times",
     "table sessions", by_folder, "until it expires", by_sweep},
    {"pseudonym_key", "the key that pseudonyms are made with", "file pseudonym.key",
     "only the daemon's user may read it; it is in no record", "until it is replaced",
     "by deleting the file: names before and after have different pseudonyms"},
    {"working", "present states, and where each stream goes on", "tables states, positions",
     by_folder, "until it is replaced", "it is overwritten"},
};

static const char *const texts[] = {"description", "location", "protection",
                                    "retention",   "disposal", "legal_basis"};
enum { TEXTS = sizeof texts / sizeof *texts };

static const json_t *stated_class(const json_t *config, const char *id)
{
    size_t index;
    json_t *row;
    json_array_foreach (json_object_get(config, "record_classes"), index, row) {
        if (strcmp(json_text_of(row, "id", ""), id) == 0)
            return row;
    }
    return NULL;
}

/* The setting that a class' retention stands in; NULL: it has none of its own. */
static const char *setting_of(const struct record_class *class)
{
    if (!class->retention)
        return "keep";
    return strcmp(class->id, "readings") == 0   ? "keep_readings"
           : strcmp(class->id, "excerpts") == 0 ? "keep_excerpts"
                                                : NULL;
}

static json_t *own_class(const json_t *config, const struct record_class *class)
{
    const char *setting = setting_of(class);
    int64_t keep_ms = setting ? json_integer_of(config, setting, 0) : 0;
    CLEAN(clean_text) char *kept = text_from_duration(keep_ms);
    CLEAN(clean_text)
    char *keep = text_format("%s (the setting %s)", kept ? kept : "", setting ? setting : "");
    bool is_set = keep_ms > 0 && keep;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", class->id, "description",
                     class->description, "location", class->location, "protection",
                     class->protection, "retention",
                     is_set || !class->retention ? keep : class->retention, "disposal",
                     is_set && class->retention ? by_disposal : class->disposal, "legal_basis",
                     json_text_of(stated_class(config, class->id), "legal_basis", ""), "own", true);
}

static bool is_own(const char *id)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(classes[i].id, id) == 0)
            return true;
    return false;
}

/* A class that is kept elsewhere: what the organization says of it, and no more. */
static json_t *other_class(const json_t *stated)
{
    json_t *row = json_pack("{s:s, s:b}", "id", json_text_of(stated, "id", ""), "own", false);
    for (int i = 0; row && i < TEXTS; i++)
        json_object_set_new(row, texts[i], json_string(json_text_of(stated, texts[i], "")));
    return row;
}

int isms_put_records(struct store *store, const json_t *config, struct error *error)
{
    json_t *list = json_array(), *stated;
    size_t index;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        json_array_append_new(list, own_class(config, &classes[i]));
    json_array_foreach (json_object_get(config, "record_classes"), index, stated) {
        if (!is_own(json_text_of(stated, "id", "")))
            json_array_append_new(list, other_class(stated));
    }
    return states_put(store, "daemon", "records", json_pack("{s:o}", "classes", list), error);
}

/* What is wrong with one text of a class, or NULL. */
static const char *mistake_of(bool own, const char *key, bool given)
{
    if (own && given && strcmp(key, "legal_basis") != 0)
        return "found in a class that conformd keeps and describes itself; allowed is legal_basis";
    if (!own && !given)
        return "found nothing, required is a text for a class that conformd does not keep itself";
    return NULL;
}

void isms_check_records(const json_t *config,
                        void (*on_fault)(void *context, const struct isms_fault *fault),
                        void *context)
{
    size_t index;
    json_t *stated;
    json_array_foreach (json_object_get(config, "record_classes"), index, stated) {
        bool own = is_own(json_text_of(stated, "id", ""));
        for (int i = 0; i < TEXTS; i++) {
            const char *mistake =
                mistake_of(own, texts[i], *json_text_of(stated, texts[i], "") != '\0');
            CLEAN(clean_text) char *path = text_format("record_classes[%zu].%s", index, texts[i]);
            if (mistake && path)
                on_fault(context, &(struct isms_fault){path, 0, false, mistake});
        }
    }
}

/* One judgement of one concern: how long it has lasted, its finding, its message. */
#include "engine/monitoring/concern.h"

#include <string.h>

#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum {
    GAP_MOST_MS = 120000, /* twice the engine's own minute */
    EXTEND_EVERY_MS = 3600000,
    SAVE_EVERY_MS = 60000,
};

int64_t concern_recover_ms(const struct monitoring_world *world)
{
    return json_integer_of(world->config, "lost_after_urgent", 0);
}

static char *title_of(const struct concern *concern)
{
    switch (concern->kind) {
    case MONITORING_LOST:
        return text_format("Collector %s no longer measures: %s", concern->instance,
                           concern->reason);
    case MONITORING_LOSSES:
        return text_format("Collector %s lost data: %s", concern->instance, concern->reason);
    case MONITORING_OVERFLOW:
        return text_format("%s of collector %s has more series than the limit: what is beyond it "
                           "is only counted in total",
                           concern->attribute, concern->instance);
    }
    return NULL;
}

static const char *value_of(const struct concern *concern)
{
    return concern->kind == MONITORING_LOST     ? "not measured"
           : concern->kind == MONITORING_LOSSES ? "data was lost"
                                                : "overflow";
}

static json_t *facts_of(const struct monitoring_world *world, const struct concern *concern,
                        const struct concern_word *word)
{
    CLEAN(clean_text) char *title = title_of(concern);
    CLEAN(clean_text) char *lasting = text_from_duration(word->for_ms);
    CLEAN(clean_text) char *within = text_format("measured again within %s", lasting);
    bool lost = concern->kind == MONITORING_LOST;
    if (!title || !within)
        return NULL;
    return concern_facts(
        world, &(struct concern_facts){.title = title,
                                       .value = value_of(concern),
                                       .criterion = lost ? within : "nothing is lost or left out",
                                       .quality = "complete",
                                       .readers = word->readers,
                                       .items = word->items,
                                       .evidence = word->evidence,
                                       .from_ms = concern->since_ms});
}

static bool is_urgent(const struct readers *readers)
{
    return readers->urgent || (!json_array_size(readers->adopted) && readers->trial_urgent);
}

static int raise_or_extend(struct monitoring_world *world, struct concern *concern,
                           const struct concern_word *word, bool raises, struct error *error)
{
    struct register_raised raised = {0};
    CLEAN(clean_json) json_t *facts = facts_of(world, concern, word);
    if (!facts)
        return ERROR_MEMORY;
    int code = raises ? register_raise(world->turn, concern->key, facts, &raised, error)
                      : register_extend(world->turn, concern->key, facts, &raised, error);
    if (code)
        return code;
    concern->extended_ms = world->turn->now.wall_ms;
    concern->moved = concern->moved || !concern->finding || !raised.ref ||
                     strcmp(concern->finding, raised.ref) != 0;
    free(concern->finding);
    concern->finding = raised.ref;
    if (!raised.ref || (!raised.is_new && !raised.returned))
        return 0;
    struct concern_message message = {raised.is_new ? "candidate" : "returned", raised.ref,
                                      is_urgent(word->readers)};
    return concern_tell(world, &message, facts, error);
}

static int clear(struct monitoring_world *world, struct concern *concern,
                 const struct concern_word *word, struct error *error)
{
    CLEAN(clean_text) char *ref = NULL;
    CLEAN(clean_json) json_t *facts = facts_of(world, concern, word);
    int code = facts ? register_clear(world->turn, concern->key, &ref, error) : ERROR_MEMORY;
    if (code || !ref)
        return code;
    struct concern_message message = {"condition_cleared", ref, is_urgent(word->readers)};
    return concern_tell(world, &message, facts, error);
}

/* Nothing adopted stands on it: nothing is raised; what is urgent is told all the same. */
static int move_on_trial(struct monitoring_world *world, struct concern *concern,
                         const struct concern_word *word, enum criterion_move move,
                         struct error *error)
{
    if (move != CRITERION_RAISE || !word->readers->trial_urgent)
        return 0;
    CLEAN(clean_json) json_t *facts = facts_of(world, concern, word);
    struct concern_message message = {"would_raise", concern->key, true};
    return facts ? concern_tell(world, &message, facts, error) : ERROR_MEMORY;
}

static int act(struct monitoring_world *world, struct concern *concern,
               const struct concern_word *word, enum criterion_move move, struct error *error)
{
    bool again = word->items || !concern->finding ||
                 world->turn->now.wall_ms - concern->extended_ms >= EXTEND_EVERY_MS ||
                 world->turn->now.wall_ms < concern->extended_ms;
    switch (move) {
    case CRITERION_NOTHING:
        return 0;
    case CRITERION_RAISE:
    case CRITERION_EXTEND:
        if (!concern->raises)
            return move_on_trial(world, concern, word, move, error);
        return move == CRITERION_RAISE ? raise_or_extend(world, concern, word, true, error)
               : again                 ? raise_or_extend(world, concern, word, false, error)
                                       : 0;
    case CRITERION_CLEAR:
        return clear(world, concern, word, error);
    }
    return 0;
}

/* The reason and whether it raises are of the last miss. */
static int note_miss(struct concern *concern, const struct concern_word *word)
{
    bool raises = json_array_size(word->readers->adopted) > 0;
    concern->moved = concern->moved || raises != concern->raises;
    concern->raises = raises;
    if (strcmp(concern->reason, word->reason) == 0)
        return 0;
    free(concern->reason);
    concern->reason = strdup(word->reason);
    concern->moved = true;
    return concern->reason ? 0 : ERROR_MEMORY;
}

int concern_step(struct monitoring_world *world, struct concern *concern,
                 const struct concern_word *word, enum criterion_move *ret, struct error *error)
{
    struct criterion criterion = {.for_ms = word->for_ms, .recover_ms = concern_recover_ms(world)};
    struct criterion_memory before = concern->memory;
    int code = word->verdict == VERDICT_MISSED ? note_miss(concern, word) : 0;
    if (code)
        return code;
    *ret = criterion_step(&criterion, &concern->memory, word->verdict, world->turn->now.boot_ms,
                          GAP_MOST_MS);
    code = act(world, concern, word, *ret, error);
    concern->moved = concern->moved || !before.judged || before.last != concern->memory.last ||
                     before.standing != concern->memory.standing;
    bool due = world->turn->now.wall_ms - concern->saved_ms >= SAVE_EVERY_MS ||
               world->turn->now.wall_ms < concern->saved_ms;
    return code || !(concern->moved || due) ? code : concern_save(world, concern, error);
}

/* What the files of this room do for each other. Inside the room only. */
#ifndef JUDGE_PARTS_H
#define JUDGE_PARTS_H

#include "findings/judge/judge.h"

/* leaf.c: the leaves of what was evaluated. body: of its row, with the reason. */
int judge_leaf_result(struct judge *judge, struct judged *judged, json_t *body, int64_t *ret_leaf,
                      struct error *error) MUST_CHECK;
int judge_leaf_objective(struct judge *judge, struct objective *objective,
                         struct error *error) MUST_CHECK;
/* What is remembered of a measure over a restart. */
json_t *judge_leaf_memory(const struct judged *judged);

/* objectives.c */
int judge_objectives_judge(struct judge *judge, struct objective *objective,
                           struct error *error) MUST_CHECK;

/* facts.c: what a finding and a message say of a result. */
json_t *judge_facts_of_finding(struct judge *judge, struct judged *judged);
void judge_facts_gather_evidence(struct judge *judge, struct judged *judged);
/* What streams read and is in no leaf yet becomes evidence, for those that feed the measure. */
int judge_facts_tell(struct judge *judge, const struct judged *judged,
                     struct error *error) MUST_CHECK;

/* applies.c: does a measure apply, and what is its result worth? */
void judge_applies_load(const struct judge *judge, struct judged *judged);
int judge_applies_judge(struct judge *judge, struct judged *judged,
                        const struct measure_world *world, struct result *ret,
                        struct error *error) MUST_CHECK;
void judge_applies_show(const struct judged *judged, json_t *row);
void judge_applies_mark(const struct judged *judged, json_t *facts);

/* use.c: who uses a measure, and what feeds it. */
void judge_use_show(const struct judge *judge, const struct judged *judged, json_t *row);

#endif

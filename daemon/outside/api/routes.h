/* The room's own: one question on its way to a handler, and the handlers of every group. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "outside/api/api.h"

#include <stdbool.h>

struct call {
    const struct api *api;
    const struct api_request *request;
    const char *name;    /* what stands for the * of the pattern, or NULL */
    const char *warning; /* set by a handler of v1: returned beside its data; static */
};

/* Handlers answer 0 and a new reference, or a code with a sentence: ERROR_RANGE is the asker's
 * mistake (400), ERROR_MISSING is 404, all others are ours (500). */
int api_show_status(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_collectors(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_measures(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_show_measure(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_objectives(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_findings(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_show_finding(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_not_judged(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_costs(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_show_stated(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_show_privacy(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_list_evidence(struct call *call, json_t **ret, struct error *error) MUST_CHECK;
int api_show_evidence(struct call *call, json_t **ret, struct error *error) MUST_CHECK;

/* Those of v1 write the text of `data`. ERROR_RANGE is bad_data (400), ERROR_STATE execution (422),
 * all others internal (500). */
int api_v1_query(struct call *call, struct buffer *data, struct error *error) MUST_CHECK;
int api_v1_query_range(struct call *call, struct buffer *data, struct error *error) MUST_CHECK;
int api_v1_series(struct call *call, struct buffer *data, struct error *error) MUST_CHECK;
int api_v1_labels(struct call *call, struct buffer *data, struct error *error) MUST_CHECK;
int api_v1_label_values(struct call *call, struct buffer *data, struct error *error) MUST_CHECK;
int api_v1_metadata(struct call *call, struct buffer *data, struct error *error) MUST_CHECK;

#endif

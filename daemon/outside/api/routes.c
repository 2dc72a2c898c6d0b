/* Which handler answers which path, and how its answer or refusal is put. */
#include "outside/api/routes.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "outside/api/write.h"

struct route {
    const char *pattern; /* a * stands for one part, which the handler gets as its name */
    unsigned needs;      /* api_needs */
    int (*show)(struct call *call, json_t **ret, struct error *error);
    const char *shows; /* api_shows */
};

static const struct route routes[] = {
    {"/api/status", API_NEEDS_LEDGER, api_show_status, NULL},
    {"/api/collectors", 0, api_list_collectors, NULL},
    {"/api/measures", 0, api_list_measures, NULL},
    {"/api/measures/*", 0, api_show_measure, NULL},
    {"/api/objectives", 0, api_list_objectives, NULL},
    {"/api/findings", 0, api_list_findings, "findings"},
    {"/api/findings/*", 0, api_show_finding, "findings"},
    {"/api/not_judged", 0, api_list_not_judged, NULL},
    {"/api/privacy", 0, api_show_privacy, NULL},
    {"/api/evidence", API_NEEDS_LEDGER, api_list_evidence, NULL},
    {"/api/evidence/*", API_NEEDS_LEDGER, api_show_evidence, "evidence"},
    {"/api/costs", 0, api_list_costs, NULL},
    {"/api/stated", 0, api_show_stated, NULL},
};

struct v1_route {
    const char *pattern;
    bool post;      /* Prometheus takes the parameters as a form, too */
    unsigned needs; /* api_needs */
    int (*show)(struct call *call, struct buffer *data, struct error *error);
    const char *shows; /* api_shows */
};

static const struct v1_route v1_routes[] = {
    {"/api/v1/query", true, API_NEEDS_SERIES, api_v1_query, "series"},
    {"/api/v1/query_range", true, API_NEEDS_SERIES, api_v1_query_range, "series"},
    {"/api/v1/series", true, API_NEEDS_SERIES, api_v1_series, "series"},
    {"/api/v1/labels", true, API_NEEDS_SERIES, api_v1_labels, NULL},
    {"/api/v1/label/*/values", false, API_NEEDS_SERIES, api_v1_label_values, "series"},
    {"/api/v1/metadata", false, 0, api_v1_metadata, NULL},
};

/* True when the path follows the pattern; ret_name then holds what stands for its *, or NULL. */
static bool path_matches(const char *pattern, const char *path, char **ret_name)
{
    size_t before = strcspn(pattern, "*");
    if (strncmp(pattern, path, before) != 0)
        return false;
    if (!pattern[before])
        return path[before] == '\0';
    size_t part = strcspn(path + before, "/");
    if (!part || strcmp(pattern + before + 1, path + before + part) != 0)
        return false;
    *ret_name = strndup(path + before, part);
    return *ret_name != NULL;
}

static void refuse(struct api_response *ret, int status, const char *sentence)
{
    buffer_reset(&ret->body);
    ret->status = status;
    ret->type = "application/json";
    buffer_text(&ret->body, "{\"error\":");
    write_string(&ret->body, sentence);
    buffer_text(&ret->body, "}\n");
}

static int status_of(int code)
{
    /* Beyond what a reader may take; less would be answered. */
    if (code == ERROR_LIMIT || code == ERROR_MEMORY)
        return 503;
    return code == ERROR_RANGE ? 400 : code == ERROR_MISSING ? 404 : 500;
}

static void answer(const struct route *route, struct call *call, struct api_response *ret)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *body = NULL;
    if (strcmp(call->request->method, "GET") != 0) {
        refuse(ret, 405, "this can only be read: use GET");
        return;
    }
    int code = route->show(call, &body, &error);
    if (!code && !body)
        code = error_set(&error, ERROR_MEMORY, "no memory left");
    if (!code)
        code = write_json(&ret->body, body, &error);
    if (code) {
        refuse(ret, status_of(code), error_sentence(&error));
        return;
    }
    buffer_byte(&ret->body, '\n');
    if (ret->body.failed)
        refuse(ret, 500, "the answer would be longer than 16 MiB: ask for less");
}

static const char *v1_error_type(int code, int *ret_status)
{
    *ret_status = code == ERROR_STATE ? 422 : status_of(code);
    return code == ERROR_RANGE ? "bad_data" : code == ERROR_STATE ? "execution" : "internal";
}

static void refuse_v1(struct api_response *ret, int code, const char *sentence)
{
    buffer_reset(&ret->body);
    const char *type = v1_error_type(code, &ret->status);
    buffer_print(&ret->body, "{\"status\":\"error\",\"errorType\":\"%s\",\"error\":", type);
    write_string(&ret->body, sentence);
    buffer_byte(&ret->body, '}');
}

static void answer_v1(const struct v1_route *route, struct call *call, struct api_response *ret)
{
    CLEAN(error_finish) struct error error = {0};
    const char *method = call->request->method;
    if (strcmp(method, "GET") != 0 && !(route->post && !strcmp(method, "POST"))) {
        refuse(ret, 405, "this can only be read: use GET");
        return;
    }
    buffer_text(&ret->body, "{\"status\":\"success\",\"data\":");
    int code = route->show(call, &ret->body, &error);
    if (code) {
        refuse_v1(ret, code, error_sentence(&error));
        return;
    }
    if (call->warning) {
        buffer_text(&ret->body, ",\"warnings\":[");
        write_string(&ret->body, call->warning);
        buffer_byte(&ret->body, ']');
    }
    buffer_byte(&ret->body, '}');
    if (ret->body.failed)
        refuse_v1(ret, ERROR_STATE, "the answer would be longer than 16 MiB: ask for less");
}

unsigned api_needs(const char *path)
{
    CLEAN(clean_text) char *name = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (path_matches(routes[i].pattern, path, &name))
            return routes[i].needs;
    for (size_t i = 0; i < sizeof v1_routes / sizeof *v1_routes; i++)
        if (path_matches(v1_routes[i].pattern, path, &name))
            return v1_routes[i].needs;
    return 0;
}

const char *api_shows(const char *path)
{
    CLEAN(clean_text) char *name = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (path_matches(routes[i].pattern, path, &name))
            return routes[i].shows;
    for (size_t i = 0; i < sizeof v1_routes / sizeof *v1_routes; i++)
        if (path_matches(v1_routes[i].pattern, path, &name))
            return v1_routes[i].shows;
    return NULL;
}

void api_answer(const struct api *api, const struct api_request *request, struct api_response *ret)
{
    CLEAN(clean_text) char *name = NULL;
    struct call call = {.api = api, .request = request};
    *ret = (struct api_response){.status = 200, .type = "application/json"};
    ret->body.limit = API_BODY_LIMIT;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!path_matches(routes[i].pattern, request->path, &name))
            continue;
        call.name = name;
        answer(&routes[i], &call, ret);
        return;
    }
    for (size_t i = 0; i < sizeof v1_routes / sizeof *v1_routes; i++) {
        if (!path_matches(v1_routes[i].pattern, request->path, &name))
            continue;
        call.name = name;
        answer_v1(&v1_routes[i], &call, ret);
        return;
    }
    refuse(ret, 404, "there is nothing at this path");
}

/* links: api http front web expose promql series ledger store base
 * Bytes of a peer: a request line's path and query go through their decoding and the API's routes,
 * header lines through the readers of Host, Cookie, Authorization and Accept. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/exposition/exposition.h"
#include "outside/api/api.h"
#include "outside/front/guard.h"
#include "outside/http/parameters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An empty store; it stays for all inputs, and its folder is taken away at once. */
static int open_api(struct api *api)
{
    char folder[] = "/tmp/fuzz_http.XXXXXX";
    struct series_limits limits = {.keep_ms = 1000, .per_source = 10, .lookback_ms = 1000};
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "conformd.db-shm",
                                        "lock"};
    if (!mkdtemp(folder) || store_open(folder, STORE_WRITE, &api->store, NULL) ||
        ledger_open(api->store, &api->ledger, NULL) ||
        series_open(api->store, &limits, &api->series, NULL))
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void ask(const char *path, const json_t *query)
{
    static struct api api;
    struct api_request request = {.method = "GET", .path = path, .query = query, .now_ms = 1000};
    struct api_response response;
    if (!api.series && open_api(&api))
        abort();
    api_answer(&api, &request, &response);
    if (response.status < 200 || response.status > 599 || !response.body.length)
        abort();
    buffer_finish(&response.body);
}

static void read_target(const char *line)
{
    size_t path_length = strcspn(line, "?");
    const char *query = line + path_length + (line[path_length] == '?');
    CLEAN(clean_text) char *path = NULL;
    CLEAN(clean_json) json_t *object = json_object();
    if (!http_path_read(line, path_length, &path) &&
        !http_parameters_read(query, strlen(query), object))
        ask(path, object);
}

static void read_header(const char *line)
{
    CLEAN(clean_text) char *name = guard_cookie_name(line);
    CLEAN(clean_text) char *bearer = guard_token(line, NULL, "conformd_9191");
    CLEAN(clean_text) char *cookie = guard_token(NULL, line, "conformd_9191");
    if ((bearer && !guard_is_token(bearer)) || (cookie && !guard_is_token(cookie)))
        abort();
    if (!name || strncmp(name, "conformd_", 9) != 0)
        abort();
    if (guard_host(line, false) && !guard_host(line, true))
        abort();
    (void)exposition_choose(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 16384)
        return 0;
    CLEAN(clean_text) char *text = strndup((const char *)data, size);
    size_t first = strcspn(text, "\n");
    const char *header = text[first] ? text + first + 1 : "";
    text[first] = '\0';
    read_target(text);
    read_header(header);
    return 0;
}

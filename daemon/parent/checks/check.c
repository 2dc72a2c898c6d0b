/* Starts the roles in check mode, gathers their faults and the collectors' tables. */
#include "parent/checks/check.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/messages.h"
#include "parent/checks/known.h"
#include "parent/children/launch.h"

enum { MESSAGES_A_STEP = 256, STEP_MS = 500 };

/* One role that judges. */
struct checker {
    struct check *check;
    enum role role;
    char *instance;
    json_t *part;
    char *file; /* the plugin's, before it was checked */
    pid_t pid;
    struct channel *channel;
    bool faulty; /* it told a mistake, or warned */
    bool answered;
    bool ended;
};

struct check {
    struct config *config;
    int poll;
    struct checker **checkers;
    size_t count;
    size_t capacity;
    const json_t *known_before;
    json_t *known;
    json_t *tables;
    int64_t until_ms;
    bool engine_asked;
};

int check_fd(const struct check *check)
{
    return check->poll;
}

json_t *check_tables(const struct check *check)
{
    return check->tables;
}

json_t *check_known(const struct check *check)
{
    return check->known;
}

json_t *check_engine_part(const struct config *config, json_t *tables)
{
    json_t *part = config_part(config, ROLE_ENGINE, NULL);
    if (part && tables && json_object_set(part, "tables", tables)) {
        json_decref(part);
        return NULL;
    }
    return part;
}

void check_add_fault(struct config *config, enum role role, const char *instance,
                     const json_t *fault)
{
    const char *setting = json_text_of(fault, "setting", "");
    const char *sentence = json_text_of(fault, "sentence", "something is wrong");
    int64_t column = json_integer_of(fault, "column", 0);
    CLEAN(clean_text) char *path = config_path(config, role, instance, setting);
    /* A collector's words are not trusted to be printable. */
    CLEAN(clean_text) char *clean = text_printable(sentence, strlen(sentence));
    CLEAN(clean_text)
    char *whole =
        column > 0 ? text_format("%s (column %lld)", clean ? clean : "", (long long)column) : NULL;
    config_fault_add(config, path ? path : setting, json_flag_of(fault, "warning", false),
                     whole   ? whole
                     : clean ? clean
                             : "something is wrong");
}

static int on_fault(void *context, struct channel_message *message)
{
    struct checker *checker = context;
    CLEAN(clean_json) json_t *fault = NULL;
    int code = messages_json(message, &fault);
    checker->faulty = true;
    if (!code)
        check_add_fault(checker->check->config, checker->role, checker->instance, fault);
    return code;
}

static int keep(struct checker *checker, json_t *tables)
{
    struct check *check = checker->check;
    if (json_object_set(check->tables, checker->instance, tables))
        return ERROR_MEMORY;
    /* What it found wrong is to be told the next time too. */
    if (checker->faulty)
        return 0;
    return known_put(check->known, checker->instance, checker->part, checker->file, tables);
}

static int on_checked(void *context, struct channel_message *message)
{
    struct checker *checker = context;
    CLEAN(clean_json) json_t *answer = NULL;
    int code = messages_json(message, &answer);
    if (code)
        return code;
    checker->answered = true;
    json_t *tables = json_object_get(answer, "plugin");
    if (checker->role != ROLE_COLLECTOR || !json_is_object(tables))
        return 0;
    return keep(checker, tables);
}

static int on_other(void *context, struct channel_message *message)
{
    (void)context;
    (void)message;
    return 0;
}

static const struct channel_rule rules[] = {
    {MESSAGE_READY, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_other},
    {MESSAGE_ALIVE, 0, 0, CHANNEL_FD_NONE, on_other},
    {MESSAGE_STATUS, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_other},
    {MESSAGE_FAULT, 0, CHANNEL_MOST, CHANNEL_FD_MAYBE, on_fault},
    {MESSAGE_CHECKED, 0, CHANNEL_MOST, CHANNEL_FD_MAYBE, on_checked},
    {0},
};

static void end_checker(struct checker *checker)
{
    if (checker->ended)
        return;
    checker->ended = true;
    /* Its channel is at its end or of no more use; nothing that it does now matters. */
    kill(checker->pid, SIGKILL);
    int status = 0;
    waitpid(checker->pid, &status, 0);
    channel_free(checker->channel);
    checker->channel = NULL;
}

static void free_checker(struct checker *checker)
{
    if (checker->pid)
        end_checker(checker);
    free(checker->instance);
    free(checker->file);
    json_decref(checker->part);
    free(checker);
}

static int launch_checker(struct checker *checker, struct error *error)
{
    const json_t *whole = config_json(checker->check->config);
    struct launch launch = {
        .role = checker->role,
        .instance = checker->instance,
        .check = true,
        .libexec_dir = json_text_of(whole, "libexec_dir", ""),
        .part = checker->part,
        .engine_fd = -1,
    };
    int fd = -1;
    int code = launch_start(&launch, &checker->pid, &fd, error);
    if (code)
        return code;
    code = channel_new(fd, rules, true, checker, &checker->channel);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = checker};
    if (!code && epoll_ctl(checker->check->poll, EPOLL_CTL_ADD, fd, &event))
        code = ERROR_IO;
    return code ? error_set(error, code, "cannot observe a check: %s", error_text(code)) : 0;
}

/* part: taken over. */
static int add_checker(struct check *check, const char *instance, json_t *part, struct error *error)
{
    struct checker *checker = NULL;
    if (part &&
        !array_reserve(&check->checkers, &check->capacity, check->count, sizeof *check->checkers))
        checker = calloc(1, sizeof *checker);
    if (!checker) {
        json_decref(part);
        return error_set(error, ERROR_MEMORY, "no memory left for a check");
    }
    *checker = (struct checker){
        .check = check, .part = part, .role = instance ? ROLE_COLLECTOR : ROLE_ENGINE};
    check->checkers[check->count++] = checker;
    if (instance)
        checker->file = known_file(part);
    if (instance && !(checker->instance = strdup(instance)))
        return error_set(error, ERROR_MEMORY, "no memory left for a check");
    return launch_checker(checker, error);
}

/* One that answered for the same settings and the same file is not asked again. */
static int add_collector(struct check *check, const char *instance, struct error *error)
{
    CLEAN(clean_json) json_t *part = config_part(check->config, ROLE_COLLECTOR, instance);
    CLEAN(clean_text) char *file = known_file(part);
    json_t *tables = known_tables(check->known_before, instance, part, file);
    if (!tables)
        return add_checker(check, instance, json_incref(part), error);
    if (json_object_set(check->tables, instance, tables) ||
        known_put(check->known, instance, part, file, tables))
        return error_set(error, ERROR_MEMORY, "no memory left for a check");
    return 0;
}

static int add_collectors(struct check *check, struct error *error)
{
    const json_t *collectors = json_object_get(config_json(check->config), "collectors");
    size_t index = 0;
    const json_t *collector = NULL;
    json_array_foreach (collectors, index, collector) {
        const char *name = json_text_of(collector, "name", NULL);
        if (!name || !json_flag_of(collector, "enabled", false))
            continue;
        int code = add_collector(check, name, error);
        if (code)
            return code;
    }
    return 0;
}

static int ask_engine(struct check *check, struct error *error)
{
    check->engine_asked = true;
    check->until_ms = clock_now().boot_ms + CHECK_LIMIT_MS;
    return add_checker(check, NULL, check_engine_part(check->config, check->tables), error);
}

int check_new(struct config *config, const json_t *known, struct check **ret, struct error *error)
{
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        return error_set(error, ERROR_MEMORY, "no memory left for a check");
    check->config = config;
    check->until_ms = clock_now().boot_ms + CHECK_LIMIT_MS;
    check->known_before = known;
    check->known = json_object();
    check->tables = json_object();
    check->poll = epoll_create1(EPOLL_CLOEXEC);
    int code = 0;
    if (check->poll < 0 || !check->tables || !check->known)
        code = error_set(error, ERROR_IO, "cannot begin a check");
    else
        code = add_collectors(check, error);
    if (!code && !check->count)
        code = ask_engine(check, error);
    if (code)
        check_free(check);
    else
        *ret = check;
    return code;
}

void check_free(struct check *check)
{
    if (!check)
        return;
    for (size_t i = 0; i < check->count; i++)
        free_checker(check->checkers[i]);
    free(check->checkers);
    json_decref(check->tables);
    json_decref(check->known);
    if (check->poll >= 0)
        close(check->poll);
    free(check);
}

bool check_has(const struct check *check, pid_t pid)
{
    for (size_t i = 0; check && i < check->count; i++)
        if (check->checkers[i]->pid == pid && !check->checkers[i]->ended)
            return true;
    return false;
}

static void complain(struct checker *checker, const char *why)
{
    bool of_collector = checker->role == ROLE_COLLECTOR;
    CLEAN(clean_json)
    json_t *fault = json_pack("{s:s, s:s+}", "setting", of_collector ? "plugin" : "", "sentence",
                              "the check by its program ", why);
    if (fault)
        check_add_fault(checker->check->config, checker->role, checker->instance, fault);
}

static void step_checker(struct checker *checker, bool too_late)
{
    if (checker->ended)
        return;
    int code = channel_receive(checker->channel, MESSAGES_A_STEP);
    if (checker->answered) {
        end_checker(checker);
    } else if (code == ERROR_PEER) {
        const char *fault = channel_fault(checker->channel);
        complain(checker, fault ? fault : "broke the protocol");
        end_checker(checker);
    } else if (code == ERROR_CLOSED) {
        complain(checker, "ended without an answer");
        end_checker(checker);
    } else if (too_late) {
        complain(checker, "gave no answer within 20 s");
        end_checker(checker);
    }
}

static bool all_ended(const struct check *check)
{
    for (size_t i = 0; i < check->count; i++)
        if (!check->checkers[i]->ended)
            return false;
    return true;
}

bool check_step(struct check *check, int64_t now_ms)
{
    for (size_t i = 0; i < check->count; i++)
        step_checker(check->checkers[i], now_ms >= check->until_ms);
    if (!all_ended(check))
        return false;
    /* Formulas cannot be judged with a collector's attributes unknown. */
    if (check->engine_asked || !config_is_valid(check->config))
        return true;
    CLEAN(error_finish) struct error error = {0};
    if (ask_engine(check, &error)) {
        config_fault_add(check->config, "", false, error_sentence(&error));
        return true;
    }
    return false;
}

int check_run(struct check *check)
{
    while (!check_step(check, clock_now().boot_ms)) {
        struct pollfd ready = {.fd = check->poll, .events = POLLIN};
        if (poll(&ready, 1, STEP_MS) < 0)
            return ERROR_IO;
    }
    return 0;
}

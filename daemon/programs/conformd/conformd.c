/* conformd: reads the configuration, has it checked, starts the children and keeps them. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/process/confine.h"
#include "parent/children/rights.h"
#include "parent/children/spawn.h"
#include "parent/children/strays.h"
#include "programs/conformd/rules.h"
#include "programs/conformd/topology.h"

enum { EXIT_FAILED = 1, EXIT_INVALID = 2 };

static const char preset_config[] = "/etc/conformd/conformd.conf";

struct arguments {
    const char *config;
    const char *rules; /* NULL: those of the configuration */
    bool check;
    bool print_rules;
};

static void print_help(FILE *file)
{
    fprintf(file,
            "usage: conformd [--config FILE] [--check]\n\n  --config FILE  the configuration "
            "(preset %s); conf.d, measures.d and\n                 rules.d beside it are read "
            "too\n  --check        check the configuration and end: 0 when it is valid, else 2\n  "
            "--print-rules  print its log rules as JSON and end; --rules PATH: of a rules.d "
            "folder\n                 or one file instead\n  --foreground   accepted; conformd "
            "always stays in the foreground\n  --version, --help\n",
            preset_config);
}

/* Returns -1 to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *ret)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 't'},
        {"foreground", no_argument, NULL, 'f'},   {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},         {"print-rules", no_argument, NULL, 'p'},
        {"rules", required_argument, NULL, 'r'},  {0},
    };
    *ret = (struct arguments){.config = preset_config};
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            ret->config = optarg;
            break;
        case 't':
            ret->check = true;
            break;
        case 'p':
            ret->print_rules = true;
            break;
        case 'r':
            ret->rules = optarg;
            break;
        case 'f':
            break;
        case 'V':
            printf("conformd %s\n", CONFORMD_VERSION);
            return 0;
        case 'h':
            print_help(stdout);
            return 0;
        default:
            print_help(stderr);
            return EXIT_INVALID;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "conformd: \"%s\" is not understood\n", argv[optind]);
        return EXIT_INVALID;
    }
    return -1;
}

static void print_faults(const struct config *config)
{
    size_t count = 0;
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s: %s%s\n", faults[i].place, faults[i].warning ? "warning: " : "",
                faults[i].sentence);
}

static int print_rules(const struct arguments *arguments)
{
    struct config *config = NULL;
    int code = arguments->rules ? config_load_rules(arguments->rules, &config)
                                : config_load(arguments->config, &config);
    if (code) {
        fprintf(stderr, "conformd: no memory left\n");
        return EXIT_FAILED;
    }
    print_faults(config);
    int status = !config_is_valid(config) ? EXIT_INVALID : rules_print(config) ? EXIT_FAILED : 0;
    config_free(config);
    return status;
}

static size_t count_of(const struct config *config, const char *list)
{
    return json_array_size(json_object_get(config_json(config), list));
}

static void print_summary(const struct config *config)
{
    printf("configuration is valid: %zu collectors, %zu measures, %zu objectives, %zu channels "
           "(%.12s)\n",
           count_of(config, "collectors"), count_of(config, "measures"),
           count_of(config, "objectives"), count_of(config, "channels"), config_hash(config));
    if (!count_of(config, "rights"))
        printf("note: rights is not given: whoever may open the control socket may do every act; "
               "decisions need an audit loginuid%s\n",
               json_flag_of(config_json(config), "allow_unattributed", false)
                   ? ", which allow_unattributed waives"
                   : "");
}

/* --- start --- */

static int find_user(struct parent *parent, struct rights_user *ret, struct error *error)
{
    const char *name = json_text_of(config_json(parent->config), "user", "");
    if (rights_find_user(name, ret))
        return error_set(error, ERROR_MEMORY, "no memory left");
    if (!ret->known && ret->uid == 0)
        log_write(LOG_LEVEL_NOTICE, "there is no user \"%s\": conformd stays root", name);
    return 0;
}

static int settle(struct parent *parent, bool check, struct error *error)
{
    const json_t *config = config_json(parent->config);
    struct rights_user user;
    int code = find_user(parent, &user, error);
    if (!code && !check)
        code = listen_make_folders(config, &user, error);
    if (!code)
        code = rights_become(json_text_of(config, "user", ""), &user,
                             spawn_capability("cap_dac_read_search"), error);
    return code;
}

static bool is_nobody(const void *context, pid_t pid)
{
    (void)context;
    (void)pid;
    return false;
}

static int run_checks(struct parent *parent, struct error *error)
{
    struct check *check = NULL;
    int code = check_new(parent->config, NULL, &check, error);
    if (code)
        return code;
    code = check_run(check);
    if (code)
        error_set(error, code, "the check was interrupted: %s", strerror(errno));
    parent->tables = json_incref(check_tables(check));
    parent->known = json_incref(check_known(check));
    check_free(check);
    if (parent->adopts)
        strays_end(is_nobody, NULL);
    return code;
}

/* What it gives up its children inherit; each gives up more when it begins. */
static int confine(bool check, struct error *error)
{
    const struct sandbox_plan plan = {.role = ROLE_PARENT};
    struct sandbox_state state;
    int code = sandbox_enter(&plan, &state, error);
    if (code)
        return code;
    confine_log(&state, plan.role, check);
    sandbox_finish(&state);
#ifndef __SANITIZE_ADDRESS__
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return error_set(error, ERROR_IO, "memory stays readable to others: %s", strerror(errno));
#endif
    return 0;
}

/* Everything before the first child: returns -1 to go on, else the exit status. */
static int begin(struct parent *parent, bool check)
{
    CLEAN(error_finish) struct error error = {0};
    if (config_load(parent->config_path, &parent->config)) {
        fprintf(stderr, "conformd: no memory left\n");
        return EXIT_FAILED;
    }
    int code = 0;
    if (config_is_valid(parent->config)) {
        parent->adopts = strays_adopt();
        log_open("conformd", true,
                 log_level_named(json_text_of(config_json(parent->config), "log_level", "")));
        code = settle(parent, check, &error);
        if (!code)
            code = confine(check, &error);
        if (!code)
            code = run_checks(parent, &error);
    }
    print_faults(parent->config);
    if (code) {
        fprintf(stderr, "conformd: %s\n", error_sentence(&error));
        return EXIT_FAILED;
    }
    if (!config_is_valid(parent->config))
        return EXIT_INVALID;
    if (check) {
        print_summary(parent->config);
        return 0;
    }
    if (listen_open(config_json(parent->config), &parent->listeners, &error)) {
        fprintf(stderr, "conformd: %s\n", error_sentence(&error));
        return EXIT_FAILED;
    }
    return -1;
}

/* --- the loop --- */

static void on_signal(void *context, int number)
{
    switch (number) {
    case SIGCHLD:
        topology_reap(context);
        break;
    case SIGHUP:
        conformd_reloading_begin(context);
        topology_turn(context);
        break;
    default:
        topology_stop(context);
    }
}

static void send_notice(void *context, const char *state)
{
    (void)context;
    sd_notify(0, state);
}

static void set_notify(struct notify *notify)
{
    uint64_t limit_us = 0;
    notify->send = send_notice;
    if (sd_watchdog_enabled(0, &limit_us) > 0)
        notify->interval_ms = (int64_t)(limit_us / 2000);
}

static int run(struct parent *parent)
{
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
    signal(SIGPIPE, SIG_IGN);
    int code = loop_new(&parent->links.loop);
    for (size_t i = 0; !code && i < sizeof numbers / sizeof *numbers; i++)
        code = loop_signal(parent->links.loop, numbers[i], on_signal, parent);
    if (!code)
        code = topology_start(parent);
    if (!code)
        code = loop_run(parent->links.loop);
    if (code)
        log_write(LOG_LEVEL_ERROR, "cannot go on: %s", error_text(code));
    conformd_reloading_finish(parent);
    topology_finish(parent);
    loop_free(parent->links.loop);
    listen_close(&parent->listeners);
    listen_remove(config_json(parent->config));
    return code ? EXIT_FAILED : parent->status;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    if (arguments.print_rules)
        return print_rules(&arguments);
    log_open("conformd", true, LOG_LEVEL_INFO);
    struct parent parent = {
        .config_path = arguments.config,
        .listeners = {.control = -1, .front = {-1}, .front_count = 1},
        .next_listeners = {.control = -1, .front = {-1}, .front_count = 1},
    };
    set_notify(&parent.notify);
    status = begin(&parent, arguments.check);
    if (status < 0)
        status = run(&parent);
    json_decref(parent.tables);
    json_decref(parent.known);
    config_free(parent.config);
    return status;
}

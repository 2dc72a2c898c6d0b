/* conformctl: reads through the API on a unix socket, writes through the control socket. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "ctl/ctl.h"

enum { USAGE = 2 };

static const struct ctl_command commands[] = {
    {"status", "", "how the daemon stands", 0, 0, show_status},
    {"collectors", "", "collectors and their last runs", 0, 0, show_collectors},
    {"measures", "[ID]", "measures and their results", 0, 1, show_measures},
    {"objectives", "", "objectives and their course", 0, 0, show_objectives},
    {"nc", "list | show REF | take REF | dismiss REF", "the register of findings", 1, 2, show_nc},
    {"adopt", "[ID ...]", "end the trial of measures; present sets become baselines", 0, 256,
     act_adopt},
    {"approve", "ID", "put a changed or drafted construct in force", 1, 1, act_approve},
    {"collect", "NAME", "one run now, with its readings", 1, 1, act_collect},
    {"query", "FORMULA", "evaluate a formula (PromQL)", 1, 1, query_run},
    {"evidence", "list | show INDEX", "the ledger's records", 1, 2, show_evidence},
    {"alert", "test", "send a test through the channels", 1, 1, act_alert},
    {"open", "", "a one-time link to the dashboard", 0, 0, act_open},
    {"describe", "PLUGIN", "a plugin's settings, attributes and needs", 1, 1, describe_run},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    printf("usage: conformctl [options] COMMAND ...\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        CLEAN(clean_text)
        char *left = text_format("%s %s", commands[i].name, commands[i].arguments);
        printf("  %-46s %s\n", left ? left : "", commands[i].help);
    }
    printf("\n"
           "  --json             the API's own answer\n"
           "  --socket FOLDER    where api.sock and control.sock are (CONFORMD_SOCKET;\n"
           "                     preset /run/conformd)\n"
           "  --at T, --from T --to T --step D    times of a query (RFC 3339; 30s, 5m, 1h)\n"
           "  --state STATE      of nc list\n"
           "  --role R, --reason TEXT             of approve, adopt, dismiss\n"
           "  --owner O, --fix TEXT, --due D      of nc take\n"
           "  --channel NAME     of alert test\n"
           "  --dry-run          of adopt: show the gaps, change nothing\n"
           "  --sandbox          of collectors: what each process may do\n"
           "  --help, --version\n");
}

/* Options that take a text, and where it goes. */
static const struct option options[] = {
    {"json", no_argument, NULL, 'j'},
    {"socket", required_argument, NULL, 's'},
    {"at", required_argument, NULL, 'a'},
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, 't'},
    {"step", required_argument, NULL, 'p'},
    {"role", required_argument, NULL, 'r'},
    {"reason", required_argument, NULL, 'R'},
    {"owner", required_argument, NULL, 'o'},
    {"fix", required_argument, NULL, 'x'},
    {"due", required_argument, NULL, 'd'},
    {"note", required_argument, NULL, 'n'},
    {"state", required_argument, NULL, 'S'},
    {"channel", required_argument, NULL, 'c'},
    {"dry-run", no_argument, NULL, 'D'},
    {"sandbox", no_argument, NULL, 'b'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static const char **place_of(struct ctl *ctl, int letter)
{
    switch (letter) {
    case 's':
        return &ctl->folder;
    case 'a':
        return &ctl->at;
    case 'f':
        return &ctl->from;
    case 't':
        return &ctl->to;
    case 'p':
        return &ctl->step;
    case 'r':
        return &ctl->role;
    case 'R':
        return &ctl->reason;
    case 'o':
        return &ctl->owner;
    case 'x':
        return &ctl->fix;
    case 'd':
        return &ctl->due;
    case 'n':
        return &ctl->note;
    case 'S':
        return &ctl->state;
    case 'c':
        return &ctl->channel;
    default:
        return NULL;
    }
}

static void read_options(int argc, char **argv, struct ctl *ctl)
{
    int letter;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const char **place = place_of(ctl, letter);
        if (place)
            *place = optarg;
        else if (letter == 'j')
            ctl->json = true;
        else if (letter == 'D')
            ctl->dry_run = true;
        else if (letter == 'b')
            ctl->sandbox = true;
        else if (letter == 'h') {
            print_help();
            exit(0);
        } else if (letter == 'V') {
            printf("conformctl %s\n", CONFORMD_VERSION);
            exit(0);
        } else {
            fprintf(stderr, "conformctl --help shows what may be typed\n");
            exit(USAGE);
        }
    }
}

/* --socket may name the folder or one of the sockets in it. */
static char *folder_of(const char *typed)
{
    if (text_ends(typed, "/api.sock"))
        return strndup(typed, strlen(typed) - strlen("/api.sock"));
    if (text_ends(typed, "/control.sock"))
        return strndup(typed, strlen(typed) - strlen("/control.sock"));
    return strdup(typed);
}

int main(int argc, char **argv)
{
    const char *preset = getenv("CONFORMD_SOCKET");
    struct ctl ctl = {.folder = preset && *preset ? preset : "/run/conformd"};
    read_options(argc, argv, &ctl);
    CLEAN(clean_text) char *folder = folder_of(ctl.folder);
    ctl.folder = folder;
    if (optind == argc) {
        print_help();
        return USAGE;
    }
    const char *name = argv[optind];
    int count = argc - optind - 1;
    for (int i = 0; i < COMMANDS; i++) {
        const struct ctl_command *command = &commands[i];
        if (strcmp(command->name, name) != 0)
            continue;
        if (count >= command->least && count <= command->most)
            return command->run(&ctl, count, argv + optind + 1);
        fprintf(stderr, "usage: conformctl %s %s\n", command->name, command->arguments);
        return USAGE;
    }
    fprintf(stderr, "conformctl: there is no command \"%s\"; conformctl --help shows all\n", name);
    return USAGE;
}

/* The command line: options in one table, and help out of it. */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "programs/conformctl/commands.h"

/* value NULL: a flag. at is where it goes in struct ctl. */
static const struct choice {
    char letter;
    const char *name;
    const char *value;
    size_t at;
    const char *help;
} choices[] = {
    {'j', "json", NULL, offsetof(struct ctl, json), "the API's own answer, for programs"},
    {'s', "socket", "FOLDER", offsetof(struct ctl, folder),
     "where api.sock and control.sock are (or CONFORMD_SOCKET; preset /run/conformd)"},
    {'a', "at", "T", offsetof(struct ctl, at), "at that time: now, -1h, or 2026-11-22T06:00:00Z"},
    {'f', "from", "T", offsetof(struct ctl, from), "a range from then"},
    {'t', "to", "T", offsetof(struct ctl, to), "until then"},
    {'p', "step", "D", offsetof(struct ctl, step), "in steps of 30s, 5m, 1h"},
    {'r', "role", "ROLE", offsetof(struct ctl, role), "in which role this is decided"},
    {'R', "reason", "TEXT", offsetof(struct ctl, reason), "why"},
    {'o', "owner", "NAME", offsetof(struct ctl, owner), "who answers for it"},
    {'x', "fix", "TEXT", offsetof(struct ctl, fix), "what is done about it at once"},
    {'d', "due", "D", offsetof(struct ctl, due), "within 7d, 2w"},
    {'n', "note", "TEXT", offsetof(struct ctl, note), "what else is to be kept"},
    {'S', "state", "STATE", offsetof(struct ctl, state), "only findings in this state"},
    {'c', "channel", "NAME", offsetof(struct ctl, channel), "through this channel only"},
    {'C', "config", "FILE", offsetof(struct ctl, config),
     "the rules of that configuration (preset /etc/conformd/conformd.conf)"},
    {'u', "rules", "PATH", offsetof(struct ctl, rules),
     "these rules instead: a folder as rules.d, or one file"},
    {'D', "dry-run", NULL, offsetof(struct ctl, dry_run), "show it, change nothing"},
    {'b', "sandbox", NULL, offsetof(struct ctl, sandbox), "what each process may do"},
    {'k', "cost", NULL, offsetof(struct ctl, cost), "what measures cost, and who uses them"},
    {'K', "check", NULL, offsetof(struct ctl, check), "compare, change nothing"},
    {'h', "help", NULL, offsetof(struct ctl, help), "this help; of a command: COMMAND --help"},
    {'V', "version", NULL, offsetof(struct ctl, version), "which version this is"},
};
enum { CHOICES = sizeof choices / sizeof *choices };

static const char everywhere[] = "jshV";

static void print_choices(const char *letters)
{
    for (int i = 0; i < CHOICES; i++) {
        const struct choice *choice = &choices[i];
        if (!strchr(letters, choice->letter))
            continue;
        CLEAN(clean_text)
        char *left = text_format("--%s%s%s", choice->name, choice->value ? " " : "",
                                 choice->value ? choice->value : "");
        printf("  %-16s %s\n", left ? left : "", choice->help);
    }
}

static int print_help(void)
{
    printf("usage: conformctl [options] COMMAND ...\n\n");
    for (const struct ctl_command *command = commands_all; command->name; command++) {
        CLEAN(clean_text) char *left = text_format("%s %s", command->name, command->arguments);
        printf("  %-44s %s\n", left ? left : "", command->help);
    }
    putchar('\n');
    print_choices(everywhere);
    printf("\nExit: 0 done; 1 not done (the sentence says why); 2 typed wrongly.\n");
    return CTL_DONE;
}

static int print_command_help(const struct ctl_command *command)
{
    printf("usage: conformctl %s%s%s\n\n%s\n", command->name, *command->arguments ? " " : "",
           command->arguments, command->details);
    print_choices(command->takes);
    print_choices(everywhere);
    return CTL_DONE;
}

int ctl_usage(const struct ctl *ctl)
{
    const struct ctl_command *command = ctl->command;
    fprintf(stderr, "usage: conformctl %s%s%s\nconformctl %s --help says more\n", command->name,
            *command->arguments ? " " : "", command->arguments, command->name);
    return CTL_USAGE;
}

static void take(struct ctl *ctl, const struct choice *choice, const char *value)
{
    void *at = (char *)ctl + choice->at;
    if (choice->value)
        *(const char **)at = value;
    else
        *(bool *)at = true;
}

/* Options in any place. ret_given gets the letters. -1, or the exit status. */
static int read_options(int argc, char **argv, struct ctl *ctl, char ret_given[CHOICES + 1])
{
    struct option options[CHOICES + 1] = {0};
    int index = 0, answer;
    size_t count = 0;
    for (int i = 0; i < CHOICES; i++)
        options[i] =
            (struct option){choices[i].name, choices[i].value ? required_argument : no_argument,
                            NULL, choices[i].letter};
    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":", options, &index)) != -1) {
        const char *typed = argv[optind - 1];
        if (answer == '?' || answer == ':') {
            fprintf(stderr, "conformctl: %s \"%s\"; conformctl --help shows all\n",
                    answer == ':' ? "a value is missing behind" : "there is no option", typed);
            return CTL_USAGE;
        }
        take(ctl, &choices[index], optarg);
        if (!memchr(ret_given, answer, count))
            ret_given[count++] = (char)answer;
    }
    return -1;
}

static const struct ctl_command *find_command(const char *name)
{
    const struct ctl_command *near = NULL;
    for (const struct ctl_command *command = commands_all; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
        if (*name && (text_begins(command->name, name) || text_begins(name, command->name)))
            near = command;
    }
    fprintf(stderr, "conformctl: there is no command \"%s\"%s%s%s; conformctl --help shows all\n",
            name, near ? "; did you mean " : "", near ? near->name : "", near ? "?" : "");
    return NULL;
}

/* Options that mean nothing to the command are refused: they were meant to do something. */
static int check_given(const struct ctl_command *command, const char *given)
{
    for (int i = 0; i < CHOICES; i++) {
        char letter = choices[i].letter;
        if (!strchr(given, letter) || strchr(everywhere, letter) || strchr(command->takes, letter))
            continue;
        fprintf(stderr, "conformctl: %s takes no --%s; conformctl %s --help shows what it takes\n",
                command->name, choices[i].name, command->name);
        return CTL_USAGE;
    }
    return -1;
}

int ctl_read_words(int argc, char **argv, struct ctl *ret, char ***ret_words)
{
    char given[CHOICES + 1] = "";
    int status = read_options(argc, argv, ret, given);
    if (status >= 0)
        return status;
    char **words = argv + optind;
    if (ret->version) {
        printf("conformctl %s\n", CONFORMD_VERSION);
        return CTL_DONE;
    }
    if (*words && strcmp(*words, "help") == 0) {
        ret->help = true;
        words++;
    }
    if (!*words) {
        print_help();
        return ret->help ? CTL_DONE : CTL_USAGE;
    }
    ret->command = find_command(*words++);
    if (!ret->command)
        return CTL_USAGE;
    if (ret->help)
        return print_command_help(ret->command);
    *ret_words = words;
    return check_given(ret->command, given);
}

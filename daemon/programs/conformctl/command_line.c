/* The command line: options in one table, and help out of it. */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "programs/conformctl/commands.h"

/* value NULL: a flag. help NULL: a field of acts, whose rows say both. at is where it goes in
 * struct ctl. */
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
    {'r', "role", NULL, offsetof(struct ctl, role), NULL},
    {'R', "reason", NULL, offsetof(struct ctl, reason), NULL},
    {'o', "owner", NULL, offsetof(struct ctl, owner), NULL},
    {'x', "fix", NULL, offsetof(struct ctl, fix), NULL},
    {'d', "due", NULL, offsetof(struct ctl, due), NULL},
    {'n', "note", NULL, offsetof(struct ctl, note), NULL},
    {'S', "state", "STATE", offsetof(struct ctl, state), "only findings in this state"},
    {'c', "channel", NULL, offsetof(struct ctl, channel), NULL},
    {'C', "config", "FILE", offsetof(struct ctl, config),
     "the rules of that configuration (preset /etc/conformd/conformd.conf)"},
    {'u', "rules", "PATH", offsetof(struct ctl, rules),
     "these rules instead: a folder as rules.d, or one file"},
    {'D', "dry-run", NULL, offsetof(struct ctl, dry_run), NULL},
    {'b', "sandbox", NULL, offsetof(struct ctl, sandbox), "what each process may do"},
    {'k', "cost", NULL, offsetof(struct ctl, cost), "what measures cost, and who uses them"},
    {'K', "check", NULL, offsetof(struct ctl, check), "compare, change nothing"},
    {'h', "help", NULL, offsetof(struct ctl, help), "this help; of a command: COMMAND --help"},
    {'V', "version", NULL, offsetof(struct ctl, version), "which version this is"},
};
enum { CHOICES = sizeof choices / sizeof *choices };

static const char everywhere[] = "jshV";

/* `nc` has nc_take and nc_dismiss, `alert` alert_test; others have their own. */
static bool has_act(const struct ctl_command *command, int act)
{
    const char *name = act_row_words[act];
    size_t length = strlen(command->name);
    return text_begins(name, command->name) && (!name[length] || name[length] == '_');
}

/* The field that an option gives, of the command's acts or (NULL) of any; NULL: of none. */
static const struct act_field *field_of(const struct ctl_command *command,
                                        const struct choice *choice)
{
    const struct act_field *field = NULL;
    for (int act = ACT_FIRST; act < ACT_END && !field && !choice->help; act++)
        if (!command || has_act(command, act))
            field = act_row_field(act_row_of((enum act_name)act), choice->name);
    return field;
}

static bool is_taken(const struct ctl_command *command, const struct choice *choice)
{
    return strchr(everywhere, choice->letter) || strchr(command->takes, choice->letter) ||
           field_of(command, choice);
}

static bool is_flag(const struct choice *choice)
{
    const struct act_field *field = field_of(NULL, choice);
    return field ? field->kind == ACT_FLAG : !choice->value;
}

static void print_choice(const struct ctl_command *command, const struct choice *choice)
{
    const struct act_field *field = field_of(command, choice);
    const char *value = field ? field->value : choice->value;
    CLEAN(clean_text)
    char *left = text_format("--%s%s%s", choice->name, value ? " " : "", value ? value : "");
    printf("  %-16s %s\n", left ? left : "", field ? field->help : choice->help);
}

static void print_everywhere(void)
{
    for (int i = 0; i < CHOICES; i++)
        if (strchr(everywhere, choices[i].letter))
            print_choice(NULL, &choices[i]);
}

/* Its own first. */
static void print_choices(const struct ctl_command *command)
{
    for (int i = 0; i < CHOICES; i++)
        if (is_taken(command, &choices[i]) && !strchr(everywhere, choices[i].letter))
            print_choice(command, &choices[i]);
    print_everywhere();
}

static const char *help_of(const struct ctl_command *command)
{
    for (int act = ACT_FIRST; act < ACT_END && !command->help; act++)
        if (has_act(command, act))
            return act_row_of((enum act_name)act)->help;
    return command->help;
}

static int print_help(void)
{
    printf("usage: conformctl [options] COMMAND ...\n\n");
    for (const struct ctl_command *command = commands_all; command->name; command++) {
        CLEAN(clean_text) char *left = text_format("%s %s", command->name, command->arguments);
        printf("  %-44s %s\n", left ? left : "", help_of(command));
    }
    putchar('\n');
    print_everywhere();
    printf("\nExit: 0 done; 1 not done (the sentence says why); 2 typed wrongly.\n");
    return CTL_DONE;
}

static int print_command_help(const struct ctl_command *command)
{
    printf("usage: conformctl %s%s%s\n\n%s\n", command->name, *command->arguments ? " " : "",
           command->arguments, command->details);
    print_choices(command);
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
    if (is_flag(choice))
        *(bool *)at = true;
    else
        *(const char **)at = value;
}

/* Options in any place. ret_given gets the letters. -1, or the exit status. */
static int read_options(int argc, char **argv, struct ctl *ctl, char ret_given[CHOICES + 1])
{
    struct option options[CHOICES + 1] = {0};
    int index = 0, answer;
    size_t count = 0;
    for (int i = 0; i < CHOICES; i++)
        options[i] =
            (struct option){choices[i].name, is_flag(&choices[i]) ? no_argument : required_argument,
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
        if (!strchr(given, choices[i].letter) || is_taken(command, &choices[i]))
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

/* --- what is typed becomes an act's request --- */

static bool is_typed(const struct ctl *ctl, const struct choice *choice)
{
    const void *at = (const char *)ctl + choice->at;
    return is_flag(choice) ? *(const bool *)at : *(const char *const *)at != NULL;
}

/* NULL with a sentence: it is no UTF-8. */
static json_t *text_value(const char *typed)
{
    json_t *value = json_string(typed);
    if (!value)
        fprintf(stderr, "conformctl: what was typed is not UTF-8\n");
    return value;
}

static json_t *option_value(const struct ctl *ctl, const struct choice *choice)
{
    const void *at = (const char *)ctl + choice->at;
    return is_flag(choice) ? json_true() : text_value(*(const char *const *)at);
}

/* None may be left out: an empty list means all. */
static json_t *words_value(const struct act_field *field, char *const *words)
{
    if (field->kind != ACT_TEXTS)
        return text_value(*words);
    json_t *list = json_array();
    for (; *words; words++)
        if (json_array_append_new(list, text_value(*words))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* "nc take" of nc_take. The caller frees. */
static char *spoken_name(const struct act_row *row)
{
    char *name = text_format("%s", act_row_words[row->name]);
    char *mark = name ? strchr(name, '_') : NULL;
    if (mark)
        *mark = ' ';
    return name;
}

static int refuse_option(const struct ctl *ctl, const struct act_row *row, const char *option)
{
    CLEAN(clean_text) char *name = spoken_name(row);
    fprintf(stderr, "conformctl: %s takes no --%s; conformctl %s --help shows what it takes\n",
            name ? name : "", option, ctl->command->name);
    return CTL_USAGE;
}

static int refuse_lack(const struct act_row *row)
{
    CLEAN(clean_text) char *name = spoken_name(row);
    const char *between = "needs";
    fprintf(stderr, "conformctl: %s ", name ? name : "");
    for (const struct act_field *field = row->fields; field->name; field++) {
        if (!(field->traits & ACT_ASKED))
            continue;
        fprintf(stderr, "%s --%s %s", between, field->name, field->value);
        between = " and";
    }
    fputc('\n', stderr);
    return CTL_USAGE;
}

static int put_options(const struct ctl *ctl, const struct act_row *row, json_t *request)
{
    for (int i = 0; i < CHOICES; i++) {
        if (choices[i].help || !is_typed(ctl, &choices[i]))
            continue;
        const struct act_field *field = act_row_field(row, choices[i].name);
        if (!field)
            return refuse_option(ctl, row, choices[i].name);
        if (json_object_set_new(request, field->name, option_value(ctl, &choices[i])))
            return CTL_USAGE;
    }
    return CTL_DONE;
}

int ctl_read_act(const struct ctl *ctl, const struct act_row *row, char *const *words, json_t **ret)
{
    CLEAN(clean_json) json_t *request = json_object();
    int status = put_options(ctl, row, request);
    for (const struct act_field *field = row->fields; field->name && !status; field++) {
        if (field->traits & ACT_WORD)
            status = json_object_set_new(request, field->name, words_value(field, words))
                         ? CTL_USAGE
                         : CTL_DONE;
        else if ((field->traits & ACT_ASKED) && !json_object_get(request, field->name))
            status = refuse_lack(row);
    }
    if (!status)
        *ret = json_incref(request);
    return status;
}

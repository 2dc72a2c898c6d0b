/* All commands: how they are typed, what they do, which options they take. */
#include "programs/conformctl/commands.h"

const struct ctl_command commands_all[] = {
    {"status", "", "what needs attention, then the state of the daemon", "",
     "Counts of measures, findings, collectors and messages; what is wrong comes first.\n", 0, 0,
     ctl_show_status},
    {"collectors", "", "collectors and their last runs", "b",
     "Those that do not run well come first, with the reason.\n", 0, 0, ctl_show_collectors},
    {"measures", "[ID]", "measures and their results", "k",
     "Without an ID all of them, the worst first: missed, unknown, at risk, met. With an ID the\n"
     "measure whole, with its last results.\n",
     0, 1, ctl_show_measures},
    {"objectives", "", "objectives and their course", "", "Those behind or missed come first.\n", 0,
     0, ctl_show_objectives},
    {"nc", "list | show REF | take REF | dismiss REF", "the register of findings", "S",
     "list     the findings, or with --state those in one state (candidate, open ...)\nshow     "
     "one of them, with what was seen and what was done\ntake     answer for a candidate: needs "
     "--owner; --fix, --due and --note may follow\ndismiss  it is not a nonconformity: needs "
     "--reason (false_positive, duplicate_of, out_of_scope, test,\n         data_error)\n\nWho "
     "takes or dismisses is the audit loginuid of your session.\n",
     1, 2, ctl_show_nc},
    {"adopt", "[ID ...]", NULL, "",
     "Measures on trial are evaluated and shown, but raise nothing. adopt ends the trial, of "
     "all\nmeasures or of those named: sets present now become baselines, item by item, and what "
     "is\nmissed is raised. --dry-run first shows the gaps.\n",
     0, 256, ctl_act_adopt},
    {"approve", "ID", NULL, "",
     "ID is a measure or an objective. Records who, in which role (--role), why (--reason), and\n"
     "the hash of the text that is approved.\n",
     1, 1, ctl_act_approve},
    {"collect", "NAME", NULL, "",
     "Runs the collector NAME and waits for its end. Exit 1 when it did not end well.\n", 1, 1,
     ctl_act_collect},
    {"query", "FORMULA", "evaluate a formula (PromQL)", "aftp",
     "At one time (--at, preset now), or over a range with --from, --to and --step.\n", 1, 1,
     ctl_query_run},
    {"evidence", "list | show INDEX", "the ledger's records", "",
     "list shows the newest 50; show one record with its readings, excerpts and proof.\n", 1, 2,
     ctl_show_evidence},
    {"privacy", "", "which records are kept, how long, and why they may be", "",
     "Each class of records: what is kept, where, how it is protected, how long, how it goes, and\n"
     "its legal basis, which the setting record_classes states.\n",
     0, 0, ctl_show_privacy},
    {"alert", "test", NULL, "",
     "Sends one test message through every channel, or through --channel.\n", 1, 1, ctl_act_alert},
    {"open", "", NULL, "", "Prints a link that opens the dashboard once within ten minutes.\n", 0,
     0, ctl_act_open},
    {"describe", "PLUGIN", "a plugin's settings, attributes and needs", "",
     "PLUGIN is the name of an installed plugin or the path of one. Needs no daemon.\n", 1, 1,
     ctl_describe_run},
    {"rules", "test [LOG]", "try log rules, and what they find in a file", "uC",
     "Tries the match and no_match lines of all rules. With LOG it also reads that file from its\n"
     "beginning and shows what each rule finds, the totals, and lines that no rule matches.\n"
     "Needs no daemon and no rights but to read. Exit 1 when a rule fails, 2 when rules cannot be\n"
     "read.\n",
     1, 2, ctl_rules_run},
    {"rebuild", "[FOLDER]", "states, register and series from the ledger", "K",
     "Reads the store in FOLDER (preset /var/lib/conformd) while no daemon runs, and replaces "
     "what\n"
     "is not the ledger by what the ledger says. With --check it changes nothing and shows what\n"
     "differs; what was disposed of is named as a gap. Exit 1 when something differs.\n",
     0, 1, ctl_rebuild_run},
    {0}};

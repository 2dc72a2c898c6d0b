/* conformd-collector --scan: a log plugin over one file by hand, for `conformctl rules test`. */
#ifndef CONFORMD_COLLECTOR_SCANNING_H
#define CONFORMD_COLLECTOR_SCANNING_H

/* The words behind --scan: PLUGIN.so [LOG]. Settings come as JSON on standard input, with the rules
 * in `rule`. Prints one JSON object:
 *   {"faults": [{"setting", "sentence"}]}  mistakes in rules, failed match and no_match lines
 *   with a LOG and no fault also {"lines", "unmatched", "unmatched_lines": [{"line", "text"}],
 *   "rules": [{"id", "feeds", "hits"}], "sets": [{"attribute", "labels", "count"}], "lost": [why]}
 * Gives the exit status: 0; 1 when it could not be done; 2 when it was typed wrongly. */
int scanning_run(int count, char **words);

#endif

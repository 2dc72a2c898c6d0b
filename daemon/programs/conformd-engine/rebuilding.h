/* conformd-engine --rebuild [--check] FOLDER: by hand, on a store that no daemon has open. */
#ifndef CONFORMD_ENGINE_REBUILDING_H
#define CONFORMD_ENGINE_REBUILDING_H

/* count words behind --rebuild. 0: equal, or rebuilt; 1: something differs; 2: usage; 3: it could
 * not be done. */
int rebuilding_run(int count, char **words);

#endif

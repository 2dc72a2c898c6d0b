/* Reading series and samples back from the store, page by page. */
#ifndef SERIES_PAGES_H
#define SERIES_PAGES_H

#include "evidence/series/series_private.h"

enum { SET_PAGE = 64 };
#define SERIES_CHANGED "series_changed" /* meta: when a row of series was last written again */

int pages_load(struct series_set *set, struct error *error) MUST_CHECK;
/* The series behind the last one loaded. */
int pages_load_series(struct series_set *set, struct error *error) MUST_CHECK;
/* The rows of samples behind the last one loaded, SET_PAGE at most: 1 when there are any, which
 * pages_take then takes into the set and counts. */
int pages_open(struct series_set *set, struct store_query **ret, struct error *error) MUST_CHECK;
int pages_take(struct series_set *set, struct store_query *rows, size_t *ret_rows,
               struct error *error) MUST_CHECK;

#endif

/* Is there a journal, and may it be read? libsystemd says neither. */
#ifndef JOURNAL_JOURNAL_FILES_H
#define JOURNAL_JOURNAL_FILES_H

#include "ground/base/error.h"

/* Looks at a directory (NULL: the system's two) and one level below. CFD_OK, CFD_ABSENT, or
 * CFD_DENIED where none of its files can be read, or the system's own cannot. */
int journal_files_check(const char *path) MUST_CHECK;

#endif

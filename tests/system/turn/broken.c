/* show.03.7: a turn is broken at each of its steps; memory and store agree afterwards, and the
 * store with its ledger. */
#include "turn/broken.h"

#include <stdlib.h>

/* How many steps of ordinary turns go between two that are broken: each such one is a whole life.
 */
int main(int argc, char **argv)
{
    return broken_acts() + broken_ordinary(argc > 1 ? strtoll(argv[1], NULL, 10) : 1);
}

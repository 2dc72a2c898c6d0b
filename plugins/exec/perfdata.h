/* Performance data of monitoring plugins: 'label'=value[UOM];[warn];[crit];[min];[max]
 * (Monitoring Plugins Development Guidelines, "Performance data" and "Threshold and ranges"). */
#ifndef EXEC_PERFDATA_H
#define EXEC_PERFDATA_H

#include <stdbool.h>
#include <stddef.h>

enum { PERFDATA_LABEL = 256, PERFDATA_UNIT = 16 };

/* [@]start:end; a bound that is not there is infinite. */
struct perfdata_range {
    bool given;
    bool inside; /* @: alerts when the value is within, else when it is outside */
    double start;
    double end;
};

struct perfdata {
    char label[PERFDATA_LABEL];
    char unit[PERFDATA_UNIT];
    bool known; /* false: the value is U */
    double value;
    struct perfdata_range warning;
    struct perfdata_range critical;
};

/* The next item of a text in which items are separated by white space. 1: one was read; 0: none
 * is left; -1: it was malformed and is skipped. */
int perfdata_next(const char **at, struct perfdata *ret);

/* "10", "10:", "~:10", "10:20", "@10:20"; false when it is none of these. */
bool perfdata_range(const char *text, size_t length, struct perfdata_range *ret);
bool perfdata_alerts(const struct perfdata_range *range, double value);

/* The performance data of a whole output, line breaks made blank: what follows "|" in the first
 * line, and all that follows the first "|" in the lines after it. The caller frees. */
char *perfdata_of(const char *output);

#endif

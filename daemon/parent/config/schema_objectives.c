/* The settings of an objective. */
#include "parent/config/schema.h"

#define SECOND  1000.0
#define DAY     86400000.0
#define LONGEST 4000 /* bytes of a text that people read */

static const char *const levels[] = {"strategic", "tactical", "operational", NULL};

const struct setting schema_objectives[] = {
    {"id", SETTING_ID, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 64, NULL,
     "Its id in reports and records.", NULL, NULL},
    {"version", SETTING_INTEGER, 0, BY_ENGINE, RELOAD_TAKEN, 1, 1e9, "1",
     "Raised when its meaning changes.", NULL, NULL},
    {"statement", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "The objective in one sentence.", NULL, NULL},
    {"level", SETTING_STRING, SETTING_STATED, BY_ENGINE, RELOAD_TAKEN, 0, 0, "operational",
     "Where in the organization it applies.", NULL, levels},
    {"measures", SETTING_ID, SETTING_LIST | SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 64, NULL,
     "Ids of the measures that decide it.", NULL, NULL},
    {"policy", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 200, NULL,
     "The part of the policy it serves.", NULL, NULL},
    {"requirement", SETTING_REFERENCE, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, "27001:2022 6.2",
     "The requirement that a miss does not fulfil.", NULL, NULL},
    {"responsible", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 200, NULL,
     "Who is responsible.", NULL, NULL},
    {"resources", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "What is needed for it.", NULL, NULL},
    {"what", SETTING_STRING, SETTING_WISHED, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "What will be done.", NULL, NULL},
    {"how_evaluated", SETTING_STRING, SETTING_STATED, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST,
     "all its measures are met at the date", "How its result is evaluated.", NULL, NULL},
    {"due", SETTING_DATE, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL, "By when.", NULL,
     NULL},
    {"evaluate_every", SETTING_DURATION, SETTING_STATED, BY_ENGINE, RELOAD_TAKEN, 3600 * SECOND,
     400 * DAY, "1d", "How often it is evaluated.", NULL, NULL},
    {"audience", SETTING_STRING, SETTING_LIST | SETTING_STATED, BY_ENGINE, RELOAD_TAKEN, 1, 200,
     NULL, "To whom it is communicated.", NULL, NULL},
    {"enabled", SETTING_BOOLEAN, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, "true",
     "false stops it; reports say so.", NULL, NULL},
    {0},
};

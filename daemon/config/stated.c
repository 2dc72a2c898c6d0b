/* The settings of what an organization states: its classes of records. */
#include "config/schema.h"

#define LONGEST 4000 /* bytes of a text that people read */

const struct setting schema_record_classes[] = {
    {"id", SETTING_ID, SETTING_REQUIRED, 1, 64, NULL,
     "Its id; that of a class which conformd keeps itself adds the legal basis to it.", NULL, NULL},
    {"description", SETTING_STRING, 0, 1, LONGEST, NULL, "What is recorded, and how much of it.",
     NULL, NULL},
    {"location", SETTING_STRING, 0, 1, LONGEST, NULL, "Where it is stored, and how it is found.",
     NULL, NULL},
    {"protection", SETTING_STRING, 0, 1, LONGEST, NULL, "How it is protected.", NULL, NULL},
    {"retention", SETTING_STRING, 0, 1, LONGEST, NULL, "How long it is kept.", NULL, NULL},
    {"disposal", SETTING_STRING, 0, 1, LONGEST, NULL, "How it is disposed of.", NULL, NULL},
    {"legal_basis", SETTING_STRING, 0, 1, LONGEST, NULL,
     "Why it may be kept, or must be: a law, a contract, an agreement.", NULL, NULL},
    {0},
};

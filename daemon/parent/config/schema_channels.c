/* The settings of a channel: who is told. */
#include "parent/config/schema.h"

#define SECOND 1000.0

static const char *const channel_types[] = {"syslog", "webhook", NULL};

const struct setting schema_channels[] = {
    {"name", SETTING_NAME, SETTING_REQUIRED, BY_ENGINE | BY_COURIER, RELOAD_TAKEN, 1, 64, NULL,
     "Its name.", NULL, NULL},
    {"type", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE | BY_COURIER, RELOAD_TAKEN, 0, 0, NULL,
     "How it delivers.", NULL, channel_types},
    {"url", SETTING_URL, 0, BY_COURIER, RELOAD_TAKEN, 1, 2000, NULL, "Of a webhook: where to.",
     NULL, NULL},
    {"target", SETTING_TARGET, 0, BY_COURIER, RELOAD_TAKEN, 1, 255, NULL,
     "Of syslog: where to; not given: the socket /dev/log.", NULL, NULL},
    {"secret", SETTING_SECRET, 0, BY_COURIER, RELOAD_TAKEN, 0, 0, NULL,
     "Of a webhook: the systemd credential that signs or authorizes.", NULL, NULL},
    {"events", SETTING_NAME, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 1, 64, NULL,
     "Which events it is sent; not given: all.", NULL, NULL},
    {"timeout", SETTING_DURATION, 0, BY_COURIER, RELOAD_TAKEN, SECOND, 300 * SECOND, "10s",
     "How long one delivery may take.", NULL, NULL},
    {"ca_file", SETTING_PATH, 0, BY_COURIER, RELOAD_TAKEN, 1, 4000, NULL,
     "Of a webhook: certificates to trust; not given: the system's.", NULL, NULL},
    {0},
};

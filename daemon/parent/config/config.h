/* The configuration: libconfig files in, one canonical JSON object and the place of each setting
 * out. Only the parent uses this room. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "ground/base/error.h"
#include "ground/roles/role.h"
#include "parent/config/schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct config;

/* One mistake. place is "file:line"; sentence names the setting, what was found, what is allowed.
 */
struct config_fault {
    char *place;
    char *sentence;
    bool warning;
};

/* Reads FILE and, beside it, conf.d/, measures.d/, rules.d/ (*.conf each, byte order). Mistakes are
 * collected (at most 100), not returned: ask config_faults. ERROR_MEMORY only. */
int config_load(const char *path, struct config **ret) MUST_CHECK;
/* Rules alone: every *.conf of a folder, or one file. Mistakes as above; no rule at all is one. */
int config_load_rules(const char *path, struct config **ret) MUST_CHECK;
void config_free(struct config *config);

const struct config_fault *config_faults(const struct config *config, size_t *ret_count);
/* One more, found by a role: setting is a path from the root ("measures[3].formula"); the deepest
 * part of it that the files hold gives the place. */
void config_fault_add(struct config *config, const char *setting, bool warning,
                      const char *sentence);
bool config_is_valid(const struct config *config); /* no fault that is not a warning */

/* Whole and canonical: presets filled in, durations as integer milliseconds, sizes as integer
 * bytes, a collector's own settings as written under "settings". Borrowed. */
const json_t *config_json(const struct config *config);
/* SHA-256 of its canonical text, lower-case hex: the configuration's identity. */
const char *config_hash(const struct config *config);
/* "file:line" of a setting, as config_fault_add finds it. The caller frees. */
char *config_place(const struct config *config, const char *setting);

/* The part that a role may see, by the readers of the table's rows; instance names a collector. A
 * new reference. */
json_t *config_part(const struct config *config, enum role role, const char *instance);
/* True when the role's process would get something else from the next configuration. */
bool config_part_differs(const struct config *old, const struct config *next, enum role role,
                         const char *instance);
/* The name of a setting that differs and of which a reload does this; NULL for none. */
const char *config_differs(const struct config *old, const struct config *next,
                           enum setting_reload reload);
/* The path in the whole of a setting of a role's part: "settings.files[0]" of the second
 * collector is "collectors[1].files[0]". The caller frees. */
char *config_path(const struct config *config, enum role role, const char *instance,
                  const char *setting);

#endif

/* Tells the sandbox that a program is in. */
#include "ground/process/confine.h"

#include "ground/base/buffer.h"
#include "ground/base/log.h"

void confine_log(const struct sandbox_state *state, enum role role, bool quiet)
{
    struct buffer text = {0};
    size_t index;
    const json_t *sentence;
    bool lacks = !state->seccomp || (!state->landlock && role != ROLE_PARENT);
    buffer_text(&text, "sandbox: ");
    if (state->landlock)
        buffer_print(&text, "Landlock ABI %d, ", state->landlock);
    buffer_text(&text, state->seccomp ? "seccomp in force" : "no seccomp");
    json_array_foreach (state->left_out, index, sentence)
        buffer_print(&text, "; %s", json_string_value(sentence));
    if (!text.failed && text.data)
        log_write(quiet   ? LOG_LEVEL_DEBUG
                  : lacks ? LOG_LEVEL_WARNING
                          : LOG_LEVEL_INFO,
                  "%s", text.data);
    buffer_finish(&text);
}

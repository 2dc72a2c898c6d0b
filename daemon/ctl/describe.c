/* describe: a plugin tells its settings, attributes and needs; the collector's program loads it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/text.h"
#include "ctl/ctl.h"

/* Beside conformctl in a build's tree, else where it is installed. */
static char *find_program(void)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        CLEAN(clean_text)
        char *beside =
            slash ? text_format("%.*s/conformd-collector", (int)(slash - self), self) : NULL;
        if (beside && access(beside, X_OK) == 0)
            return strdup(beside);
    }
    return strdup(CONFORMD_LIBEXEC_DIR "/conformd-collector");
}

/* A name is looked for where plugins are installed, and beside the programs of a build. */
static char *find_plugin(const char *program, const char *name)
{
    if (strchr(name, '/'))
        return strdup(name);
    CLEAN(clean_text)
    char *built =
        text_format("%.*s/../plugins/%s.so", (int)(strrchr(program, '/') - program), program, name);
    if (built && access(built, R_OK) == 0)
        return strdup(built);
    return text_format("%s/%s.so", CONFORMD_PLUGIN_DIR, name);
}

int describe_run(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_text) char *program = find_program();
    CLEAN(clean_text) char *plugin = program ? find_plugin(program, words[0]) : NULL;
    (void)count;
    if (!plugin)
        return 1;
    char *arguments[] = {program, "--describe", plugin, ctl->json ? "--json" : NULL, NULL};
    execv(program, arguments);
    fprintf(stderr, "conformctl: %s: %s\n", program, strerror(errno));
    return 1;
}

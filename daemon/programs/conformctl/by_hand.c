/* describe and rebuild: other programs of conformd do it, by hand; the daemon is not asked. */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

int ctl_describe_run(const struct ctl *ctl, int count, char **words)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(buffer_finish) struct buffer output = {0};
    CLEAN(clean_text)
    char *program = ctl_find_program("conformd-collector", CONFORMD_LIBEXEC_DIR);
    CLEAN(clean_text) char *plugin = ctl_find_plugin(words[0]);
    (void)count;
    if (!program || !plugin)
        return CTL_FAILED;
    char *arguments[] = {program, "--describe", plugin, ctl->json ? NULL : "--text", NULL};
    int status = ctl_run(arguments, NULL, &output, &error);
    if (status < 0)
        return ctl_fail(&error);
    fputs(output.data, stdout);
    return status ? CTL_FAILED : CTL_DONE;
}

int ctl_rebuild_run(const struct ctl *ctl, int count, char **words)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(buffer_finish) struct buffer output = {0};
    CLEAN(clean_text) char *program = ctl_find_program("conformd-engine", CONFORMD_LIBEXEC_DIR);
    char *folder = count ? words[0] : "/var/lib/conformd";
    char *checking[] = {program, "--rebuild", "--check", folder, NULL};
    char *rebuilding[] = {program, "--rebuild", folder, NULL};
    if (!program)
        return CTL_FAILED;
    int status = ctl_run(ctl->check ? checking : rebuilding, NULL, &output, &error);
    if (status < 0)
        return ctl_fail(&error);
    fputs(output.data ? output.data : "", stdout);
    return status ? CTL_FAILED : CTL_DONE;
}

/* conformctl: reads through the API on a unix socket, writes through the control socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

/* --socket may name the folder or one of the sockets in it. */
static char *folder_of(const char *typed)
{
    if (text_ends(typed, "/api.sock"))
        return strndup(typed, strlen(typed) - strlen("/api.sock"));
    if (text_ends(typed, "/control.sock"))
        return strndup(typed, strlen(typed) - strlen("/control.sock"));
    return strdup(typed);
}

static int run(int argc, char **argv)
{
    const char *preset = getenv("CONFORMD_SOCKET");
    struct ctl ctl = {.folder = preset && *preset ? preset : "/run/conformd"};
    char **words = NULL;
    int count = 0;
    int status = ctl_read_words(argc, argv, &ctl, &words);
    if (status >= 0)
        return status;
    CLEAN(clean_text) char *folder = folder_of(ctl.folder);
    ctl.folder = folder;
    while (words[count])
        count++;
    if (count < ctl.command->least || count > ctl.command->most)
        return ctl_usage(&ctl);
    return ctl.command->run(&ctl, count, words);
}

int main(int argc, char **argv)
{
    tzset();
    int status = run(argc, argv);
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    fprintf(stderr, "conformctl: standard output could not be written\n");
    return CTL_FAILED;
}

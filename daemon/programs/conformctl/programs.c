/* Programs and plugins beside conformctl, and how they are run. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

enum { OUTPUT_MOST = 256 << 20, READ_BYTES = 65536, SIGNALLED = 128 };

/* The folder that this program is in. The caller frees. */
static char *own_folder(void)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return NULL;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    return slash ? strndup(self, (size_t)(slash - self)) : NULL;
}

char *ctl_find_program(const char *name, const char *folder)
{
    CLEAN(clean_text) char *own = own_folder();
    CLEAN(clean_text) char *beside = own ? text_format("%s/%s", own, name) : NULL;
    if (beside && access(beside, X_OK) == 0)
        return strdup(beside);
    return text_format("%s/%s", folder, name);
}

char *ctl_find_plugin(const char *name)
{
    if (strchr(name, '/'))
        return strdup(name);
    CLEAN(clean_text) char *own = own_folder();
    CLEAN(clean_text) char *built = own ? text_format("%s/../plugins/%s.so", own, name) : NULL;
    if (built && access(built, R_OK) == 0)
        return realpath(built, NULL);
    return text_format("%s/%s.so", CONFORMD_PLUGIN_DIR, name);
}

static int read_all(int fd, struct buffer *output)
{
    char bytes[READ_BYTES];
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        buffer_append(output, bytes, (size_t)count);
    }
    buffer_append(output, "", 0);
    return output->failed ? ERROR_LIMIT : 0;
}

static int start(char *const *words, int input, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    int code = input >= 0 ? posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
                          : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                                             O_RDONLY, 0);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!code)
        code = posix_spawn(ret_pid, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ERROR_IO;
    return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

int ctl_run(char *const *words, const char *input, struct buffer *ret_output, struct error *error)
{
    int ends[2], made = -1;
    pid_t pid;
    if (input && file_seal("input", input, strlen(input), &made))
        return error_set(error, ERROR_MEMORY, "there is no memory for what %s reads", words[0]);
    CLEAN(clean_fd) int given = made;
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_IO, "no pipe: %s", strerror(errno));
    CLEAN(clean_fd) int from = ends[0];
    ret_output->limit = OUTPUT_MOST;
    int code = start(words, given, ends[1], &pid);
    close(ends[1]);
    if (code)
        return error_set(error, ERROR_MISSING, "%s: %s", words[0], strerror(code));
    int read_code = read_all(from, ret_output);
    int status = wait_for(pid);
    return read_code ? error_set(error, read_code, "%s: its answer is too long", words[0]) : status;
}

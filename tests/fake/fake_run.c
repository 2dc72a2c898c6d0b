/* run_program: a canned answer, or the program itself. */
#include "fake/fake_internal.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t spawn(const char *const *argv, const int out[2], const int err[2])
{
    static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    int result;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    result = posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    errno = result;
    return result == 0 ? pid : -1;
}

/* False when the end of both was reached, true at the deadline. */
static bool drain(int out, int err, int64_t until, struct buffer *output, struct buffer *errors)
{
    struct pollfd polled[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
    struct buffer *into[2] = {output, errors};
    char chunk[4096];

    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        int64_t left = until - now_ms();

        if (left <= 0 || poll(polled, 2, (int)left) == 0)
            return true;
        for (int i = 0; i < 2; i++) {
            ssize_t length;

            if (polled[i].fd < 0 || !polled[i].revents)
                continue;
            length = read(polled[i].fd, chunk, sizeof(chunk));
            if (length <= 0)
                polled[i].fd = -1;
            else
                buffer_append(into[i], chunk, (size_t)length);
        }
    }
    return false;
}

static int answer(struct fake *fake, char *output, char *errors, size_t limit,
                  struct cfd_ran *ret_ran)
{
    size_t length = strlen(output);

    free(fake->output);
    free(fake->errors);
    fake->output = output;
    fake->errors = errors;
    ret_ran->output = output;
    ret_ran->errors = errors;
    ret_ran->length = length > limit ? limit : length;
    output[ret_ran->length] = '\0';
    return length > limit ? CFD_LIMIT : CFD_OK;
}

static int run_really(struct fake *fake, const char *const *argv, int64_t timeout_ms, size_t limit,
                      struct cfd_ran *ret_ran)
{
    CLEAN(buffer_finish) struct buffer output = {0}, errors = {0};
    int out[2], err[2], state = 0, result;
    bool late;
    pid_t pid;

    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        fake_die("no pipe");
    pid = spawn(argv, out, err);
    result = errno;
    close(out[1]);
    close(err[1]);
    late = pid > 0 && drain(out[0], err[0], now_ms() + timeout_ms, &output, &errors);
    close(out[0]);
    close(err[0]);
    if (pid < 0)
        return result == ENOENT ? CFD_ABSENT : result == EACCES ? CFD_DENIED : CFD_ERROR;
    if (late)
        kill(pid, SIGKILL);
    waitpid(pid, &state, 0);
    ret_ran->exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    ret_ran->signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    buffer_byte(&output, '\0');
    buffer_byte(&errors, '\0');
    result = answer(fake, buffer_take(&output), buffer_take(&errors), limit, ret_ran);
    return late ? CFD_LATE : result;
}

static void record(struct fake *fake, const char *const *argv)
{
    CLEAN(buffer_finish) struct buffer words = {0};

    for (size_t i = 0; argv[i]; i++) {
        if (i > 0)
            buffer_byte(&words, ' ');
        buffer_text(&words, argv[i]);
    }
    fake_pairs_add(&fake->ran, argv[0], words.data);
}

int fake_host_run(const struct cfd_host *host, const char *const *argv, int64_t timeout_ms,
                  size_t output_limit, struct cfd_ran *ret_ran)
{
    struct fake *fake = host->context;
    const struct fake_pair *canned;
    struct cfd_ran ran = {.size = sizeof(ran)};
    int status;

    if (fake->opening || !argv[0] || argv[0][0] != '/' || ret_ran->size < sizeof(ran))
        return CFD_INVALID;
    record(fake, argv);
    canned = fake_pairs_find(&fake->programs, argv[0]);
    if (!canned && !fake->real_programs)
        return CFD_ABSENT;
    if (canned) {
        ran.exit_code = (int32_t)canned->number;
        status = answer(fake, fake_copy_text(canned->text), fake_copy_text(""), output_limit, &ran);
    } else {
        status = run_really(fake, argv, timeout_ms, output_limit, &ran);
    }
    if (status == CFD_OK || status == CFD_LIMIT || status == CFD_LATE)
        *ret_ran = ran;
    return status;
}

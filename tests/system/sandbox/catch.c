/* Stops a collector that lives for a moment once it is in its sandbox, so that it can be looked at:
 * catch MAIN NAME prints its number. MAIN is the parent's; the caller lets it go on (SIGCONT). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_S = 60, LIST_SIZE = 4096 };

/* A number of /proc/PID/status; -1: there is none. */
static long status_of(long pid, const char *field)
{
    char path[64], line[256];
    long found = -1;
    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *file = fopen(path, "re");
    while (file && found < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0)
            found = strtol(line + strlen(field), NULL, 10);
    if (file)
        fclose(file);
    return found;
}

static int is_collector(long pid, const char *name)
{
    char path[64], words[256] = "";
    snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(words, 1, sizeof words - 1, file) : 0;
    if (file)
        fclose(file);
    size_t program = strlen(words) + 1;
    return program < length && strcmp(words, "conformd-collector") == 0 &&
           strcmp(words + program, name) == 0;
}

static int take(long pid, long filters)
{
    /* Its own filters come on top of those that it inherited. */
    while (status_of(pid, "Seccomp_filters:") == filters)
        continue;
    if (kill((pid_t)pid, SIGSTOP))
        return 0;
    printf("%ld\n", pid);
    return 1;
}

int main(int argc, char **argv)
{
    char path[64], list[LIST_SIZE];
    if (argc != 3)
        return 2;
    long parent = strtol(argv[1], NULL, 10);
    long filters = status_of(parent, "Seccomp_filters:");
    time_t end = time(NULL) + LIMIT_S;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", parent, parent);
    while (time(NULL) < end) {
        FILE *file = fopen(path, "re");
        size_t length = file ? fread(list, 1, sizeof list - 1, file) : 0;
        if (file)
            fclose(file);
        list[length] = '\0';
        char *at = list;
        for (long pid; (pid = strtol(at, &at, 10)) > 0;)
            if (is_collector(pid, argv[2]) && take(pid, filters))
                return 0;
    }
    return 1;
}

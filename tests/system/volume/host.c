/* A quiet host: forty accounts, an SSH server, cron each hour, a stranger each hour, one person. */
#include "volume/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS, USERS = 40 };

#define WRITER "/usr/lib/systemd/systemd-journal-remote"

/* What happens at this minute; hour -1: of every hour. */
static const struct {
    int hour, minute;
    const char *line; /* %d is the hour */
} lines[] = {
    {-1, 17,
     "CRON[81%02d]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"},
    {-1, 17, "CRON[81%02d]: pam_unix(cron:session): session closed for user root"},
    {-1, 38, "sshd[92%02d]: Invalid user admin from 203.0.113.%d port 40122"},
    {-1, 38,
     "sshd[92%02d]: Failed password for invalid user admin from 203.0.113.%d port 40122 ssh2"},
    {-1, 38,
     "sshd[92%02d]: Connection closed by invalid user admin 203.0.113.%d port 40122 [preauth]"},
    {6, 25, "CRON[70%02d]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"},
    {6, 25, "CRON[70%02d]: pam_unix(cron:session): session closed for user root"},
    {8, 5,
     "sshd[93%02d]: Accepted publickey for u7 from 192.0.2.7 port 50212 ssh2: ED25519 "
     "SHA256:Q1f0d2t1bGVzYXJlbm90cmVhbGx5a2V5cw"},
    {8, 5, "sshd[93%02d]: pam_unix(sshd:session): session opened for user u7(uid=1007) by (uid=0)"},
    {8, 5, "systemd-logind[612]: New session 7%d of user u7."},
    {8, 9,
     "sudo:       u7 : TTY=pts/0 ; PWD=/home/u7 ; USER=root ; COMMAND=/usr/bin/apt-get update"},
    {8, 9, "sudo: pam_unix(sudo:session): session opened for user root(uid=0) by u7(uid=1007)"},
    {8, 10, "sudo: pam_unix(sudo:session): session closed for user root"},
    {8, 44, "sshd[93%02d]: Disconnected from user u7 192.0.2.7 port 50212"},
    {8, 44, "sshd[93%02d]: pam_unix(sshd:session): session closed for user u7"},
    {8, 44, "systemd-logind[612]: Session 7%d logged out. Waiting for processes to exit."},
};

static FILE *open_file(const struct host *host, const char *name, const char *mode)
{
    CLEAN(clean_text) char *path = text_format("%s/%s", host->root, name);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    return file;
}

static void put(const struct host *host, const char *name, const char *text)
{
    FILE *file = open_file(host, name, "w");
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_accounts(const struct host *host)
{
    FILE *passwd = open_file(host, "passwd", "w"), *shadow = open_file(host, "shadow", "w");
    fputs("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
          passwd);
    fputs("root:*:20200:0:99999:7:::\ndaemon:*:20200:0:99999:7:::\n", shadow);
    for (int i = 0; i < USERS; i++) {
        fprintf(passwd, "u%d:x:%d:%d::/home/u%d:/bin/bash\n", i, 1000 + i, 1000 + i, i);
        fprintf(shadow,
                "u%d:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W.zEaKlOBL35rC:"
                "20300:0:99999:7:::\n",
                i);
    }
    assert_int_equal(fclose(passwd), 0);
    assert_int_equal(fclose(shadow), 0);
    put(host, "group", "root:x:0:\nsudo:x:27:u7,u8\nadm:x:4:u7\nusers:x:100:\n");
}

static void make_server(const struct host *host)
{
    CLEAN(clean_text)
    char *script = text_format("#!/bin/sh\nexec cat %s/sshd_answer\n", host->root);
    CLEAN(clean_text) char *program = text_format("%s/sshd", host->root);
    put(host, "sshd_config",
        "Include /etc/ssh/none/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\n"
        "X11Forwarding yes\nPrintMotd no\nAcceptEnv LANG LC_*\n"
        "Subsystem sftp /usr/lib/openssh/sftp-server\n");
    put(host, "sshd_answer",
        "port 22\naddressfamily any\nusepam yes\nlogingracetime 120\nx11displayoffset 10\n"
        "maxauthtries 6\nmaxsessions 10\nclientaliveinterval 0\nclientalivecountmax 3\n"
        "permitrootlogin without-password\nignorerhosts yes\nhostbasedauthentication no\n"
        "pubkeyauthentication yes\npasswordauthentication yes\nkbdinteractiveauthentication no\n"
        "printmotd no\nx11forwarding yes\nstrictmodes yes\npermitemptypasswords no\n"
        "permituserenvironment no\ncompression yes\ngatewayports no\nallowtcpforwarding yes\n"
        "allowagentforwarding yes\ndisableforwarding no\nusedns no\nbanner none\n"
        "ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr\n"
        "macs umac-64-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512\n"
        "kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256\n"
        "loglevel INFO\nsyslogfacility AUTH\nmaxstartups 10:30:100\n");
    put(host, "sshd", script);
    assert_int_equal(chmod(program, 0755), 0);
}

static void set_next(struct host *host, int64_t now_ms)
{
    host->next_ms = (now_ms / MINUTE_MS + 1) * MINUTE_MS;
}

/* --- lines --- */

/* "program[pid]: message" as an entry of systemd's journal export format. */
static void print_entry(struct buffer *export, int64_t time_ms, int number, const char *line)
{
    const char *message = strstr(line, ": ") + 2;
    unsigned long long time_us = (unsigned long long)time_ms * 1000 + (unsigned long long)number;
    buffer_print(export,
                 "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%llu\n"
                 "_BOOT_ID=11111111111111111111111111111111\n"
                 "_SYSTEMD_UNIT=ssh.service\nSYSLOG_IDENTIFIER=%.*s\nMESSAGE=%s\n\n",
                 time_us, time_us, (int)strcspn(line, "[:"), line, message);
}

static void print_line(struct buffer *text, int64_t time_ms, const char *line)
{
    char at[64];
    time_t second = time_ms / 1000;
    struct tm parts;
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S.123456+00:00", gmtime_r(&second, &parts));
    buffer_print(text, "%s gate %s\n", at, line);
}

static void write_journal(const struct host *host, const char *export)
{
    CLEAN(clean_text) char *input = text_format("%s/export", host->root);
    CLEAN(clean_text)
    char *output = text_format("--output=%s/journal/system.journal", host->root);
    int status = -1;
    put(host, "export", export);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        execl(WRITER, WRITER, "--split-mode=none", output, input, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The file's time is that of the day which is played. */
static void write_log(const struct host *host, const char *text, int64_t now_ms)
{
    struct timespec at = {.tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000};
    FILE *log = open_file(host, "auth.log", "a");
    assert_true(fputs(text, log) >= 0);
    assert_int_equal(fflush(log), 0);
    assert_int_equal(futimens(fileno(log), (struct timespec[]){at, at}), 0);
    assert_int_equal(fclose(log), 0);
}

static void write_lines(struct host *host, int hour, int minute, int64_t time_ms)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    for (int i = 0; i < (int)(sizeof lines / sizeof *lines); i++) {
        char line[256];
        if (lines[i].minute != minute || (lines[i].hour >= 0 && lines[i].hour != hour))
            continue;
        snprintf(line, sizeof line, lines[i].line, hour, hour);
        if (host->journal)
            print_entry(&text, time_ms, i, line);
        else
            print_line(&text, time_ms, line);
        host->lines++;
    }
    if (!text.length)
        return;
    if (host->journal)
        write_journal(host, text.data);
    else
        write_log(host, text.data, time_ms);
}

void host_write(struct host *host, int64_t now_ms)
{
    if (now_ms < host->next_ms)
        return;
    int minute = (int)(host->next_ms % DAY_MS / MINUTE_MS);
    write_lines(host, minute / 60, minute % 60, host->next_ms);
    set_next(host, host->next_ms);
}

bool host_make(struct host *host, bool journal, int64_t now_ms)
{
    *host = (struct host){.root = BINARY_DIR "/volume.XXXXXX", .journal = journal};
    assert_non_null(mkdtemp(host->root));
    make_accounts(host);
    make_server(host);
    set_next(host, now_ms);
    if (journal && access(WRITER, X_OK))
        return false;
    if (journal) {
        CLEAN(clean_text) char *folder = text_format("%s/journal", host->root);
        assert_int_equal(mkdir(folder, 0755), 0);
    }
    /* What was there before the day began. */
    write_lines(host, 4, 17, now_ms - HOUR_MS);
    host->lines = 0;
    return true;
}

static int take_away(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void host_free(struct host *host)
{
    nftw(host->root, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- settings --- */

static void point(const struct host *host, json_t *settings, const char *setting, const char *name)
{
    CLEAN(clean_text) char *path = text_format("%s/%s", host->root, name);
    assert_int_equal(json_object_set_new(settings, setting, json_string(path)), 0);
}

static void point_list(const struct host *host, json_t *settings, const char *setting)
{
    CLEAN(clean_text) char *debian = text_format("%s/auth.log", host->root);
    CLEAN(clean_text) char *redhat = text_format("%s/secure", host->root);
    assert_int_equal(json_object_set_new(settings, setting, json_pack("[ss]", debian, redhat)), 0);
}

void host_point(const struct host *host, const char *collector, json_t *settings)
{
    if (!strcmp(collector, "accounts")) {
        point(host, settings, "passwd", "passwd");
        point(host, settings, "shadow", "shadow");
        point(host, settings, "group", "group");
    } else if (!strcmp(collector, "sshd")) {
        point(host, settings, "config", "sshd_config");
        point(host, settings, "program", "sshd");
    } else {
        point_list(host, settings, strcmp(collector, "auth") ? "unless_exists" : "files");
        if (!strcmp(collector, "journal"))
            point(host, settings, "path", "journal");
    }
}

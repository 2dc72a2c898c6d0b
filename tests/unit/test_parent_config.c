/* A role's fault at its place in the files, and the sockets of a configuration. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "parent/checks/check.h"
#include "parent/children/listen.h"

static char *write_config(const char *folder)
{
    char *path = text_format("%s/conformd.conf", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("state_dir = \"/tmp/none\";\n"
          "collectors = (\n"
          "  { name = \"one\"; plugin = \"log\"; every = \"10s\"; files = [\"/a\"]; },\n"
          "  { name = \"two\"; plugin = \"log\"; every = \"10s\";\n"
          "    files = [\"/a\",\n"
          "             \"/b\"]; } );\n",
          file);
    fclose(file);
    return path;
}

static void test_fault_has_its_place(void **state)
{
    (void)state;
    char folder[] = "/tmp/conformd-XXXXXX";
    assert_non_null(mkdtemp(folder));
    CLEAN(clean_text) char *path = write_config(folder);
    struct config *config = NULL;
    assert_int_equal(config_load(path, &config), 0);
    assert_true(config_is_valid(config));
    size_t before = 0;
    config_faults(config, &before);
    static const struct {
        const char *setting;
        int column;
        bool warning;
        const char *place;
        const char *sentence;
    } rows[] = {
        {"settings.files[1]", 0, true, ":6", "is doubtful"},
        {"plugin", 0, false, ":4", "is \\x1b[31mred"},
        {"settings.files", 3, false, ":5", "(column 3)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *told = i == 1 ? "is \x1b[31mred" : "is doubtful";
        CLEAN(clean_json)
        json_t *fault = json_pack("{s:s, s:i, s:b, s:s}", "setting", rows[i].setting, "column",
                                  rows[i].column, "warning", rows[i].warning, "sentence", told);
        check_add_fault(config, ROLE_COLLECTOR, "two", fault);
        assert_int_equal(config_is_valid(config), i == 0);
        size_t count = 0;
        const struct config_fault *faults = config_faults(config, &count);
        assert_int_equal(count, before + i + 1);
        assert_true(text_ends(faults[count - 1].place, rows[i].place));
        assert_non_null(strstr(faults[count - 1].sentence, rows[i].sentence));
        assert_int_equal(faults[count - 1].warning, rows[i].warning);
    }
    json_t *tables = json_pack("{s:{s:s}}", "one", "plugin", "log");
    json_t *part = check_engine_part(config, tables);
    assert_true(json_equal(json_object_get(part, "tables"), tables));
    json_decref(part);
    json_decref(tables);
    config_free(config);
    unlink(path);
    rmdir(folder);
}

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void test_listeners(void **state)
{
    (void)state;
    char folder[] = "/tmp/conformd-XXXXXX";
    assert_non_null(mkdtemp(folder));
    CLEAN(clean_text) char *deep = text_format("%s/a/b", folder);
    CLEAN(clean_json)
    json_t *config = json_pack("{s:s, s:s, s:{s:[s, s]}}", "state_dir", folder, "runtime_dir", deep,
                               "http", "listen", "127.0.0.1:0", "[::1]:0");
    struct rights_user user = {.uid = getuid(), .gid = getgid()};
    struct error error = {0};
    struct listeners first;
    struct listeners second;
    assert_int_equal(listen_make_folders(config, &user, &error), 0);
    int code = listen_open(config, &first, &error);
    if (code && strstr(error_sentence(&error), "::1")) {
        print_message("no IPv6 on this host\n");
        error_finish(&error);
        return;
    }
    assert_int_equal(code, 0);
    assert_int_equal(first.front_count, 3);
    struct stat socket_file;
    CLEAN(clean_text) char *api = text_format("%s/api.sock", deep);
    assert_int_equal(stat(api, &socket_file), 0);
    assert_int_equal(socket_file.st_mode & 07777, 0660);
    assert_int_equal(listen_open(config, &second, &error), ERROR_EXISTS);
    assert_non_null(strstr(error.sentence, "running already"));
    /* A reload keeps what is there: the same port, by another descriptor. */
    assert_int_equal(listen_open_http(config, &first, &second, &error), 0);
    assert_int_equal(port_of(second.front[1]), port_of(first.front[1]));
    assert_int_not_equal(second.front[1], first.front[1]);
    listen_close_http(&second);
    listen_close(&first);
    listen_remove(config);
    assert_int_not_equal(stat(api, &socket_file), 0);
    error_finish(&error);
    rmdir(deep);
    CLEAN(clean_text) char *above = text_format("%s/a", folder);
    rmdir(above);
    rmdir(folder);
}

static void test_listen_wants_numbers(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "localhost:9191", "127.0.0.1", "127.0.0.1:", "9191", "[::1]", "127.0.0.1:port"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEAN(clean_json) json_t *config = json_pack("{s:{s:s}}", "http", "listen", wrong[i]);
        struct listeners listeners;
        CLEAN(error_finish) struct error error = {0};
        assert_int_equal(listen_open_http(config, NULL, &listeners, &error), ERROR_SETTING);
        assert_non_null(strstr(error.sentence, wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_has_its_place),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_listen_wants_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

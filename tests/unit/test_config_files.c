/* Files and folders of a configuration: which are read, in which order, and which cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config.h"

#define REST       "plugin = \"p\"; every = \"1h\"; files = [\"/x\"]; }"
#define NO_PLUGINS "plugin_dir = \"/nonexistent\";\n"

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/conformd-config-XXXXXX");
    *state = folder;
    if (!mkdtemp(folder))
        return -1;
    return chdir(folder);
}

static int leave_folder(void **state)
{
    int error = chdir("/");
    nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return error;
}

static void put(const char *path, const char *text)
{
    CLEAN(clean_text) char *folder = strdup(path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        *slash = '\0';
        mkdir(folder, 0755);
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct config *load(const char *path)
{
    struct config *config = NULL;
    assert_int_equal(config_load(path, &config), 0);
    return config;
}

static void assert_place(const struct config *config, const char *setting, const char *place)
{
    CLEAN(clean_text) char *found = config_place(config, setting);
    assert_string_equal(found, place);
}

/* The only fault. */
static void assert_fault(struct config *config, const char *place, const char *part)
{
    size_t count;
    const struct config_fault *faults = config_faults(config, &count);
    assert_int_equal(count, 1);
    assert_string_equal(faults[0].place, place);
    if (!strstr(faults[0].sentence, part))
        print_error("found \"%s\"\n", faults[0].sentence);
    assert_non_null(strstr(faults[0].sentence, part));
    config_free(config);
}

static void files_are_read_in_byte_order_and_lists_add_up(void **state)
{
    (void)state;
    put("t.conf", NO_PLUGINS "collectors = (\n"
                             "{ name = \"main\"; " REST ");");
    put("conf.d/b.conf", "collectors = (\n\n"
                         "{ name = \"b\"; " REST ",\n"
                         "{ name = \"b2\"; " REST ");");
    put("conf.d/Z.conf", "collectors = ("
                         "{ name = \"upper\"; " REST ");");
    put("conf.d/10.conf", "# nothing");
    put("conf.d/.hidden.conf", "x = 1;");
    put("conf.d/old.conf.bak", "x = 1;");
    put("conf.d/http.conf", "http = { public = true; };");
    struct config *config = load("t.conf");
    static const char *const names[] = {"main", "upper", "b", "b2"};
    const json_t *collectors = json_object_get(config_json(config), "collectors");
    size_t count;
    config_faults(config, &count);
    assert_int_equal(count, 0);
    assert_int_equal(json_array_size(collectors), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(json_text_of(json_array_get(collectors, i), "name", ""), names[i]);
    assert_place(config, "collectors", "t.conf:2");
    assert_place(config, "collectors[0].files[0]", "t.conf:3");
    assert_place(config, "collectors[1]", "conf.d/Z.conf:1");
    assert_place(config, "collectors[2].name", "conf.d/b.conf:3");
    assert_place(config, "collectors[3].files[0]", "conf.d/b.conf:4");
    assert_place(config, "http.public", "conf.d/http.conf:1");
    config_free(config);
}

static void the_path_is_shown_as_it_was_given(void **state)
{
    put("conf.d/x.conf", "nonsense = 1;");
    put("t.conf", "");
    CLEAN(clean_text) char *path = text_format("%s/t.conf", (const char *)*state);
    CLEAN(clean_text) char *place = text_format("%s/conf.d/x.conf:1", (const char *)*state);
    assert_fault(load("t.conf"), "conf.d/x.conf:1", "nonsense");
    assert_fault(load("./t.conf"), "./conf.d/x.conf:1", "nonsense");
    assert_fault(load(path), place, "nonsense");
}

static void rules_are_named_by_their_file(void **state)
{
    (void)state;
    static const char *const rule =
        "rules = ( { id = \"x\"; pattern = \"x\"; feeds = \"log_x\"; match = [\"x\", \"xx\"]; } );";
    put("t.conf", "");
    put("rules.d/sshd.conf", rule);
    put("rules.d/sudo.conf", rule);
    struct config *config = load("t.conf");
    const json_t *rules = json_object_get(config_json(config), "rules");
    assert_true(config_is_valid(config));
    assert_string_equal(json_text_of(json_array_get(rules, 0), "id", ""), "sshd.x");
    assert_string_equal(json_text_of(json_array_get(rules, 1), "id", ""), "sudo.x");
    assert_string_equal(json_text_of(json_array_get(rules, 1), "set", ""), "sudo");
    assert_int_equal(json_array_size(json_object_get(json_array_get(rules, 0), "match")), 2);
    config_free(config);
    put("rules.d/My Rules.conf", rule);
    assert_fault(load("t.conf"), "rules.d/My Rules.conf:1", "names a set of rules");
}

static void what_is_no_file_is_told(void **state)
{
    (void)state;
    put("t.conf", "");
    assert_fault(load("none.conf"), "none.conf:1", "install one, or name another");
    assert_int_equal(mkdir("folder.conf", 0755), 0);
    assert_fault(load("folder.conf"), "folder.conf:1", "regular");
    assert_int_equal(mkfifo("pipe.conf", 0600), 0);
    assert_fault(load("pipe.conf"), "pipe.conf:1", "regular");
    put("conf.d", "");
    assert_fault(load("t.conf"), "conf.d:1", "cannot be read");
}

static void what_may_not_be_read_is_told(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        print_message("root may read everything\n");
        skip();
    }
    put("t.conf", "");
    put("conf.d/x.conf", "");
    assert_int_equal(chmod("conf.d/x.conf", 0), 0);
    assert_fault(load("t.conf"), "conf.d/x.conf:1", "cannot be read (Permission denied)");
}

/* The file that does not load may hold the measure. */
static void a_broken_file_makes_no_further_faults(void **state)
{
    (void)state;
    put("t.conf",
        "objectives = ( { id = \"O1\"; statement = \"S\"; measures = [\"M1\"]; policy = \"P\";"
        " responsible = \"c\"; resources = \"R\"; what = \"W\"; due = \"2027-06-30\"; } );");
    put("measures.d/m.conf", "measures = ( { id = \"M1\"; /* ");
    assert_fault(load("t.conf"), "measures.d/m.conf:1", "comment");
}

static void a_comment_may_end_the_file(void **state)
{
    (void)state;
    put("t.conf", "keep = \"30d\"; # the end");
    struct config *config = load("t.conf");
    assert_true(config_is_valid(config));
    assert_int_equal(json_integer_of(config_json(config), "keep", 0), INT64_C(2592000000));
    config_free(config);
}

static void a_group_has_a_limit(void **state)
{
    (void)state;
    FILE *file = fopen("t.conf", "w");
    assert_non_null(file);
    for (int i = 0; i < 1001; i++)
        assert_true(fprintf(file, "a%d = 1;\n", i) > 0);
    assert_int_equal(fclose(file), 0);
    assert_fault(load("t.conf"), "t.conf:1001", "more than 1000 settings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_read_in_byte_order_and_lists_add_up, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(the_path_is_shown_as_it_was_given, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(rules_are_named_by_their_file, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_told, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(what_may_not_be_read_is_told, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(a_broken_file_makes_no_further_faults, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_comment_may_end_the_file, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(a_group_has_a_limit, enter_folder, leave_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

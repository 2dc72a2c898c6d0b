/* A collector of another tree: the names in a file as hosts(5). It knows installed headers alone.
 */
#include <conformd/kit/lines.h>
#include <conformd/kit/options.h>
#include <conformd/kit/trial.h>
#include <stdlib.h>
#include <string.h>

struct self {
    char *file;
};
static const struct kit_option members[] = {
    {"file", KIT_TEXT, offsetof(struct self, file), NULL, 0}, {0}};
static const struct cfd_option options[] = {
    {"file", CFD_PATH, 0, 0, 0, "/etc/hosts", "The file.", NULL, NULL}, {0}};
static const char *const address[] = {"address", NULL};
static const struct cfd_attribute attributes[] = {
    {"hosts_names", CFD_GAUGE, 1, "names", "Names of an address.", address, 0, 0}, {0}};
static const struct cfd_need needs[] = {{CFD_READ, 0, NULL, "file"}, {0}};

static int hosts_open(const struct cfd_host *host, void **ret_self)
{
    *ret_self = calloc(1, sizeof(struct self));
    return *ret_self ? kit_options_read(host, "", members, *ret_self) : CFD_ERROR;
}

static void hosts_close(void *self)
{
    kit_options_finish(members, self);
    free(self);
}

static void read_line(struct kit_run *run, const struct kit_lines *lines)
{
    char *rest = NULL, *word = strtok_r(lines->text, " \t", &rest);
    const char *const labels[] = {word, NULL};
    int names = 0;
    if (!word || *word == '#')
        return;
    while (strtok_r(NULL, " \t", &rest))
        names++;
    if (names)
        kit_emit(run, 0, names, labels);
    else
        kit_drop(run,
                 &(struct kit_item){
                     .source = lines->file->path, .line = lines->number, .labels = labels},
                 "an address without a name");
}

static int collect(void *self, const struct cfd_host *host)
{
    const struct kit_item item = {.attribute = 0};
    struct kit_run run = {.host = host};
    struct kit_file file;
    int status = kit_file_read(&run, ((struct self *)self)->file, 1 << 20, &item, &file);
    if (status == CFD_OK)
        kit_fail(&run, kit_watched(host, file.path, file.length, file.lines));
    struct kit_lines lines = {.run = &run, .file = &file, .item = &item, .limit_bytes = 4096};
    while (status == CFD_OK && kit_lines_next(&lines))
        read_line(&run, &lines);
    kit_file_finish(&file);
    return kit_run_finish(&run);
}

static int selftest(void *none, const struct cfd_host *host, const char *root)
{
    static const struct kit_expected expected[] = {
        {"/good", KIT_SUM, 0, {"192.0.2.7"}, 2, NULL},
        {"/bad", KIT_MISSING, 0, {NULL}, 0, "line 2 {192.0.2.7}: an address without a name"},
        {0}};
    struct self self = {.file = (char *)"/etc/hosts"};
    return (void)none, (void)root,
           kit_trial_run(host, &(struct kit_trial){collect, &self, expected, 0});
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,  .name = "hosts",
    .version = "1",      .summary = "Names in a file as hosts(5).",
    .options = options,  .attributes = attributes,
    .needs = needs,      .open = hosts_open,
    .collect = collect,  .close = hosts_close,
    .selftest = selftest};

/* A Landlock ruleset by system call: Debian 12's C library has no wrapper, and its kernel headers
 * know the first ABIs alone. Documentation/userspace-api/landlock.rst has the numbers. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/sandbox/sandbox_inner.h"

enum {
    ABI_REFER = 2,
    ABI_TRUNCATE = 3,
    ABI_PORTS = 4,
    ABI_DEVICES = 5,
    ABI_SCOPES = 6,
    RULE_PORT = 2,
    PORT_MOST = 65535,
    BIND_TCP = 1 << 0,
    CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_SOCKET = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
};

/* Rights of a file; the others are of folders. */
#define OF_FILES (RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_READ_FILE | RIGHT_TRUNCATE)

/* The kernel's struct, whose length says which ABI is meant. */
struct attributes {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes;
};
struct port_rule {
    uint64_t rights;
    uint64_t port;
};

int sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static size_t size_for(int abi)
{
    if (abi >= ABI_SCOPES)
        return sizeof(struct attributes);
    return abi >= ABI_PORTS ? offsetof(struct attributes, scopes)
                            : offsetof(struct attributes, ports);
}

static uint64_t rights_of(int abi)
{
    uint64_t rights = (UINT64_C(1) << 13) - 1;
    if (abi >= ABI_REFER)
        rights |= UINT64_C(1) << 13;
    if (abi >= ABI_TRUNCATE)
        rights |= RIGHT_TRUNCATE;
    if (abi >= ABI_DEVICES)
        rights |= UINT64_C(1) << 15;
    return rights;
}

/* The port of "host:443" or "https://host/path"; 0: none is named, so any is meant. */
static int64_t port_of(const char *what)
{
    int64_t port = 0;
    bool is_tls = text_begins(what, "https://"), is_plain = text_begins(what, "http://");
    const char *host = is_tls ? what + 8 : is_plain ? what + 7 : what;
    CLEAN(clean_text) char *place = strndup(host, strcspn(host, "/?#"));
    const char *bracket = place ? strrchr(place, ']') : NULL;
    const char *colon = place ? strrchr(bracket ? bracket : place, ':') : NULL;
    if (!colon)
        return is_tls ? 443 : is_plain ? 80 : 0;
    return text_to_integer(colon + 1, &port) || port < 1 || port > PORT_MOST ? 0 : port;
}

/* Which of the two rights of TCP are held, for a plan whose needs name no port or whose role
 * connects to whatever is configured. */
static uint64_t handled_ports(const struct sandbox_plan *plan)
{
    uint64_t handled = BIND_TCP | CONNECT_TCP;
    size_t index;
    const json_t *need;
    if (role_has(plan->role, ROLE_REACHES))
        return BIND_TCP;
    json_array_foreach (plan->needs, index, need) {
        const char *kind = json_text_of(need, "kind", ""), *what = json_text_of(need, "what", "");
        bool connects = !strcmp(kind, "connect"), listens = !strcmp(kind, "listen");
        if ((connects || listens) && what[0] != '/' && !port_of(what))
            handled &= ~(uint64_t)(connects ? CONNECT_TCP : BIND_TCP);
    }
    return handled;
}

static int add_ports(int ruleset, const struct sandbox_plan *plan, uint64_t handled)
{
    size_t index;
    const json_t *need;
    json_array_foreach (plan->needs, index, need) {
        const char *kind = json_text_of(need, "kind", ""), *what = json_text_of(need, "what", "");
        struct port_rule rule = {.port = (uint64_t)port_of(what)};
        rule.rights = !strcmp(kind, "connect")  ? CONNECT_TCP
                      : !strcmp(kind, "listen") ? BIND_TCP
                                                : 0;
        rule.rights &= handled;
        if (rule.rights && rule.port &&
            syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0))
            return -1;
    }
    return 0;
}

/* What cannot be opened is not there for this process either. */
static int add_place(int ruleset, const struct place_rule *place, uint64_t handled)
{
    struct stat status;
    CLEAN(clean_fd) int fd = open(place->path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status))
        return 0;
    uint64_t fits = S_ISDIR(status.st_mode) ? handled : handled & (uint64_t)OF_FILES;
    struct landlock_path_beneath_attr rule = {.allowed_access = place->rights & fits,
                                              .parent_fd = fd};
    if (!rule.allowed_access)
        return 0;
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int sandbox_landlock_restrict(int abi, const struct places *places, const struct sandbox_plan *plan,
                              struct error *error)
{
    struct attributes attributes = {.files = rights_of(abi)};
    if (abi >= ABI_PORTS)
        attributes.ports = handled_ports(plan);
    if (abi >= ABI_SCOPES)
        attributes.scopes = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
    CLEAN(clean_fd)
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size_for(abi), 0);
    if (ruleset < 0)
        return error_set(error, ERROR_IO, "Landlock makes no ruleset: %s", strerror(errno));
    for (size_t i = 0; i < places->count; i++)
        if (add_place(ruleset, &places->rules[i], attributes.files))
            return error_set(error, ERROR_IO, "Landlock accepts no rule for %s: %s",
                             places->rules[i].path, strerror(errno));
    if (abi >= ABI_PORTS && add_ports(ruleset, plan, attributes.ports))
        return error_set(error, ERROR_IO, "Landlock accepts no rule for a port: %s",
                         strerror(errno));
    if (syscall(SYS_landlock_restrict_self, ruleset, 0))
        return error_set(error, ERROR_IO, "Landlock restricts nothing: %s", strerror(errno));
    return 0;
}

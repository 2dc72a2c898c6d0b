/* Changes the user and cuts capabilities down to a list. */
#include "parent/children/rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ground/base/clean.h"

enum { ACCOUNT_SIZE = 16384, CAPABILITIES = 64 };

static int set_capabilities(uint64_t mask)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    for (int i = 0; i < 2; i++) {
        uint32_t half = (uint32_t)(mask >> (32 * i));
        sets[i] = (struct __user_cap_data_struct){half, half, half};
    }
    return (int)syscall(SYS_capset, &head, sets);
}

uint64_t rights_held(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {0};
    if (syscall(SYS_capget, &head, sets))
        return 0;
    return (uint64_t)sets[1].permitted << 32 | sets[0].permitted;
}

int rights_find_user(const char *name, struct rights_user *ret)
{
    struct rights_user user = {.uid = geteuid(), .gid = getegid()};
    CLEAN(clean_memory) char *memory = malloc(ACCOUNT_SIZE);
    if (!memory)
        return ERROR_MEMORY;
    struct passwd account;
    struct passwd *found = NULL;
    if (!getpwnam_r(name, &account, memory, ACCOUNT_SIZE, &found) && found) {
        user.known = true;
        user.changes = geteuid() == 0 && account.pw_uid != 0;
    }
    if (user.changes) {
        user.uid = account.pw_uid;
        user.gid = account.pw_gid;
    }
    *ret = user;
    return 0;
}

int rights_become(const char *name, const struct rights_user *user, uint64_t capabilities,
                  struct error *error)
{
    if (!user->changes)
        return 0;
    capabilities &= rights_held();
    if (prctl(PR_SET_KEEPCAPS, 1) || initgroups(name, user->gid) ||
        setresgid(user->gid, user->gid, user->gid) || setresuid(user->uid, user->uid, user->uid) ||
        set_capabilities(capabilities))
        return error_set(error, ERROR_DENIED, "cannot become the user %s: %s", name,
                         strerror(errno));
    return 0;
}

int rights_restrict(uint64_t capabilities)
{
    capabilities &= rights_held();
    /* Without CAP_SETPCAP these two are refused; then there is no power of root to take away. */
    for (unsigned i = 0; i < CAPABILITIES; i++)
        if (!(capabilities >> i & 1) && prctl(PR_CAPBSET_READ, i) == 1)
            prctl(PR_CAPBSET_DROP, i);
    if (geteuid() == 0)
        prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
    if (set_capabilities(capabilities) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return -1;
    for (unsigned i = 0; i < CAPABILITIES; i++)
        if (capabilities >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
            return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "serve/sandbox_int.h"

/* Of the third version of the interface, which the headers of older systems do not have. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
#define ACCESS_READ (uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* All but running it, and devices and the like. */
#define ACCESS_WRITE                                                                               \
    (ACCESS_READ | ACCESS_TRUNCATE | LANDLOCK_ACCESS_FS_WRITE_FILE |                               \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                              \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER)
#define ACCESS_OF_FILES                                                                            \
    (uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

/* What the kernel's version of it knows of: 13 kinds of access, and one more in the second and the
 * third. 0: there is none. */
static uint64_t known_access(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    unsigned kinds = version == 1 ? 13 : version == 2 ? 14 : 15;
    return (UINT64_C(1) << kinds) - 1;
}

static baton_status allow(int rules, uint64_t known, const struct bt_sandbox_path *path,
                          struct baton_error *err)
{
    struct stat what;
    BT_AUTO_FD fd = BT_FD_INIT;
    uint64_t access = path->is_writable ? ACCESS_WRITE : ACCESS_READ;
    fd.fd = openat(path->folder, path->path, O_PATH | O_CLOEXEC);
    if (fd.fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return BATON_OK;
    if (fd.fd < 0 || fstat(fd.fd, &what) != 0)
        return bt_fail_os(err, errno, "%s: cannot be allowed to this server", path->path);
    if (!S_ISDIR(what.st_mode))
        access &= ACCESS_OF_FILES;
    const struct landlock_path_beneath_attr rule = {.allowed_access = access & known,
                                                    .parent_fd = fd.fd};
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return bt_fail_os(err, errno, "%s: cannot be allowed to this server", path->path);
    return BATON_OK;
}

baton_status bt_sandbox_files(const struct bt_sandbox_path *paths, size_t count, bool *ret,
                              struct baton_error *err)
{
    BT_AUTO_FD rules = BT_FD_INIT;
    const struct landlock_ruleset_attr attr = {.handled_access_fs = known_access()};
    *ret = false;
    if (BT_SANDBOX_IS_OFF)
        return BATON_OK;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return bt_fail_os(err, errno, "cannot do without new privileges");
    if (attr.handled_access_fs == 0)
        return BATON_OK;
    rules.fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    if (rules.fd < 0)
        return bt_fail_os(err, errno, "cannot make rules for files");
    for (size_t i = 0; i < count; i++)
        BT_TRY(allow(rules.fd, attr.handled_access_fs, &paths[i], err));
    if (syscall(SYS_landlock_restrict_self, rules.fd, 0) != 0)
        return bt_fail_os(err, errno, "cannot take files away");
    *ret = true;
    return BATON_OK;
}

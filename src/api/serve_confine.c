/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server may still open: all of the store to read; its decisions, the index of its ledger
 * and what this person has seen of it to write. The index is a database of three files, whose rules
 * are for the files as they are now: it is held open, so that nobody takes them away and makes new
 * ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/ledger/seen.h"
#include "api/serving.h"
#include "serve/sandbox.h"

void bt_serving_tell(const struct bt_serving *serving, const char *ref, const char *what,
                     const char *more)
{
    char text[BATON_ERROR_TEXT_MAX + 256];
    if (!serving->options->told)
        return;
    (void)snprintf(text, sizeof text, "%s: %s%s", ref, what, more);
    serving->options->told(serving->options->user, text);
}

static baton_status confine_to(struct bt_serving *s, const char *seen, struct baton_error *err)
{
    int folder = bt_store_folder(s->store->store);
    const struct bt_sandbox_path paths[] = {
        {folder, ".", false},
        {folder, BT_DECISIONS_FOLDER, true},
        {folder, "registry.db", true},
        {folder, "registry.db-wal", true},
        {folder, "registry.db-shm", true},
        {AT_FDCWD, seen, true},
        {AT_FDCWD, "/proc/sys/kernel/random/boot_id", false},
    };
    return bt_sandbox_files(paths, sizeof paths / sizeof *paths, &s->files_confined, err);
}

baton_status bt_serving_confine_files(struct bt_serving *s, struct baton_error *err)
{
    int folder = bt_store_folder(s->store->store);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    if (!s->options->confine)
        return BATON_OK;
    /* An archive is open already, and there is nothing else to read. */
    if (folder < 0)
        return bt_sandbox_files(NULL, 0, &s->files_confined, err);
    if (mkdirat(folder, BT_DECISIONS_FOLDER, 0777) != 0 && errno != EEXIST)
        return bt_fail_os(err, errno, "cannot make the folder of decisions in the store");
    BT_TRY(bt_seen_open_if_any(s->store, &s->kept, err));
    const char *seen = bt_arena_printf(&arena, "%s/seen", s->store->person ? s->store->person : "");
    return seen ? confine_to(s, seen, err) : bt_fail_no_memory(err, "a path");
}

baton_status bt_serving_confine_calls(const struct bt_serving *s, struct baton_error *err)
{
    bool calls_confined = false;
    if (!s->options->confine)
        return BATON_OK;
    BT_TRY(bt_sandbox_calls(&calls_confined, err));
    bt_serving_tell(
        s, "confined", s->files_confined ? "files by Landlock" : "files not, for want of Landlock",
        calls_confined ? ", system calls by seccomp" : ", system calls not, for want of seccomp");
    return BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a statement is about, held against what one has: a folder of files, or a bundle.
 *
 * Files are opened below the folder, and what is hashed is what was opened; links are not followed.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "api/evidence/evidence_int.h"
#include "attest/oms.h"
#include "base/checked.h"

#define FILES_MAX ((size_t)1 << 20)
#define SHOWN_MAX ((size_t)100)

/* ---- a folder's files ---- */

struct listing {
    struct bt_arena *arena;
    int root;
    const char **paths; /* of folders that are still to be looked into */
    size_t path_count;
    size_t path_room;
    struct bt_oms_file *files;
    size_t count;
    size_t room;
    const struct baton_progress *progress;
};

/* Room for one more of `size` bytes behind `count`. */
static baton_status grow(struct bt_arena *arena, void **items, size_t size, size_t count,
                         size_t *room, struct baton_error *err)
{
    if (count < *room)
        return BATON_OK;
    size_t wanted = bt_max(64, 2 * *room);
    void *made = wanted <= FILES_MAX ? bt_arena_calloc(arena, wanted, size) : NULL;
    if (wanted > FILES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %zu files in a folder", FILES_MAX / 2);
    if (!made)
        return bt_fail_no_memory(err, "the files of a folder");
    if (count)
        memcpy(made, *items, count * size);
    *items = made;
    *room = wanted;
    return BATON_OK;
}

static baton_status add_folder(struct listing *l, const char *path, struct baton_error *err)
{
    void *paths = l->paths;
    BT_TRY(grow(l->arena, &paths, sizeof *l->paths, l->path_count, &l->path_room, err));
    l->paths = paths;
    BT_BUG_ON(!paths);
    l->paths[l->path_count++] = path;
    return BATON_OK;
}

static baton_status add_file(struct listing *l, const char *path, const struct bt_file_part *part,
                             struct baton_error *err)
{
    void *files = l->files;
    BT_TRY(grow(l->arena, &files, sizeof *l->files, l->count, &l->room, err));
    l->files = files;
    BT_BUG_ON(!files);
    l->files[l->count].path = bt_bytes_of(path);
    BT_TRY(bt_sha256_part(part, path, l->progress, &l->files[l->count].digest, err));
    l->count++;
    return BATON_OK;
}

/* Whatever has a name: a model is what is in the folder, whoever put it there. */
static baton_status add_entry(struct listing *l, const char *folder, const char *name,
                              struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    struct stat info;
    const char *path = *folder ? bt_arena_printf(l->arena, "%s/%s", folder, name)
                               : bt_arena_strndup(l->arena, name, strlen(name));
    if (!path)
        return bt_fail_no_memory(err, "the files of a folder");
    BT_TRY(bt_progress_check(l->progress, path, err));
    BT_TRY(bt_fs_open_beneath(l->root, path, O_RDONLY | O_NONBLOCK, 0, &fd, err));
    if (fstat(fd.fd, &info) != 0)
        return bt_fail(err, BATON_ERR_IO, "%s: what it is, is not known", path);
    if (S_ISDIR(info.st_mode))
        return add_folder(l, path, err);
    if (!S_ISREG(info.st_mode))
        return bt_fail(err, BATON_ERR_REFUSED, "%s is neither a file nor a folder", path);
    const struct bt_file_part part = {fd.fd, 0, (uint64_t)info.st_size};
    return add_file(l, path, &part, err);
}

static baton_status list_files(struct listing *l, struct baton_error *err)
{
    BT_TRY(add_folder(l, "", err));
    for (size_t i = 0; i < l->path_count; i++) {
        BT_AUTO_DIR dir = BT_DIR_INIT;
        const char *name = NULL;
        BT_TRY(bt_dir_open(l->root, *l->paths[i] ? l->paths[i] : ".", &dir, err));
        for (;;) {
            BT_TRY(bt_dir_next(&dir, &name, err));
            if (!name)
                break;
            BT_TRY(add_entry(l, l->paths[i], name, err));
        }
    }
    return BATON_OK;
}

/* ---- what one has ---- */

struct held {
    struct bt_arena arena;
    bool has_files; /* those of a folder, or the parts of a bundle */
    struct bt_oms_file *files;
    size_t count;
    bool is_bundle;
    struct bt_digest manifest; /* when it is */
};

static void release_held(struct held *held)
{
    bt_arena_release(&held->arena);
}

static baton_status hold_bundle(const struct bt_about *about, struct held *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    BT_TRY(bt_api_open(about->store, about->of, &bundle, err));
    ret->is_bundle = ret->has_files = true;
    ret->manifest = bundle.manifest.digest;
    ret->files = bt_arena_calloc(&ret->arena, bundle.part_count, sizeof *ret->files);
    if (!ret->files)
        return bt_fail_no_memory(err, "the parts of a bundle");
    for (; ret->count < bundle.part_count; ret->count++) {
        const struct bt_part *part = &bundle.parts[ret->count];
        const char *path = bt_arena_strndup(&ret->arena, part->path, strlen(part->path));
        if (!path)
            return bt_fail_no_memory(err, "the parts of a bundle");
        ret->files[ret->count] = (struct bt_oms_file){bt_bytes_of(path), part->blob.digest};
    }
    return BATON_OK;
}

/* A folder of that name, if there is one; else a bundle; without a store its digest is enough. */
static baton_status hold(const struct bt_about *about, struct held *ret, struct baton_error *err)
{
    BT_AUTO_FD folder = BT_FD_INIT;
    if (bt_fs_open_user(about->of, O_RDONLY | O_DIRECTORY, 0, &folder, NULL) == BATON_OK) {
        struct listing listing = {
            .arena = &ret->arena, .root = folder.fd, .progress = about->progress};
        BT_TRY(list_files(&listing, err));
        ret->files = listing.files;
        ret->count = listing.count;
        ret->has_files = true;
        return BATON_OK;
    }
    if (about->store)
        return hold_bundle(about, ret, err);
    ret->is_bundle = bt_digest_parse(bt_bytes_of(about->of), &ret->manifest);
    return ret->is_bundle
               ? BATON_OK
               : bt_fail(err, BATON_ERR_NOT_FOUND,
                         "%s is no folder, and there is no store that could know it", about->of);
}

/* ---- the answer ---- */

struct findings {
    struct bt_checks *checks;
    size_t shown;
    baton_status status;
    struct baton_error *err;
};

static void report_finding(void *user, enum bt_oms_finding finding, struct bt_bytes path)
{
    static const char *const names[BT_OMS_FINDINGS] = {"missing", "different", "not signed",
                                                       "ignored"};
    struct findings *f = user;
    baton_verdict verdict = finding == BT_OMS_IGNORED ? BATON_CANNOT_TELL : BATON_DIFFERS;
    if (f->status == BATON_OK && f->shown++ < SHOWN_MAX)
        f->status = bt_checks_add(f->checks, names[finding], verdict, f->err, "%.*s",
                                  (int)bt_min(path.len, 400), (const char *)path.ptr);
}

static baton_status check_files(const struct bt_dsse_message *message, struct held *held,
                                struct bt_checks *checks, struct baton_error *err)
{
    struct findings findings = {.checks = checks, .status = BATON_OK, .err = err};
    struct bt_oms_tally tally = {.report = report_finding, .user = &findings};
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_oms oms;
    if (bt_oms_open(message, &held->arena, &oms, &why) != BATON_OK)
        return bt_audit_failed(checks, "files", &why, err);
    if (!held->has_files)
        return bt_checks_add(checks, "files", BATON_CANNOT_TELL, err,
                             "they are not here: --of FOLDER names them");
    baton_status status = bt_oms_compare(&oms, held->files, held->count, &tally, &why);
    BT_TRY(findings.status);
    if (status != BATON_OK)
        return bt_audit_failed(checks, "files", &why, err);
    if (tally.counts[BT_OMS_IGNORED])
        return bt_checks_add(checks, "files", BATON_CANNOT_TELL, err,
                             "%zu files are there that the signer did not look at",
                             tally.counts[BT_OMS_IGNORED]);
    return bt_checks_add(checks, "files", BATON_IDENTICAL, err, "%zu, as they were signed",
                         oms.count);
}

static baton_status check_subject(const struct bt_statement *statement, const struct held *held,
                                  struct bt_checks *checks, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    const struct bt_artifact artifact = {.sha256 = held->manifest};
    char text[BT_DIGEST_TEXT_MAX];
    if (!held->is_bundle)
        return bt_checks_add(checks, "subject", BATON_CANNOT_TELL, err,
                             "the statement names no files: ask with the reference of a bundle");
    if (bt_statement_about(statement, &artifact, &why) != BATON_OK)
        return bt_audit_failed(checks, "subject", &why, err);
    bt_digest_format(&held->manifest, text);
    return bt_checks_add(checks, "subject", BATON_IDENTICAL, err, "%s", text);
}

baton_status bt_about_check(const struct bt_about *about, const struct bt_dsse_message *message,
                            struct bt_checks *checks, struct baton_error *err)
{
    BT_CLEANUP(release_held) struct held held = {.arena = BT_ARENA_INIT};
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_statement statement;
    /* One that cannot be read has its row already. */
    if (bt_statement_open(message, NULL, &held.arena, &statement, &why) != BATON_OK)
        return why.status == BATON_ERR_NO_MEMORY ? bt_fail_no_memory(err, "a statement") : BATON_OK;
    bool is_model = bt_bytes_equal(statement.predicate_type, bt_bytes_of(BT_OMS_PREDICATE));
    if (hold(about, &held, &why) != BATON_OK)
        return bt_audit_failed(checks, is_model ? "files" : "subject", &why, err);
    return is_model ? check_files(message, &held, checks, err)
                    : check_subject(&statement, &held, checks, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered is the signed note as it was read, so that it proves something to others: two
 * heads that the ledger's key signed, and that do not continue each other, are its keeper's doing.
 *
 * What was remembered is read before the head is: while others append, the head can only be newer.
 * Two that remember at once take turns, and the larger tree stays.
 */
#include "api/ledger/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "api/ledger/identity.h"
#include "base/fs.h"

#define FOLDER "seen"
#define LOCK "lock"
#define VKEY_TEXT_MAX ((size_t)1024)

struct memory {
    const baton_store *store;
    struct bt_registry *registry;
    char name[BT_DIGEST_TEXT_MAX]; /* of the file: SHA-256 of ledger.vkey, in hex */
    bool is_there;                 /* else nothing is remembered */
    struct bt_merkle_head seen;
    char when[BT_TIME_TEXT_MAX];
    struct bt_merkle_head head; /* what the ledger shows now */
    struct bt_buf note;         /* its signed note */
};

static void memory_release(struct memory *memory)
{
    bt_buf_release(&memory->note);
}

static const char *file_of(const struct memory *memory)
{
    return bt_digest_hex(memory->name);
}

static baton_status find_name(struct memory *memory, struct baton_error *err)
{
    BT_AUTO_BUF line = BT_BUF_INIT(VKEY_TEXT_MAX);
    struct bt_digest digest;
    bt_note_key_format(bt_registry_log_key(memory->registry), &line);
    bt_buf_put_byte(&line, '\n');
    BT_TRY(bt_buf_finish(&line, "a verifier key", err));
    BT_TRY(bt_sha256_bytes(bt_buf_bytes(&line), &digest, err));
    bt_digest_format(&digest, memory->name);
    return BATON_OK;
}

static baton_status open_folder(const struct memory *memory, struct bt_fd *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUF path = BT_BUF_INIT(BT_IDENTITY_PATH_MAX);
    bt_buf_printf(&path, "%s/" FOLDER, memory->store->person);
    BT_TRY(bt_buf_finish(&path, "a path", err));
    return bt_fs_open_user(bt_buf_str(&path), O_RDONLY | O_DIRECTORY, 0, ret, err);
}

/* ---- reading ---- */

static baton_status read_file(struct memory *memory, int fd, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    struct bt_checkpoint checkpoint;
    struct stat st;
    uint64_t bytes = 0;
    BT_TRY(bt_fs_regular_size(fd, "it", &bytes, err));
    BT_TRY(bt_fs_read_all(fd, "it", &text, err));
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&text), bt_registry_log_key(memory->registry),
                              &checkpoint, err));
    if (fstat(fd, &st) != 0)
        return bt_fail_os(err, errno, "cannot ask for its date");
    bt_time_format((int64_t)st.st_mtime, memory->when);
    memory->seen = checkpoint.head;
    memory->is_there = true;
    return BATON_OK;
}

/* Who has no folder remembers nothing; but a file that is there must be whole, or damaging it would
 * be the way around it. */
static baton_status recall(struct memory *memory, struct baton_error *err)
{
    BT_AUTO_FD folder = BT_FD_INIT;
    BT_AUTO_FD fd = BT_FD_INIT;
    struct baton_error why = BATON_ERROR_INIT;
    memory->is_there = false;
    if (open_folder(memory, &folder, NULL) != BATON_OK)
        return BATON_OK;
    baton_status status =
        bt_fs_open_beneath(folder.fd, file_of(memory), O_RDONLY | O_NONBLOCK, 0, &fd, &why);
    if (status == BATON_ERR_NOT_FOUND)
        return BATON_OK;
    if (status == BATON_OK)
        status = read_file(memory, fd.fd, &why);
    if (status == BATON_OK)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_CORRUPT,
                   "%s/" FOLDER "/%s, what you saw of ledger %s, is damaged: %s. If you know why, "
                   "remove it",
                   memory->store->person, file_of(memory), bt_registry_origin(memory->registry),
                   why.text);
}

static baton_status read_head(struct memory *memory, struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    bt_buf_clear(&memory->note);
    BT_TRY(bt_log_checkpoint(bt_registry_log(memory->registry), &memory->note, err));
    BT_TRY(bt_checkpoint_open(bt_buf_bytes(&memory->note), bt_registry_log_key(memory->registry),
                              &checkpoint, err));
    memory->head = checkpoint.head;
    return BATON_OK;
}

/* ---- comparing ---- */

static baton_status fail_rolled_back(const struct memory *memory, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CORRUPT,
                   "ledger %s has %llu statements; when you saw it on %s it had %llu: an old copy "
                   "was put in its place. If you know why, as after restoring a backup, remove "
                   "%s/" FOLDER "/%s",
                   bt_registry_origin(memory->registry), (unsigned long long)memory->head.size,
                   memory->when, (unsigned long long)memory->seen.size, memory->store->person,
                   file_of(memory));
}

/* Both heads by name: who shows the two notes has shown it. */
static baton_status fail_forked(const struct memory *memory, struct baton_error *err)
{
    char seen[BT_DIGEST_TEXT_MAX];
    char head[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&memory->seen.root, seen);
    bt_digest_format(&memory->head.root, head);
    return bt_fail(err, BATON_ERR_CORRUPT,
                   "ledger %s is not a continuation of the one you saw on %s: two different "
                   "histories were signed with its key. Keep both heads, they prove it: %llu "
                   "statements, root %.16s…, in %s/" FOLDER
                   "/%s; %llu statements, root %.16s…, in %s/" BT_LOG_FOLDER "/checkpoint",
                   bt_registry_origin(memory->registry), memory->when,
                   (unsigned long long)memory->seen.size, bt_digest_hex(seen),
                   memory->store->person, file_of(memory), (unsigned long long)memory->head.size,
                   bt_digest_hex(head), bt_store_path(memory->store->store));
}

static baton_status compare(const struct memory *memory, struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_merkle_proof proof;
    if (!memory->is_there)
        return BATON_OK;
    if (memory->head.size < memory->seen.size)
        return fail_rolled_back(memory, err);
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_log_prove_consistency(bt_registry_log(memory->registry), memory->seen.size,
                                    memory->head.size, &proof, err));
    baton_status status =
        bt_merkle_check_consistency(&hash, &memory->seen, &memory->head, &proof, err);
    return status == BATON_ERR_DIFFERS ? fail_forked(memory, err) : status;
}

/* ---- remembering ---- */

static bool is_news(const struct memory *memory)
{
    return !memory->is_there || memory->head.size > memory->seen.size;
}

static baton_status keep(struct memory *memory, struct baton_error *err)
{
    BT_AUTO_FD folder = BT_FD_INIT;
    BT_AUTO_FD lock = BT_FD_INIT;
    BT_TRY(bt_person_folder_make(memory->store->person, FOLDER, err));
    BT_TRY(open_folder(memory, &folder, err));
    BT_TRY(bt_fs_open_beneath(folder.fd, LOCK, O_RDWR | O_CREAT, 0600, &lock, err));
    BT_TRY(bt_fs_lock(lock.fd, "what was seen", err));
    BT_TRY(recall(memory, err));
    return is_news(memory) ? bt_fs_replace_beneath(folder.fd, file_of(memory), 0600,
                                                   bt_buf_bytes(&memory->note), err)
                           : BATON_OK;
}

static baton_status check(const baton_store *store, struct bt_registry *registry,
                          struct baton_error *err)
{
    BT_CLEANUP(memory_release)
    struct memory memory = {
        .store = store, .registry = registry, .note = BT_BUF_INIT(BT_NOTE_BYTES_MAX)};
    if (!store->person)
        return BATON_OK;
    BT_TRY(find_name(&memory, err));
    BT_TRY(recall(&memory, err));
    BT_TRY(read_head(&memory, err));
    BT_TRY(compare(&memory, err));
    /* Where it cannot be kept, what was seen before is what the next one is compared with. */
    baton_status kept = is_news(&memory) ? keep(&memory, NULL) : BATON_OK;
    (void)kept;
    return BATON_OK;
}

/* ---- for the verbs ---- */

baton_status bt_seen_open(const baton_store *store, struct bt_registry **ret,
                          struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    BT_TRY(bt_registry_open(store->store, &registry, err));
    BT_TRY(check(store, registry, err));
    *ret = registry;
    registry = NULL;
    return BATON_OK;
}

baton_status bt_seen_open_if_any(const baton_store *store, struct bt_registry **ret,
                                 struct baton_error *err)
{
    bool has_ledger = false;
    *ret = NULL;
    BT_TRY(bt_registry_exists(store->store, &has_ledger, err));
    return has_ledger ? bt_seen_open(store, ret, err) : BATON_OK;
}

void bt_seen_keep(const baton_store *store, struct bt_registry *registry)
{
    baton_status kept = registry ? check(store, registry, NULL) : BATON_OK;
    (void)kept; /* who opens the ledger next is told */
}

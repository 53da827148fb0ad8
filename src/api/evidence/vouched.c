/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/registry.h"

#include <fcntl.h>
#include <string.h>

#include "api/evidence/vouched.h"
#include "api/ledger/seen.h"
#include "api/ledger/spoken.h"

void bt_vouched_release(struct bt_vouched *vouched)
{
    bt_log_close(vouched->copy);
    bt_registry_close(vouched->registry);
    bt_arena_release(&vouched->arena);
}

/* ---- signers ---- */

static baton_status make_room(struct bt_vouched *v, size_t count, struct baton_error *err)
{
    v->keys = bt_arena_calloc(&v->arena, count, sizeof *v->keys);
    v->names = bt_arena_calloc(&v->arena, count, sizeof *v->names);
    return v->keys && v->names ? BATON_OK : bt_fail_no_memory(err, "the keys that count");
}

/* A key twice would count twice where signatures are counted. */
static void add_key(struct bt_vouched *v, const struct bt_public_key *key, const char *name)
{
    for (size_t i = 0; i < v->key_count; i++)
        if (bt_key_equal(&v->keys[i], key))
            return;
    v->keys[v->key_count] = *key;
    v->names[v->key_count++] = name;
}

/* The key that a statement of the ledger makes trusted. */
static baton_status add_row(struct bt_vouched *v, const struct bt_row *row, struct baton_error *err)
{
    BT_AUTO_BUF roles = BT_BUF_INIT(128);
    struct bt_said said;
    struct bt_public_key key;
    BT_TRY(bt_registry_said(v->registry, row->leaf, &v->arena, &said, err));
    BT_TRY(bt_key_parse_pem(bt_bytes_of(said.public_key), &key, err));
    bt_roles_format(row->detail, &roles);
    const char *name = bt_arena_printf(&v->arena, "%s (%s)", row->name, bt_buf_str(&roles));
    if (!name)
        return bt_fail_no_memory(err, "the name of a key");
    add_key(v, &key, name);
    return BATON_OK;
}

static baton_status trusted_rows(struct bt_vouched *v, struct bt_row **ret, size_t *ret_count,
                                 struct baton_error *err)
{
    *ret_count = 0;
    return v->registry ? bt_registry_keys(v->registry, &v->arena, ret, ret_count, err) : BATON_OK;
}

/* The ledger's names come first: a file that somebody else put here must not take one of them. */
static baton_status add_signer(struct bt_vouched *v, const struct bt_row *rows, size_t count,
                               const char *signer, struct baton_error *err)
{
    struct bt_public_key key;
    bool is_known = false;
    for (size_t i = 0; i < count; i++) {
        if (!bt_row_is_key(&rows[i], signer))
            continue;
        BT_TRY(add_row(v, &rows[i], err));
        is_known = true;
    }
    if (is_known)
        return BATON_OK;
    BT_TRY(bt_public_key_read(signer, &key, err));
    add_key(v, &key, signer);
    return BATON_OK;
}

static baton_status add_signers(struct bt_vouched *v, baton_strings signers,
                                struct baton_error *err)
{
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(trusted_rows(v, &rows, &count, err));
    BT_TRY(make_room(v, count + bt_strings_count(signers), err));
    for (size_t i = 0; signers && signers[i]; i++)
        BT_TRY(add_signer(v, rows, count, signers[i], err));
    return BATON_OK;
}

/* All that the store's ledger trusts now. */
static baton_status believe_store(struct bt_vouched *v, struct baton_error *err)
{
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(trusted_rows(v, &rows, &count, err));
    BT_TRY(make_room(v, count, err));
    for (size_t i = 0; i < count; i++)
        BT_TRY(add_row(v, &rows[i], err));
    v->logs[v->log_count++] = *bt_registry_log_key(v->registry);
    return BATON_OK;
}

baton_status bt_vouched_find(const struct bt_vouched *vouched, struct bt_bytes id, size_t *ret,
                             struct baton_error *err)
{
    char text[BT_DIGEST_TEXT_MAX];
    struct bt_digest digest;
    for (size_t i = 0; i < vouched->key_count; i++) {
        BT_TRY(bt_key_id(&vouched->keys[i], &digest, err));
        bt_digest_format(&digest, text);
        if (bt_bytes_equal(id, bt_bytes_of(bt_digest_hex(text)))) {
            *ret = i;
            return BATON_OK;
        }
    }
    return bt_fail(err, BATON_ERR_NOT_FOUND, "nobody here vouches for that key");
}

/* ---- logs ---- */

static baton_status read_log_key(struct bt_vouched *v, const char *path, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_TRY(bt_map_user_file(path, 4096, &map, err));
    struct bt_bytes text = bt_map_bytes(&map);
    while (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (bt_note_key_parse(text, &v->logs[v->log_count], err) != BATON_OK)
        return bt_error_prepend(err, "%s", path);
    v->log_count++;
    return BATON_OK;
}

/* The policy points into its text, which stays with us. */
static baton_status read_quorum(struct bt_vouched *v, const char *path, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_TRY(bt_map_user_file(path, BT_QUORUM_BYTES_MAX, &map, err));
    const char *text = bt_arena_strndup(&v->arena, (const char *)map.ptr, map.len);
    if (!text)
        return bt_fail_no_memory(err, "the policy for witnesses");
    const struct bt_bytes kept = {(const uint8_t *)text, map.len};
    if (bt_quorum_parse(kept, &v->arena, &v->quorum, err) != BATON_OK)
        return bt_error_prepend(err, "%s", path);
    for (size_t i = 0; i < v->quorum->log_count; i++)
        v->logs[v->log_count++] = v->quorum->logs[i];
    return BATON_OK;
}

static baton_status origin_of(struct bt_bytes checkpoint, struct bt_note *note,
                              struct bt_bytes *ret, struct baton_error *err)
{
    struct bt_checkpoint parsed;
    BT_TRY(bt_note_parse(checkpoint, note, err));
    BT_TRY(bt_checkpoint_parse(note->text, &parsed, err));
    *ret = parsed.origin;
    return BATON_OK;
}

baton_status bt_vouched_log(const struct bt_vouched *vouched, struct bt_bytes checkpoint,
                            const struct bt_note_key **ret, struct baton_error *err)
{
    const struct bt_note_key *found = NULL;
    struct bt_note note;
    struct bt_note_line line;
    struct bt_bytes origin;
    BT_TRY(origin_of(checkpoint, &note, &origin, err));
    for (size_t i = 0; i < vouched->log_count; i++) {
        const struct bt_note_key *log = &vouched->logs[i];
        if (!bt_bytes_equal(origin, bt_bytes_of(log->name)))
            continue;
        if (!found || bt_note_find_line(&note, log, &line, NULL) == BATON_OK)
            found = log;
    }
    if (!found)
        return bt_fail(err, BATON_ERR_CANNOT_TELL,
                       "it is of log %.*s, for which nobody here vouches", (int)origin.len,
                       (const char *)origin.ptr);
    *ret = found;
    return BATON_OK;
}

/* Whose log a folder says it is. */
static baton_status find_owner(const struct bt_vouched *v, int folder_fd,
                               const struct bt_note_key **ret, struct baton_error *err)
{
    BT_AUTO_BUF checkpoint = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_FD fd = BT_FD_INIT;
    static const char path[] = BT_LOG_FOLDER "/checkpoint";
    BT_TRY(bt_fs_open_beneath(folder_fd, path, O_RDONLY, 0, &fd, err));
    BT_TRY(bt_fs_read_all(fd.fd, path, &checkpoint, err));
    return bt_vouched_log(v, bt_buf_bytes(&checkpoint), ret, err);
}

baton_status bt_vouched_open_copy(struct bt_vouched *v, const char *path, struct baton_error *err)
{
    BT_AUTO_FD folder = BT_FD_INIT;
    v->log = NULL;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &folder, err));
    BT_TRY(find_owner(v, folder.fd, &v->log_key, err));
    BT_TRY(bt_log_open(folder.fd, v->log_key, NULL, &v->copy, err));
    v->log = v->copy;
    return BATON_OK;
}

/* ---- all of it ---- */

static baton_status open_registry(struct bt_vouched *v, const baton_store *store,
                                  struct baton_error *err)
{
    if (store)
        BT_TRY(bt_seen_open_if_any(store, &v->registry, err));
    if (!v->registry)
        return BATON_OK;
    v->log = bt_registry_log(v->registry);
    v->log_key = bt_registry_log_key(v->registry);
    return BATON_OK;
}

baton_status bt_vouched_open(const baton_store *store, const struct baton_evidence_options *options,
                             struct bt_vouched *ret, struct baton_error *err)
{
    bool is_named = options->signers || options->log || options->quorum;
    BT_TRY(open_registry(ret, store, err));
    if (ret->registry && !is_named)
        BT_TRY(believe_store(ret, err));
    else
        BT_TRY(add_signers(ret, options->signers, err));
    if (options->log)
        BT_TRY(read_log_key(ret, options->log, err));
    if (options->quorum)
        BT_TRY(read_quorum(ret, options->quorum, err));
    return BATON_OK;
}

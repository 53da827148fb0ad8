/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From leaves to rows. A leaf that nobody can make sense of gives a row without effect; a leaf
 * whose content is missing or another one stops everything, or taking the content of a revocation
 * away would give the key back.
 */
#include "attest/rekor.h"
#include "registry/registry_int.h"

#include <string.h>

baton_status bt_fold_binding(struct bt_bytes leaf, struct bt_bytes content, struct baton_error *err)
{
    struct bt_rekor_entry entry;
    struct bt_digest digest;
    if (bt_rekor_parse(leaf, &entry, err) != BATON_OK || entry.kind != BT_REKOR_HASHEDREKORD)
        return content.len ? bt_fail(err, BATON_ERR_DIFFERS, "a leaf that is no hashedrekord entry")
                           : BATON_OK;
    BT_TRY(bt_sha256_bytes(content, &digest, err));
    if (!bt_digest_equal(&digest, &entry.digest))
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "what lies beside the leaf is not the statement that it stands for");
    return BATON_OK;
}

baton_status bt_fold_hear(const struct bt_log_entry *entry, struct bt_arena *arena,
                          struct bt_heard *ret, struct baton_error *err)
{
    struct bt_rekor_entry rekor;
    struct bt_dsse_message message;
    struct bt_heard heard;
    BT_TRY(bt_rekor_parse(entry->leaf, &rekor, err));
    BT_TRY(bt_fold_binding(entry->leaf, entry->content, err));
    BT_TRY(bt_key_verify(&rekor.key, entry->content, &rekor.signature, err));
    BT_TRY(bt_key_id(&rekor.key, &heard.signer, err));
    BT_TRY(bt_dsse_pae_parse(entry->content, &message, err));
    BT_TRY(bt_said_read(&message, arena, &heard.said, err));
    heard.pae = rekor.digest;
    *ret = heard;
    return BATON_OK;
}

/* ---- entries ---- */

void bt_entry_buf_release(struct bt_entry_buf *entry)
{
    bt_buf_release(&entry->leaf);
    bt_buf_release(&entry->content);
}

struct bt_log_entry bt_entry_buf_view(const struct bt_entry_buf *entry)
{
    return (struct bt_log_entry){bt_buf_bytes(&entry->leaf), bt_buf_bytes(&entry->content)};
}

baton_status bt_entry_buf_read(const struct bt_registry *registry, uint64_t leaf,
                               struct bt_entry_buf *ret, struct baton_error *err)
{
    return bt_log_read(registry->log, leaf, &ret->leaf, &ret->content, err);
}

/* ---- the policy ---- */

static baton_status set_policy(struct bt_registry *registry, uint64_t leaf,
                               const struct bt_log_entry *entry, struct baton_error *err)
{
    struct bt_arena arena = BT_ARENA_INIT;
    struct bt_heard heard;
    baton_status status = bt_fold_hear(entry, &arena, &heard, err);
    if (status != BATON_OK) {
        bt_arena_release(&arena);
        return status;
    }
    bt_arena_release(&registry->policy_arena);
    registry->policy_arena = arena;
    registry->policy = heard.said.policy_text;
    registry->policy_leaf = leaf;
    registry->has_policy = true;
    return BATON_OK;
}

baton_status bt_fold_load_policy(struct bt_registry *registry, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_ENTRY_BUF entry = BT_ENTRY_BUF_INIT;
    struct bt_row_filter filter = {.by_kind = true,
                                   .kind = BT_SAID_POLICY,
                                   .in_effect = true,
                                   .newest_first = true,
                                   .limit = 1};
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_rows(registry, &filter, &arena, &rows, &count, err));
    if (count && registry->has_policy && rows[0].leaf == registry->policy_leaf)
        return BATON_OK;
    registry->has_policy = false;
    if (count == 0)
        return BATON_OK;
    BT_TRY(bt_entry_buf_read(registry, rows[0].leaf, &entry, err));
    struct bt_log_entry bytes = bt_entry_buf_view(&entry);
    return set_policy(registry, rows[0].leaf, &bytes, err);
}

/* ---- the fold ---- */

struct fold {
    struct bt_registry *registry;
    struct bt_sha256 hash;
};

static void release_fold(struct fold *fold)
{
    bt_sha256_release(&fold->hash);
}

/* A row for what makes no sense. */
static baton_status row_of_nonsense(struct bt_bytes leaf_bytes, uint64_t leaf, const char *why,
                                    struct bt_arena *arena, struct bt_row *ret,
                                    struct baton_error *err)
{
    struct bt_row row = {.leaf = leaf,
                         .who = "",
                         .kind = BT_SAID_OTHER,
                         .effect = bt_arena_strndup(arena, why, strlen(why)),
                         .model = "",
                         .alias = "",
                         .name = "",
                         .note = ""};
    struct bt_rekor_entry rekor;
    if (!row.effect)
        return bt_fail_no_memory(err, "a row of the registry");
    if (bt_rekor_parse(leaf_bytes, &rekor, NULL) == BATON_OK) {
        row.pae = rekor.digest;
        BT_TRY(bt_key_id(&rekor.key, &row.signer, err));
    }
    *ret = row;
    return BATON_OK;
}

/* Errors that speak of the leaf, not of this machine. */
static bool is_nonsense(baton_status status)
{
    switch (status) {
    case BATON_ERR_DIFFERS:
    case BATON_ERR_USAGE:
    case BATON_ERR_REFUSED:
    case BATON_ERR_INVALID:
    case BATON_ERR_UNSUPPORTED:
    case BATON_ERR_LIMIT:
        return true;
    default:
        return false;
    }
}

static baton_status fold_leaf(void *user, uint64_t index, const struct bt_log_entry *entry,
                              struct baton_error *err)
{
    struct fold *fold = user;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_heard heard;
    struct bt_digest leaf;
    struct bt_row row;
    baton_status status = bt_fold_hear(entry, &arena, &heard, &why);
    if (status == BATON_OK)
        BT_TRY(bt_judge(fold->registry, &heard, index, &arena, &row, err));
    else if (is_nonsense(status))
        BT_TRY(row_of_nonsense(entry->leaf, index, why.text, &arena, &row, err));
    else
        return bt_fail(err, status, "statement %llu: %s", (unsigned long long)index, why.text);
    BT_TRY(bt_merkle_leaf(&fold->hash, entry->leaf, &leaf, err));
    BT_TRY(bt_merkle_append(&fold->registry->frontier, &fold->hash, &leaf, NULL, NULL, err));
    BT_TRY(bt_rows_add(fold->registry, &row, err));
    bool is_new_policy = row.kind == BT_SAID_POLICY && !row.effect[0];
    return is_new_policy ? set_policy(fold->registry, index, entry, err) : BATON_OK;
}

/* The rows were made from the beginning of this very ledger. */
static baton_status check_root(struct fold *fold, const struct bt_merkle_head *head,
                               struct baton_error *err)
{
    struct bt_digest root;
    const struct bt_merkle_frontier *frontier = &fold->registry->frontier;
    BT_TRY(bt_merkle_root(frontier, &fold->hash, &root, err));
    if (frontier->size != head->size || !bt_digest_equal(&root, &head->root))
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the ledger is not the one that the registry has read before: its history "
                       "was rewritten (`baton audit` tells more)");
    return BATON_OK;
}

static baton_status fold_new(struct fold *fold, const struct bt_merkle_head *head,
                             const struct baton_progress *progress, struct baton_error *err)
{
    struct bt_registry *registry = fold->registry;
    struct bt_log_range range = {registry->frontier.size, head->size};
    if (head->size < registry->frontier.size)
        return bt_fail(err, BATON_ERR_CORRUPT,
                       "the ledger has %llu statements, but the registry has read %llu: it was cut "
                       "or an old copy was put in its place",
                       (unsigned long long)head->size, (unsigned long long)registry->frontier.size);
    BT_TRY(bt_log_scan(registry->log, &range, fold_leaf, fold, progress, err));
    return check_root(fold, head, err);
}

static baton_status in_one_change(struct fold *fold, const struct bt_merkle_head *head,
                                  const struct baton_progress *progress, struct baton_error *err)
{
    BT_AUTO_DB_CHANGE change = BT_DB_CHANGE_INIT;
    BT_TRY(bt_db_begin(fold->registry->db, &change, err));
    BT_TRY(fold_new(fold, head, progress, err));
    BT_TRY(bt_rows_seal(fold->registry, err));
    return bt_db_commit(&change, err);
}

baton_status bt_fold_to(struct bt_registry *registry, const struct bt_merkle_head *head,
                        const struct baton_progress *progress, struct baton_error *err)
{
    BT_CLEANUP(release_fold) struct fold fold = {.registry = registry, .hash = BT_SHA256_INIT};
    struct bt_merkle_frontier frontier = registry->frontier;
    struct bt_digest chain = registry->chain;
    BT_TRY(bt_sha256_init(&fold.hash, err));
    if (head->size == frontier.size)
        return check_root(&fold, head, err);
    baton_status status = in_one_change(&fold, head, progress, err);
    if (status == BATON_OK)
        return BATON_OK;
    /* As if nothing had been read. */
    registry->frontier = frontier;
    registry->chain = chain;
    if (bt_fold_load_policy(registry, NULL) != BATON_OK)
        registry->has_policy = false;
    return status;
}

baton_status bt_fold_catch_up(struct bt_registry *registry, const struct baton_progress *progress,
                              struct baton_error *err)
{
    struct bt_merkle_head head;
    BT_TRY(bt_log_head(registry->log, &head, err));
    return bt_fold_to(registry, &head, progress, err);
}

baton_status bt_registry_said(const struct bt_registry *registry, uint64_t leaf,
                              struct bt_arena *arena, struct bt_said *ret, struct baton_error *err)
{
    BT_AUTO_ENTRY_BUF entry = BT_ENTRY_BUF_INIT;
    struct bt_heard heard;
    BT_TRY(bt_entry_buf_read(registry, leaf, &entry, err));
    struct bt_log_entry bytes = bt_entry_buf_view(&entry);
    BT_TRY(bt_fold_hear(&bytes, arena, &heard, err));
    *ret = heard.said;
    return BATON_OK;
}

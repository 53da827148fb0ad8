/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_MERKLE_H
#define BT_LEDGER_MERKLE_H
/*
 * The hash tree of RFC 6962 section 2.1: leaves SHA-256(0x00 || data), nodes SHA-256(0x01 || left
 * || right), split at the largest power of two below the size; the tree of no leaves is SHA-256 of
 * nothing. Pure arithmetic over hashes: where they are kept is another file's business.
 *
 * A tree of any size is a row of complete subtrees, its peaks, one for each bit of the size. The
 * frontier holds them, which is all that appending needs.
 *
 * Positions: a node (level, index) is the root of the complete subtree over the leaves
 * [index << level, (index + 1) << level).
 */
#include "crypto/digest.h"

#define BT_MERKLE_LEVELS 64
/* Inclusion needs a hash for each level; consistency one more. */
#define BT_MERKLE_PROOF_MAX 65

BT_CHECK baton_status bt_merkle_leaf(struct bt_sha256 *hash, struct bt_bytes data,
                                     struct bt_digest *ret, struct baton_error *err);
BT_CHECK baton_status bt_merkle_node(struct bt_sha256 *hash, const struct bt_digest *left,
                                     const struct bt_digest *right, struct bt_digest *ret,
                                     struct baton_error *err);

/* ---- appending ---- */

struct bt_merkle_frontier {
    uint64_t size;
    struct bt_digest peaks[BT_MERKLE_LEVELS]; /* [level] counts where that bit of size is set */
};

#define BT_MERKLE_FRONTIER_INIT                                                                    \
    {                                                                                              \
        .size = 0                                                                                  \
    }

/* Called for every node that an append completes, the leaf first, then upwards. */
typedef baton_status (*bt_merkle_sink)(void *user, unsigned level, uint64_t index,
                                       const struct bt_digest *node, struct baton_error *err);

/* `sink` may be NULL. Where it fails the frontier is as it was before. */
BT_CHECK baton_status bt_merkle_append(struct bt_merkle_frontier *frontier, struct bt_sha256 *hash,
                                       const struct bt_digest *leaf, bt_merkle_sink sink,
                                       void *user, struct baton_error *err);
BT_CHECK baton_status bt_merkle_root(const struct bt_merkle_frontier *frontier,
                                     struct bt_sha256 *hash, struct bt_digest *ret,
                                     struct baton_error *err);

/* ---- proofs ---- */

struct bt_merkle_proof {
    struct bt_digest hashes[BT_MERKLE_PROOF_MAX]; /* the lowest first, as RFC 6962 lists them */
    size_t count;
};

/* Where the nodes of complete subtrees come from. */
struct bt_merkle_source {
    baton_status (*node)(void *user, unsigned level, uint64_t index, struct bt_digest *ret,
                         struct baton_error *err);
    void *user;
};

/* The root over the first `size` leaves. */
BT_CHECK baton_status bt_merkle_root_at(const struct bt_merkle_source *source,
                                        struct bt_sha256 *hash, uint64_t size,
                                        struct bt_digest *ret, struct baton_error *err);
/* That leaf `index` is in the tree of `size`; BATON_ERR_NOT_FOUND unless index < size. */
BT_CHECK baton_status bt_merkle_prove_inclusion(const struct bt_merkle_source *source,
                                                struct bt_sha256 *hash, uint64_t index,
                                                uint64_t size, struct bt_merkle_proof *ret,
                                                struct baton_error *err);
/* That the tree of `size` starts with the tree of `before`; BATON_ERR_USAGE unless before <= size.
 */
BT_CHECK baton_status bt_merkle_prove_consistency(const struct bt_merkle_source *source,
                                                  struct bt_sha256 *hash, uint64_t before,
                                                  uint64_t size, struct bt_merkle_proof *ret,
                                                  struct baton_error *err);

/* A tree as a whole: what a checkpoint says of it. */
struct bt_merkle_head {
    uint64_t size;
    struct bt_digest root;
};

/* BATON_OK when the proof holds; BATON_ERR_DIFFERS, with the reason, when it does not. */
BT_CHECK baton_status bt_merkle_check_inclusion(struct bt_sha256 *hash, uint64_t index,
                                                const struct bt_digest *leaf,
                                                const struct bt_merkle_proof *proof,
                                                const struct bt_merkle_head *head,
                                                struct baton_error *err);
/* Nothing is consistent with everything, by an empty proof. */
BT_CHECK baton_status bt_merkle_check_consistency(struct bt_sha256 *hash,
                                                  const struct bt_merkle_head *before,
                                                  const struct bt_merkle_head *head,
                                                  const struct bt_merkle_proof *proof,
                                                  struct baton_error *err);

#endif

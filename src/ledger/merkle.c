/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merkle.h"

#include <inttypes.h>
#include <string.h>

#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01

baton_status bt_merkle_leaf(struct bt_sha256 *hash, struct bt_bytes data, struct bt_digest *ret,
                            struct baton_error *err)
{
    static const uint8_t prefix = LEAF_PREFIX;
    bt_sha256_update(hash, &prefix, 1);
    bt_sha256_update(hash, data.ptr, data.len);
    return bt_sha256_final(hash, ret, err);
}

baton_status bt_merkle_node(struct bt_sha256 *hash, const struct bt_digest *left,
                            const struct bt_digest *right, struct bt_digest *ret,
                            struct baton_error *err)
{
    uint8_t message[1 + 2 * BT_DIGEST_BYTES];
    message[0] = NODE_PREFIX;
    memcpy(message + 1, left->bytes, BT_DIGEST_BYTES);
    memcpy(message + 1 + BT_DIGEST_BYTES, right->bytes, BT_DIGEST_BYTES);
    bt_sha256_update(hash, message, sizeof message);
    return bt_sha256_final(hash, ret, err);
}

static bool bit(uint64_t value, unsigned level)
{
    return (value >> level) & 1;
}

/* ---- appending ---- */

baton_status bt_merkle_append(struct bt_merkle_frontier *frontier, struct bt_sha256 *hash,
                              const struct bt_digest *leaf, bt_merkle_sink sink, void *user,
                              struct baton_error *err)
{
    struct bt_digest node = *leaf;
    unsigned level = 0;
    if (frontier->size == UINT64_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "the tree is full");
    if (sink)
        BT_TRY(sink(user, 0, frontier->size, &node, err));
    for (; bit(frontier->size, level); level++) {
        BT_TRY(bt_merkle_node(hash, &frontier->peaks[level], &node, &node, err));
        if (sink)
            BT_TRY(sink(user, level + 1, frontier->size >> (level + 1), &node, err));
    }
    frontier->peaks[level] = node;
    frontier->size++;
    return BATON_OK;
}

baton_status bt_merkle_root(const struct bt_merkle_frontier *frontier, struct bt_sha256 *hash,
                            struct bt_digest *ret, struct baton_error *err)
{
    bool any = false;
    struct bt_digest root;
    if (frontier->size == 0)
        return bt_sha256_final(hash, ret, err);
    /* The lowest peak is the rightmost: fold towards the left. */
    for (unsigned level = 0; level < BT_MERKLE_LEVELS; level++) {
        if (!bit(frontier->size, level))
            continue;
        if (any)
            BT_TRY(bt_merkle_node(hash, &frontier->peaks[level], &root, &root, err));
        else
            root = frontier->peaks[level];
        any = true;
    }
    *ret = root;
    return BATON_OK;
}

/* ---- making proofs ---- */

/* The root over [low, high), where low is a multiple of the largest power of two in the range: all
 * that splitting a tree gives is of that form. */
static baton_status range_root(const struct bt_merkle_source *source, struct bt_sha256 *hash,
                               uint64_t low, uint64_t high, struct bt_digest *ret,
                               struct baton_error *err)
{
    struct bt_merkle_frontier peaks = {.size = high - low};
    uint64_t at = low;
    for (unsigned level = BT_MERKLE_LEVELS; level-- > 0;) {
        if (!bit(peaks.size, level))
            continue;
        BT_TRY(source->node(source->user, level, at >> level, &peaks.peaks[level], err));
        at += (uint64_t)1 << level;
    }
    return bt_merkle_root(&peaks, hash, ret, err);
}

baton_status bt_merkle_root_at(const struct bt_merkle_source *source, struct bt_sha256 *hash,
                               uint64_t size, struct bt_digest *ret, struct baton_error *err)
{
    return range_root(source, hash, 0, size, ret, err);
}

/* The largest power of two below `size`, which is at least 2. */
static uint64_t split_of(uint64_t size)
{
    return (uint64_t)1 << (63 - __builtin_clzll(size - 1));
}

/* Proofs are found from the root downwards and listed from the leaf upwards. */
static void reverse(struct bt_merkle_proof *proof)
{
    for (size_t i = 0; i < proof->count / 2; i++) {
        struct bt_digest kept = proof->hashes[i];
        proof->hashes[i] = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = kept;
    }
}

/* A stretch of leaves on the way down. */
struct range {
    uint64_t low;
    uint64_t high;
};

/* Step into the half that holds `leaf`; the other half's root goes into the proof. */
static baton_status descend(const struct bt_merkle_source *source, struct bt_sha256 *hash,
                            uint64_t leaf, struct range *range, struct bt_merkle_proof *proof,
                            struct baton_error *err)
{
    uint64_t middle = range->low + split_of(range->high - range->low);
    struct bt_digest *next = &proof->hashes[proof->count++];
    if (leaf < middle) {
        BT_TRY(range_root(source, hash, middle, range->high, next, err));
        range->high = middle;
    } else {
        BT_TRY(range_root(source, hash, range->low, middle, next, err));
        range->low = middle;
    }
    return BATON_OK;
}

baton_status bt_merkle_prove_inclusion(const struct bt_merkle_source *source,
                                       struct bt_sha256 *hash, uint64_t index, uint64_t size,
                                       struct bt_merkle_proof *ret, struct baton_error *err)
{
    struct range range = {0, size};
    ret->count = 0;
    if (index >= size)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "leaf %" PRIu64 " is not in a tree of %" PRIu64,
                       index, size);
    while (range.high - range.low > 1)
        BT_TRY(descend(source, hash, index, &range, ret, err));
    reverse(ret);
    return BATON_OK;
}

baton_status bt_merkle_prove_consistency(const struct bt_merkle_source *source,
                                         struct bt_sha256 *hash, uint64_t before, uint64_t size,
                                         struct bt_merkle_proof *ret, struct baton_error *err)
{
    struct range range = {0, size};
    ret->count = 0;
    if (before > size)
        return bt_fail(err, BATON_ERR_USAGE,
                       "a tree of %" PRIu64 " cannot start with one of %" PRIu64, size, before);
    if (before == 0 || before == size)
        return BATON_OK;
    /* Down along the last leaf of the older tree until a whole subtree ends where that tree does.
     */
    while (range.high != before)
        BT_TRY(descend(source, hash, before - 1, &range, ret, err));
    /* The older root itself needs no hash when it is that subtree: the verifier has it. */
    if (range.low != 0)
        BT_TRY(range_root(source, hash, range.low, range.high, &ret->hashes[ret->count++], err));
    reverse(ret);
    return BATON_OK;
}

/* ---- checking proofs ---- */

static baton_status wrong(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_DIFFERS, "the %s", what);
}

/* The walk of RFC 9162 section 2.1.3.2: `index` and `last` are a node and the last node of its
 * level. Climbs one hash of the proof; whether that hash lay to the left. */
struct climb {
    uint64_t index;
    uint64_t last;
};

static bool is_left_sibling(const struct climb *c)
{
    return (c->index & 1) || c->index == c->last;
}

static void step_up(struct climb *c, bool left)
{
    /* A node without a right neighbour is carried up unchanged until it has a left one. */
    while (left && !(c->index & 1) && c->index != 0) {
        c->index >>= 1;
        c->last >>= 1;
    }
    c->index >>= 1;
    c->last >>= 1;
}

baton_status bt_merkle_check_inclusion(struct bt_sha256 *hash, uint64_t index,
                                       const struct bt_digest *leaf,
                                       const struct bt_merkle_proof *proof,
                                       const struct bt_merkle_head *head, struct baton_error *err)
{
    if (index >= head->size)
        return wrong("leaf lies outside the tree", err);
    struct climb c = {index, head->size - 1};
    struct bt_digest node = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (c.last == 0)
            return wrong("inclusion proof is too long", err);
        bool left = is_left_sibling(&c);
        if (left)
            BT_TRY(bt_merkle_node(hash, &proof->hashes[i], &node, &node, err));
        else
            BT_TRY(bt_merkle_node(hash, &node, &proof->hashes[i], &node, err));
        step_up(&c, left);
    }
    if (c.last != 0)
        return wrong("inclusion proof is too short", err);
    if (!bt_digest_equal(&node, &head->root))
        return wrong("inclusion proof gives another root", err);
    return BATON_OK;
}

/* The two roots that a consistency proof gives; `first` starts it and may be the older root. */
static baton_status climb_both(struct bt_sha256 *hash, struct climb *c,
                               const struct bt_merkle_proof *proof, size_t from,
                               struct bt_digest roots[2], struct baton_error *err)
{
    for (size_t i = from; i < proof->count; i++) {
        const struct bt_digest *next = &proof->hashes[i];
        if (c->last == 0)
            return wrong("consistency proof is too long", err);
        bool left = is_left_sibling(c);
        if (left) {
            BT_TRY(bt_merkle_node(hash, next, &roots[0], &roots[0], err));
            BT_TRY(bt_merkle_node(hash, next, &roots[1], &roots[1], err));
        } else {
            BT_TRY(bt_merkle_node(hash, &roots[1], next, &roots[1], err));
        }
        step_up(c, left);
    }
    return c->last == 0 ? BATON_OK : wrong("consistency proof is too short", err);
}

static baton_status check_equal_sizes(const struct bt_merkle_head *before,
                                      const struct bt_merkle_head *head,
                                      const struct bt_merkle_proof *proof, struct baton_error *err)
{
    if (proof->count)
        return wrong("consistency proof of a tree with itself is not empty", err);
    if (!bt_digest_equal(&before->root, &head->root))
        return wrong("same size has two roots", err);
    return BATON_OK;
}

baton_status bt_merkle_check_consistency(struct bt_sha256 *hash,
                                         const struct bt_merkle_head *before,
                                         const struct bt_merkle_head *head,
                                         const struct bt_merkle_proof *proof,
                                         struct baton_error *err)
{
    if (before->size > head->size)
        return wrong("tree has become smaller", err);
    if (before->size == head->size)
        return check_equal_sizes(before, head, proof, err);
    if (before->size == 0)
        return proof->count ? wrong("consistency proof of nothing is not empty", err) : BATON_OK;
    /* Up to the largest complete subtree that ends where the older tree ends. */
    struct climb c = {before->size - 1, head->size - 1};
    while (c.index & 1) {
        c.index >>= 1;
        c.last >>= 1;
    }
    bool whole = c.index == 0; /* that subtree is the older tree, whose root we have */
    if (!whole && proof->count == 0)
        return wrong("consistency proof is too short", err);
    struct bt_digest roots[2];
    roots[0] = roots[1] = whole ? before->root : proof->hashes[0];
    BT_TRY(climb_both(hash, &c, proof, whole ? 0 : 1, roots, err));
    if (!bt_digest_equal(&roots[0], &before->root))
        return wrong("consistency proof gives another older root", err);
    if (!bt_digest_equal(&roots[1], &head->root))
        return wrong("consistency proof gives another newer root", err);
    return BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_SMALL_LOG_H
#define BT_TESTS_UNIT_SMALL_LOG_H
/* A log in memory, for tests of those who look at one from outside: its leaves are "entry 0\n",
 * "entry 1\n", and so on, those from `fork` on say "other" instead; it can sign any head it had. */
#include "unit/signers.h"

#include <stdio.h>

#include "base/alloc.h"
#include "ledger/checkpoint.h"

#define SMALL_LOG_MAX 1024
#define SMALL_LOG_LEVELS 11

struct small_log {
    struct bt_merkle_frontier frontier;
    struct bt_digest nodes[SMALL_LOG_LEVELS][SMALL_LOG_MAX];
    struct bt_sha256 hash;
    struct bt_ed25519_secret secret;
    struct bt_note_key key;
    uint64_t fork;
};

static inline void small_log_leaf(const struct small_log *log, uint64_t index, char text[32])
{
    (void)snprintf(text, 32, "%s %llu\n", index < log->fork ? "entry" : "other",
                   (unsigned long long)index);
}

static inline baton_status small_log_keep(void *user, unsigned level, uint64_t index,
                                          const struct bt_digest *node, struct baton_error *err)
{
    struct small_log *log = user;
    (void)err;
    assert_true(level < SMALL_LOG_LEVELS && index < SMALL_LOG_MAX);
    log->nodes[level][index] = *node;
    return BATON_OK;
}

static inline void small_log_append(struct small_log *log, struct bt_bytes data)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest leaf;
    assert_ok(bt_merkle_leaf(&log->hash, data, &leaf, &err), err);
    assert_ok(bt_merkle_append(&log->frontier, &log->hash, &leaf, small_log_keep, log, &err), err);
}

static inline void small_log_grow(struct small_log *log, uint64_t size)
{
    while (log->frontier.size < size) {
        char text[32];
        small_log_leaf(log, log->frontier.size, text);
        small_log_append(log, bt_bytes_of(text));
    }
}

static inline struct small_log *small_log_new(const char *name, uint64_t fork, uint64_t size)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct small_log *log = bt_calloc(1, sizeof *log);
    assert_non_null(log);
    log->fork = fork;
    for (size_t i = 0; i < sizeof log->secret.seed; i++)
        log->secret.seed[i] = (uint8_t)i;
    log->key = signer_key(name, BT_NOTE_ED25519, &log->secret);
    assert_ok(bt_sha256_init(&log->hash, &err), err);
    small_log_grow(log, size);
    return log;
}

static inline void small_log_free(struct small_log **log)
{
    bt_sha256_release(&(*log)->hash);
    bt_free(*log);
}

#define AUTO_SMALL_LOG BT_CLEANUP(small_log_free) struct small_log *

static inline baton_status small_log_node(void *user, unsigned level, uint64_t index,
                                          struct bt_digest *ret, struct baton_error *err)
{
    const struct small_log *log = user;
    (void)err;
    assert_true((index + 1) << level <= log->frontier.size);
    *ret = log->nodes[level][index];
    return BATON_OK;
}

static inline struct bt_merkle_source small_log_source(struct small_log *log)
{
    return (struct bt_merkle_source){small_log_node, log};
}

static inline struct bt_merkle_head small_log_head(struct small_log *log, uint64_t size)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_merkle_source source = small_log_source(log);
    struct bt_merkle_head head = {size, {{0}}};
    assert_ok(bt_merkle_root_at(&source, &log->hash, size, &head.root, &err), err);
    return head;
}

static inline void small_log_sign(struct small_log *log, const struct bt_merkle_head *head,
                                  struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(1000);
    assert_ok(bt_checkpoint_format(log->key.name, head, &text, &err), err);
    bt_buf_printf(out, "%s\n", bt_buf_str(&text));
    assert_ok(bt_note_sign(bt_buf_bytes(&text), &log->key, &log->secret, 0, out, &err), err);
}

/* A cosignature on the checkpoint that is all of `note`. */
static inline void small_log_cosign(const char *name, const struct bt_ed25519_secret *secret,
                                    uint64_t time, struct bt_buf *note)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF line = BT_BUF_INIT(1000);
    struct bt_note parsed;
    struct bt_note_key key = signer_key(name, BT_NOTE_COSIGNATURE, secret);
    assert_ok(bt_note_parse(bt_buf_bytes(note), &parsed, &err), err);
    assert_ok(bt_note_sign(parsed.text, &key, secret, time, &line, &err), err);
    bt_buf_put_str(note, bt_buf_str(&line));
}

#endif

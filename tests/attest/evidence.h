/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_ATTEST_EVIDENCE_H
#define BT_TESTS_ATTEST_EVIDENCE_H
/* A signed statement in a small log, and the Sigstore bundle that proves both. */
#include "attest/keys.h"
#include "unit/small_log.h"

#include "attest/sigstore.h"
#include "attest/statement.h"

#define EVIDENCE_LOG "example.com/baton-audit"
#define EVIDENCE_KIND "urn:baton:handoff:v1"

struct evidence {
    struct small_log *log;
    struct bt_secret_key signer;
    struct bt_buf payload;
    struct bt_signature signature;
    struct bt_buf leaf;
    uint64_t index;
    struct bt_buf checkpoint;
    struct bt_tlog_proof proof;
};

static inline struct bt_dsse_message evidence_message(const struct evidence *evidence)
{
    return (struct bt_dsse_message){bt_bytes_of(BT_DSSE_IN_TOTO), bt_buf_bytes(&evidence->payload)};
}

static inline void evidence_state(struct evidence *evidence)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_subject subject = {.name = bt_bytes_of("credit"), .sha256 = {{0x0a, 0x0b}}};
    const struct bt_statement_fields fields = {
        &subject, 1, EVIDENCE_KIND, bt_bytes_of("{\"from\":\"maker\",\"to\":\"operator\"}")};
    assert_ok(bt_statement_format(&fields, &evidence->payload, &err), err);
}

static inline void evidence_sign(struct evidence *evidence)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_dsse_message message = evidence_message(evidence);
    assert_ok(bt_dsse_sign(&evidence->signer, &message, &evidence->signature, &err), err);
    assert_ok(bt_sigstore_leaf(&message, &evidence->signature, &evidence->signer.public,
                               &evidence->leaf, &err),
              err);
}

/* As leaf `before`, and `after` others behind it. */
static inline void evidence_log(struct evidence *evidence, uint64_t before, uint64_t after)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct small_log *log = evidence->log = small_log_new(EVIDENCE_LOG, UINT64_MAX, before);
    struct bt_merkle_source source = small_log_source(log);
    small_log_append(log, bt_buf_bytes(&evidence->leaf));
    small_log_grow(log, before + 1 + after);
    struct bt_merkle_head head = small_log_head(log, log->frontier.size);
    small_log_sign(log, &head, &evidence->checkpoint);
    evidence->proof.extra = bt_bytes_of("");
    evidence->proof.index = before;
    evidence->proof.checkpoint = bt_buf_bytes(&evidence->checkpoint);
    assert_ok(bt_merkle_prove_inclusion(&source, &log->hash, before, head.size,
                                        &evidence->proof.path, &err),
              err);
}

/* Signed by the key of `byte`. */
static inline void evidence_make(enum bt_key_algorithm algorithm, uint8_t byte, uint64_t before,
                                 uint64_t after, struct evidence *ret)
{
    *ret = (struct evidence){
        .payload = BT_BUF_INIT(1 << 16),
        .leaf = BT_BUF_INIT(BT_REKOR_ENTRY_MAX),
        .checkpoint = BT_BUF_INIT(1 << 16),
    };
    if (algorithm == BT_KEY_P256)
        key_of_p256(byte, &ret->signer);
    else
        key_of_byte(byte, &ret->signer);
    evidence_state(ret);
    evidence_sign(ret);
    evidence_log(ret, before, after);
}

static inline void evidence_release(struct evidence *evidence)
{
    small_log_free(&evidence->log);
    bt_secret_key_release(&evidence->signer);
    bt_buf_release(&evidence->payload);
    bt_buf_release(&evidence->leaf);
    bt_buf_release(&evidence->checkpoint);
}

#define AUTO_EVIDENCE BT_CLEANUP(evidence_release) struct evidence

static inline struct bt_sigstore_fields evidence_fields(const struct evidence *evidence)
{
    return (struct bt_sigstore_fields){
        .message = evidence_message(evidence),
        .signature = evidence->signature,
        .key = evidence->signer.public,
        .log = &evidence->log->key,
        .proof = &evidence->proof,
    };
}

static inline void evidence_bundle(const struct evidence *evidence, struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_sigstore_fields fields = evidence_fields(evidence);
    assert_ok(bt_sigstore_format(&fields, out, &err), err);
}

static inline struct bt_sigstore_trust evidence_trust(const struct evidence *evidence)
{
    return (struct bt_sigstore_trust){&evidence->signer.public, 1, &evidence->log->key};
}

/* The only thing that counts in most tests. */
static inline baton_status evidence_verify(const struct evidence *evidence, struct bt_bytes bundle,
                                           struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_sigstore_trust trust = evidence_trust(evidence);
    struct bt_sigstore_verdict verdict;
    return bt_sigstore_verify(bundle, &trust, &arena, &verdict, err);
}

#endif

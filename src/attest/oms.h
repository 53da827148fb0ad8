/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_OMS_H
#define BT_ATTEST_OMS_H
/*
 * OpenSSF Model Signing v1.0 (ossf/model-signing-spec): a statement that a model consists of these
 * files with these digests. Signed on P-256 and put into a Sigstore bundle it is what
 * `model_signing verify key` takes.
 *
 * Its subject is the SHA-256 of the files' digests in the order of the list, without their names:
 * two models with files exchanged have the same one. It is checked, and never an identity.
 *
 * Written: whole files by SHA-256, no links, sorted by name as bytes, nothing left out. Read: any
 * order; files in pieces and other hashes are refused as unsupported.
 */
#include "attest/statement.h"

#define BT_OMS_PREDICATE "https://model_signing/signature/v1.0"

struct bt_oms_file {
    struct bt_bytes path; /* relative, with "/"; of a model that is one file: "." */
    struct bt_digest digest;
};

struct bt_oms {
    struct bt_bytes name; /* for people; decides nothing */
    const struct bt_oms_file *files;
    size_t count;
    const struct bt_bytes *ignored; /* what the signer did not look at */
    size_t ignored_count;
};

/* The payload of a statement. BATON_ERR_INVALID for a path that is none, or is there twice. */
BT_CHECK baton_status bt_oms_format(const char *name, const struct bt_oms_file *files, size_t count,
                                    struct bt_buf *out, struct baton_error *err);
/* The statement in a message whose signature holds; the result lives in `arena`.
 * BATON_ERR_DIFFERS when its subject is not the root of its files. */
BT_CHECK baton_status bt_oms_open(const struct bt_dsse_message *message, struct bt_arena *arena,
                                  struct bt_oms *ret, struct baton_error *err);

enum bt_oms_finding {
    BT_OMS_MISSING,   /* signed, and not there */
    BT_OMS_DIFFERENT, /* there with other bytes */
    BT_OMS_EXTRA,     /* there, and not signed */
    BT_OMS_IGNORED,   /* there, and the signer says that it was not looked at */
};
#define BT_OMS_FINDINGS 4

struct bt_oms_tally {
    /* Called in the order of the paths; may be NULL. */
    void (*report)(void *user, enum bt_oms_finding finding, struct bt_bytes path);
    void *user;
    size_t counts[BT_OMS_FINDINGS];
};

/* The files that are there against those that are signed. BATON_ERR_DIFFERS when one is missing,
 * different or extra. What the signer ignored is counted, and does not make a difference: whoever
 * runs a model looks at that count, too. Adds to the tally whatever the answer. */
BT_CHECK baton_status bt_oms_compare(const struct bt_oms *oms, const struct bt_oms_file *files,
                                     size_t count, struct bt_oms_tally *tally,
                                     struct baton_error *err);

#endif

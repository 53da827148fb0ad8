/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_REKOR_H
#define BT_ATTEST_REKOR_H
/*
 * The entry of a transparency log, as Rekor v2 writes it: that somebody signed something with this
 * digest. It is what a leaf of the ledger holds (docs/formats/evidence.md).
 *
 * `hashedrekord` 0.0.2 is the kind that is written: SHA-256 of the PAE, the signature, the key.
 * `dsse` 0.0.2, which older clients ask for, has SHA-256 of the payload instead, and is only read.
 *
 * There is one text for an entry, canonical JSON; any other text is refused.
 */
#include "crypto/key.h"

#define BT_REKOR_ENTRY_MAX ((size_t)4096)

enum bt_rekor_kind {
    BT_REKOR_HASHEDREKORD, /* the digest is of the PAE */
    BT_REKOR_DSSE,         /* the digest is of the payload */
};

struct bt_rekor_entry {
    enum bt_rekor_kind kind;
    struct bt_digest digest;
    struct bt_signature signature;
    struct bt_public_key key;
};

/* "hashedrekord" or "dsse"; both are of version BT_REKOR_VERSION. */
const char *bt_rekor_kind_name(enum bt_rekor_kind kind);
#define BT_REKOR_VERSION "0.0.2"
/* How Sigstore calls a key together with its hash: "PKIX_ED25519" and so on. */
const char *bt_rekor_key_details(enum bt_key_algorithm algorithm);

void bt_rekor_format(const struct bt_rekor_entry *entry, struct bt_buf *out);
/* BATON_ERR_UNSUPPORTED for other kinds and versions, and for entries signed with certificates. */
BT_CHECK baton_status bt_rekor_parse(struct bt_bytes leaf, struct bt_rekor_entry *ret,
                                     struct baton_error *err);

#endif

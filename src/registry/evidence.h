/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REGISTRY_EVIDENCE_H
#define BT_REGISTRY_EVIDENCE_H
/*
 * Statements on their way from one ledger to another, and to strangers: one Sigstore bundle each,
 * with the proof that it is in our ledger, as an OCI artifact whose subject is the bundle that the
 * statement is about (docs/formats/evidence.md).
 *
 * A statement that comes in is entered into our own ledger as it was signed, if its key is trusted
 * here; what it proves of the ledger it comes from stays with it for whoever wants to look there.
 */
#include "bundle/bundle.h"
#include "registry/registry.h"
#include "store/blob.h"

#define BT_EVIDENCE_MAX ((size_t)4096) /* statements about one bundle */

/* The Sigstore bundle of statement `leaf`. */
BT_CHECK baton_status bt_evidence_format(const struct bt_registry *registry, uint64_t leaf,
                                         struct bt_buf *out, struct baton_error *err);
/* The proof alone (C2SP tlog-proof). */
BT_CHECK baton_status bt_evidence_proof(const struct bt_registry *registry, uint64_t leaf,
                                        struct bt_buf *out, struct baton_error *err);

/* The statement of OpenSSF Model Signing over the files of a bundle; every part is one. */
BT_CHECK baton_status bt_evidence_signing(const struct bt_bundle *bundle, struct bt_buf *out,
                                          struct baton_error *err);

/* Put what is in effect about `bundle` into the store as artifacts, those that are not there yet.
 */
BT_CHECK baton_status bt_evidence_attach(const struct bt_registry *registry,
                                         const struct bt_store_session *session,
                                         const struct bt_store_entry *bundle,
                                         struct baton_error *err);
/* The entries of the store's index that are evidence about `bundle`; they live in `arena`. */
BT_CHECK baton_status bt_evidence_list(const struct bt_store *store, const struct bt_digest *bundle,
                                       struct bt_arena *arena, struct bt_store_entry **ret,
                                       size_t *ret_count, struct baton_error *err);

struct bt_evidence_counts {
    size_t entered;
    size_t present;  /* in our ledger already */
    size_t left_out; /* of keys that are not trusted, without effect here, or no evidence at all */
    const char *why; /* of the first that was left out; in the arena */
};

/* Enter what the store has about `bundle`, oldest first. Takes a turn. */
BT_CHECK baton_status bt_evidence_import(struct bt_registry *registry,
                                         const struct bt_digest *bundle, struct bt_arena *arena,
                                         struct bt_evidence_counts *ret, struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_REGISTRY_H
#define BATON_REGISTRY_H
/*
 * Who handed what to whom: signed statements in the ledger of a store, and what follows from them.
 *
 * A reference here is "credit:3", "credit" (the newest version), "credit@production" or "sha256:…".
 * Every verb that says something signs it with `who`, and returns what it entered as
 * "statements":[{"effect","kind","statement"}]; an effect that is not empty is why it does not
 * count (yet). BATON_ERR_REFUSED: it would not count at all, and nothing was entered.
 */
#include <stdint.h>

#include "baton/bundle.h"
#include "baton/key.h"
#include "baton/progress.h"
#include "baton/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Make the ledger of a store that has none, and, unless there is one, the key `who`, which becomes
 * its root: who holds it says whose keys count and what the policy is. `name` is the person's.
 * {"key","ledger","name","store"} */
BATON_API BATON_CHECK baton_status baton_ledger_init(const baton_store *store,
                                                     const struct baton_identity *who,
                                                     const char *name, struct baton_report *ret,
                                                     struct baton_error *err);

/* ---- a version's way ---- */
struct baton_handoff_options {
    size_t size;
    const char *to;   /* a role: "validator" (NULL: that), "operator", "auditor", "author" */
    const char *note; /* for the receiver */
};

#define BATON_HANDOFF_OPTIONS_INIT                                                                 \
    {                                                                                              \
        sizeof(struct baton_handoff_options), 0, 0                                                 \
    }

/* Signs the files of the bundle for OpenSSF Model Signing too. {"bundle","ref","statements","to"}
 */
BATON_API BATON_CHECK baton_status baton_handoff(const baton_store *store, const char *ref,
                                                 const struct baton_handoff_options *options,
                                                 const struct baton_identity *who,
                                                 struct baton_report *ret, struct baton_error *err);
/* Verify here and now, and sign what was seen: acceptance, or refusal when it differs; nothing when
 * that cannot be told. The document of baton_verify(), and "statements". */
BATON_API BATON_CHECK baton_status baton_accept(const baton_store *store, const char *ref,
                                                const struct baton_identity *who,
                                                const struct baton_progress *progress,
                                                struct baton_report *ret, struct baton_error *err);

struct baton_move_options {
    size_t size;
    const char *alias; /* promote: what is to stand at the version; required */
    const char *reason;
    uint64_t to_version; /* rollback: where to; 0: where the alias stood before */
    const struct baton_progress *progress;
};

#define BATON_MOVE_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(struct baton_move_options), 0, 0, 0, 0                                              \
    }

/* Move options->alias to `ref`, if every gate of the policy is passed. The gates are in the report,
 * and the verdict says whether it was moved (BATON_IDENTICAL) or not (BATON_DIFFERS).
 * {"alias","bundle","checks","from","moved","ref","statements","verdict"} */
BATON_API BATON_CHECK baton_status baton_promote(const baton_store *store, const char *ref,
                                                 const struct baton_move_options *options,
                                                 const struct baton_identity *who,
                                                 struct baton_report *ret, struct baton_error *err);
/* Move an alias ("credit@production") back. The version it goes back to is proved on this machine
 * first; the switch is a new statement. The same document, the checks of the proof among the gates,
 * and "difference" as in baton_verify(). */
BATON_API BATON_CHECK baton_status baton_rollback(const baton_store *store, const char *alias,
                                                  const struct baton_move_options *options,
                                                  const struct baton_identity *who,
                                                  struct baton_report *ret,
                                                  struct baton_error *err);
/* This version is not to be promoted any more. {"bundle","ref","statements"} */
BATON_API BATON_CHECK baton_status baton_retire(const baton_store *store, const char *ref,
                                                const char *reason,
                                                const struct baton_identity *who,
                                                struct baton_report *ret, struct baton_error *err);

/* ---- keys and policy ---- */
/* Somebody whose key shall count. */
struct baton_member {
    size_t size;
    const char *public_key; /* a file (PEM) */
    const char *name;
    const char *roles; /* "author,validator" */
};

#define BATON_MEMBER_INIT                                                                          \
    {                                                                                              \
        sizeof(struct baton_member), 0, 0, 0                                                       \
    }

/* {"id","name","roles","statements"} */
BATON_API BATON_CHECK baton_status baton_key_trust(const baton_store *store,
                                                   const struct baton_member *member,
                                                   const struct baton_identity *who,
                                                   struct baton_report *ret,
                                                   struct baton_error *err);
/* `key` is the name or the id of a trusted key. What it signed before stays valid. */
BATON_API BATON_CHECK baton_status baton_key_revoke(const baton_store *store, const char *key,
                                                    const char *reason,
                                                    const struct baton_identity *who,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* {"digest","keys":[{"id","name","roles","since"}],"ledger","policy"} */
BATON_API BATON_CHECK baton_status baton_policy_show(const baton_store *store,
                                                     struct baton_report *ret,
                                                     struct baton_error *err);
struct baton_policy_choice {
    size_t size;
    /* A JSON file (docs/formats/policy.md), or the word "lone" or "team" for one of the two that
     * come along, which keep root keys and witnesses; NULL: the rules as they are. */
    const char *policy;
    /* Who must have seen the ledger when an alias is promoted, a file as baton_witness_ask() takes
     * it; "none": nobody; NULL: as the policy has it. */
    const char *witnesses;
    unsigned long long witness_age_hours; /* how old their cosignatures may be; 0: any age */
};

#define BATON_POLICY_CHOICE_INIT                                                                   \
    {                                                                                              \
        sizeof(struct baton_policy_choice), 0, 0, 24                                               \
    }

/* {"digest","statements"} */
BATON_API BATON_CHECK baton_status baton_policy_set(const baton_store *store,
                                                    const struct baton_policy_choice *choice,
                                                    const struct baton_identity *who,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* Sign what another root key has signed already. {"statements"} */
BATON_API BATON_CHECK baton_status baton_policy_sign(const baton_store *store, uint64_t statement,
                                                     const struct baton_identity *who,
                                                     struct baton_report *ret,
                                                     struct baton_error *err);

/* ---- looking ---- */
struct baton_log_options {
    size_t size;
    const char *ref;    /* a model, a version, an alias; NULL: all */
    const char *signer; /* name or id of a key; NULL: all */
    uint64_t limit;     /* the newest so many; 0: all */
};

#define BATON_LOG_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(struct baton_log_options), 0, 0, 0                                                  \
    }

/* Statements, the newest first. {"ledger","size","statements":[{"effect","key","kind","statement",
 * "subject","text","time","who"}]} */
BATON_API BATON_CHECK baton_status baton_log(const baton_store *store,
                                             const struct baton_log_options *options,
                                             struct baton_report *ret, struct baton_error *err);
/* One statement for a stranger, as texts: the Sigstore bundle with the proof in it, the proof alone
 * (C2SP tlog-proof), and the ledger's verifier key. {"bundle","proof","statement","vkey"} */
BATON_API BATON_CHECK baton_status baton_log_export(const baton_store *store, uint64_t statement,
                                                    struct baton_report *ret,
                                                    struct baton_error *err);
/* Where a version comes from, what was said of it, where it is.
 * {"aliases","bundle","parents","ref", "statements"} */
BATON_API BATON_CHECK baton_status baton_lineage(const baton_store *store, const char *ref,
                                                 struct baton_report *ret, struct baton_error *err);
/* The whole ledger from the leaves up, every signature, every statement judged again, every bundle
 * that is spoken of. {"checks","ledger","size","verdict"} */
BATON_API BATON_CHECK baton_status baton_audit(const baton_store *store,
                                               const struct baton_progress *progress,
                                               struct baton_report *ret, struct baton_error *err);
struct baton_evidence_options {
    size_t size;
    /* Whom to believe. None of these three: whom the store's ledger trusts now, and its log. */
    baton_strings signers; /* files of public keys (PEM), or names and ids of keys trusted there */
    const char *log;       /* a file with the verifier key of a log */
    const char *quorum;    /* a file: logs, and witnesses that must have cosigned */
    /* What to compare with. */
    const char *of;     /* what it is about: a folder of files, a reference, a digest */
    const char *entry;  /* whose proof it is: a Sigstore bundle, or the bytes of a log entry */
    const char *ledger; /* a folder with a copy of the log (ledger/), which is checked, too */
    const struct baton_progress *progress;
};

#define BATON_EVIDENCE_OPTIONS_INIT                                                                \
    {                                                                                              \
        sizeof(struct baton_evidence_options), 0, 0, 0, 0, 0, 0, 0                                 \
    }

/* Signed statements, proofs and checkpoints in files, whoever wrote them: a row for each question.
 * A signature that is right, but by a key that nobody vouched for, is never more than
 * BATON_CANNOT_TELL. `store` may be NULL.
 * {"files":[{"checks","file","kind","verdict"}],"verdict"} */
BATON_API BATON_CHECK baton_status baton_audit_evidence(
    const baton_store *store, baton_strings files, const struct baton_evidence_options *options,
    struct baton_report *ret, struct baton_error *err);
/* Make the registry's index again from the ledger. {"statements"} */
BATON_API BATON_CHECK baton_status baton_store_rebuild(const baton_store *store,
                                                       const struct baton_progress *progress,
                                                       struct baton_report *ret,
                                                       struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

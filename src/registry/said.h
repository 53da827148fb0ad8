/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REGISTRY_SAID_H
#define BT_REGISTRY_SAID_H
/*
 * What people say about bundles, keys and policies, as fields: the predicates of our statements.
 * docs/formats/statement.md is normative. Writing gives canonical JSON; reading takes that form and
 * nothing that could be understood in two ways.
 */
#include "attest/statement.h"
#include "bundle/checks.h"
#include "codec/text/time.h"
#include "registry/policy.h"

enum bt_said_kind {
    BT_SAID_VERSION,    /* this bundle is version N of a model; its signer is the author */
    BT_SAID_HANDOFF,    /* to whom it is handed */
    BT_SAID_TEST,       /* the golden cases were run: in-toto test result */
    BT_SAID_ACCEPTANCE, /* SLSA verification summary, passed or failed */
    BT_SAID_ALIAS,      /* an alias moves: promotion or rollback */
    BT_SAID_RETIREMENT, /* this version is not to be promoted any more */
    BT_SAID_KEY,        /* who a key belongs to and what it may do; or that it is revoked */
    BT_SAID_POLICY,
    BT_SAID_SIGNING, /* OpenSSF Model Signing, over the files of a bundle */
    BT_SAID_OTHER,   /* well-formed, and none of ours */
    BT_SAID_KIND_COUNT
};

/* How a key and a model are named in statements. */
#define BT_KEY_URN "urn:baton:key:"
#define BT_MODEL_URN "urn:baton:model:"
#define BT_SAID_TEXT_MAX ((size_t)1024) /* of a reason, a note, a name */
#define BT_SAID_LIST_MAX ((size_t)1024)
#define BT_SAID_BYTES_MAX ((size_t)1 << 20)

/* Members that a kind does not have are NULL, 0 or false. */
struct bt_said {
    enum bt_said_kind kind;
    struct bt_digest subject; /* a bundle's manifest; of KEY the key's id; of POLICY its digest */
    const char *time;         /* "2026-11-24T15:04:05Z", by the signer's clock */
    const char *ledger;       /* the origin of the log it was said for; not of TEST, ACCEPTANCE */
    const char *model;        /* not of KEY, POLICY */
    uint64_t version;         /* VERSION, ALIAS */
    const struct bt_digest *digests; /* VERSION: parents; ACCEPTANCE: statements relied on */
    size_t digest_count;
    enum bt_role to;               /* HANDOFF */
    const char *note;              /* HANDOFF; reason of ALIAS, RETIREMENT, KEY that is revoked */
    bool good;                     /* TEST, ACCEPTANCE: passed; ALIAS: promotion; KEY: trusted */
    baton_verdict level;           /* ACCEPTANCE that passed: IDENTICAL or WITHIN_CONTRACT */
    struct bt_digest verifier;     /* ACCEPTANCE: the key id that it says it is by */
    struct bt_digest policy;       /* ACCEPTANCE: the policy at the time */
    const char *baton_version;     /* ACCEPTANCE */
    const char *numerics;          /* ACCEPTANCE, TEST */
    const struct bt_check *checks; /* TEST, ACCEPTANCE, ALIAS */
    size_t check_count;
    const char *alias;            /* ALIAS */
    bool has_previous;            /* ALIAS: it stood somewhere before, */
    uint64_t previous;            /* put there by this leaf */
    const char *name;             /* KEY: of the person */
    unsigned roles;               /* KEY that is trusted */
    const char *public_key;       /* KEY that is trusted: PEM */
    struct bt_policy policy_text; /* POLICY */
};

/* "handoff", …; for people and reports. */
const char *bt_said_kind_name(enum bt_said_kind kind);
const char *bt_said_predicate_type(enum bt_said_kind kind);

/* The in-toto statement, canonical. For all kinds but SIGNING and OTHER. */
BT_CHECK baton_status bt_said_write(const struct bt_said *said, struct bt_buf *out,
                                    struct baton_error *err);
/* What a message says whose signature holds; texts live in `arena`. One of our predicates must be
 * written exactly as bt_said_write() writes it, else BATON_ERR_INVALID: then nothing in it is
 * overlooked or understood in two ways. Somebody else's predicate is OTHER. */
BT_CHECK baton_status bt_said_read(const struct bt_dsse_message *message, struct bt_arena *arena,
                                   struct bt_said *ret, struct baton_error *err);

/* SHA-256 of its canonical JSON: what names a policy. */
BT_CHECK baton_status bt_policy_digest(const struct bt_policy *policy, struct bt_digest *ret,
                                       struct baton_error *err);

#endif

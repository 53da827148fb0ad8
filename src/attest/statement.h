/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_STATEMENT_H
#define BT_ATTEST_STATEMENT_H
/*
 * in-toto Statement v1: who signs says `predicateType` of the subjects, which are named by digest
 * and by nothing else. docs/formats/statement.md is normative.
 *
 * Written as canonical JSON (RFC 8785). Read strictly: no key twice, no NUL in any text, every
 * number an integer of at most 2^53 - 1, so that no two readers see different statements. A subject
 * has a SHA-256, a SHA-512, or both; any other algorithm is refused, so that none weaker can stand
 * in for them, and where there are both, both must fit.
 *
 * A statement is looked at only once its signature holds (attest/dsse.h).
 */
#include "attest/dsse.h"

#define BT_STATEMENT_SUBJECTS_MAX ((size_t)4096)
#define BT_SHA512_BYTES 64

struct bt_subject {
    struct bt_bytes name; /* for people; decides nothing; may be empty */
    bool has_sha256;
    bool has_sha512;
    struct bt_digest sha256;
    uint8_t sha512[BT_SHA512_BYTES];
};

struct bt_statement {
    const struct bt_subject *subjects;
    size_t count;
    struct bt_bytes predicate_type;
    const struct bt_json *predicate; /* an object; NULL when there is none */
};

/* One that is to be written. */
struct bt_statement_fields {
    const struct bt_subject *subjects; /* only names and SHA-256 are written */
    size_t count;
    const char *predicate_type;
    struct bt_bytes predicate; /* an object as JSON text, in any form; empty: none */
};

BT_CHECK baton_status bt_statement_format(const struct bt_statement_fields *fields,
                                          struct bt_buf *out, struct baton_error *err);
/* The result lives in `arena`. */
BT_CHECK baton_status bt_statement_parse(struct bt_bytes payload, struct bt_arena *arena,
                                         struct bt_statement *ret, struct baton_error *err);
/* The statement in a message whose signature holds. In this order: the payload is an in-toto
 * statement, it is one of version 1, it says `predicate_type`, unless that is NULL.
 * BATON_ERR_UNSUPPORTED when not. */
BT_CHECK baton_status bt_statement_open(const struct bt_dsse_message *message,
                                        const char *predicate_type, struct bt_arena *arena,
                                        struct bt_statement *ret, struct baton_error *err);

/* What one holds in one's hands. */
struct bt_artifact {
    struct bt_digest sha256;
    const uint8_t *sha512; /* NULL: not known */
};

/* Whether a subject is the artifact: every digest it has must be known and fit. */
bool bt_subject_is(const struct bt_subject *subject, const struct bt_artifact *artifact);
/* BATON_ERR_DIFFERS when no subject is the artifact. */
BT_CHECK baton_status bt_statement_about(const struct bt_statement *statement,
                                         const struct bt_artifact *artifact,
                                         struct baton_error *err);

#endif

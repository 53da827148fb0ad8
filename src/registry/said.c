/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/said.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"

static const struct {
    const char *name;
    const char *predicate_type;
} kinds[BT_SAID_KIND_COUNT] = {
    [BT_SAID_VERSION] = {"version", "urn:baton:version:v1"},
    [BT_SAID_HANDOFF] = {"handoff", "urn:baton:handoff:v1"},
    [BT_SAID_TEST] = {"test", "https://in-toto.io/attestation/test-result/v0.1"},
    [BT_SAID_ACCEPTANCE] = {"acceptance", "https://slsa.dev/verification_summary/v1"},
    [BT_SAID_ALIAS] = {"alias", "urn:baton:alias:v1"},
    [BT_SAID_RETIREMENT] = {"retirement", "urn:baton:retirement:v1"},
    [BT_SAID_KEY] = {"key", "urn:baton:key:v1"},
    [BT_SAID_POLICY] = {"policy", "urn:baton:policy:v1"},
    [BT_SAID_SIGNING] = {"signing", "https://model_signing/signature/v1.0"},
    [BT_SAID_OTHER] = {"other", ""},
};

const char *bt_said_kind_name(enum bt_said_kind kind)
{
    return kinds[kind].name;
}

const char *bt_said_predicate_type(enum bt_said_kind kind)
{
    return kinds[kind].predicate_type;
}

/* ---- writing ---- */

static void member_digest(struct bt_json_writer *w, const char *key, const struct bt_digest *digest)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(digest, text);
    bt_json_member_str(w, key, bt_digest_hex(text));
}

/* "digest":{"sha256":…} */
static void member_digest_set(struct bt_json_writer *w, const struct bt_digest *digest)
{
    bt_json_key(w, "digest");
    bt_json_begin_object(w);
    member_digest(w, "sha256", digest);
    bt_json_end_object(w);
}

static void member_urn(struct bt_json_writer *w, const char *key, const char *urn, const char *name)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_TEXT_MAX);
    bt_buf_printf(&text, "%s%s", urn, name);
    bt_json_key(w, key);
    bt_json_put_buf(w, &text);
}

static void member_key_urn(struct bt_json_writer *w, const char *key, const struct bt_digest *id)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(id, text);
    member_urn(w, key, BT_KEY_URN, bt_digest_hex(text));
}

static void put_digests(const struct bt_said *said, struct bt_json_writer *w)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_json_begin_array(w);
    for (size_t i = 0; i < said->digest_count; i++) {
        bt_digest_format(&said->digests[i], text);
        bt_json_put_str(w, bt_digest_hex(text));
    }
    bt_json_end_array(w);
}

static void put_checks(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < said->check_count; i++) {
        bt_json_begin_object(w);
        bt_json_member_str(w, "check", said->checks[i].what);
        bt_json_member_str(w, "detail", said->checks[i].detail);
        bt_json_member_str(w, "verdict", baton_verdict_name(said->checks[i].verdict));
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
}

static void put_version(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_member_str(w, "ledger", said->ledger);
    bt_json_member_str(w, "model", said->model);
    bt_json_key(w, "parents");
    put_digests(said, w);
    bt_json_member_str(w, "time", said->time);
    bt_json_member_u64(w, "version", said->version);
}

static void put_handoff(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_member_str(w, "ledger", said->ledger);
    bt_json_member_str(w, "model", said->model);
    bt_json_member_str(w, "note", said->note);
    bt_json_member_str(w, "time", said->time);
    bt_json_member_str(w, "to", bt_role_name(said->to));
}

/* The checks by their names, split into those that held and those that did not. */
static void put_names(const struct bt_said *said, bool passed, struct bt_json_writer *w)
{
    bt_json_begin_array(w);
    for (size_t i = 0; i < said->check_count; i++)
        if ((said->checks[i].verdict <= BATON_WITHIN_CONTRACT) == passed)
            bt_json_put_str(w, said->checks[i].what);
    bt_json_end_array(w);
}

static void put_test(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_key(w, "baton_checks");
    put_checks(said, w);
    bt_json_member_str(w, "baton_model", said->model);
    bt_json_member_str(w, "baton_numerics", said->numerics);
    bt_json_member_str(w, "baton_time", said->time);
    bt_json_key(w, "configuration");
    bt_json_begin_array(w);
    bt_json_begin_object(w);
    member_digest_set(w, &said->subject);
    bt_json_end_object(w);
    bt_json_end_array(w);
    bt_json_key(w, "failedTests");
    put_names(said, false, w);
    bt_json_key(w, "passedTests");
    put_names(said, true, w);
    bt_json_member_str(w, "result", said->good ? "PASSED" : "FAILED");
}

static const char *level_name(baton_verdict level)
{
    return level == BATON_IDENTICAL ? "BATON_IDENTICAL" : "BATON_WITHIN_CONTRACT";
}

static void put_verifier(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    member_key_urn(w, "id", &said->verifier);
    bt_json_key(w, "version");
    bt_json_begin_object(w);
    bt_json_member_str(w, "baton", said->baton_version);
    bt_json_member_str(w, "numerics", said->numerics);
    bt_json_end_object(w);
    bt_json_end_object(w);
}

static void put_acceptance(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_key(w, "baton_checks");
    put_checks(said, w);
    bt_json_key(w, "inputAttestations");
    bt_json_begin_array(w);
    for (size_t i = 0; i < said->digest_count; i++) {
        bt_json_begin_object(w);
        member_digest_set(w, &said->digests[i]);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
    bt_json_key(w, "policy");
    bt_json_begin_object(w);
    member_digest_set(w, &said->policy);
    bt_json_member_str(w, "uri", "urn:baton:policy");
    bt_json_end_object(w);
    member_urn(w, "resourceUri", BT_MODEL_URN, said->model);
    bt_json_member_str(w, "timeVerified", said->time);
    bt_json_member_str(w, "verificationResult", said->good ? "PASSED" : "FAILED");
    bt_json_key(w, "verifiedLevels");
    bt_json_begin_array(w);
    if (said->good)
        bt_json_put_str(w, level_name(said->level));
    bt_json_end_array(w);
    bt_json_key(w, "verifier");
    put_verifier(said, w);
}

static void put_alias(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_member_str(w, "action", said->good ? "promote" : "rollback");
    bt_json_member_str(w, "alias", said->alias);
    bt_json_key(w, "gates");
    put_checks(said, w);
    bt_json_member_str(w, "ledger", said->ledger);
    bt_json_member_str(w, "model", said->model);
    if (said->has_previous)
        bt_json_member_u64(w, "previous", said->previous);
    bt_json_member_str(w, "reason", said->note);
    bt_json_member_str(w, "time", said->time);
    bt_json_member_u64(w, "version", said->version);
}

static void put_retirement(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_member_str(w, "ledger", said->ledger);
    bt_json_member_str(w, "model", said->model);
    bt_json_member_str(w, "reason", said->note);
    bt_json_member_str(w, "time", said->time);
}

static void put_roles(unsigned roles, struct bt_json_writer *w)
{
    bt_json_begin_array(w);
    for (unsigned role = 1; role <= BT_ROLES_ALL; role <<= 1)
        if (roles & role)
            bt_json_put_str(w, bt_role_name((enum bt_role)role));
    bt_json_end_array(w);
}

static void put_key(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_member_str(w, "action", said->good ? "trust" : "revoke");
    bt_json_member_str(w, "ledger", said->ledger);
    bt_json_member_str(w, "name", said->name);
    if (said->good) {
        bt_json_member_str(w, "publicKey", said->public_key);
        bt_json_key(w, "roles");
        put_roles(said->roles, w);
    } else {
        bt_json_member_str(w, "reason", said->note);
    }
    bt_json_member_str(w, "time", said->time);
}

static void put_policy(const struct bt_said *said, struct bt_json_writer *w)
{
    bt_json_member_str(w, "ledger", said->ledger);
    bt_json_key(w, "policy");
    bt_policy_put(&said->policy_text, w);
    bt_json_member_str(w, "time", said->time);
}

static void put_predicate(const struct bt_said *said, struct bt_json_writer *w)
{
    static void (*const put[BT_SAID_KIND_COUNT])(const struct bt_said *,
                                                 struct bt_json_writer *) = {
        [BT_SAID_VERSION] = put_version, [BT_SAID_HANDOFF] = put_handoff,
        [BT_SAID_TEST] = put_test,       [BT_SAID_ACCEPTANCE] = put_acceptance,
        [BT_SAID_ALIAS] = put_alias,     [BT_SAID_RETIREMENT] = put_retirement,
        [BT_SAID_KEY] = put_key,         [BT_SAID_POLICY] = put_policy,
    };
    BT_BUG_ON(!put[said->kind]);
    bt_json_begin_object(w);
    put[said->kind](said, w);
    bt_json_end_object(w);
}

static const char *subject_name(const struct bt_said *said)
{
    if (said->kind == BT_SAID_POLICY)
        return "policy";
    return said->kind == BT_SAID_KEY ? said->name : said->model;
}

baton_status bt_said_write(const struct bt_said *said, struct bt_buf *out, struct baton_error *err)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "_type", STATEMENT_TYPE);
    bt_json_key(&w, "predicate");
    put_predicate(said, &w);
    bt_json_member_str(&w, "predicateType", kinds[said->kind].predicate_type);
    bt_json_key(&w, "subject");
    bt_json_begin_array(&w);
    bt_json_begin_object(&w);
    member_digest_set(&w, &said->subject);
    bt_json_member_str(&w, "name", subject_name(said));
    bt_json_end_object(&w);
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return bt_buf_finish(out, "the statement", err);
}

baton_status bt_policy_digest(const struct bt_policy *policy, struct bt_digest *ret,
                              struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&text, 0);
    bt_policy_put(policy, &w);
    BT_TRY(bt_buf_finish(&text, "the policy", err));
    return bt_sha256_bytes(bt_buf_bytes(&text), ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Handing over: the ledger itself, handoff, acceptance, retirement. */
#include "baton/registry.h"

#include <string.h>

#include "api/ledger/spoken.h"
#include "bundle/verify.h"
#include "registry/evidence.h"

baton_status baton_ledger_init(const baton_store *store, const struct baton_identity *who,
                               const char *name, struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_SECRET_KEY secret = BT_SECRET_KEY_INIT;
    BT_AUTO_REGISTRY registry = NULL;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_TRY(bt_identity_open_or_make(who, &secret, err));
    BT_TRY(bt_registry_create(store->store, &secret, name, err));
    BT_TRY(bt_seen_open(store, &registry, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    BT_TRY(bt_report_member_key_id(&w, "key", bt_key_public_of(&secret), err));
    bt_json_member_str(&w, "ledger", bt_registry_origin(registry));
    bt_json_member_str(&w, "name", name);
    bt_json_member_str(&w, "store", baton_store_path(store));
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* {"bundle","ref","statements"} and what `more` has to say. */
static baton_status report_spoken(const struct bt_spoken *spoken, const char *key,
                                  const char *value, struct baton_report *ret,
                                  struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "bundle", &spoken->version.subject);
    bt_spoken_put_ref(&spoken->version, "ref", &w);
    bt_spoken_put(spoken, &w);
    bt_json_member_str(&w, key, value);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* The files first, then to whom they go: both or, when the disk fails in between, the first, which
 * the next attempt finds there. */
static baton_status say_handoff(struct bt_spoken *spoken, const struct bt_said *said,
                                struct baton_error *err)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    BT_AUTO_BUF payload = BT_BUF_INIT(BT_DSSE_PAYLOAD_MAX);
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    char ref[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&spoken->version.subject, ref);
    BT_TRY(bt_bundle_open(spoken->store->store, ref, &bundle, err));
    BT_TRY(bt_evidence_signing(&bundle, &payload, err));
    BT_TRY(bt_registry_turn_begin(spoken->registry, &turn, err));
    BT_TRY(bt_registry_enter_payload(spoken->registry, &spoken->secret, bt_buf_bytes(&payload),
                                     &spoken->arena, &spoken->entered[0], err));
    spoken->count = 1;
    return bt_spoken_enter(spoken, said, err);
}

baton_status baton_handoff(const baton_store *store, const char *ref,
                           const struct baton_handoff_options *options,
                           const struct baton_identity *who, struct baton_report *ret,
                           struct baton_error *err)
{
    struct baton_handoff_options o = BATON_HANDOFF_OPTIONS_INIT;
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    unsigned role = BT_ROLE_VALIDATOR;
    BT_TRY(bt_options_take(&o, sizeof o, options, err));
    if (o.to)
        BT_TRY(bt_roles_parse(o.to, &role, err));
    if (role & (role - 1))
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\": a handoff goes to one role", o.to);
    BT_TRY(bt_spoken_open(store, who, &spoken, err));
    BT_TRY(bt_spoken_of(&spoken, ref, err));
    struct bt_said said = {.kind = BT_SAID_HANDOFF,
                           .subject = spoken.version.subject,
                           .model = spoken.version.model,
                           .note = o.note,
                           .to = (enum bt_role)role};
    BT_TRY(say_handoff(&spoken, &said, err));
    return report_spoken(&spoken, "to", bt_role_name((enum bt_role)role), ret, err);
}

baton_status baton_retire(const baton_store *store, const char *ref, const char *reason,
                          const struct baton_identity *who, struct baton_report *ret,
                          struct baton_error *err)
{
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    BT_TRY(bt_spoken_open(store, who, &spoken, err));
    BT_TRY(bt_spoken_of(&spoken, ref, err));
    struct bt_said said = {.kind = BT_SAID_RETIREMENT,
                           .subject = spoken.version.subject,
                           .model = spoken.version.model,
                           .note = reason};
    BT_TRY(bt_spoken_say(&spoken, &said, err));
    return report_spoken(&spoken, "reason", reason ? reason : "", ret, err);
}

/* ---- acceptance ---- */

struct acceptance {
    struct bt_spoken spoken;
    struct bt_verification verification;
    baton_verdict verdict;
};

static void release_acceptance(struct acceptance *a)
{
    bt_verification_release(&a->verification);
    bt_spoken_release(&a->spoken);
}

/* The handoffs that are in effect, and the test that was entered just now: what the acceptance is
 * based on. */
static baton_status collect_inputs(struct acceptance *a, struct bt_said *said,
                                   struct baton_error *err)
{
    struct bt_spoken *spoken = &a->spoken;
    struct bt_row_filter filter = {.model = spoken->version.model,
                                   .bundle = &spoken->version.subject,
                                   .by_kind = true,
                                   .kind = BT_SAID_HANDOFF,
                                   .in_effect = true,
                                   .newest_first = true,
                                   .limit = BT_SAID_LIST_MAX - 1};
    struct bt_row *rows = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_rows(spoken->registry, &filter, &spoken->arena, &rows, &count, err));
    struct bt_digest *digests = bt_arena_calloc(&spoken->arena, count + 1, sizeof *digests);
    if (!digests)
        return bt_fail_no_memory(err, "the statements that are relied on");
    for (size_t i = 0; i < count; i++)
        digests[i] = rows[i].pae;
    digests[count] = spoken->entered[0].pae;
    said->digests = digests;
    said->digest_count = count + 1;
    return BATON_OK;
}

/* The test result, then the summary that relies on it. */
static baton_status say_both(struct acceptance *a, struct baton_error *err)
{
    struct bt_spoken *spoken = &a->spoken;
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    struct bt_said said = {.kind = BT_SAID_TEST,
                           .subject = spoken->version.subject,
                           .model = spoken->version.model,
                           .good = a->verdict <= BATON_WITHIN_CONTRACT,
                           .level = a->verdict,
                           .baton_version = baton_version(),
                           .numerics = baton_numerics_version(),
                           .checks = a->verification.checks.rows,
                           .check_count = a->verification.checks.count};
    BT_TRY(bt_registry_turn_begin(spoken->registry, &turn, err));
    BT_TRY(bt_spoken_enter(spoken, &said, err));
    said.kind = BT_SAID_ACCEPTANCE;
    BT_TRY(collect_inputs(a, &said, err));
    BT_TRY(bt_policy_digest(bt_registry_policy(spoken->registry), &said.policy, err));
    BT_TRY(bt_key_id(bt_key_public_of(&spoken->secret), &said.verifier, err));
    return bt_spoken_enter(spoken, &said, err);
}

static baton_status report_acceptance(const struct acceptance *a, struct baton_report *ret,
                                      struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "bundle", &a->spoken.version.subject);
    bt_json_key(&w, "checks");
    bt_checks_put(&a->verification.checks, &w);
    bt_report_member_difference(&w, &a->verification.difference);
    bt_spoken_put_ref(&a->spoken.version, "ref", &w);
    bt_spoken_put(&a->spoken, &w);
    bt_json_member_str(&w, "verdict", baton_verdict_name(a->verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, a->verdict, ret, err);
}

baton_status baton_accept(const baton_store *store, const char *ref,
                          const struct baton_identity *who, const struct baton_progress *progress,
                          struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(release_acceptance)
    struct acceptance a = {.spoken = BT_SPOKEN_INIT, .verification = BT_VERIFICATION_INIT};
    struct bt_verify_options options = {.progress = progress};
    BT_TRY(bt_spoken_open(store, who, &a.spoken, err));
    BT_TRY(bt_spoken_of(&a.spoken, ref, err));
    BT_TRY(bt_api_verify(store, a.spoken.registry, &a.spoken.version.subject, &options,
                         &a.verification, err));
    a.verdict = bt_checks_verdict(&a.verification.checks);
    if (a.verdict != BATON_CANNOT_TELL)
        BT_TRY(say_both(&a, err));
    return report_acceptance(&a, ret, err);
}

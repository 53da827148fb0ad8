/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a statement is in effect. The answer depends on the rows before it and on nothing else,
 * so that everybody who reads the ledger comes to the same one. What is not in effect says why.
 */
#include "registry/registry_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How far above the highest number a version of another ledger may be: whoever may author cannot
 * use up the numbers with one statement. */
#define VERSION_JUMP_MAX 1000000U

struct judge {
    const struct bt_registry *registry;
    const struct bt_heard *heard;
    const struct bt_said *said;
    struct bt_arena *arena;
    struct bt_row *row;
    struct baton_error *err;
};

/* The row stays, without effect. */
static baton_status deny(struct judge *j, const char *fmt, ...) BT_PRINTF(2, 3);
static baton_status deny(struct judge *j, const char *fmt, ...)
{
    struct baton_error why = BATON_ERROR_INIT;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why.text, sizeof why.text, fmt, args);
    va_end(args);
    j->row->effect = bt_arena_strndup(j->arena, why.text, strlen(why.text));
    return j->row->effect ? BATON_OK : bt_fail_no_memory(j->err, "a row of the registry");
}

static bool is_denied(const struct judge *j)
{
    return j->row->effect[0] != '\0';
}

/* NOT_FOUND is an answer here. */
static baton_status found(baton_status status, bool *ret)
{
    *ret = status == BATON_OK;
    return status == BATON_ERR_NOT_FOUND ? BATON_OK : status;
}

static baton_status need_role(struct judge *j, unsigned roles)
{
    BT_AUTO_BUF names = BT_BUF_INIT(128);
    if (j->row->roles & roles)
        return BATON_OK;
    bt_roles_format(roles, &names);
    return deny(j, "%s has not the role %s", j->row->who, bt_buf_str(&names));
}

/* The bundle is a version of the model here. */
static baton_status need_version(struct judge *j)
{
    struct bt_row version;
    bool there = false;
    BT_TRY(found(bt_registry_bundle(j->registry, j->said->model, &j->said->subject, j->arena,
                                    &version, j->err),
                 &there));
    if (!there)
        return deny(j, "the bundle is no version of model %s here", j->said->model);
    j->row->version = version.version;
    return BATON_OK;
}

static baton_status need_own_ledger(struct judge *j)
{
    return j->row->is_ours
               ? BATON_OK
               : deny(j, "it was said for ledger %s, not for this one", j->said->ledger);
}

/* ---- the kinds ---- */

static baton_status judge_number(struct judge *j)
{
    struct bt_row other;
    bool there = false;
    uint64_t version = j->said->version;
    BT_TRY(
        found(bt_registry_version(j->registry, j->said->model, version, j->arena, &other, j->err),
              &there));
    if (there)
        return deny(j, "%s:%llu is another bundle already", j->said->model,
                    (unsigned long long)version);
    BT_TRY(found(bt_registry_version(j->registry, j->said->model, 0, j->arena, &other, j->err),
                 &there));
    uint64_t highest = there ? other.version : 0;
    if (j->row->is_ours && version != highest + 1)
        return deny(j, "the next version of %s is %llu, not %llu", j->said->model,
                    (unsigned long long)highest + 1, (unsigned long long)version);
    if (version > highest + VERSION_JUMP_MAX)
        return deny(j, "version %llu is too far above %s:%llu", (unsigned long long)version,
                    j->said->model, (unsigned long long)highest);
    return BATON_OK;
}

static baton_status judge_version(struct judge *j)
{
    struct bt_row own;
    bool there = false;
    BT_TRY(need_role(j, BT_ROLE_AUTHOR));
    if (is_denied(j))
        return BATON_OK;
    BT_TRY(found(
        bt_registry_bundle(j->registry, j->said->model, &j->said->subject, j->arena, &own, j->err),
        &there));
    if (there)
        return deny(j, "the bundle is %s:%llu already", own.model, (unsigned long long)own.version);
    return judge_number(j);
}

static baton_status judge_handoff(struct judge *j)
{
    BT_TRY(need_role(j, BT_ROLE_AUTHOR | BT_ROLE_OPERATOR));
    return is_denied(j) ? BATON_OK : need_version(j);
}

static baton_status judge_test(struct judge *j)
{
    return need_version(j);
}

static baton_status judge_acceptance(struct judge *j)
{
    const struct bt_said *said = j->said;
    BT_TRY(need_role(j, BT_ROLE_VALIDATOR));
    if (is_denied(j))
        return BATON_OK;
    if (!bt_digest_equal(&said->verifier, &j->heard->signer))
        return deny(j, "it names another key as the verifier than the one that signed");
    BT_TRY(need_version(j));
    for (size_t i = 0; i < said->digest_count && !is_denied(j); i++) {
        bool relies = false;
        BT_TRY(bt_rows_relies(j->registry, &said->digests[i], &said->subject, &relies, j->err));
        if (!relies)
            BT_TRY(deny(j, "it relies on a statement that is not in effect here"));
    }
    return BATON_OK;
}

static baton_status judge_gates(struct judge *j)
{
    struct bt_checks gates = {.arena = j->arena};
    BT_TRY(bt_registry_gates(j->registry, j->said, &j->heard->signer, &gates, j->err));
    for (size_t i = 0; i < gates.count; i++)
        if (gates.rows[i].verdict != BATON_IDENTICAL)
            return deny(j, "gate \"%s\": %s", gates.rows[i].what, gates.rows[i].detail);
    return BATON_OK;
}

static baton_status judge_alias(struct judge *j)
{
    const struct bt_said *said = j->said;
    struct bt_row before;
    bool there = false;
    BT_TRY(need_own_ledger(j));
    if (is_denied(j))
        return BATON_OK;
    BT_TRY(
        found(bt_registry_alias(j->registry, said->model, said->alias, j->arena, &before, j->err),
              &there));
    if (there != said->has_previous || (there && before.leaf != said->previous))
        return deny(j, "the alias had moved meanwhile");
    if (!said->good && !there)
        return deny(j, "the alias never stood anywhere it could go back from");
    return judge_gates(j);
}

static baton_status judge_retirement(struct judge *j)
{
    BT_TRY(need_own_ledger(j));
    if (!is_denied(j))
        BT_TRY(need_role(j, BT_ROLE_AUTHOR | BT_ROLE_OPERATOR));
    return is_denied(j) ? BATON_OK : need_version(j);
}

/* Enough different root keys have signed the very same bytes. */
static baton_status need_threshold(struct judge *j, const struct bt_policy *policy)
{
    uint64_t count = 0;
    BT_TRY(
        bt_rows_count_root(j->registry, &j->heard->pae, policy, &j->heard->signer, &count, j->err));
    if (count < policy->threshold)
        return deny(j, BT_EFFECT_WAITS "%llu of %llu root keys have signed",
                    (unsigned long long)count, (unsigned long long)policy->threshold);
    return BATON_OK;
}

static baton_status need_root(struct judge *j, const struct bt_policy *policy)
{
    return bt_policy_is_root(policy, &j->heard->signer)
               ? need_threshold(j, policy)
               : deny(j, "it takes a root key, and this is none");
}

static baton_status judge_trust(struct judge *j)
{
    struct bt_public_key key;
    struct bt_digest id;
    if (bt_key_parse_pem(bt_bytes_of(j->said->public_key), &key, j->err) != BATON_OK)
        return deny(j, "its public key is none: %s", j->err ? j->err->text : "");
    BT_TRY(bt_key_id(&key, &id, j->err));
    if (!bt_digest_equal(&id, &j->said->subject))
        return deny(j, "its public key is not the key it names");
    return need_root(j, &j->registry->policy);
}

/* A root key speaks of keys and policies whether it is trusted or not, so that revoking it would
 * only seem to have stopped it. */
static baton_status judge_revocation(struct judge *j)
{
    const struct bt_policy *policy = &j->registry->policy;
    struct bt_row trusted;
    bool there = false;
    BT_TRY(
        found(bt_registry_key(j->registry, &j->said->subject, j->arena, &trusted, j->err), &there));
    if (!there)
        return deny(j, "the key is not trusted, so it cannot be revoked");
    if (bt_policy_is_root(policy, &j->heard->signer) &&
        bt_policy_is_root(policy, &j->said->subject))
        return deny(j, "%s is one of the root keys: set a policy without it first", trusted.name);
    return need_root(j, policy);
}

static baton_status judge_key(struct judge *j)
{
    BT_TRY(need_own_ledger(j));
    if (is_denied(j))
        return BATON_OK;
    return j->said->good ? judge_trust(j) : judge_revocation(j);
}

/* A new root must be agreed on by the old one and by itself, or nobody could ever change it again.
 * A key that is only in the new one may sign what a key of the old one has begun. The first policy
 * has no old one. */
static baton_status need_both_roots(struct judge *j)
{
    const struct bt_policy *old = &j->registry->policy;
    const struct bt_policy *new = &j->said->policy_text;
    uint64_t begun = 0;
    if (!j->registry->has_policy)
        return need_root(j, new);
    BT_TRY(bt_rows_count_root(j->registry, &j->heard->pae, old, &j->heard->signer, &begun, j->err));
    if (begun == 0)
        return need_root(j, old);
    if (!bt_policy_is_root(old, &j->heard->signer))
        BT_TRY(need_root(j, new));
    if (!is_denied(j))
        BT_TRY(need_threshold(j, old));
    return is_denied(j) ? BATON_OK : need_threshold(j, new);
}

static baton_status judge_policy(struct judge *j)
{
    struct bt_digest digest;
    BT_TRY(need_own_ledger(j));
    BT_TRY(bt_policy_digest(&j->said->policy_text, &digest, j->err));
    if (!is_denied(j) && !bt_digest_equal(&digest, &j->said->subject))
        return deny(j, "it names another policy than the one in it");
    return is_denied(j) ? BATON_OK : need_both_roots(j);
}

static baton_status judge_other(struct judge *j)
{
    return deny(j, "it is of a type that baton does not know");
}

static baton_status judge_signing(struct judge *j)
{
    (void)j;
    return BATON_OK;
}

/* ---- all of them ---- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static unsigned detail_of(const struct bt_said *said)
{
    return said->kind == BT_SAID_HANDOFF ? (unsigned)said->to : said->roles;
}

static void fill(struct judge *j, uint64_t leaf)
{
    const struct bt_said *said = j->said;
    *j->row = (struct bt_row){
        .leaf = leaf,
        .pae = j->heard->pae,
        .signer = j->heard->signer,
        .who = "",
        .kind = said->kind,
        .effect = "",
        .subject = said->subject,
        .model = or_empty(said->model),
        .version = said->version,
        .alias = or_empty(said->alias),
        .good = said->good,
        .detail = detail_of(said),
        .name = or_empty(said->name),
        .note = or_empty(said->note),
        .is_ours = !said->ledger || strcmp(said->ledger, bt_registry_origin(j->registry)) == 0,
    };
    if (said->time && !bt_time_parse(said->time, &j->row->time))
        j->row->time = 0;
}

static baton_status judge_signer(struct judge *j)
{
    struct bt_row key;
    bool there = false;
    BT_TRY(found(bt_registry_key(j->registry, &j->heard->signer, j->arena, &key, j->err), &there));
    if (there) {
        j->row->who = key.name;
        j->row->roles = key.detail;
    }
    /* Root keys speak of keys and policies, whatever else they may do. */
    if (!there && j->said->kind != BT_SAID_KEY && j->said->kind != BT_SAID_POLICY)
        return deny(j, "its key is not trusted here");
    return BATON_OK;
}

static baton_status judge_duplicate(struct judge *j)
{
    struct bt_row before;
    bool there = false;
    BT_TRY(found(
        bt_rows_find(j->registry, &j->heard->pae, &j->heard->signer, j->arena, &before, j->err),
        &there));
    return there ? deny(j, "it was entered before, as statement %llu",
                        (unsigned long long)before.leaf)
                 : BATON_OK;
}

baton_status bt_judge(const struct bt_registry *registry, const struct bt_heard *heard,
                      uint64_t leaf, struct bt_arena *arena, struct bt_row *ret,
                      struct baton_error *err)
{
    static baton_status (*const judges[BT_SAID_KIND_COUNT])(struct judge *) = {
        [BT_SAID_VERSION] = judge_version, [BT_SAID_HANDOFF] = judge_handoff,
        [BT_SAID_TEST] = judge_test,       [BT_SAID_ACCEPTANCE] = judge_acceptance,
        [BT_SAID_ALIAS] = judge_alias,     [BT_SAID_RETIREMENT] = judge_retirement,
        [BT_SAID_KEY] = judge_key,         [BT_SAID_POLICY] = judge_policy,
        [BT_SAID_SIGNING] = judge_signing, [BT_SAID_OTHER] = judge_other,
    };
    struct bt_row row;
    struct judge j = {registry, heard, &heard->said, arena, &row, err};
    fill(&j, leaf);
    if (!registry->has_policy && heard->said.kind != BT_SAID_POLICY)
        BT_TRY(deny(&j, "no policy is in effect yet"));
    if (!is_denied(&j))
        BT_TRY(judge_duplicate(&j));
    if (!is_denied(&j))
        BT_TRY(judge_signer(&j));
    if (!is_denied(&j))
        BT_TRY(judges[heard->said.kind](&j));
    *ret = row;
    return BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whose keys count, and what the policy is. */
#include "baton/registry.h"

#include <string.h>

#include "api/ledger/spoken.h"
#include "codec/utf8.h"

/* ---- keys ---- */

static baton_status report_key(const struct bt_spoken *spoken, const struct bt_said *said,
                               struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_AUTO_BUF roles = BT_BUF_INIT(128);
    bt_roles_format(said->roles, &roles);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_hex(&w, "id", &said->subject);
    bt_json_member_str(&w, "name", said->name);
    bt_json_key(&w, "roles");
    bt_json_put_buf(&w, &roles);
    bt_spoken_put(spoken, &w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_key_trust(const baton_store *store, const struct baton_member *member,
                             const struct baton_identity *who, struct baton_report *ret,
                             struct baton_error *err)
{
    struct baton_member m = BATON_MEMBER_INIT;
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    struct bt_public_key key;
    BT_TRY(bt_options_take(&m, sizeof m, member, err));
    if (!m.public_key || !m.name || !m.roles)
        return bt_fail(err, BATON_ERR_USAGE, "a member needs a public key, a name and roles");
    struct bt_said said = {.kind = BT_SAID_KEY, .good = true, .name = m.name};
    BT_TRY(bt_roles_parse(m.roles, &said.roles, err));
    BT_TRY(bt_public_key_read(m.public_key, &key, err));
    BT_TRY(bt_key_id(&key, &said.subject, err));
    bt_key_format_pem(&key, &pem);
    BT_TRY(bt_buf_finish(&pem, "a public key", err));
    said.public_key = bt_buf_str(&pem);
    BT_TRY(bt_spoken_open(store, who, &spoken, err));
    BT_TRY(bt_spoken_say(&spoken, &said, err));
    return report_key(&spoken, &said, ret, err);
}

static baton_status find_key(struct bt_spoken *spoken, const char *name, struct bt_row *ret,
                             struct baton_error *err)
{
    struct bt_row *keys = NULL;
    size_t count = 0;
    size_t found = 0;
    BT_TRY(bt_registry_keys(spoken->registry, &spoken->arena, &keys, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (!bt_row_is_key(&keys[i], name))
            continue;
        *ret = keys[i];
        found++;
    }
    if (found > 1)
        return bt_fail(err, BATON_ERR_USAGE, "%zu trusted keys are called \"%s\": give the id",
                       found, name);
    return found ? BATON_OK
                 : bt_fail(err, BATON_ERR_NOT_FOUND, "no trusted key has the name or id \"%s\"",
                           name);
}

baton_status baton_key_revoke(const baton_store *store, const char *key, const char *reason,
                              const struct baton_identity *who, struct baton_report *ret,
                              struct baton_error *err)
{
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    struct bt_row trusted = {.name = ""};
    BT_TRY(bt_spoken_open(store, who, &spoken, err));
    BT_TRY(find_key(&spoken, key, &trusted, err));
    struct bt_said said = {
        .kind = BT_SAID_KEY, .subject = trusted.subject, .name = trusted.name, .note = reason};
    BT_TRY(bt_spoken_say(&spoken, &said, err));
    return report_key(&spoken, &said, ret, err);
}

/* ---- policy ---- */

static baton_status put_keys(struct bt_spoken *spoken, struct bt_json_writer *w,
                             struct baton_error *err)
{
    struct bt_row *keys = NULL;
    size_t count = 0;
    BT_TRY(bt_registry_keys(spoken->registry, &spoken->arena, &keys, &count, err));
    bt_json_key(w, "keys");
    bt_json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        BT_AUTO_BUF roles = BT_BUF_INIT(128);
        bt_roles_format(keys[i].detail, &roles);
        bt_json_begin_object(w);
        bt_report_member_hex(w, "id", &keys[i].subject);
        bt_json_member_str(w, "name", keys[i].name);
        bt_json_key(w, "roles");
        bt_json_put_buf(w, &roles);
        bt_json_member_u64(w, "since", keys[i].leaf);
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
    return BATON_OK;
}

baton_status baton_policy_show(const baton_store *store, struct baton_report *ret,
                               struct baton_error *err)
{
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_digest digest;
    spoken.store = store;
    BT_TRY(bt_seen_open(store, &spoken.registry, err));
    const struct bt_policy *policy = bt_registry_policy(spoken.registry);
    BT_TRY(bt_policy_digest(policy, &digest, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "digest", &digest);
    BT_TRY(put_keys(&spoken, &w, err));
    bt_json_member_str(&w, "ledger", bt_registry_origin(spoken.registry));
    bt_json_key(&w, "policy");
    bt_policy_put(policy, &w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* Of a file, one of the two that come along, or (NULL) the present one. */
static baton_status read_policy(struct bt_spoken *spoken, const char *name, struct bt_policy *ret,
                                struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    const struct bt_json *json = NULL;
    const struct bt_policy *now = bt_registry_policy(spoken->registry);
    if (!name) {
        *ret = *now;
        return BATON_OK;
    }
    if (strcmp(name, "team") == 0 || strcmp(name, "lone") == 0) {
        *ret = name[0] == 't' ? bt_policy_team(now) : bt_policy_lone(now);
        return BATON_OK;
    }
    BT_TRY(bt_map_user_file(name, BT_SAID_BYTES_MAX, &map, err));
    BT_TRY(bt_json_parse(bt_map_bytes(&map), name, NULL, &spoken->arena, &json, err));
    if (bt_policy_parse(json, &spoken->arena, ret, err) != BATON_OK)
        return bt_error_prepend(err, "%s", name);
    return BATON_OK;
}

static baton_status read_witnesses(struct bt_spoken *spoken,
                                   const struct baton_policy_choice *choice,
                                   struct bt_policy_witnesses *ret, struct baton_error *err)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    const char *path = choice->witnesses;
    if (strcmp(path, "none") == 0)
        return bt_policy_witnesses_parse("", 0, &spoken->arena, ret, err);
    BT_TRY(bt_map_user_file(path, BT_POLICY_QUORUM_MAX, &map, err));
    struct bt_bytes text = bt_map_bytes(&map);
    if (text.len == 0)
        return bt_fail(err, BATON_ERR_INVALID, "%s is empty: to ask nobody, say none", path);
    if (bt_utf8_valid_prefix(text) != text.len || memchr(text.ptr, 0, text.len))
        return bt_fail(err, BATON_ERR_INVALID, "%s: not a text in UTF-8", path);
    const char *copy = bt_arena_strndup(&spoken->arena, (const char *)text.ptr, text.len);
    if (!copy)
        return bt_fail_no_memory(err, path);
    if (bt_policy_witnesses_parse(copy, choice->witness_age_hours, &spoken->arena, ret, err) !=
        BATON_OK)
        return bt_error_prepend(err, "%s", path);
    return BATON_OK;
}

static baton_status choose_policy(struct bt_spoken *spoken,
                                  const struct baton_policy_choice *choice, struct bt_policy *ret,
                                  struct baton_error *err)
{
    struct bt_policy made;
    if (!choice->policy && !choice->witnesses)
        return bt_fail(err, BATON_ERR_USAGE, "neither rules nor witnesses are given");
    BT_TRY(read_policy(spoken, choice->policy, &made, err));
    if (choice->witnesses)
        BT_TRY(read_witnesses(spoken, choice, &made.witnesses, err));
    if (!bt_policy_watches(&made.witnesses, bt_registry_log_key(spoken->registry)))
        return bt_fail(err, BATON_ERR_REFUSED,
                       "the witnesses are those of another log: no \"log\" line names ledger %s",
                       bt_registry_origin(spoken->registry));
    *ret = made;
    return BATON_OK;
}

static baton_status report_policy(const struct bt_spoken *spoken, const struct bt_digest *digest,
                                  struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "digest", digest);
    bt_spoken_put(spoken, &w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_policy_set(const baton_store *store, const struct baton_policy_choice *choice,
                              const struct baton_identity *who, struct baton_report *ret,
                              struct baton_error *err)
{
    struct baton_policy_choice ours = BATON_POLICY_CHOICE_INIT;
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    struct bt_said said = {.kind = BT_SAID_POLICY};
    BT_TRY(bt_options_take(&ours, sizeof ours, choice, err));
    BT_TRY(bt_spoken_open(store, who, &spoken, err));
    /* The root keys of the present policy go into the new one: it must not change meanwhile. */
    BT_TRY(bt_registry_turn_begin(spoken.registry, &turn, err));
    BT_TRY(choose_policy(&spoken, &ours, &said.policy_text, err));
    BT_TRY(bt_policy_digest(&said.policy_text, &said.subject, err));
    BT_TRY(bt_spoken_enter(&spoken, &said, err));
    return report_policy(&spoken, &said.subject, ret, err);
}

baton_status baton_policy_sign(const baton_store *store, uint64_t statement,
                               const struct baton_identity *who, struct baton_report *ret,
                               struct baton_error *err)
{
    BT_AUTO_SPOKEN spoken = BT_SPOKEN_INIT;
    BT_AUTO_REGISTRY_TURN turn = BT_REGISTRY_TURN_INIT;
    BT_TRY(bt_spoken_open(store, who, &spoken, err));
    BT_TRY(bt_registry_turn_begin(spoken.registry, &turn, err));
    BT_TRY(bt_registry_join(spoken.registry, &spoken.secret, statement, &spoken.arena,
                            &spoken.entered[0], err));
    spoken.count = 1;
    return report_policy(&spoken, &spoken.entered[0].subject, ret, err);
}

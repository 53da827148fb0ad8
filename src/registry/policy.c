/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/policy.h"

#include <string.h>

#include "codec/text/base64.h"
#include "store/store.h"

#define HOURS_MAX 876000 /* a hundred years */

static const struct {
    enum bt_role role;
    const char *name;
} roles[] = {
    {BT_ROLE_AUTHOR, "author"},
    {BT_ROLE_VALIDATOR, "validator"},
    {BT_ROLE_OPERATOR, "operator"},
    {BT_ROLE_AUDITOR, "auditor"},
};
#define ROLE_COUNT (sizeof roles / sizeof roles[0])

static const char *const says_names[BT_SAYS_COUNT] = {"handoff", "acceptance", "test"};

const char *bt_role_name(enum bt_role role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (roles[i].role == role)
            return roles[i].name;
    return "nobody";
}

const char *bt_says_name(enum bt_says says)
{
    return says_names[says];
}

void bt_roles_format(unsigned given, struct bt_buf *out)
{
    const char *between = "";
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!(given & (unsigned)roles[i].role))
            continue;
        bt_buf_printf(out, "%s%s", between, roles[i].name);
        between = ", ";
    }
}

static bool find_role(struct bt_bytes name, enum bt_role *ret)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!bt_bytes_equal(name, bt_bytes_of(roles[i].name)))
            continue;
        *ret = roles[i].role;
        return true;
    }
    return false;
}

static baton_status unknown_role(struct bt_bytes name, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_USAGE,
                   "\"%.*s\" is not a role: expected author, validator, operator or auditor",
                   (int)(name.len < 40 ? name.len : 40), (const char *)name.ptr);
}

baton_status bt_roles_parse(const char *text, unsigned *ret, struct baton_error *err)
{
    unsigned found = 0;
    for (const char *from = text;; from++) {
        from += strspn(from, " ");
        size_t len = strcspn(from, ",");
        struct bt_bytes name = {(const uint8_t *)from, len};
        enum bt_role role;
        if (!find_role(name, &role))
            return unknown_role(name, err);
        found |= (unsigned)role;
        from += len;
        if (!*from)
            break;
    }
    *ret = found;
    return BATON_OK;
}

/* ---- reading ---- */

static baton_status read_role(const struct bt_json *object, const char *key, enum bt_role *ret,
                              struct baton_error *err)
{
    const struct bt_json *role = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_STRING, &role, err));
    if (!find_role(role->text, ret))
        return bt_fail(err, BATON_ERR_INVALID,
                       "\"%s\" is \"%.*s\": expected author, validator, operator or auditor", key,
                       (int)(role->text.len < 40 ? role->text.len : 40),
                       (const char *)role->text.ptr);
    return BATON_OK;
}

static baton_status read_number(const struct bt_json *object, const char *key, uint64_t low,
                                uint64_t high, uint64_t *ret, struct baton_error *err)
{
    const struct bt_json *number = NULL;
    BT_TRY(bt_json_need(object, key, BT_JSON_NUMBER, &number, err));
    BT_TRY(bt_json_u64(number, ret, err));
    if (*ret < low || *ret > high)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is %llu: expected %llu to %llu", key,
                       (unsigned long long)*ret, (unsigned long long)low, (unsigned long long)high);
    return BATON_OK;
}

static baton_status read_bool(const struct bt_json *object, const char *key, bool *ret,
                              struct baton_error *err)
{
    const struct bt_json *value = bt_json_find(object, key);
    if (!value || (value->kind != BT_JSON_TRUE && value->kind != BT_JSON_FALSE))
        return bt_fail(err, BATON_ERR_INVALID, "expected true or false as \"%s\"", key);
    *ret = value->kind == BT_JSON_TRUE;
    return BATON_OK;
}

static baton_status read_need(const struct bt_json *json, struct bt_policy_need *ret,
                              struct baton_error *err)
{
    static const char *const keys[] = {"count", "role", "says", NULL};
    const struct bt_json *says = NULL;
    if (json->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "expected an object in \"needs\"");
    BT_TRY(bt_json_only(json, keys, err));
    BT_TRY(read_number(json, "count", 1, BT_POLICY_ROOT_KEYS_MAX, &ret->count, err));
    BT_TRY(read_role(json, "role", &ret->role, err));
    BT_TRY(bt_json_need(json, "says", BT_JSON_STRING, &says, err));
    for (unsigned i = 0; i < BT_SAYS_COUNT; i++) {
        if (!bt_bytes_equal(says->text, bt_bytes_of(says_names[i])))
            continue;
        ret->says = (enum bt_says)i;
        return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_INVALID,
                   "\"says\" is \"%.*s\": expected handoff, acceptance or test",
                   (int)says->text.len, (const char *)says->text.ptr);
}

static baton_status read_list(const struct bt_json *object, const char *key, size_t max,
                              const struct bt_json **ret, struct baton_error *err)
{
    BT_TRY(bt_json_need(object, key, BT_JSON_ARRAY, ret, err));
    if ((*ret)->count > max)
        return bt_fail(err, BATON_ERR_LIMIT, "\"%s\" has %zu entries, the limit is %zu", key,
                       (*ret)->count, max);
    return BATON_OK;
}

static baton_status read_needs(const struct bt_json *json, struct bt_arena *arena,
                               struct bt_policy_rule *rule, struct baton_error *err)
{
    const struct bt_json *list = NULL;
    BT_TRY(read_list(json, "needs", BT_POLICY_NEEDS_MAX, &list, err));
    struct bt_policy_need *needs = bt_arena_calloc(arena, list->count, sizeof *needs);
    if (!needs)
        return bt_fail_no_memory(err, "the policy");
    for (size_t i = 0; i < list->count; i++)
        BT_TRY(read_need(&list->items[i], &needs[i], err));
    rule->needs = needs;
    rule->need_count = list->count;
    return BATON_OK;
}

/* A name, or the star that stands for all. */
static baton_status read_pattern(const struct bt_json *json, const char *key,
                                 struct bt_arena *arena, const char **ret, struct baton_error *err)
{
    BT_TRY(bt_json_need_str(json, key, arena, ret, err));
    if (strcmp(*ret, BT_POLICY_ANY) == 0)
        return BATON_OK;
    baton_status status = bt_model_name_check(*ret, err);
    return status == BATON_ERR_USAGE ? bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a name", key)
                                     : status;
}

static baton_status read_rule(const struct bt_json *json, struct bt_arena *arena,
                              struct bt_policy_rule *ret, struct baton_error *err)
{
    static const char *const keys[] = {
        "alias", "authorMayApprove", "maxAgeDays", "model", "movedBy", "needs", NULL};
    if (json->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "expected an object in \"aliases\"");
    BT_TRY(bt_json_only(json, keys, err));
    BT_TRY(read_pattern(json, "alias", arena, &ret->alias, err));
    BT_TRY(read_bool(json, "authorMayApprove", &ret->author_may_approve, err));
    BT_TRY(read_number(json, "maxAgeDays", 0, 36500, &ret->max_age_days, err));
    BT_TRY(read_pattern(json, "model", arena, &ret->model, err));
    BT_TRY(read_role(json, "movedBy", &ret->moved_by, err));
    return read_needs(json, arena, ret, err);
}

static baton_status read_rules(const struct bt_json *json, struct bt_arena *arena,
                               struct bt_policy *policy, struct baton_error *err)
{
    const struct bt_json *list = NULL;
    BT_TRY(read_list(json, "aliases", BT_POLICY_RULES_MAX, &list, err));
    struct bt_policy_rule *rules = bt_arena_calloc(arena, list->count, sizeof *rules);
    if (!rules)
        return bt_fail_no_memory(err, "the policy");
    for (size_t i = 0; i < list->count; i++) {
        BT_TRY(read_rule(&list->items[i], arena, &rules[i], err));
        for (size_t k = 0; k < i; k++)
            if (strcmp(rules[k].model, rules[i].model) == 0 &&
                strcmp(rules[k].alias, rules[i].alias) == 0)
                return bt_fail(err, BATON_ERR_INVALID, "two rules for model %s and alias %s",
                               rules[i].model, rules[i].alias);
    }
    policy->rules = rules;
    policy->rule_count = list->count;
    return BATON_OK;
}

static baton_status read_key_id(const struct bt_json *json, struct bt_digest *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    if (json->kind != BT_JSON_STRING || !bt_hex_parse(json->text, &bytes) ||
        bytes.len != BT_DIGEST_BYTES)
        return bt_fail(err, BATON_ERR_INVALID,
                       "in \"keys\": a root key is named by 64 small hexadecimal digits");
    memcpy(ret->bytes, bytes.data, sizeof ret->bytes);
    return BATON_OK;
}

static baton_status read_root(const struct bt_json *json, struct bt_arena *arena,
                              struct bt_policy *policy, struct baton_error *err)
{
    static const char *const keys[] = {"keys", "threshold", NULL};
    const struct bt_json *root = NULL;
    const struct bt_json *list = NULL;
    BT_TRY(bt_json_need(json, "root", BT_JSON_OBJECT, &root, err));
    BT_TRY(bt_json_only(root, keys, err));
    BT_TRY(read_list(root, "keys", BT_POLICY_ROOT_KEYS_MAX, &list, err));
    BT_TRY(read_number(root, "threshold", 1, list->count, &policy->threshold, err));
    struct bt_digest *ids = bt_arena_calloc(arena, list->count, sizeof *ids);
    if (!ids)
        return bt_fail_no_memory(err, "the policy");
    for (size_t i = 0; i < list->count; i++) {
        BT_TRY(read_key_id(&list->items[i], &ids[i], err));
        for (size_t k = 0; k < i; k++)
            if (bt_digest_equal(&ids[k], &ids[i]))
                return bt_fail(err, BATON_ERR_INVALID, "a root key is named twice");
    }
    policy->root_keys = ids;
    policy->root_key_count = list->count;
    return BATON_OK;
}

baton_status bt_policy_witnesses_parse(const char *text, uint64_t max_age_hours,
                                       struct bt_arena *arena, struct bt_policy_witnesses *ret,
                                       struct baton_error *err)
{
    struct bt_policy_witnesses made = {.text = text, .max_age_hours = max_age_hours};
    size_t len = strlen(text);
    if (max_age_hours > HOURS_MAX)
        return bt_fail(err, BATON_ERR_INVALID, "an age of %llu hours: at most %d",
                       (unsigned long long)max_age_hours, HOURS_MAX);
    if (len > BT_POLICY_QUORUM_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "%zu bytes about witnesses: at most %zu", len,
                       BT_POLICY_QUORUM_MAX);
    if (len == 0 && max_age_hours)
        return bt_fail(err, BATON_ERR_INVALID, "an age, but no witness whose word could have it");
    if (len)
        BT_TRY(bt_quorum_parse(bt_bytes_of(text), arena, &made.quorum, err));
    if (made.quorum && !made.quorum->quorum)
        return bt_fail(err, BATON_ERR_INVALID,
                       "\"quorum none\" asks none of the witnesses: list none, with an empty text");
    *ret = made;
    return BATON_OK;
}

static baton_status read_witnesses(const struct bt_json *json, struct bt_arena *arena,
                                   struct bt_policy *policy, struct baton_error *err)
{
    static const char *const keys[] = {"maxAgeHours", "quorum", NULL};
    const struct bt_json *witnesses = NULL;
    const char *text = NULL;
    uint64_t hours = 0;
    BT_TRY(bt_json_need(json, "witnesses", BT_JSON_OBJECT, &witnesses, err));
    BT_TRY(bt_json_only(witnesses, keys, err));
    BT_TRY(read_number(witnesses, "maxAgeHours", 0, HOURS_MAX, &hours, err));
    BT_TRY(bt_json_need_str(witnesses, "quorum", arena, &text, err));
    if (bt_policy_witnesses_parse(text, hours, arena, &policy->witnesses, err) != BATON_OK)
        return bt_error_prepend(err, "\"quorum\" of \"witnesses\"");
    return BATON_OK;
}

baton_status bt_policy_parse(const struct bt_json *json, struct bt_arena *arena,
                             struct bt_policy *ret, struct baton_error *err)
{
    static const char *const keys[] = {"aliases", "format", "root", "witnesses", NULL};
    struct bt_policy policy = {0};
    if (json->kind != BT_JSON_OBJECT)
        return bt_fail(err, BATON_ERR_INVALID, "a policy is an object");
    BT_TRY(bt_json_only(json, keys, err));
    const struct bt_json *format = bt_json_find(json, "format");
    if (!format || !bt_json_is_str(format, BT_POLICY_FORMAT))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "\"format\" is not " BT_POLICY_FORMAT);
    BT_TRY(read_rules(json, arena, &policy, err));
    BT_TRY(read_root(json, arena, &policy, err));
    BT_TRY(read_witnesses(json, arena, &policy, err));
    *ret = policy;
    return BATON_OK;
}

/* ---- writing ---- */

static void put_rule(const struct bt_policy_rule *rule, struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    bt_json_member_str(w, "alias", rule->alias);
    bt_json_member_bool(w, "authorMayApprove", rule->author_may_approve);
    bt_json_member_u64(w, "maxAgeDays", rule->max_age_days);
    bt_json_member_str(w, "model", rule->model);
    bt_json_member_str(w, "movedBy", bt_role_name(rule->moved_by));
    bt_json_key(w, "needs");
    bt_json_begin_array(w);
    for (size_t i = 0; i < rule->need_count; i++) {
        bt_json_begin_object(w);
        bt_json_member_u64(w, "count", rule->needs[i].count);
        bt_json_member_str(w, "role", bt_role_name(rule->needs[i].role));
        bt_json_member_str(w, "says", bt_says_name(rule->needs[i].says));
        bt_json_end_object(w);
    }
    bt_json_end_array(w);
    bt_json_end_object(w);
}

void bt_policy_put(const struct bt_policy *policy, struct bt_json_writer *w)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_json_begin_object(w);
    bt_json_key(w, "aliases");
    bt_json_begin_array(w);
    for (size_t i = 0; i < policy->rule_count; i++)
        put_rule(&policy->rules[i], w);
    bt_json_end_array(w);
    bt_json_member_str(w, "format", BT_POLICY_FORMAT);
    bt_json_key(w, "root");
    bt_json_begin_object(w);
    bt_json_key(w, "keys");
    bt_json_begin_array(w);
    for (size_t i = 0; i < policy->root_key_count; i++) {
        bt_digest_format(&policy->root_keys[i], text);
        bt_json_put_str(w, bt_digest_hex(text));
    }
    bt_json_end_array(w);
    bt_json_member_u64(w, "threshold", policy->threshold);
    bt_json_end_object(w);
    bt_json_key(w, "witnesses");
    bt_json_begin_object(w);
    bt_json_member_u64(w, "maxAgeHours", policy->witnesses.max_age_hours);
    bt_json_member_str(w, "quorum", policy->witnesses.text ? policy->witnesses.text : "");
    bt_json_end_object(w);
    bt_json_end_object(w);
}

/* ---- the two that come along ---- */

struct bt_policy bt_policy_lone(const struct bt_policy *from)
{
    static const struct bt_policy_need needs[] = {{BT_SAYS_ACCEPTANCE, BT_ROLE_VALIDATOR, 1}};
    static const struct bt_policy_rule rules[] = {{.model = BT_POLICY_ANY,
                                                   .alias = BT_POLICY_ANY,
                                                   .author_may_approve = true,
                                                   .moved_by = BT_ROLE_OPERATOR,
                                                   .needs = needs,
                                                   .need_count = 1}};
    struct bt_policy lone = *from;
    lone.rules = rules;
    lone.rule_count = 1;
    return lone;
}

struct bt_policy bt_policy_team(const struct bt_policy *from)
{
    static const struct bt_policy_need needs[] = {{BT_SAYS_HANDOFF, BT_ROLE_AUTHOR, 1},
                                                  {BT_SAYS_ACCEPTANCE, BT_ROLE_VALIDATOR, 1}};
    static const struct bt_policy_rule rules[] = {{.model = BT_POLICY_ANY,
                                                   .alias = BT_POLICY_ANY,
                                                   .author_may_approve = false,
                                                   .max_age_days = 90,
                                                   .moved_by = BT_ROLE_OPERATOR,
                                                   .needs = needs,
                                                   .need_count = 2}};
    struct bt_policy team = *from;
    team.rules = rules;
    team.rule_count = 1;
    return team;
}

/* ---- asking ---- */

static bool matches(const char *pattern, const char *name, unsigned weight, unsigned *score)
{
    if (strcmp(pattern, BT_POLICY_ANY) == 0)
        return true;
    *score += weight;
    return strcmp(pattern, name) == 0;
}

const struct bt_policy_rule *bt_policy_find(const struct bt_policy *policy, const char *model,
                                            const char *alias)
{
    const struct bt_policy_rule *best = NULL;
    unsigned best_score = 0;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct bt_policy_rule *rule = &policy->rules[i];
        unsigned score = 1;
        if (!matches(rule->model, model, 2, &score) || !matches(rule->alias, alias, 1, &score) ||
            score <= best_score)
            continue;
        best = rule;
        best_score = score;
    }
    return best;
}

bool bt_policy_is_root(const struct bt_policy *policy, const struct bt_digest *key)
{
    for (size_t i = 0; i < policy->root_key_count; i++)
        if (bt_digest_equal(&policy->root_keys[i], key))
            return true;
    return false;
}

bool bt_policy_watches(const struct bt_policy_witnesses *witnesses, const struct bt_note_key *log)
{
    const struct bt_quorum *quorum = witnesses->quorum;
    for (size_t i = 0; quorum && i < quorum->log_count; i++)
        if (strcmp(quorum->logs[i].name, log->name) == 0 &&
            memcmp(&quorum->logs[i].public, &log->public, sizeof log->public) == 0)
            return true;
    return !quorum || quorum->log_count == 0;
}

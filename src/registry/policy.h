/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REGISTRY_POLICY_H
#define BT_REGISTRY_POLICY_H
/*
 * Who must say what before an alias moves. docs/formats/policy.md is normative.
 *
 *     {"aliases":[{"alias":"production","authorMayApprove":false,"maxAgeDays":90,"model":"*",
 *                  "movedBy":"operator","needs":[{"count":2,"role":"validator",
 *                  "says":"acceptance"}]}],
 *      "format":"baton/policy/1","root":{"keys":["<key id>",…],"threshold":1},
 *      "witnesses":{"maxAgeHours":24,"quorum":"witness W1 w1.example+…\nquorum W1\n"}}
 *
 * A policy is a statement like any other; it and the statements on keys count once as many
 * different root keys as the threshold says have signed the very same bytes.
 */
#include "base/alloc.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "ledger/quorum.h"

#define BT_POLICY_FORMAT "baton/policy/1"
#define BT_POLICY_RULES_MAX ((size_t)256)
#define BT_POLICY_NEEDS_MAX ((size_t)16)
#define BT_POLICY_ROOT_KEYS_MAX ((size_t)32)
#define BT_POLICY_QUORUM_MAX ((size_t)64 << 10)
#define BT_POLICY_ANY "*"
#define BT_DAY_SECONDS 86400
#define BT_HOUR_SECONDS 3600

/* Bits, for a key may have several. */
enum bt_role {
    BT_ROLE_AUTHOR = 1,
    BT_ROLE_VALIDATOR = 2,
    BT_ROLE_OPERATOR = 4,
    BT_ROLE_AUDITOR = 8,
    BT_ROLES_ALL = 15,
};

/* What a policy can ask to be said of a bundle. */
enum bt_says { BT_SAYS_HANDOFF, BT_SAYS_ACCEPTANCE, BT_SAYS_TEST, BT_SAYS_COUNT };

const char *bt_role_name(enum bt_role role);
const char *bt_says_name(enum bt_says says);
/* "author,validator" in that order; the names of all bits in `roles`. */
void bt_roles_format(unsigned roles, struct bt_buf *out);
/* One name, or several with commas between; BATON_ERR_USAGE for anything else. */
BT_CHECK baton_status bt_roles_parse(const char *text, unsigned *ret, struct baton_error *err);

struct bt_policy_need {
    enum bt_says says;
    enum bt_role role;
    uint64_t count; /* of different keys; at least 1 */
};

struct bt_policy_rule {
    const char *model; /* or BT_POLICY_ANY */
    const char *alias; /* or BT_POLICY_ANY */
    bool author_may_approve;
    uint64_t max_age_days; /* of what was said; 0: it does not age */
    enum bt_role moved_by;
    const struct bt_policy_need *needs;
    size_t need_count;
};

/* Who must have seen the ledger as it is before an alias is promoted. */
struct bt_policy_witnesses {
    const char *text;               /* docs/formats/quorum.md; NULL, as "": nobody is asked */
    const struct bt_quorum *quorum; /* what it says, and points into it; NULL: nobody is asked */
    uint64_t max_age_hours;         /* of a cosignature; 0: it does not age */
};

struct bt_policy {
    const struct bt_policy_rule *rules;
    size_t rule_count;
    const struct bt_digest *root_keys; /* their ids */
    size_t root_key_count;
    uint64_t threshold; /* 1 to root_key_count */
    struct bt_policy_witnesses witnesses;
};

/* The texts live in `arena`. Whatever could be misread is refused: unknown members, a rule twice, a
 * root key twice, a threshold that cannot be met. */
BT_CHECK baton_status bt_policy_parse(const struct bt_json *json, struct bt_arena *arena,
                                      struct bt_policy *ret, struct baton_error *err);
/* `text`, which must live as long as `arena`, and how old its witnesses' word may be. */
BT_CHECK baton_status bt_policy_witnesses_parse(const char *text, uint64_t max_age_hours,
                                                struct bt_arena *arena,
                                                struct bt_policy_witnesses *ret,
                                                struct baton_error *err);
/* As the next value of a writer, in canonical order. */
void bt_policy_put(const struct bt_policy *policy, struct bt_json_writer *w);

/* Both keep root and witnesses of `from`. For one person: an acceptance by a validator, who may be
 * the author.
 */
struct bt_policy bt_policy_lone(const struct bt_policy *from);
/* For several: a handoff by an author, an acceptance by a validator who is not the author, no older
 * than 90 days; an operator moves. */
struct bt_policy bt_policy_team(const struct bt_policy *from);

/* The most particular rule: model and alias, model, alias, any; NULL when there is none, and then
 * the alias cannot be moved. */
const struct bt_policy_rule *bt_policy_find(const struct bt_policy *policy, const char *model,
                                            const char *alias);
/* Whether the witnesses are this log's: the text names no log, or this one among others. */
bool bt_policy_watches(const struct bt_policy_witnesses *witnesses, const struct bt_note_key *log);
bool bt_policy_is_root(const struct bt_policy *policy, const struct bt_digest *key);

#endif

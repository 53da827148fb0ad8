/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy demands before an alias moves, demand by demand. Counted are different keys, by
 * the role they had when they spoke, and for each key only what it said last: a refusal after an
 * acceptance takes it back. Nothing that is missing can turn a no into a yes.
 */
#include "registry/registry_int.h"

#include <stdio.h>

static const enum bt_said_kind kind_of[BT_SAYS_COUNT] = {
    [BT_SAYS_HANDOFF] = BT_SAID_HANDOFF,
    [BT_SAYS_ACCEPTANCE] = BT_SAID_ACCEPTANCE,
    [BT_SAYS_TEST] = BT_SAID_TEST,
};

struct gate {
    const struct bt_registry *registry;
    const struct bt_policy_rule *rule;
    const struct bt_said *said;
    struct bt_row version; /* the statement that numbered the bundle */
    int64_t now;           /* by the clock of who moves the alias */
    bool ages;             /* what was said long ago does not count */
    struct bt_arena arena;
    struct bt_checks *rows;
    struct baton_error *err;
};

static void release_gate(struct gate *gate)
{
    bt_arena_release(&gate->arena);
}

static baton_verdict yes(bool holds)
{
    return holds ? BATON_IDENTICAL : BATON_DIFFERS;
}

bool bt_row_is_superseded(const struct bt_row *rows, size_t count, size_t at)
{
    for (size_t i = at + 1; i < count; i++)
        if (bt_digest_equal(&rows[i].signer, &rows[at].signer))
            return true;
    return false;
}

struct tally {
    uint64_t counted;
    struct bt_buf who; /* was counted, and who was not and why */
};

static void tally_release(struct tally *tally)
{
    bt_buf_release(&tally->who);
}

#define WHY_NOT_MAX 96
/* How far the clock of who said it may be ahead of the mover's, as with witnesses. */
#define SKEW_S 300

/* By the clocks of two people. False: it counts. */
static bool why_age(const struct gate *gate, const struct bt_row *row, char why[WHY_NOT_MAX])
{
    int64_t age = gate->now - row->time;
    if (!gate->ages ||
        (age >= -SKEW_S && age <= (int64_t)gate->rule->max_age_days * BT_DAY_SECONDS))
        return false;
    if (age >= 0)
        (void)snprintf(why, WHY_NOT_MAX, "said it too long ago (%lld days, %llu are allowed)",
                       (long long)(age / BT_DAY_SECONDS),
                       (unsigned long long)gate->rule->max_age_days);
    else
        (void)snprintf(why, WHY_NOT_MAX,
                       "dated it %lld minutes ahead of the mover's clock (check both)",
                       (long long)(-age / 60));
    return true;
}

/* False: it counts. */
static bool why_not(const struct gate *gate, const struct bt_policy_need *need,
                    const struct bt_row *row, char why[WHY_NOT_MAX])
{
    bool says_yes = need->says == BT_SAYS_HANDOFF || row->good;
    const char *because = NULL;
    if (!(row->roles & (unsigned)need->role))
        because = "not in that role";
    else if (!says_yes)
        because = "refused it";
    else if (need->says == BT_SAYS_ACCEPTANCE && !gate->rule->author_may_approve &&
             bt_digest_equal(&row->signer, &gate->version.signer))
        because = "is the author";
    if (because)
        (void)snprintf(why, WHY_NOT_MAX, "%s", because);
    return because || why_age(gate, row, why);
}

static void count(const struct gate *gate, const struct bt_policy_need *need,
                  const struct bt_row *rows, size_t row_count, struct tally *tally)
{
    for (size_t i = 0; i < row_count; i++) {
        if (bt_row_is_superseded(rows, row_count, i))
            continue;
        char why[WHY_NOT_MAX];
        if (why_not(gate, need, &rows[i], why)) {
            bt_buf_printf(&tally->who, "%s%s %s", tally->who.len ? ", " : "", rows[i].who, why);
            continue;
        }
        tally->counted++;
        bt_buf_printf(&tally->who, "%s%s (statement %llu)", tally->who.len ? ", " : "", rows[i].who,
                      (unsigned long long)rows[i].leaf);
    }
}

static baton_status ask(struct gate *gate, const struct bt_policy_need *need)
{
    struct bt_row_filter filter = {.model = gate->said->model,
                                   .bundle = &gate->said->subject,
                                   .by_kind = true,
                                   .kind = kind_of[need->says],
                                   .in_effect = true};
    BT_CLEANUP(tally_release) struct tally tally = {.who = BT_BUF_INIT(4096)};
    char what[64];
    struct bt_row *rows = NULL;
    size_t row_count = 0;
    BT_TRY(bt_registry_rows(gate->registry, &filter, &gate->arena, &rows, &row_count, gate->err));
    count(gate, need, rows, row_count, &tally);
    (void)snprintf(what, sizeof what, "%s by %s", bt_says_name(need->says),
                   bt_role_name(need->role));
    return bt_checks_add(gate->rows, what, yes(tally.counted >= need->count), gate->err,
                         "%llu of %llu%s%s", (unsigned long long)tally.counted,
                         (unsigned long long)need->count, tally.who.len ? ": " : "",
                         tally.who.len ? bt_buf_str(&tally.who) : "");
}

static baton_status ask_version(struct gate *gate)
{
    const struct bt_said *said = gate->said;
    baton_status status = bt_registry_version(gate->registry, said->model, said->version,
                                              &gate->arena, &gate->version, gate->err);
    if (status != BATON_OK && status != BATON_ERR_NOT_FOUND)
        return status;
    bool is_it = status == BATON_OK && bt_digest_equal(&gate->version.subject, &said->subject);
    return bt_checks_add(gate->rows, "version", yes(is_it), gate->err, "%s:%llu%s", said->model,
                         (unsigned long long)said->version,
                         is_it ? "" : " is not this bundle in this registry");
}

static baton_status ask_retired(struct gate *gate)
{
    struct bt_row_filter filter = {.model = gate->said->model,
                                   .bundle = &gate->said->subject,
                                   .by_kind = true,
                                   .kind = BT_SAID_RETIREMENT,
                                   .in_effect = true};
    struct bt_row *rows = NULL;
    size_t row_count = 0;
    BT_TRY(bt_registry_rows(gate->registry, &filter, &gate->arena, &rows, &row_count, gate->err));
    if (row_count)
        return bt_checks_add(gate->rows, "not retired", BATON_DIFFERS, gate->err,
                             "retired by %s (statement %llu): %s", rows[0].who,
                             (unsigned long long)rows[0].leaf, rows[0].note);
    return bt_checks_add(gate->rows, "not retired", BATON_IDENTICAL, gate->err, "in use");
}

/* Coming back to what was in use before must not fail because time has passed; but then the alias
 * must have stood there, or every promotion could call itself a rollback. */
static baton_status find_ages(struct gate *gate)
{
    struct bt_row_filter filter = {.model = gate->said->model,
                                   .alias = gate->said->alias,
                                   .bundle = &gate->said->subject,
                                   .by_kind = true,
                                   .kind = BT_SAID_ALIAS,
                                   .in_effect = true,
                                   .limit = 1};
    struct bt_row *rows = NULL;
    size_t row_count = 0;
    BT_TRY(bt_registry_rows(gate->registry, &filter, &gate->arena, &rows, &row_count, gate->err));
    bool comes_back = !gate->said->good && row_count;
    gate->ages = gate->rule->max_age_days && !comes_back;
    return BATON_OK;
}

/* Whose key it was, and why it is not trusted any more; or that it never was. */
static baton_status ask_distrusted(struct gate *gate, const struct bt_digest *signer)
{
    struct bt_row_filter filter = {.bundle = signer,
                                   .by_kind = true,
                                   .kind = BT_SAID_KEY,
                                   .in_effect = true,
                                   .newest_first = true,
                                   .limit = 1};
    const char *role = bt_role_name(gate->rule->moved_by);
    struct bt_row *rows = NULL;
    size_t row_count = 0;
    BT_TRY(bt_registry_rows(gate->registry, &filter, &gate->arena, &rows, &row_count, gate->err));
    if (row_count == 0)
        return bt_checks_add(gate->rows, "moved by", BATON_DIFFERS, gate->err,
                             "a key that is not trusted; it takes one with the role %s", role);
    return bt_checks_add(gate->rows, "moved by", BATON_DIFFERS, gate->err,
                         "%s, whose key was revoked (statement %llu): %s; it takes one with the "
                         "role %s",
                         rows[0].name, (unsigned long long)rows[0].leaf, rows[0].note, role);
}

static baton_status ask_mover(struct gate *gate, const struct bt_digest *signer)
{
    struct bt_row key;
    const char *role = bt_role_name(gate->rule->moved_by);
    baton_status status = bt_registry_key(gate->registry, signer, &gate->arena, &key, gate->err);
    if (status == BATON_ERR_NOT_FOUND)
        return ask_distrusted(gate, signer);
    BT_TRY(status);
    return bt_checks_add(gate->rows, "moved by",
                         yes((key.detail & (unsigned)gate->rule->moved_by) != 0), gate->err,
                         "%s; it takes the role %s", key.name, role);
}

baton_status bt_registry_gates(const struct bt_registry *registry, const struct bt_said *said,
                               const struct bt_digest *signer, struct bt_checks *ret,
                               struct baton_error *err)
{
    BT_CLEANUP(release_gate)
    struct gate gate = {
        .registry = registry, .said = said, .arena = BT_ARENA_INIT, .rows = ret, .err = err};
    gate.rule =
        registry->has_policy ? bt_policy_find(&registry->policy, said->model, said->alias) : NULL;
    if (!gate.rule)
        return bt_checks_add(ret, "policy", BATON_DIFFERS, err,
                             "no rule of the policy is about model %s and alias %s", said->model,
                             said->alias);
    if (!bt_time_parse(said->time, &gate.now))
        return bt_fail(err, BATON_ERR_INVALID, "the time \"%s\" is none", said->time);
    BT_TRY(find_ages(&gate));
    BT_TRY(ask_version(&gate));
    BT_TRY(ask_retired(&gate));
    BT_TRY(ask_mover(&gate, signer));
    for (size_t i = 0; i < gate.rule->need_count; i++)
        BT_TRY(ask(&gate, &gate.rule->needs[i]));
    return BATON_OK;
}

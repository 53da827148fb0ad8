/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/identity.h"
#include "cli/verbs.h"
#include "codec/text/number.h"

#define AGE_MAX_HOURS 876000 /* as docs/formats/policy.md */

static const struct option_spec options[] = {
    {"witnesses", "FILE", "set: who must have seen the ledger before a promotion; none: nobody",
     false},
    {"witness-age", "HOURS", "set: how old their signatures may be (24; 0: any age)", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static void show_rule(struct shown_report *shown, const struct bt_json *rule)
{
    const struct bt_json *needs = report_list(rule, "needs");
    const struct bt_json *author = bt_json_find(rule, "authorMayApprove");
    uint64_t days = report_u64(rule, "maxAgeDays");
    printf("%s@%s: moved by the role %s, after\n", report_str(shown, rule, "model"),
           report_str(shown, rule, "alias"), report_str(shown, rule, "movedBy"));
    for (size_t i = 0; i < needs->count; i++)
        printf("  %s %s by %s\n", report_str(shown, &needs->items[i], "count"),
               report_str(shown, &needs->items[i], "says"),
               report_str(shown, &needs->items[i], "role"));
    printf("  the author %s accept%s", author && author->kind == BT_JSON_TRUE ? "may" : "may not",
           days ? "" : "; nothing ages\n");
    if (days)
        printf("; what was said is good for %" PRIu64 " days\n", days);
}

/* The text as it is: it can be given to `set` again. */
static void show_witnesses(struct shown_report *shown, const struct bt_json *policy)
{
    const struct bt_json *witnesses = bt_json_find(policy, "witnesses");
    const char *text = report_str(shown, witnesses, "quorum");
    uint64_t hours = report_u64(witnesses, "maxAgeHours");
    if (!*text)
        return;
    if (hours)
        printf("witnesses, whose signatures are good for %" PRIu64 " hour%s:\n", hours,
               hours == 1 ? "" : "s");
    else
        puts("witnesses, whose signatures do not age:");
    while (*text) {
        int len = (int)strcspn(text, "\n");
        printf("  %.*s\n", len, text);
        text += len + (text[len] != '\0');
    }
}

static bool is_root(const struct bt_json *root, const struct bt_json *key)
{
    const struct bt_json *ids = report_list(root, "keys");
    const struct bt_json *id = bt_json_find(key, "id");
    for (size_t i = 0; id && i < ids->count; i++)
        if (bt_bytes_equal(ids->items[i].text, id->text))
            return true;
    return false;
}

static void show_policy(struct args *args, struct shown_report *shown)
{
    const struct bt_json *policy = bt_json_find(shown->root, "policy");
    const struct bt_json *rules = report_list(policy, "aliases");
    const struct bt_json *root = bt_json_find(policy, "root");
    const struct bt_json *keys = report_list(shown->root, "keys");
    printf("ledger %s, policy %s\n", report_str(shown, shown->root, "ledger"),
           report_str(shown, shown->root, "digest"));
    for (size_t i = 0; i < rules->count; i++)
        show_rule(shown, &rules->items[i]);
    show_witnesses(shown, policy);
    printf("root: %s of %zu keys\n", report_str(shown, root, "threshold"),
           report_list(root, "keys")->count);
    for (size_t i = 0; i < keys->count; i++)
        printf("  %-16s %-38s %.16s…%s\n", report_str(shown, &keys->items[i], "name"),
               report_str(shown, &keys->items[i], "roles"),
               report_str(shown, &keys->items[i], "id"),
               is_root(root, &keys->items[i]) ? "  root" : "");
}

static void show_set(struct args *args, struct shown_report *shown)
{
    const struct bt_json *list = report_list(shown->root, "statements");
    printf("%s %s\n", list->count ? report_str(shown, &list->items[0], "kind") : "policy",
           report_str(shown, shown->root, "digest"));
    show_statements(shown);
}

static int policy_show(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (baton_policy_show(store, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_policy);
}

static int policy_set(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    struct baton_policy_choice choice = BATON_POLICY_CHOICE_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    uint64_t hours = 0;
    choice.policy = args->operands[1];
    choice.witnesses = args_str(args, "witnesses");
    if (!choice.policy && !choice.witnesses)
        return usage_error(args->command, "set needs lone, team, a FILE or --witnesses FILE");
    int code = args_u64(args, "witness-age", choice.witness_age_hours, AGE_MAX_HOURS, &hours);
    if (code)
        return code;
    choice.witness_age_hours = hours;
    if (baton_policy_set(store, &choice, &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_set);
}

static int policy_sign(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    int64_t statement = -1;
    if (!args->operands[1] || !bt_i64_parse(bt_bytes_of(args->operands[1]), &statement) ||
        statement < 0)
        return usage_error(args->command, "sign needs the number of a statement");
    if (baton_policy_sign(store, (uint64_t)statement, &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_set);
}

static const struct verb_part parts[] = {{"show", policy_show, NULL},
                                         {"set", policy_set, NULL},
                                         {"sign", policy_sign, NULL},
                                         {NULL, NULL, NULL}};

static int run(struct args *args)
{
    return run_part(args, parts);
}

const struct command cmd_policy = {
    .name = "policy",
    .operands = "show|set|sign [lone|team|FILE|STATEMENT]",
    .summary = "Say who must say what before an alias moves",
    .details =
        "A store begins with the policy for one person. `set team` asks for a handoff by an\n"
        "author and an acceptance by a validator who is not the author, no older than 90 days.\n"
        "A FILE can ask for more, per model and alias (docs/formats/policy.md). With --witnesses\n"
        "an alias is promoted only when enough of them have signed the ledger as it is (`baton\n"
        "witness ask`); the FILE is the one that `witness ask` takes. Policies and keys\n"
        "are signed by the root; where several root keys are needed, each signs the statement of\n"
        "the first with `policy sign`.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  baton policy show\n  baton policy set team\n  baton policy set --witnesses "
                "witnesses.txt --witness-age 24\n  baton policy sign 17 --key bob\n",
};

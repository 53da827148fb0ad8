/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"role", "ROLE", "create: viewer, predictor, auditor or admin (predictor)", false},
    {"model", "NAME", "create: for this model alone (all)", true},
    {"expires", "WHEN", "create: 90d, 12h, 2027-01-01T00:00:00Z or never (90d)", false},
    {NULL, NULL, NULL, false},
};

/* Standard output is the token and nothing else, so that it goes into a file or a pipe. */
static void show_made(struct args *args, struct shown_report *shown)
{
    fprintf(stderr, "token %s: %s until %s; it is not shown again\n",
            report_str(shown, shown->root, "name"), report_str(shown, shown->root, "role"),
            report_str(shown, shown->root, "expires"));
    printf("%s\n", report_str(shown, shown->root, "token"));
}

static void show_list(struct args *args, struct shown_report *shown)
{
    const struct bt_json *grants = report_list(shown->root, "grants");
    for (size_t i = 0; i < grants->count; i++) {
        const struct bt_json *grant = &grants->items[i];
        const struct bt_json *expired = bt_json_find(grant, "expired");
        printf("%-32s %-10s %-22s%s ", report_str(shown, grant, "who"),
               report_str(shown, grant, "role"), report_str(shown, grant, "expires"),
               expired && expired->kind == BT_JSON_TRUE ? " expired" : "");
        print_list(report_list(grant, "models"));
        printf("\n");
    }
}

static void show_revoked(struct args *args, struct shown_report *shown)
{
    printf("token %s is revoked\n", report_str(shown, shown->root, "name"));
}

static int token_create(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_token token = BATON_TOKEN_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    token.name = args->operands[1];
    token.role = args_str(args, "role");
    token.models = args_list(args, "model");
    token.expires = args_str(args, "expires");
    if (!token.name)
        return usage_error(args->command, "create needs the NAME of the token");
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_token_create(store, &token, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_made);
}

static int token_list(struct args *args, const baton_store *store)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (baton_token_list(store, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_list);
}

static int token_revoke(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    if (!args->operands[1])
        return usage_error(args->command, "revoke needs the NAME of the token");
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_token_revoke(store, args->operands[1], &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_revoked);
}

static const struct verb_part parts[] = {{"create", NULL, token_create},
                                         {"list", token_list, NULL},
                                         {"revoke", NULL, token_revoke},
                                         {NULL, NULL, NULL}};

static int run(struct args *args)
{
    return run_part(args, parts);
}

const struct command cmd_token = {
    .name = "token",
    .operands = "create|list|revoke [NAME]",
    .summary = "Say who may ask `baton serve --auth`, and what",
    .details =
        "create prints a new token, once; the store keeps its hash, in STORE/access/grants, where\n"
        "people and certificates can be given roles by hand, too. A viewer sees which models\n"
        "there are, a predictor has their answers, an auditor sees what others were answered, an\n"
        "admin all of that. A server that runs takes a change within a second.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  baton token create ci --model credit > ci.token\n"
                "  baton token create root --role admin --expires 12h\n"
                "  baton token revoke ci\n",
};

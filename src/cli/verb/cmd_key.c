/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"algorithm", "NAME", "new: p256 or ed25519 (p256)", false},
    {"passphrase", NULL, "new, import: encrypt the key file", false},
    {"name", "NAME", "trust: the person's name; import: the key's (me)", false},
    {"roles", "ROLES", "trust: author, validator, operator, auditor, with commas between", false},
    {"reason", "TEXT", "revoke: why", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static void show_made(struct args *args, struct shown_report *shown)
{
    printf("%s (%s)\n  id    %s\n  file  %s\n", report_str(shown, shown->root, "name"),
           report_str(shown, shown->root, "algorithm"), report_str(shown, shown->root, "id"),
           report_str(shown, shown->root, "file"));
}

static void show_list(struct args *args, struct shown_report *shown)
{
    const struct bt_json *keys = report_list(shown->root, "keys");
    for (size_t i = 0; i < keys->count; i++) {
        const struct bt_json *encrypted = bt_json_find(&keys->items[i], "encrypted");
        printf("%-16s %-8s %s%s\n", report_str(shown, &keys->items[i], "name"),
               report_str(shown, &keys->items[i], "algorithm"),
               report_str(shown, &keys->items[i], "id"),
               encrypted && encrypted->kind == BT_JSON_TRUE ? "  with passphrase" : "");
    }
}

static void show_public(struct args *args, struct shown_report *shown)
{
    fputs(report_str(shown, shown->root, "publicKey"), stdout);
}

static void show_trust(struct args *args, struct shown_report *shown)
{
    const char *roles = report_str(shown, shown->root, "roles");
    const struct bt_json *list = report_list(shown->root, "statements");
    bool waits = list->count && *report_str(shown, &list->items[0], "effect");
    printf("%s  %s\n%s%s%s\n", report_str(shown, shown->root, "name"),
           report_str(shown, shown->root, "id"), waits ? "to be " : "",
           *roles ? "trusted as " : "revoked", roles);
    show_statements(shown);
}

/* ---- of one's own ---- */

static int key_new(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_to_make(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (args->operands[1])
        who.key = args->operands[1];
    if (baton_key_new(args_str(args, "algorithm"), &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_made);
}

static int key_list(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    struct baton_identity who = identity_of(args);
    if (baton_key_list(&who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_list);
}

static int key_export(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    struct baton_identity who = identity_of(args);
    if (args->operands[1])
        who.key = args->operands[1];
    if (baton_key_export(&who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_public);
}

static int key_import(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    if (!args->operands[1])
        return usage_error(args->command, "import needs the FILE of a key");
    who.key = args_str(args, "name");
    if (baton_key_import(args->operands[1], args_flag(args, "passphrase"), &who, &report, &err) !=
        BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_made);
}

/* ---- in a ledger ---- */

static int key_trust(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    struct baton_member member = BATON_MEMBER_INIT;
    member.public_key = args->operands[1];
    member.name = args_str(args, "name");
    member.roles = args_str(args, "roles");
    if (!member.public_key || !member.name || !member.roles)
        return usage_error(args->command, "trust needs FILE, --name and --roles");
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_key_trust(store, &member, &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_trust);
}

static int key_revoke(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    if (!args->operands[1])
        return usage_error(args->command, "revoke needs the name or id of a key");
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_key_revoke(store, args->operands[1], args_str(args, "reason"), &who, &report, &err) !=
        BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_trust);
}

static const struct verb_part parts[] = {{"new", NULL, key_new},
                                         {"list", NULL, key_list},
                                         {"export", NULL, key_export},
                                         {"import", NULL, key_import},
                                         {"trust", NULL, key_trust},
                                         {"revoke", NULL, key_revoke},
                                         {NULL, NULL, NULL}};

static int run(struct args *args)
{
    return run_part(args, parts);
}

const struct command cmd_key = {
    .name = "key",
    .operands = "new|list|export|import|trust|revoke [NAME|FILE]",
    .summary = "Make keys, and say in the ledger whose keys count",
    .details =
        "new, list, export and import work on your own keys, which lie in ~/.config/baton/keys\n"
        "(or under BATON_HOME), readable by you only. trust and revoke are statements in the\n"
        "store's ledger, signed by its root: a public key, a person's name, and roles. What a key\n"
        "signed before it was revoked stays valid.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  baton key new\n  baton key export > alice.pub\n"
                "  baton key trust alice.pub --name alice --roles author,validator\n"
                "  baton key revoke alice --reason \"laptop stolen\"\n",
};

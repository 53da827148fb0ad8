/* SPDX-License-Identifier: Apache-2.0 */
#include <pwd.h>
#include <unistd.h>

#include "cli/identity.h"
#include "cli/verbs.h"

#define LOGIN_BYTES_MAX 4096

static const struct option_spec options[] = {
    {"name", "NAME", "who you are in the ledger (your login name)", false},
    {"carrier", NULL, "a bare OCI layout to carry bundles in: no ledger, no key", false},
    KEY_OPTION,
    {NULL, NULL, NULL, false},
};

static const char *login_name(char text[LOGIN_BYTES_MAX])
{
    struct passwd entry;
    struct passwd *found = NULL;
    int failed = getpwuid_r(geteuid(), &entry, text, LOGIN_BYTES_MAX, &found);
    return !failed && found && *found->pw_name ? found->pw_name : "me";
}

static void print_ready(const char *path)
{
    printf("%s is a store. Next: baton pack MODEL.onnx --name NAME --golden INPUTS\n", path);
}

static void show(struct args *args, struct shown_report *shown)
{
    print_ready(report_str(shown, shown->root, "store"));
}

static int make_ledger(struct args *args, const char *path)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    char login[LOGIN_BYTES_MAX];
    const char *name = args_str(args, "name");
    if (open_store_at(path, &store, &err) != BATON_OK ||
        baton_ledger_init(store, &who, name ? name : login_name(login), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    const char *path = args_str(args, "store");
    if (args->operand_count && path)
        return usage_error(args->command, "give either PATH or --store PATH");
    if (args->operand_count)
        path = args->operands[0];
    if (!path)
        path = ".baton";
    if (baton_store_init(path, &err) != BATON_OK)
        return fail(args, &err);
    if (!args_flag(args, "carrier"))
        return make_ledger(args, path);
    if (args_flag(args, "json"))
        printf("{\"store\":\"ready\"}\n");
    else
        print_ready(path);
    return 0;
}

const struct command cmd_init = {
    .name = "init",
    .operands = "[PATH]",
    .summary = "Make a store here (.baton), its ledger, and a key of yours",
    .details =
        "A store is a folder in the OCI image layout, which any OCI tool can read, with a ledger\n"
        "of signed statements beside it. Other verbs find it from any folder below, as git does.\n"
        "The first store makes your key too (~/.config/baton/keys/me.pem); it becomes the root of\n"
        "the ledger. What is there already is left as it is.\n",
    .options = options,
    .operands_max = 1,
    .run = run,
    .examples = "  baton init\n  baton init /srv/models --name alice\n",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/carry.h"
#include "cli/remote.h"
#include "cli/verbs.h"

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE from = NULL;
    AUTO_STORE store = NULL;
    if (is_registry_address(args->operands[0]))
        return pull_remote(args);
    int code = refuse_remote_options(args);
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    if (open_store_at(args->operands[0], &from, &err) != BATON_OK ||
        baton_store_copy(from, args->operands[1], store, progress_start(), &report, &err) !=
            BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_carried);
}

static const struct option_spec options[] = {
    {"as", "REF", "what it is called here (from a registry; else nothing)", false},
    REMOTE_OPTIONS,
    {NULL, NULL, NULL, false},
};

const struct command cmd_pull = {
    .name = "pull",
    .operands = "FROM [REF]",
    .summary =
        "Copy a bundle from another store, an OCI layout folder, a .tar archive or a registry",
    .details =
        "Without REF everything that has a name comes along. Every byte is hashed on the way;\n"
        "a bundle arrives whole or not at all. A name that means another bundle here is a\n"
        "conflict.\n"
        "\n"
        "FROM may be oci://HOST[:PORT]/NAME[:TAG|@DIGEST], a bundle in an OCI registry. What is\n"
        "said about it (signatures, acceptances) comes along; --as gives it a name here.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
    .examples = "  baton pull /media/usb/models credit:3\n  baton pull credit-3.tar\n"
                "  baton pull oci://registry.example/models/credit:3 --as credit:3\n",
};

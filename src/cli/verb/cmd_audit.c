/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    {"signer", "PEM|NAME", "believe this key: a file, or whom the store's ledger trusts", true},
    {"log", "FILE", "believe this log: a file with its verifier key", false},
    {"quorum", "FILE", "believe these logs, and ask for their witnesses", false},
    {"of", "FOLDER|REF", "what the statements should be about: files, or a bundle", false},
    {"entry", "FILE", "what a proof is for: a Sigstore bundle, or a log entry", false},
    {"ledger", "FOLDER", "a copy of the log (FOLDER/ledger), to check and to compare with", false},
    {NULL, NULL, NULL, false},
};

/* ---- the store's ledger ---- */

static void show_ledger(struct args *args, struct shown_report *shown)
{
    printf("ledger %s, %s statements\n", report_str(shown, shown->root, "ledger"),
           report_str(shown, shown->root, "size"));
    print_checks(shown, report_list(shown->root, "checks"));
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static int audit_ledger(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (code)
        return code;
    if (baton_audit(store, progress_start(), &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_ledger);
}

/* ---- evidence in files ---- */

static void show_evidence(struct args *args, struct shown_report *shown)
{
    const struct bt_json *files = report_list(shown->root, "files");
    for (size_t i = 0; i < files->count; i++) {
        const struct bt_json *file = &files->items[i];
        printf("%s  %s\n", report_str(shown, file, "file"), report_str(shown, file, "kind"));
        print_gates(shown, report_list(file, "checks"));
    }
    print_verdict(report_str(shown, shown->root, "verdict"));
    putchar('\n');
}

static int audit_evidence(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_evidence_options o = BATON_EVIDENCE_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store_if_any(args, &store);
    if (code)
        return code;
    o.signers = args_list(args, "signer");
    o.log = args_str(args, "log");
    o.quorum = args_str(args, "quorum");
    o.of = args_str(args, "of");
    o.entry = args_str(args, "entry");
    o.ledger = args_str(args, "ledger");
    o.progress = progress_start();
    if (baton_audit_evidence(store, args->operands, &o, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_evidence);
}

static int run(struct args *args)
{
    if (args->operand_count || args_str(args, "ledger"))
        return audit_evidence(args);
    for (const struct option_spec *option = options; option->name; option++)
        if (args_str(args, option->name))
            return usage_error(args->command, "--%s needs a FILE to look at", option->name);
    return audit_ledger(args);
}

const struct command cmd_audit = {
    .name = "audit",
    .operands = "[FILE...]",
    .summary = "Check the whole ledger, or what others signed and logged, in files",
    .details =
        "Without FILE: recomputes the tree from the leaves to the signed head, checks every\n"
        "signature, judges every statement again and compares with the registry's index, and\n"
        "hashes every bundle that is spoken of. Changes nothing.\n"
        "\n"
        "With FILE, which may be a Sigstore bundle, a DSSE envelope, a proof (C2SP tlog-proof) or\n"
        "a checkpoint, by baton or by anybody: whether the signature is right and whose it is,\n"
        "what the statement says, where the log has it, who witnessed it. No store is needed.\n"
        "Believed is who is named with --signer, --log and --quorum; when none of these is given,\n"
        "whom the store's ledger trusts now. What is right by a key that nobody vouched for is\n"
        "no yes: it cannot be told.\n",
    .options = options,
    .operands_max = OPERANDS_MAX,
    .run = run,
    .examples = "  baton audit\n"
                "  baton audit handoff.sigstore.json --signer alice.pub --log log.vkey\n"
                "  baton audit model.sig --signer alice.pub --of model/\n"
                "  baton audit --ledger /mnt/copy --log log.vkey checkpoint.of.last.year\n",
};

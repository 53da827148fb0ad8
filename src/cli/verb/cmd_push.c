/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/carry.h"
#include "cli/remote.h"
#include "cli/verbs.h"

static bool is_archive(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".tar") == 0;
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    const char *ref = args->operands[0];
    const char *to = args->operands[1];
    if (is_registry_address(to))
        return push_remote(args);
    int code = refuse_remote_options(args);
    if (!code)
        code = open_store(args, &store);
    if (code)
        return code;
    const struct baton_progress *progress = progress_start();
    baton_status status = is_archive(to)
                              ? baton_store_export(store, ref, to, progress, &report, &err)
                              : baton_store_push(store, ref, to, progress, &report, &err);
    return status == BATON_OK ? print_report(args, &report, show_carried) : fail(args, &err);
}

static const struct option_spec options[] = {
    REMOTE_OPTIONS,
    {"mount", "NAME", "a repository of the registry that may have parts of it", false},
    {NULL, NULL, NULL, false},
};

const struct command cmd_push = {
    .name = "push",
    .operands = "REF TO",
    .summary = "Copy a bundle to another store, an OCI layout folder, a .tar archive or a registry",
    .details = "TO becomes a store when it is none yet. Every byte is hashed on the way; what is\n"
               "there already is not copied again, so a push that was cut off goes on where it\n"
               "stopped.\n"
               "\n"
               "TO may be oci://HOST[:PORT]/NAME[:TAG], a repository of an OCI registry. What is\n"
               "said about the bundle (signatures, acceptances) goes along. Credentials are those\n"
               "that docker and podman log in with. A HOST on this machine is spoken to by http.\n",
    .options = options,
    .operands_min = 2,
    .operands_max = 2,
    .run = run,
    .examples = "  baton push credit:3 /media/usb/models\n  baton push credit:3 credit-3.tar\n"
                "  baton push credit:3 oci://registry.example/models/credit:3\n",
};

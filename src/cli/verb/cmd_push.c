/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/carry.h"
#include "cli/verbs.h"

static bool is_archive(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".tar") == 0;
}

static int push_to_store(struct args *args, const baton_store *from, const char *to,
                         struct baton_report *report)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_STORE target = NULL;
    if (baton_store_init(to, &err) != BATON_OK || baton_store_open(to, &target, &err) != BATON_OK ||
        baton_store_copy(from, args->operands[0], target, progress_start(), report, &err) !=
            BATON_OK)
        return fail(args, &err);
    return 0;
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    const char *to = args->operands[1];
    int code = open_store(args, &store);
    if (code)
        return code;
    if (!is_archive(to))
        code = push_to_store(args, store, to, &report);
    else if (baton_store_export(store, args->operands[0], to, progress_start(), &report, &err) !=
             BATON_OK)
        code = fail(args, &err);
    return code ? code : show_carried(args, &report, to);
}

const struct command cmd_push = {
    .name = "push",
    .operands = "REF TO",
    .summary = "Copy a bundle to another store, an OCI layout folder or a .tar archive",
    .details = "TO becomes a store when it is none yet. Every byte is hashed on the way; what is\n"
               "there already is not copied again, so a push that was cut off goes on where it\n"
               "stopped.\n",
    .operands_min = 2,
    .operands_max = 2,
    .run = run,
    .examples = "  baton push credit:3 /media/usb/models\n  baton push credit:3 credit-3.tar\n",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/identity.h"

int exit_of_status(baton_status status)
{
    static const unsigned char codes[] = {
        [BATON_OK] = EXIT_YES,
        [BATON_ERR_DIFFERS] = EXIT_NO,
        [BATON_ERR_USAGE] = EXIT_USAGE,
        [BATON_ERR_CANNOT_TELL] = EXIT_CANNOT_TELL,
        [BATON_ERR_NOT_FOUND] = EXIT_NOT_FOUND,
        [BATON_ERR_REFUSED] = EXIT_REFUSED,
        [BATON_ERR_EXISTS] = EXIT_CONFLICT,
        [BATON_ERR_CORRUPT] = EXIT_DISK,
        [BATON_ERR_INVALID] = EXIT_BAD_INPUT,
        [BATON_ERR_UNSUPPORTED] = EXIT_BAD_INPUT,
        [BATON_ERR_LIMIT] = EXIT_BAD_INPUT,
        [BATON_ERR_IO] = EXIT_DISK,
        [BATON_ERR_NO_MEMORY] = EXIT_NO_MEMORY,
        [BATON_ERR_INTERRUPTED] = EXIT_INTERRUPTED,
        [BATON_ERR_INTERNAL] = EXIT_BUG,
        [BATON_ERR_NETWORK] = EXIT_NETWORK,
        [BATON_ERR_CREDENTIALS] = EXIT_CREDENTIALS,
    };
    return (size_t)status < sizeof codes ? codes[status] : EXIT_BUG;
}

int exit_of_verdict(baton_verdict verdict)
{
    switch (verdict) {
    case BATON_IDENTICAL:
    case BATON_WITHIN_CONTRACT:
        return EXIT_YES;
    case BATON_CANNOT_TELL:
        return EXIT_CANNOT_TELL;
    case BATON_DIFFERS:
        return EXIT_NO;
    }
    return EXIT_BUG;
}

int fail(const struct args *args, const struct baton_error *err)
{
    progress_end();
    fprintf(stderr, "baton %s: %s\n", args->command->name, err->text);
    if (err->status == BATON_ERR_INTERRUPTED)
        fputs("Nothing was changed that matters; the same command goes on where this one "
              "stopped.\n",
              stderr);
    return exit_of_status(err->status);
}

int usage_error(const struct command *command, const char *fmt, ...)
{
    va_list args;
    fprintf(stderr, "baton %s: ", command->name);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\nTry: baton %s --help\n", command->name);
    return EXIT_USAGE;
}

static const char *store_path(const struct args *args)
{
    const char *given = args_str(args, "store");
    if (given)
        return given;
    const char *variable = getenv("BATON_STORE");
    return variable && *variable ? variable : NULL;
}

baton_status open_store_at(const char *path, baton_store **ret, struct baton_error *err)
{
    char folder[PERSON_FOLDER_MAX];
    AUTO_STORE store = NULL;
    baton_status status = baton_store_open(path, &store, err);
    if (status == BATON_OK)
        status = baton_store_remember(store, person_folder(folder), err);
    if (status != BATON_OK)
        return status;
    *ret = store;
    store = NULL;
    return BATON_OK;
}

int open_store(const struct args *args, baton_store **ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (open_store_at(store_path(args), ret, &err) == BATON_OK)
        return 0;
    return fail(args, &err);
}

int open_store_if_any(const struct args *args, baton_store **ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    const char *path = store_path(args);
    baton_status status = open_store_at(path, ret, &err);
    if (status == BATON_OK || (status == BATON_ERR_NOT_FOUND && !path))
        return 0;
    return fail(args, &err);
}

void store_cleanup(baton_store **store)
{
    baton_store_close(*store);
}

void report_cleanup(struct baton_report *report)
{
    baton_report_release(report);
}

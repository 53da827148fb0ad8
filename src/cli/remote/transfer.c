/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/carry.h"
#include "cli/remote.h"

#define PARALLEL_MAX 64

/* ---- where credentials lie ---- */

#define AUTH_FILES_MAX 2

struct auth_files {
    char paths[AUTH_FILES_MAX][PATH_MAX];
    const char *list[AUTH_FILES_MAX + 1]; /* ends with NULL */
    size_t count;
};

static void add_file(struct auth_files *files, const char *folder, const char *name)
{
    char *path = files->paths[files->count];
    if (!folder || !*folder)
        return;
    int made = snprintf(path, PATH_MAX, "%s%s", folder, name);
    if (made > 0 && made < PATH_MAX)
        files->list[files->count++] = path;
}

/* As podman, buildah and skopeo look for them, then docker's. */
static void find_auth_files(struct auth_files *files)
{
    const char *docker = getenv("DOCKER_CONFIG");
    add_file(files, getenv("REGISTRY_AUTH_FILE"), "");
    if (files->count)
        return;
    add_file(files, getenv("XDG_RUNTIME_DIR"), "/containers/auth.json");
    if (docker && *docker)
        add_file(files, docker, "/config.json");
    else
        add_file(files, getenv("HOME"), "/.docker/config.json");
}

/* ---- the work ---- */

static int take_options(const struct args *args, struct auth_files *files,
                        struct baton_remote_options *ret)
{
    uint64_t parallel = 0;
    int code = args_u64(args, "parallel", 0, PARALLEL_MAX, &parallel);
    if (code)
        return code;
    find_auth_files(files);
    ret->plain_http = args_flag(args, "plain-http");
    ret->ca_file = args_str(args, "ca");
    ret->auth_files = files->list;
    ret->parallel = (unsigned)parallel;
    ret->progress = progress_start();
    return 0;
}

int push_remote(struct args *args)
{
    struct auth_files files = {.count = 0};
    struct baton_remote_options options = BATON_REMOTE_OPTIONS_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (!code)
        code = take_options(args, &files, &options);
    if (code)
        return code;
    options.mount_from = args_str(args, "mount");
    if (baton_remote_push(store, args->operands[0], args->operands[1], &options, &report, &err) !=
        BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_carried);
}

int pull_remote(struct args *args)
{
    struct auth_files files = {.count = 0};
    struct baton_remote_options options = BATON_REMOTE_OPTIONS_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    if (args->operand_count > 1)
        return usage_error(args->command,
                           "\"%s\" is one argument too many: an address names one "
                           "bundle",
                           args->operands[1]);
    int code = open_store(args, &store);
    if (!code)
        code = take_options(args, &files, &options);
    if (code)
        return code;
    if (baton_remote_pull(args->operands[0], args_str(args, "as"), store, &options, &report,
                          &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show_carried);
}

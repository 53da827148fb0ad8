/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that keep credentials for docker and podman: `docker-credential-SUFFIX get` reads the
 * host on its standard input and prints {"Username": …, "Secret": …}. It is run as it is found by
 * PATH, without a shell; the suffix comes from a file of the user's, and is a plain word.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "codec/json.h"
#include "remote/credentials.h"

#define SUFFIX_MAX ((size_t)64)
#define NOT_FOUND_TEXT "credentials not found"

static bool is_plain_word(struct bt_bytes text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || !strchr(letters, text.ptr[i]))
            return false;
    return text.len > 0 && text.len <= SUFFIX_MAX;
}

/* A file instead of a pipe for its input: nobody waits for the other, nobody gets SIGPIPE. */
static baton_status make_input(const char *host, struct bt_fd *ret, struct baton_error *err)
{
    ret->fd = memfd_create("host", MFD_CLOEXEC);
    if (ret->fd < 0)
        return bt_fail_os(err, errno, "cannot make the input of a credential helper");
    BT_TRY(bt_fs_write_all(ret->fd, "the input of a credential helper", host, strlen(host), err));
    (void)lseek(ret->fd, 0, SEEK_SET);
    return BATON_OK;
}

static baton_status start(const char *program, int input, int output, pid_t *ret,
                          struct baton_error *err)
{
    char verb[] = "get";
    char name[SUFFIX_MAX + 32];
    char *const words[] = {name, verb, NULL};
    posix_spawn_file_actions_t actions;
    (void)snprintf(name, sizeof name, "%s", program);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return bt_fail_no_memory(err, "a process");
    int code = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (code == 0)
        code = posix_spawnp(ret, program, &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return bt_fail_os(err, code, "cannot run %s, which the file of credentials names", program);
    return BATON_OK;
}

/* Its output and whether it ended well. The pipe is read to its end, or closed, before we wait, so
 * that it cannot hang on us. */
static baton_status run(const char *program, const char *host, struct bt_buf *ret, bool *ret_good,
                        struct baton_error *err)
{
    BT_AUTO_FD input = BT_FD_INIT;
    BT_AUTO_FD output = BT_FD_INIT;
    BT_AUTO_FD output_end = BT_FD_INIT;
    int ends[2];
    int how = 0;
    pid_t child = -1;
    BT_TRY(make_input(host, &input, err));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return bt_fail_os(err, errno, "cannot make a pipe");
    output.fd = ends[0];
    output_end.fd = ends[1];
    BT_TRY(start(program, input.fd, output_end.fd, &child, err));
    bt_fd_release(&output_end);
    baton_status status = bt_fs_read_all(output.fd, program, ret, err);
    bt_fd_release(&output);
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        continue;
    *ret_good = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    return status;
}

static baton_status take(struct bt_bytes text, const char *program, struct bt_credentials *ret,
                         struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    const struct bt_json *user = NULL;
    const struct bt_json *secret = NULL;
    if (bt_json_parse(text, program, NULL, &arena, &root, NULL) != BATON_OK ||
        bt_json_need(root, "Username", BT_JSON_STRING, &user, NULL) != BATON_OK ||
        bt_json_need(root, "Secret", BT_JSON_STRING, &secret, NULL) != BATON_OK)
        return bt_fail(err, BATON_ERR_INVALID, "%s printed no Username and Secret", program);
    bool is_identity = bt_json_is_str(user, "<token>");
    struct bt_buf *to = is_identity ? &ret->identity : &ret->password;
    if (!is_identity)
        bt_buf_put(&ret->user, user->text.ptr, user->text.len);
    bt_buf_put(to, secret->text.ptr, secret->text.len);
    BT_TRY(bt_buf_finish(&ret->user, "a user name", err));
    return bt_buf_finish(to, "a password", err);
}

baton_status bt_credential_helper(struct bt_bytes suffix, const char *host,
                                  struct bt_credentials *ret, struct baton_error *err)
{
    BT_AUTO_SECRET text = BT_BUF_INIT(BT_CREDENTIAL_MAX);
    char program[SUFFIX_MAX + 32];
    bool good = false;
    if (!is_plain_word(suffix))
        return bt_fail(err, BATON_ERR_REFUSED,
                       "the file of credentials names a helper that is no plain word");
    (void)snprintf(program, sizeof program, "docker-credential-%.*s", (int)suffix.len,
                   (const char *)suffix.ptr);
    BT_TRY(run(program, host, &text, &good, err));
    if (good)
        return take(bt_buf_bytes(&text), program, ret, err);
    if (strncmp(bt_buf_str(&text), NOT_FOUND_TEXT, sizeof NOT_FOUND_TEXT - 1) == 0)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_CREDENTIALS, "%s has nothing to say about %s", program, host);
}

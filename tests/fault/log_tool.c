/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log's own verbs as a small program, for tests that need a process.
 *
 *     log_tool create DIR
 *     log_tool append DIR NAME COUNT GROUPS THREADS ACKNOWLEDGED
 *         each thread appends GROUPS groups of COUNT entries "NAME THREAD NUMBER", and writes a
 *         line "NAME THREAD NUMBER INDEX" into the file ACKNOWLEDGED for each group's first entry
 *     log_tool cut DIR
 *         as after a power cut: the journal was gone over in another boot
 *     log_tool check DIR LOW HIGH ACKNOWLEDGED
 *         everything is as the checkpoint says, as the log is found and once more after it was
 *         opened to append; then LOW to HIGH entries are there, and those that were acknowledged
 *         are where they were said to be
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "ledger/log/log_int.h"
#include "tool.h"

/* Small, so that a test sees it full. */
#define AREA_BYTES ((uint64_t)64 << 10)
#define COUNT_MAX 300

static void close_log(struct bt_log **log)
{
    bt_log_close(*log);
}

#define AUTO_LOG BT_CLEANUP(close_log) struct bt_log

static baton_status make_signer(struct bt_log_signer *ret, struct baton_error *err)
{
    struct bt_ed25519_public public;
    for (size_t i = 0; i < sizeof ret->secret.seed; i++)
        ret->secret.seed[i] = (uint8_t)i;
    BT_TRY(bt_ed25519_public_of(&ret->secret, &public, err));
    return bt_note_key_make("example.com/baton-audit", BT_NOTE_ED25519, &public, &ret->key, err);
}

/* Whatever the leaf is, once more. */
static baton_status binding(struct bt_bytes leaf, struct bt_bytes content, struct baton_error *err)
{
    return bt_bytes_equal(leaf, content)
               ? BATON_OK
               : bt_fail(err, BATON_ERR_DIFFERS, "the content is not the leaf");
}

static baton_status create(char **args, struct baton_error *err)
{
    struct bt_log_signer signer;
    BT_AUTO_FD dir = BT_FD_INIT;
    BT_TRY(make_signer(&signer, err));
    BT_TRY(bt_fs_open_user(args[0], O_RDONLY | O_DIRECTORY, 0, &dir, err));
    baton_status status = bt_log_create_sized(dir.fd, &signer, AREA_BYTES, err);
    return status == BATON_ERR_EXISTS ? BATON_OK : status;
}

static baton_status open_log(const char *path, bool to_append, struct bt_log **ret,
                             struct baton_error *err)
{
    struct bt_log_signer signer;
    BT_AUTO_FD dir = BT_FD_INIT;
    BT_TRY(make_signer(&signer, err));
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &dir, err));
    return to_append ? bt_log_open_to_append(dir.fd, &signer, binding, ret, err)
                     : bt_log_open(dir.fd, &signer.key, binding, ret, err);
}

/* ---- append ---- */

struct appender {
    struct bt_log *log;
    const char *name;
    size_t count;
    size_t groups;
    unsigned thread;
    int acknowledged;
    pthread_t id;
    baton_status status;
    struct baton_error err;
};

static baton_status append_group(struct appender *a, size_t group, struct baton_error *err)
{
    char texts[COUNT_MAX][40];
    struct bt_log_entry entries[COUNT_MAX];
    uint64_t first = 0;
    char line[128];
    for (size_t i = 0; i < a->count; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%s %u %zu", a->name, a->thread,
                       group * a->count + i);
        entries[i] = (struct bt_log_entry){bt_bytes_of(texts[i]), bt_bytes_of(texts[i])};
    }
    BT_TRY(bt_log_append(a->log, entries, a->count, &first, err));
    int len = snprintf(line, sizeof line, "%s %" PRIu64 "\n", texts[0], first);
    return bt_fs_write_all(a->acknowledged, "acknowledged", line, (size_t)len, err);
}

static void *append_groups(void *user)
{
    struct appender *a = user;
    for (size_t i = 0; i < a->groups && a->status == BATON_OK; i++)
        a->status = append_group(a, i, &a->err);
    return NULL;
}

static baton_status append(char **args, struct baton_error *err)
{
    AUTO_LOG *log = NULL;
    BT_AUTO_FD acknowledged = BT_FD_INIT;
    struct appender appenders[16] = {{0}};
    unsigned threads = (unsigned)strtoul(args[4], NULL, 10);
    size_t count = strtoul(args[2], NULL, 10);
    if (threads < 1 || threads > 16 || count > COUNT_MAX)
        return bt_fail(err, BATON_ERR_USAGE, "1 to 16 threads, at most %d entries", COUNT_MAX);
    BT_TRY(open_log(args[0], true, &log, err));
    BT_TRY(bt_fs_open_user(args[5], O_WRONLY | O_APPEND | O_CREAT, 0644, &acknowledged, err));
    for (unsigned i = 0; i < threads; i++) {
        appenders[i] = (struct appender){.log = log,
                                         .name = args[1],
                                         .count = count,
                                         .groups = strtoul(args[3], NULL, 10),
                                         .thread = i,
                                         .acknowledged = acknowledged.fd};
        if (i > 0 && pthread_create(&appenders[i].id, NULL, append_groups, &appenders[i]) != 0)
            return bt_fail(err, BATON_ERR_NO_MEMORY, "no thread");
    }
    (void)append_groups(&appenders[0]);
    for (unsigned i = 1; i < threads; i++)
        (void)pthread_join(appenders[i].id, NULL);
    for (unsigned i = 0; i < threads; i++) {
        if (appenders[i].status == BATON_OK)
            continue;
        *err = appenders[i].err;
        return appenders[i].status;
    }
    return BATON_OK;
}

static baton_status cut(char **args, struct baton_error *err)
{
    BT_CLEANUP(bt_journal_release) struct bt_journal journal = {.fd = BT_FD_INIT};
    struct bt_journal_head head;
    BT_AUTO_FD dir = BT_FD_INIT;
    BT_TRY(bt_fs_open_user(args[0], O_RDONLY | O_DIRECTORY, 0, &dir, err));
    BT_TRY(bt_journal_open(dir.fd, &journal, err));
    BT_TRY(bt_journal_read_head(&journal, &head, err));
    memset(head.boot, 'x', sizeof head.boot);
    return bt_journal_write_head(&journal, &head, err);
}

/* ---- check ---- */

static baton_status check_acknowledged(struct bt_log *log, const char *path,
                                       struct baton_error *err)
{
    char line[256];
    FILE *file = fopen(path, "r");
    baton_status status = BATON_OK;
    while (file && status == BATON_OK && fgets(line, sizeof line, file)) {
        BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        char *blank = strrchr(line, ' ');
        if (!blank || !strchr(blank, '\n'))
            break; /* the process was killed while it wrote this */
        *blank = '\0';
        status = bt_log_read(log, strtoull(blank + 1, NULL, 10), &leaf, NULL, err);
        if (status == BATON_OK && strcmp(bt_buf_str(&leaf), line) != 0)
            status = bt_fail(err, BATON_ERR_DIFFERS, "entry %s is not \"%s\" but \"%s\"", blank + 1,
                             line, bt_buf_str(&leaf));
    }
    if (file)
        (void)fclose(file);
    return status;
}

static baton_status check_once(char **args, bool to_append, struct baton_error *err)
{
    AUTO_LOG *log = NULL;
    struct bt_log_audit audit;
    BT_TRY(open_log(args[0], to_append, &log, err));
    BT_TRY(bt_log_audit(log, NULL, &audit, err));
    /* What is durable may still have to be published. */
    if (!to_append)
        return BATON_OK;
    if (audit.head.size < strtoull(args[1], NULL, 10) ||
        audit.head.size > strtoull(args[2], NULL, 10))
        return bt_fail(err, BATON_ERR_DIFFERS, "%" PRIu64 " entries: expected %s to %s",
                       audit.head.size, args[1], args[2]);
    return check_acknowledged(log, args[3], err);
}

static baton_status check(char **args, struct baton_error *err)
{
    BT_TRY(check_once(args, false, err));
    return check_once(args, true, err);
}

int main(int argc, char **argv)
{
    static const struct tool_verb verbs[] = {{"create", 1, create},
                                             {"append", 6, append},
                                             {"cut", 1, cut},
                                             {"check", 4, check},
                                             {NULL, 0, NULL}};
    return tool_main(argc, argv, verbs, "see the head of log_tool.c");
}

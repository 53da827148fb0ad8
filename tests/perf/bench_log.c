/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a log takes entries, is audited, and how long one proof takes.
 *
 *     bench_log append DIR ENTRIES GROUP THREADS    groups of GROUP entries of 200 bytes; each is
 *                                                   durable before its thread makes the next
 *     bench_log disk DIR ENTRIES GROUP              only what makes groups of as many bytes
 * durable: written and synced, one after the other bench_log audit DIR bench_log proof DIR
 * signature and path of one entry, in memory
 *
 * One line each: names and numbers.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/fs.h"
#include "ledger/log.h"

#define LEAF_BYTES 200
#define THREADS_MAX 16

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static baton_status make_signer(struct bt_log_signer *ret, struct baton_error *err)
{
    struct bt_ed25519_public public;
    memset(ret->secret.seed, 1, sizeof ret->secret.seed);
    BT_TRY(bt_ed25519_public_of(&ret->secret, &public, err));
    return bt_note_key_make("example.com/bench", BT_NOTE_ED25519, &public, &ret->key, err);
}

static baton_status open_log(const char *path, struct bt_log **ret, struct baton_error *err)
{
    struct bt_log_signer signer;
    BT_AUTO_FD dir = BT_FD_INIT;
    BT_TRY(make_signer(&signer, err));
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &dir, err));
    baton_status status = bt_log_create(dir.fd, &signer, err);
    if (status != BATON_OK && status != BATON_ERR_EXISTS)
        return status;
    return bt_log_open_to_append(dir.fd, &signer, NULL, ret, err);
}

/* ---- append ---- */

struct appender {
    struct bt_log *log;
    size_t groups;
    size_t group;
    unsigned number;
    double *times_s; /* of each group */
    pthread_t id;
    baton_status status;
    struct baton_error err;
};

static baton_status append_all(struct appender *a, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    char(*leaves)[LEAF_BYTES] = bt_arena_calloc(&arena, a->group, LEAF_BYTES);
    struct bt_log_entry *entries = bt_arena_calloc(&arena, a->group, sizeof *entries);
    if (!leaves || !entries)
        return bt_fail_no_memory(err, "entries");
    for (size_t i = 0; i < a->groups; i++) {
        uint64_t first = 0;
        for (size_t j = 0; j < a->group; j++) {
            (void)snprintf(leaves[j], LEAF_BYTES, "%u %zu %zu", a->number, i, j);
            entries[j].leaf = (struct bt_bytes){(const uint8_t *)leaves[j], LEAF_BYTES};
        }
        double start = now_s();
        BT_TRY(bt_log_append(a->log, entries, a->group, &first, err));
        a->times_s[i] = now_s() - start;
    }
    return BATON_OK;
}

static void *run_appender(void *user)
{
    struct appender *a = user;
    a->status = append_all(a, &a->err);
    return NULL;
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *name, unsigned threads, size_t group, double *times_s,
                        size_t count, double seconds)
{
    qsort(times_s, count, sizeof *times_s, compare_times);
    (void)printf("%s threads %u group %zu leaves_per_s %.0f p50_ms %.2f p99_ms %.2f max_ms %.2f\n",
                 name, threads, group, (double)(count * group) / seconds, times_s[count / 2] * 1e3,
                 times_s[count * 99 / 100] * 1e3, times_s[count - 1] * 1e3);
}

static baton_status run_appenders(struct appender *appenders, unsigned threads,
                                  struct baton_error *err)
{
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&appenders[i].id, NULL, run_appender, &appenders[i]) != 0)
            return bt_fail(err, BATON_ERR_NO_MEMORY, "no thread");
    for (unsigned i = 0; i < threads; i++)
        (void)pthread_join(appenders[i].id, NULL);
    for (unsigned i = 0; i < threads; i++) {
        if (appenders[i].status == BATON_OK)
            continue;
        *err = appenders[i].err;
        return appenders[i].status;
    }
    return BATON_OK;
}

static baton_status append(struct bt_log *log, char **args, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct appender appenders[THREADS_MAX];
    size_t group = strtoul(args[2], NULL, 10);
    unsigned threads = (unsigned)strtoul(args[3], NULL, 10);
    if (group == 0 || threads == 0 || threads > THREADS_MAX)
        return bt_fail(err, BATON_ERR_USAGE, "groups of 1 and more, 1 to %d threads", THREADS_MAX);
    size_t groups = strtoul(args[1], NULL, 10) / group / threads;
    double *times_s = bt_arena_calloc(&arena, groups * threads + 1, sizeof *times_s);
    if (!times_s)
        return bt_fail_no_memory(err, "times");
    for (unsigned i = 0; i < threads; i++)
        appenders[i] = (struct appender){.log = log,
                                         .groups = groups,
                                         .group = group,
                                         .number = i,
                                         .times_s = times_s + i * groups};
    double start = now_s();
    BT_TRY(run_appenders(appenders, threads, err));
    double seconds = now_s() - start;
    size_t count = groups * threads;
    print_times("append", threads, group, times_s, count, seconds);
    return BATON_OK;
}

/* ---- the disk alone ---- */

static baton_status write_groups(int fd, const uint8_t *bytes, size_t len, size_t count,
                                 double *times_s, struct baton_error *err)
{
    for (size_t i = 0; i < count; i++) {
        double start = now_s();
        BT_TRY(bt_fs_write_all(fd, "disk", bytes, len, err));
        if (fdatasync(fd) != 0)
            return bt_fail(err, BATON_ERR_IO, "cannot sync");
        times_s[i] = now_s() - start;
    }
    return BATON_OK;
}

static baton_status disk(struct bt_log *log, char **args, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_FD fd = BT_FD_INIT;
    size_t group = strtoul(args[2], NULL, 10);
    size_t len = group * LEAF_BYTES;
    size_t count = len ? strtoul(args[1], NULL, 10) / group : 0;
    (void)log;
    uint8_t *bytes = bt_arena_calloc(&arena, len, 1);
    double *times_s = bt_arena_calloc(&arena, count, sizeof *times_s);
    const char *path = bt_arena_printf(&arena, "%s/disk", args[0]);
    if (!bytes || !times_s || !path || count == 0)
        return bt_fail(err, BATON_ERR_USAGE, "groups of 1 and more");
    BT_TRY(bt_fs_open_user(path, O_WRONLY | O_CREAT | O_TRUNC, 0600, &fd, err));
    double start = now_s();
    BT_TRY(write_groups(fd.fd, bytes, len, count, times_s, err));
    print_times("disk", 1, group, times_s, count, now_s() - start);
    return BATON_OK;
}

/* ---- audit, proof ---- */

static baton_status audit(struct bt_log *log, char **args, struct baton_error *err)
{
    struct bt_log_audit found;
    (void)args;
    double start = now_s();
    BT_TRY(bt_log_audit(log, NULL, &found, err));
    double seconds = now_s() - start;
    (void)printf("audit entries %" PRIu64 " seconds %.2f entries_per_s %.0f\n", found.head.size,
                 seconds, (double)found.head.size / seconds);
    return BATON_OK;
}

static baton_status check_proof(struct bt_bytes note, const struct bt_note_key *key, uint64_t index,
                                struct bt_bytes leaf, const struct bt_merkle_proof *proof,
                                struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_checkpoint checkpoint;
    struct bt_digest digest;
    BT_TRY(bt_checkpoint_open(note, key, &checkpoint, err));
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(bt_merkle_leaf(&hash, leaf, &digest, err));
    return bt_merkle_check_inclusion(&hash, index, &digest, proof, &checkpoint.head, err);
}

#define PROOF_ROUNDS 2000U

static baton_status proof(struct bt_log *log, char **args, struct baton_error *err)
{
    struct bt_log_signer signer;
    struct bt_merkle_head head;
    struct bt_merkle_proof made;
    BT_AUTO_BUF note = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    (void)args;
    BT_TRY(make_signer(&signer, err));
    BT_TRY(bt_log_head(log, &head, err));
    BT_TRY(bt_log_checkpoint(log, &note, err));
    double prove_s = 0;
    double check_s = 0;
    size_t hashes = 0;
    for (uint64_t i = 0; i < PROOF_ROUNDS; i++) {
        BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        uint64_t index = i * (head.size / PROOF_ROUNDS);
        BT_TRY(bt_log_read(log, index, &leaf, NULL, err));
        double start = now_s();
        BT_TRY(bt_log_prove(log, index, head.size, &made, err));
        double proved = now_s();
        BT_TRY(
            check_proof(bt_buf_bytes(&note), &signer.key, index, bt_buf_bytes(&leaf), &made, err));
        prove_s += proved - start;
        check_s += now_s() - proved;
        hashes = bt_max(hashes, made.count);
    }
    (void)printf("proof hashes %zu prove_us %.1f check_us %.1f\n", hashes,
                 prove_s / PROOF_ROUNDS * 1e6, check_s / PROOF_ROUNDS * 1e6);
    return BATON_OK;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int args; /* behind the folder */
        bool plain;
        baton_status (*run)(struct bt_log *log, char **args, struct baton_error *err);
    } modes[] = {{"append", 3, false, append},
                 {"disk", 2, true, disk},
                 {"audit", 0, false, audit},
                 {"proof", 0, false, proof}};
    struct baton_error err = BATON_ERROR_INIT;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct bt_log *log = NULL;
        if (argc != modes[i].args + 3 || strcmp(argv[1], modes[i].name) != 0)
            continue;
        baton_status status = modes[i].plain ? BATON_OK : open_log(argv[2], &log, &err);
        if (status == BATON_OK)
            status = modes[i].run(log, argv + 2, &err);
        bt_log_close(log);
        if (status != BATON_OK)
            (void)fprintf(stderr, "bench_log: %s\n", err.text);
        return status == BATON_OK ? 0 : 1;
    }
    (void)fputs("usage: see the head of bench_log.c\n", stderr);
    return 2;
}

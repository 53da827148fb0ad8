/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long it takes to move an alias once the proof is done, and how long the proof takes.
 *
 *     bench_switch STORE FOLDER STATEMENTS SWITCHES
 *
 * STORE has two accepted versions of a model m; FOLDER the keys of who may move them. Its ledger is
 * first made STATEMENTS long. A switch is all of baton_promote(): the registry is opened and
 * checked, the gates are asked, and the statement is signed, durable and in the index.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "baton/baton.h"

struct bench {
    baton_store *store;
    struct baton_identity who;
    unsigned turn;
};

typedef baton_status step(struct bench *bench, struct baton_report *ret, struct baton_error *err);

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* To the other version each time. */
static baton_status promote(struct bench *bench, struct baton_report *ret, struct baton_error *err)
{
    struct baton_move_options options = BATON_MOVE_OPTIONS_INIT;
    options.alias = "production";
    return baton_promote(bench->store, bench->turn++ % 2 ? "m:2" : "m:1", &options, &bench->who,
                         ret, err);
}

static baton_status roll_back(struct bench *bench, struct baton_report *ret,
                              struct baton_error *err)
{
    return baton_rollback(bench->store, "m@production", NULL, &bench->who, ret, err);
}

static baton_status verify(struct bench *bench, struct baton_report *ret, struct baton_error *err)
{
    return baton_verify(bench->store, "m:1", NULL, ret, err);
}

static baton_status once(struct bench *bench, step *run, double *ret_ms, struct baton_error *err)
{
    struct baton_report report = BATON_REPORT_INIT;
    double start = now_ms();
    baton_status status = run(bench, &report, err);
    *ret_ms = now_ms() - start;
    if (status == BATON_OK && report.verdict > BATON_WITHIN_CONTRACT)
        status = bt_fail(err, BATON_ERR_REFUSED, "%s", report.json);
    baton_report_release(&report);
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* p99 of less than 100 times is the longest. */
static baton_status measure(struct bench *bench, const char *name, step *run, size_t count,
                            struct baton_error *err)
{
    double *times = bt_calloc(count, sizeof *times);
    baton_status status = times ? BATON_OK : bt_fail_no_memory(err, "the times");
    for (size_t i = 0; i < count && status == BATON_OK; i++)
        status = once(bench, run, &times[i], err);
    if (status == BATON_OK) {
        qsort(times, count, sizeof *times, compare);
        printf("%-9s %4zu times: least %7.2f ms, p50 %7.2f ms, p99 %7.2f ms\n", name, count,
               times[0], times[count / 2], times[count * 99 / 100]);
    }
    bt_free(times);
    return status;
}

/* Each switch is a statement more. */
static baton_status fill(struct bench *bench, unsigned statements, struct baton_error *err)
{
    double ms = 0;
    for (unsigned i = 0; i < statements; i++)
        BT_TRY(once(bench, promote, &ms, err));
    return BATON_OK;
}

static baton_status run(struct bench *bench, char **argv, struct baton_error *err)
{
    size_t switches = strtoul(argv[4], NULL, 10);
    BT_TRY(baton_store_open(argv[1], &bench->store, err));
    bench->who.folder = argv[2];
    BT_TRY(fill(bench, (unsigned)strtoul(argv[3], NULL, 10), err));
    BT_TRY(measure(bench, "promote", promote, switches, err));
    BT_TRY(measure(bench, "verify", verify, switches / 5, err));
    return measure(bench, "rollback", roll_back, switches / 5, err);
}

int main(int argc, char **argv)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bench bench = {NULL, BATON_IDENTITY_INIT, 0};
    if (argc != 5 || strtoul(argv[4], NULL, 10) < 5) {
        (void)fputs("usage: bench_switch STORE FOLDER STATEMENTS SWITCHES\n", stderr);
        return 2;
    }
    baton_status status = run(&bench, argv, &err);
    if (status != BATON_OK)
        (void)fprintf(stderr, "bench_switch: %s\n", err.text);
    baton_store_close(bench.store);
    return status == BATON_OK ? 0 : 1;
}

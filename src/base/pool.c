/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/fpenv.h"

/*
 * One round = one call of bt_pool_run(). The caller publishes the job by advancing `round`; it and
 * the workers take parts until none is left, and it waits for those still being done. A worker that
 * the system does not let run costs nothing that way: its part is taken by another. A worker that
 * has seen round r waits for a later one: first by spinning (a kernel call costs more than a small
 * layer), then on the condition variable.
 */
#define THREADS_MAX 256u
#define SPINS 4000

struct bt_pool {
    unsigned threads;
    pthread_t *workers;
    unsigned started;
    atomic_uint_least64_t ticket; /* round << 32 | the next part nobody has taken */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_uint round;
    atomic_uint left;
    bool stop;
    bt_pool_part *fn;
    void *user;
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Take a part of `round`. A worker that wakes after the round is over finds another number in the
 * ticket; one that has a part keeps the round open, so the job it then reads is that round's. */
static bool take_part(struct bt_pool *pool, unsigned round, unsigned *ret)
{
    uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    do {
        if ((unsigned)(ticket >> 32) != round || (unsigned)ticket >= pool->threads)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket + 1,
                                                    memory_order_acq_rel, memory_order_acquire));
    *ret = (unsigned)ticket;
    return true;
}

static void do_parts(struct bt_pool *pool, unsigned round)
{
    unsigned part = 0;
    while (take_part(pool, round, &part)) {
        pool->fn(pool->user, part, pool->threads);
        atomic_fetch_sub_explicit(&pool->left, 1, memory_order_release);
    }
}

static void wait_for_round(struct bt_pool *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->round, memory_order_acquire) != seen)
            return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->round, memory_order_acquire) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *arg)
{
    struct bt_pool *pool = arg;
    struct bt_fpenv env;
    bt_fpenv_enter(&env);
    for (unsigned seen = 0;;) {
        wait_for_round(pool, seen);
        if (pool->stop)
            break;
        seen = atomic_load_explicit(&pool->round, memory_order_acquire);
        do_parts(pool, seen);
    }
    bt_fpenv_leave(&env);
    return NULL;
}

unsigned bt_usable_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

static void start_round(struct bt_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->round, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void bt_pool_free(struct bt_pool *pool)
{
    if (!pool)
        return;
    pool->stop = true;
    start_round(pool);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    bt_free(pool->workers);
    bt_free(pool);
}

static baton_status start_workers(struct bt_pool *pool, struct baton_error *err)
{
    for (; pool->started + 1 < pool->threads; pool->started++) {
        int rc = pthread_create(&pool->workers[pool->started], NULL, worker_main, pool);
        if (rc != 0)
            return bt_fail_os(err, rc, "cannot start thread %u of %u", pool->started + 2,
                              pool->threads);
    }
    return BATON_OK;
}

baton_status bt_pool_new(unsigned threads, struct bt_pool **ret, struct baton_error *err)
{
    if (threads == 0)
        threads = bt_usable_cpus();
    if (threads > THREADS_MAX)
        return bt_fail(err, BATON_ERR_USAGE, "%u threads: the limit is %u", threads, THREADS_MAX);
    struct bt_pool *pool = bt_calloc(1, sizeof *pool);
    if (!pool)
        return bt_fail_no_memory(err, "the thread pool");
    pool->threads = threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->workers = bt_calloc(threads, sizeof *pool->workers);
    baton_status status =
        pool->workers ? start_workers(pool, err) : bt_fail_no_memory(err, "the thread pool");
    if (status != BATON_OK) {
        bt_pool_free(pool);
        return status;
    }
    *ret = pool;
    return BATON_OK;
}

unsigned bt_pool_threads(const struct bt_pool *pool)
{
    return pool ? pool->threads : 1;
}

void bt_pool_run(struct bt_pool *pool, bt_pool_part *fn, void *user)
{
    unsigned threads = bt_pool_threads(pool);
    if (threads == 1) {
        fn(user, 0, 1);
        return;
    }
    pool->fn = fn;
    pool->user = user;
    atomic_store_explicit(&pool->left, threads, memory_order_relaxed);
    unsigned round = atomic_load_explicit(&pool->round, memory_order_relaxed) + 1;
    atomic_store_explicit(&pool->ticket, (uint64_t)round << 32, memory_order_release);
    start_round(pool);
    do_parts(pool, round);
    for (unsigned spins = 0; atomic_load_explicit(&pool->left, memory_order_acquire); spins++) {
        relax();
        /* With fewer CPUs than threads the workers need ours. */
        if (spins >= SPINS)
            sched_yield();
    }
}

struct bt_range bt_pool_share(size_t count, size_t grain, unsigned part, unsigned parts)
{
    size_t grains = count / grain + (count % grain != 0);
    size_t each = grains / parts;
    size_t extra = grains % parts;
    size_t first = each * part + bt_min(part, extra);
    size_t last = first + each + (part < extra);
    return (struct bt_range){bt_min(first * grain, count), bt_min(last * grain, count)};
}

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
 * One round = one call of bt_pool_run(). The work is cut into as many parts as there are threads;
 * which thread does which part is open, so that a worker that the system has not woken yet costs
 * nothing: the caller takes its part.
 *
 * The ticket holds the number of the round in its upper half and the next part to be taken in its
 * lower half. Invariants:
 *  1. `fn` and `user` are written before the ticket of their round, and not again while `left` is
 *     not 0.
 *  2. A part is taken by moving the ticket from (r, p) to (r, p + 1), so by one thread only. Who
 *     took it may read `fn` and `user`: the round cannot end before the part is done.
 *  3. A worker that found nothing to take spins a little (waking it costs more than a small layer),
 *     then counts itself among the sleepers, looks once more, and sleeps. The caller moves the
 *     ticket first and looks at the sleepers second; both orders are sequentially consistent, so
 *     one of the two sees the other.
 */
#define THREADS_MAX 256u
#define SPINS 8000

struct bt_pool {
    unsigned threads;
    pthread_t *workers;
    unsigned started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    _Atomic uint64_t ticket;
    atomic_uint left;
    atomic_uint sleepers;
    atomic_bool stop;
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

static bool take_part(struct bt_pool *pool, uint64_t ticket)
{
    unsigned part = (unsigned)(uint32_t)ticket;
    if (part >= pool->threads)
        return false;
    if (atomic_compare_exchange_strong(&pool->ticket, &ticket, ticket + 1)) {
        pool->fn(pool->user, part, pool->threads);
        atomic_fetch_sub_explicit(&pool->left, 1, memory_order_release);
    }
    /* Also when somebody else was faster: look again. */
    return true;
}

static void sleep_until_moved(struct bt_pool *pool, uint64_t ticket)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->ticket) == ticket && !atomic_load(&pool->stop))
        pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_until_moved(struct bt_pool *pool, uint64_t ticket)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->ticket, memory_order_relaxed) != ticket)
            return;
        relax();
    }
    sleep_until_moved(pool, ticket);
}

static void *worker_main(void *arg)
{
    struct bt_pool *pool = arg;
    struct bt_fpenv env;
    bt_fpenv_enter(&env);
    while (!atomic_load(&pool->stop)) {
        uint64_t ticket = atomic_load(&pool->ticket);
        if (!take_part(pool, ticket))
            wait_until_moved(pool, ticket);
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

static void wake_sleepers(struct bt_pool *pool)
{
    if (atomic_load(&pool->sleepers) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void bt_pool_free(struct bt_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    /* Spinning workers watch the ticket: move it, with nothing to take. */
    atomic_store(&pool->ticket, UINT64_MAX);
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
        threads = (unsigned)bt_min(bt_usable_cpus(), THREADS_MAX);
    if (threads > THREADS_MAX)
        return bt_fail(err, BATON_ERR_USAGE, "%u threads: the limit is %u", threads, THREADS_MAX);
    struct bt_pool *pool = bt_calloc(1, sizeof *pool);
    if (!pool)
        return bt_fail_no_memory(err, "the thread pool");
    pool->threads = threads;
    /* Round 0 is over: all its parts are taken. */
    atomic_init(&pool->ticket, threads);
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

static uint64_t next_round(uint64_t ticket)
{
    return ((ticket >> 32) + 1) << 32;
}

void bt_pool_run(struct bt_pool *pool, bt_pool_part *fn, void *user)
{
    if (bt_pool_threads(pool) == 1) {
        fn(user, 0, 1);
        return;
    }
    pool->fn = fn;
    pool->user = user;
    atomic_store(&pool->left, pool->threads);
    atomic_store(&pool->ticket, next_round(atomic_load(&pool->ticket)));
    wake_sleepers(pool);
    while (take_part(pool, atomic_load(&pool->ticket)))
        continue;
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

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_CLOCK_H
#define BT_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

/* Microseconds since 1970, as this machine has it. */
static inline uint64_t bt_clock_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Microseconds since some time; they never go back. */
static inline uint64_t bt_clock_ticks_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* `ms` from now on `clock`, as pthread_cond_timedwait() wants it. */
static inline struct timespec bt_clock_in_ms(clockid_t clock, unsigned ms)
{
    struct timespec end;
    (void)clock_gettime(clock, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    return end;
}

#endif

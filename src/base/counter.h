/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_COUNTER_H
#define BT_BASE_COUNTER_H
/* A number that one thread changes and any thread reads: no lock, and no locked instruction. */
#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t bt_counter;

static inline void bt_counter_add(bt_counter *counter, uint64_t by)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + by, memory_order_relaxed);
}

static inline uint64_t bt_counter_get(const bt_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif

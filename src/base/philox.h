/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_PHILOX_H
#define BT_BASE_PHILOX_H
/*
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC'11):
 * four random words as a pure function of a key and a counter. Element i of a stream is the same
 * whoever computes it, in whatever order.
 */
#include <stdint.h>

struct bt_philox {
    uint32_t word[4];
};

/* Counter words are (counter low, counter high, stream low, stream high). */
struct bt_philox bt_philox(uint64_t key, uint64_t stream, uint64_t counter);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_FPENV_H
#define BT_BASE_FPENV_H
/*
 * The floating-point environment of numerics exact/1: round to nearest even, gradual underflow,
 * all exceptions masked. Some other library in the process may have changed it (a file built with
 * -ffast-math sets flush-to-zero when it is loaded), so every entry to the engine and every worker
 * thread enters it, and leaves the caller's environment as it was.
 */
#include <stdint.h>

struct bt_fpenv {
    uint64_t saved;
};

void bt_fpenv_enter(struct bt_fpenv *env);
void bt_fpenv_leave(const struct bt_fpenv *env);

#endif

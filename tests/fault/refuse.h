/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_REFUSE_H
#define BT_TESTS_REFUSE_H
/*
 * The n-th allocation, or the n-th change of the disk, is refused. The faults are put in by the
 * linker (--wrap, see meson.build), so the code under test is the code that ships.
 */
#include <stdbool.h>

enum refuse_kind {
    REFUSE_NONE,
    REFUSE_MEMORY,
    REFUSE_DISK,
    REFUSE_DISK_ON, /* the n-th change of the disk and all after it */
};

/* From now on, whichever thread it is. */
void refuse_arm(enum refuse_kind kind, long n);
/* True when the fault was used up. */
bool refuse_disarm(void);

#endif

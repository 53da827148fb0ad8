/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_FUZZ_H
#define BT_TESTS_FUZZ_H
/*
 * A fuzz target is one function that takes any bytes and returns 0. It must not crash, leak, loop
 * or break what it asserts with FUZZ_CHECK. tests/fuzz/replay.c makes a normal program of it;
 * -Dfuzz=true and clang make a libFuzzer program.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#endif

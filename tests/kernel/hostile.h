/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_KERNEL_HOSTILE_H
#define BT_TESTS_KERNEL_HOSTILE_H
/* The floating-point environment a careless library leaves behind: subnormals flushed where the
 * machine can, rounding upwards. */
#include <stdint.h>

#if defined(__x86_64__)
static inline void hostile_enter(void)
{
    __builtin_ia32_ldmxcsr(0xDFC0); /* FTZ, round up, DAZ, masked */
}

static inline uint64_t hostile_read(void)
{
    return __builtin_ia32_stmxcsr() & ~0x3FU; /* without the sticky flags */
}
#elif defined(__aarch64__)
static inline void hostile_enter(void)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(UINT64_C(0x1400000))); /* FZ, round up */
}

static inline uint64_t hostile_read(void)
{
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
}
#elif defined(__s390x__)
static inline void hostile_enter(void)
{
    __asm__ volatile("sfpc %0" : : "d"(2)); /* round up */
}

static inline uint64_t hostile_read(void)
{
    uint32_t control;
    __asm__ volatile("efpc %0" : "=d"(control));
    return control & 0xFF0000FFU;
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include <cpuid.h>

#include "kernel/arch.h"
#include "kernel/simd/simd.h"
#include "kernel/simd/unary.h"

/*
 * A level needs two answers: the processor has every instruction its files are compiled for (the
 * flags of meson.build), and the system saves the registers across a switch (XCR0).
 */
struct cpu {
    unsigned leaf1_ecx;
    unsigned leaf7_ebx;
    unsigned extended_ecx; /* leaf 0x80000001 */
    unsigned xcr0;
};

#define LEAF1_FMA (1U << 12)
#define LEAF1_OSXSAVE (1U << 27)
#define LEAF1_AVX (1U << 28)
#define LEAF7_BMI1 (1U << 3)
#define LEAF7_AVX2 (1U << 5)
#define LEAF7_BMI2 (1U << 8)
#define LEAF7_AVX512F (1U << 16)
#define LEAF7_AVX512DQ (1U << 17)
#define LEAF7_AVX512BW (1U << 30)
#define LEAF7_AVX512VL (1U << 31)
#define EXTENDED_LZCNT (1U << 5)
#define XCR0_YMM 0x06U
#define XCR0_ZMM 0xE6U

static bool has_all(unsigned word, unsigned bits)
{
    return (word & bits) == bits;
}

static unsigned read_xcr0(void)
{
    unsigned low;
    unsigned high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static struct cpu read_cpu(void)
{
    struct cpu cpu = {0};
    unsigned eax;
    unsigned ebx;
    unsigned ecx;
    unsigned edx;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        cpu.leaf1_ecx = ecx;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        cpu.leaf7_ebx = ebx;
    if (__get_cpuid(0x80000001U, &eax, &ebx, &ecx, &edx))
        cpu.extended_ecx = ecx;
    if (has_all(cpu.leaf1_ecx, LEAF1_OSXSAVE))
        cpu.xcr0 = read_xcr0();
    return cpu;
}

static bool has_avx2(const struct cpu *cpu)
{
    return has_all(cpu->leaf1_ecx, LEAF1_FMA | LEAF1_AVX) &&
           has_all(cpu->leaf7_ebx, LEAF7_AVX2 | LEAF7_BMI1 | LEAF7_BMI2) &&
           has_all(cpu->extended_ecx, EXTENDED_LZCNT) && has_all(cpu->xcr0, XCR0_YMM);
}

static bool has_avx512(const struct cpu *cpu)
{
    return has_avx2(cpu) && has_all(cpu->xcr0, XCR0_ZMM) &&
           has_all(cpu->leaf7_ebx,
                   LEAF7_AVX512F | LEAF7_AVX512DQ | LEAF7_AVX512BW | LEAF7_AVX512VL);
}

bool bt_arch_usable(enum bt_isa isa)
{
    struct cpu cpu = read_cpu();
    return (isa == BT_ISA_AVX2 && has_avx2(&cpu)) || (isa == BT_ISA_AVX512 && has_avx512(&cpu));
}

void bt_arch_init(struct bt_kernels *kernels, enum bt_isa isa)
{
    if (isa >= BT_ISA_AVX2) {
        bt_avx2_init(kernels);
        bt_avx2_unary_init(kernels);
    }
    if (isa >= BT_ISA_AVX512) {
        bt_avx512_init(kernels);
        bt_avx512_unary_init(kernels);
    }
}

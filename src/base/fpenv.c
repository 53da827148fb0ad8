/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fpenv.h"

#include <float.h>

_Static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in float");
_Static_assert(FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53, "binary32 and binary64 are required");

#if defined(__x86_64__)
/* MXCSR: all exceptions masked, round to nearest, FTZ and DAZ off. */
static const uint64_t wanted = 0x1F80;

static uint64_t control_get(void)
{
    return __builtin_ia32_stmxcsr();
}

static void control_set(uint64_t control)
{
    __builtin_ia32_ldmxcsr((unsigned)control);
}
#elif defined(__aarch64__)
/* FPCR: RNE, no FZ, no FZ16, no default NaN, no AH/FIZ. */
static const uint64_t wanted = 0;

static uint64_t control_get(void)
{
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
}

static void control_set(uint64_t control)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
}
#elif defined(__s390x__)
/* FPC: no traps, round to nearest even. */
static const uint64_t wanted = 0;

static uint64_t control_get(void)
{
    uint32_t control;
    __asm__ volatile("efpc %0" : "=d"(control));
    return control;
}

static void control_set(uint64_t control)
{
    __asm__ volatile("sfpc %0" : : "d"((uint32_t)control));
}
#else
#error "baton does not know the floating-point control register of this architecture"
#endif

void bt_fpenv_enter(struct bt_fpenv *env)
{
    env->saved = control_get();
    if (env->saved != wanted)
        control_set(wanted);
}

void bt_fpenv_leave(const struct bt_fpenv *env)
{
    if (env->saved != wanted)
        control_set(env->saved);
}

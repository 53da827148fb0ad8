/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of kernel/scalar.h against MPFR.
 *
 *     prove_scalar [COUNT [SEED]]      COUNT random inputs per function (default 300)
 *
 * Random bits cover every exponent; two thirds of the inputs are drawn where the function is not
 * constant. Exits 1 if a result is not the correctly rounded one.
 */
#include <inttypes.h>
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/scalar.h"

#define PRECISION 400
#define NEAREST MPFR_RNDN

static uint64_t state;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Uniform in [0, 1) */
static double uniform(void)
{
    return (double)(next() >> 11) * 0x1p-53;
}

static void mp_sigmoid(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_neg(y, x, NEAREST);
    mpfr_exp(y, y, NEAREST);
    mpfr_add_ui(y, y, 1, NEAREST);
    mpfr_ui_div(y, 1, y, NEAREST);
}

static void mp_softplus(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_abs(y, x, NEAREST);
    mpfr_neg(y, y, NEAREST);
    mpfr_exp(y, y, NEAREST);
    mpfr_log1p(y, y, NEAREST);
    if (mpfr_sgn(x) > 0)
        mpfr_add(y, y, x, NEAREST);
}

/* x - Phi(-|z|), to be 0 at z = probit(x) */
static void mp_normal_tail(mpfr_ptr y, mpfr_srcptr z)
{
    mpfr_t root;
    mpfr_init2(root, PRECISION);
    mpfr_sqrt_ui(root, 2, NEAREST);
    mpfr_div(y, z, root, NEAREST);
    mpfr_abs(y, y, NEAREST);
    mpfr_erfc(y, y, NEAREST);
    mpfr_div_2ui(y, y, 1, NEAREST);
    mpfr_clear(root);
}

/* MPFR has no inverse: z is right if the tail at the middles on both sides of it encloses p. */
static bool probit_right(double p, double z)
{
    double tail = p < 0.5 ? p : 1 - p;
    double a = fabs(z);
    mpfr_t middle;
    mpfr_t y;
    mpfr_init2(middle, PRECISION);
    mpfr_init2(y, PRECISION);
    mpfr_set_d(middle, a, NEAREST);
    mpfr_add_d(middle, middle, nextafter(a, 0), NEAREST);
    mpfr_div_2ui(middle, middle, 1, NEAREST);
    mp_normal_tail(y, middle);
    bool right = mpfr_cmp_d(y, tail) >= 0;
    mpfr_set_d(middle, a, NEAREST);
    mpfr_add_d(middle, middle, nextafter(a, HUGE_VAL), NEAREST);
    mpfr_div_2ui(middle, middle, 1, NEAREST);
    mp_normal_tail(y, middle);
    right = right && mpfr_cmp_d(y, tail) <= 0 && (z < 0) == (p < 0.5);
    mpfr_clear(middle);
    mpfr_clear(y);
    return right;
}

typedef int direct(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

struct function {
    const char *name;
    double (*ours)(double);
    direct *exact;
    void (*composed)(mpfr_ptr, mpfr_srcptr);
    double low;
    double high;
};

static const struct function functions[] = {
    {"exp", bt_exp_f64, mpfr_exp, NULL, -746, 710},
    {"exp", bt_exp_f64, mpfr_exp, NULL, -1, 1},
    {"log", bt_log_f64, mpfr_log, NULL, 0, 4},
    {"log", bt_log_f64, mpfr_log, NULL, 0.99, 1.01},
    {"tanh", bt_tanh_f64, mpfr_tanh, NULL, -20, 20},
    {"tanh", bt_tanh_f64, mpfr_tanh, NULL, -0.4, 0.4},
    {"sigmoid", bt_sigmoid_f64, NULL, mp_sigmoid, -746, 40},
    {"sigmoid", bt_sigmoid_f64, NULL, mp_sigmoid, -10, 10},
    {"softplus", bt_softplus_f64, NULL, mp_softplus, -746, 40},
    {"softplus", bt_softplus_f64, NULL, mp_softplus, -10, 10},
    {"erf", bt_erf_f64, mpfr_erf, NULL, -6, 6},
    {"erf", bt_erf_f64, mpfr_erf, NULL, -0.01, 0.01},
    {"sqrt", bt_sqrt_f64, mpfr_sqrt, NULL, 0, 100},
};

static double exact_value(const struct function *f, double input)
{
    mpfr_t x;
    mpfr_t y;
    mpfr_init2(x, PRECISION);
    mpfr_init2(y, PRECISION);
    mpfr_set_d(x, input, NEAREST);
    if (f->exact)
        (void)f->exact(y, x, NEAREST);
    else
        f->composed(y, x);
    double result = mpfr_get_d(y, NEAREST);
    mpfr_clear(x);
    mpfr_clear(y);
    return result;
}

static bool same_f64(double a, double b)
{
    uint64_t a_bits;
    uint64_t b_bits;
    memcpy(&a_bits, &a, sizeof a);
    memcpy(&b_bits, &b, sizeof b);
    return a_bits == b_bits || (isnan(a) && isnan(b));
}

static uint64_t check_function(const struct function *f, uint64_t count)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        double x = f->low + uniform() * (f->high - f->low);
        if (i % 3 == 0) {
            uint64_t bits = next();
            memcpy(&x, &bits, sizeof x);
        }
        double want = exact_value(f, x);
        double got = f->ours(x);
        if (!same_f64(got, want) && ++wrong <= 20)
            printf("%s(%a): %a, not %a\n", f->name, x, got, want);
    }
    return wrong;
}

static uint64_t check_probit(uint64_t count)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        double p = uniform();
        if (i % 3 == 1)
            p = ldexp(p, -(int)(next() % 1074));
        else if (i % 3 == 2)
            p = 0.5 + ldexp(p - 0.5, -(int)(next() % 50));
        double z = bt_probit_f64(p);
        if (p > 0 && p != 0.5 && !probit_right(p, z) && ++wrong <= 20)
            printf("probit(%a): %a is not the nearest\n", p, z);
    }
    return wrong;
}

/* x^y in binary32 and in binary64 */
static void exact_pow(double x, double y, float *ret_f32, double *ret_f64)
{
    mpfr_t a;
    mpfr_t b;
    mpfr_init2(a, PRECISION);
    mpfr_init2(b, PRECISION);
    (void)mpfr_set_d(a, x, NEAREST);
    (void)mpfr_set_d(b, y, NEAREST);
    (void)mpfr_pow(a, a, b, NEAREST);
    *ret_f32 = mpfr_get_flt(a, NEAREST);
    *ret_f64 = mpfr_get_d(a, NEAREST);
    mpfr_clear(a);
    mpfr_clear(b);
}

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Specials, small integers and halves (exact results and middles of two floats), and any bits. */
static float pow_operand(void)
{
    static const float special[] = {0.0F, -0.0F,     1.0F,      -1.0F,       INFINITY,
                                    NAN,  -INFINITY, 0x1p-149F, 0x1.8p-149F, 0x1.fffffep127F};
    uint64_t r = next();
    switch (r % 5) {
    case 0:
        return special[(r >> 8) % (sizeof special / sizeof *special)];
    case 1:
        return (float)((int)(r >> 8 & 63) - 32) * 0.5F;
    case 2:
        return from_bits((uint32_t)(r >> 32));
    case 3:
        return (float)(int)(r >> 8 & 8191);
    default:
        return (float)(uniform() * 8 - 1);
    }
}

static uint64_t check_pow(uint64_t count)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        float x = pow_operand();
        float y = pow_operand();
        float want;
        double wide;
        exact_pow((double)x, (double)y, &want, &wide);
        float got = bt_pow_f32(x, y);
        if (!same_f64((double)got, (double)want) && ++wrong <= 20)
            printf("pow(%a, %a): %a, not %a\n", (double)x, (double)y, (double)got, (double)want);
    }
    return wrong;
}

/* As above; and numbers of up to 27 bits, whose squares are middles of two doubles. */
static double pow_operand_f64(void)
{
    static const double special[] = {
        (double)INFINITY,   -(double)INFINITY, (double)NAN, -0.0,    0x1p-1074,
        0x3p-538,           0x1p-1022,         0x1p65,      0x1p-65, 0x1.fffffffffffffp-1,
        0x1.0000000000001p0};
    uint64_t r = next();
    double any;
    memcpy(&any, &r, sizeof any);
    switch (r % 6) {
    case 0:
        return special[(r >> 8) % (sizeof special / sizeof *special)];
    case 1:
        return any;
    case 2:
        return (double)(r >> 8 & 0x7ffffff);
    case 3:
        return uniform() * 8 - 1;
    default:
        return (double)pow_operand();
    }
}

static uint64_t check_pow_f64(uint64_t count)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        double x = pow_operand_f64();
        double y = pow_operand_f64();
        float narrow;
        double want;
        exact_pow(x, y, &narrow, &want);
        double got = bt_pow_f64(x, y);
        if (!same_f64(got, want) && ++wrong <= 20)
            printf("pow_f64(%a, %a): %a, not %a\n", x, y, got, want);
    }
    return wrong;
}

static uint64_t report(const char *name, uint64_t count, uint64_t wrong)
{
    printf("%-9s %" PRIu64 " inputs, misrounded %" PRIu64 "\n", name, count, wrong);
    fflush(stdout);
    return wrong;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 300;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) * 2 + 1 : 88172645463325253U;
    uint64_t wrong = 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        wrong += report(functions[i].name, count, check_function(&functions[i], count));
    wrong += report("probit", count, check_probit(count));
    wrong += report("pow", count, check_pow(count));
    wrong += report("pow_f64", count, check_pow_f64(count));
    return wrong != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unary functions and those of kernel/scalar.h as one number each: FNV-1a over the bits of many
 * results. tests/kernel proves on the machine of the developer that the results are right; this
 * carries the verdict to every architecture, where neither MPFR nor hours are at hand.
 */
#include "unit.h"

#include "kernel/kernel.h"
#include "kernel/scalar.h"

#define COUNT 65536

static uint64_t mix(uint64_t hash, uint64_t bits)
{
    for (int i = 0; i < 8; i++, bits >>= 8)
        hash = (hash ^ (bits & 0xff)) * 0x100000001b3U;
    return hash;
}

static const uint64_t start = 0xcbf29ce484222325U;

/* Inputs spread over all bit patterns: every exponent, both signs, infinity and NaN. */
static uint64_t hash_of_map(bt_map_f32 *map)
{
    static float x[COUNT];
    static float y[COUNT];
    uint64_t hash = start;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t bits = i * 65537;
        memcpy(&x[i], &bits, sizeof bits);
    }
    map(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        uint32_t bits;
        memcpy(&bits, &y[i], sizeof bits);
        hash = mix(hash, bits);
    }
    return hash;
}

static const uint64_t expected[BT_UNARY_COUNT] = {
    [BT_EXP] = 0x07b8922fed371438U,   [BT_LOG] = 0xa370f3733adc57a8U,
    [BT_TANH] = 0x36a4fd91fd04512fU,  [BT_SIGMOID] = 0x92cc904e320563adU,
    [BT_ERF] = 0xf37075c200bf719dU,   [BT_SOFTPLUS] = 0x571938a21a4b4882U,
    [BT_GELU] = 0x03fc16148be85b7fU,  [BT_GELU_TANH] = 0xb9962aa4f2cf4bd0U,
    [BT_SILU] = 0xe4f87d30cdc5535dU,  [BT_MISH] = 0x598e2b5517e5bf33U,
    [BT_EXP2] = 0x36bb55284ccb7c92U,  [BT_EXPM1] = 0x485996a124225fdcU,
    [BT_LOG1P] = 0x11a0505c7c9113a4U, [BT_LOG2] = 0x40ee8667630a6318U,
    [BT_LOG10] = 0xea0fd90de2a4197fU, [BT_SIN] = 0x04ecdcf5aea410f9U,
    [BT_COS] = 0x03eb9ea2b617312cU,   [BT_TAN] = 0x46d9a878e66e5ad2U,
    [BT_ASIN] = 0xe7f80ea7c54928f7U,  [BT_ACOS] = 0x1866e3a0e0c86a8bU,
    [BT_ATAN] = 0x406366240b6c3871U,  [BT_SINH] = 0x333d08b3ff61f8d0U,
    [BT_COSH] = 0x24cb4b77a012c4c6U,  [BT_ASINH] = 0xa03195e6d9a25fb1U,
    [BT_ACOSH] = 0xe8a6c0b127366834U, [BT_ATANH] = 0xc47b624a26ba2b5bU,
    [BT_CBRT] = 0x5ad3c3b59f631ba5U,  [BT_RSQRT] = 0xe7afe235f709d74bU,
    [BT_SQRT] = 0x21b1fdaed4ab364aU,  [BT_RECIPROCAL] = 0x66c2629f5d7746e0U,
};

static void unary_results_are_the_proven_ones_at_every_level(void **state)
{
    (void)state;
    for (enum bt_isa isa = BT_ISA_REF; isa < BT_ISA_COUNT; isa++) {
        struct bt_kernels kernels;
        if (!bt_isa_usable(isa))
            continue;
        bt_kernels_init(&kernels, isa);
        for (enum bt_unary f = 0; f < BT_UNARY_COUNT; f++) {
            uint64_t got = hash_of_map(kernels.map_f32[f]);
            if (got != expected[f])
                fail_msg("%s, function %d: 0x%016llx", bt_isa_name(isa), (int)f,
                         (unsigned long long)got);
        }
    }
}

typedef double scalar(double x);

/* Bit patterns (every exponent) and the range where the functions change. */
static uint64_t hash_of_scalar(scalar *function)
{
    uint64_t hash = start;
    for (uint64_t i = 0; i < 400; i++) {
        uint64_t bits = i * 0xa3d70a3d70a3d7U;
        double x;
        memcpy(&x, &bits, sizeof x);
        if (i % 2)
            x = ((double)i - 200) * (1.0 / 64);
        double y = function(x);
        memcpy(&bits, &y, sizeof y);
        hash = mix(hash, bits);
    }
    return hash;
}

static double power_of_three_halves(double y)
{
    return (double)bt_pow_f32(1.5F, (float)y);
}

static void scalar_results_are_the_proven_ones(void **state)
{
    (void)state;
    static const struct {
        scalar *function;
        uint64_t hash;
    } cases[] = {
        {bt_exp_f64, 0x17b486b726ab5524U},      {bt_log_f64, 0x216dbfd48448af07U},
        {bt_tanh_f64, 0xb1436089d9fdb115U},     {bt_sigmoid_f64, 0x5290acb47258c4cbU},
        {bt_softplus_f64, 0xd6ff8aef6db380cdU}, {bt_erf_f64, 0x1d5b31377ad2dfd6U},
        {bt_probit_f64, 0xea2cd67709344063U},   {power_of_three_halves, 0xfe8b73888c587e3dU},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t got = hash_of_scalar(cases[i].function);
        if (got != cases[i].hash)
            fail_msg("case %zu: 0x%016llx", i, (unsigned long long)got);
    }
}

static uint32_t bits_of(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static void pow_has_the_special_cases_of_ieee_754(void **state)
{
    (void)state;
    float inf = __builtin_inff();
    float nan = __builtin_nanf("");
    static const float one = 1;
    assert_true(bt_pow_f32(nan, 0) == one && bt_pow_f32(1, nan) == one);
    assert_true(bt_pow_f32(-1, inf) == one && bt_pow_f32(-1, -inf) == one);
    assert_true(bt_pow_f32(-0.0F, -3) == -inf && bt_pow_f32(-0.0F, -2) == inf);
    assert_int_equal(bits_of(bt_pow_f32(-0.0F, 3)), 0x80000000U);
    assert_int_equal(bits_of(bt_pow_f32(-inf, -3)), 0x80000000U);
    assert_int_equal(bits_of(bt_pow_f32(-0.0F, 0.5F)), 0);
    assert_true(bt_pow_f32(0.5F, -inf) == inf && bt_pow_f32(2, inf) == inf);
    assert_int_equal(bits_of(bt_pow_f32(-8, 1.0F / 3)), 0x7fc00000U);
    assert_true(bt_pow_f32(-2, 3) == -8.0F);
    assert_true(bt_pow_f32(4097, 2) == 0x1.002p24F); /* a tie, to even */
    assert_true(bt_pow_f32(2, -149) == 0x1p-149F && bt_pow_f32(2, -150) == 0.0F);
}

static void probit_inverts_the_normal_distribution(void **state)
{
    (void)state;
    assert_true(bt_probit_f64(0.5) == 0 && bt_probit_f64(1) == __builtin_inf());
    assert_true(bt_probit_f64(0.25) == -bt_probit_f64(0.75));
    double z = bt_probit_f64(0.975);
    assert_true(z > 1.95996398454005 && z < 1.95996398454006);
    z = bt_probit_f64(1.5);
    assert_true(z != z);
}

UNIT_MAIN(cmocka_unit_test(unary_results_are_the_proven_ones_at_every_level),
          cmocka_unit_test(scalar_results_are_the_proven_ones),
          cmocka_unit_test(pow_has_the_special_cases_of_ieee_754),
          cmocka_unit_test(probit_inverts_the_normal_distribution))

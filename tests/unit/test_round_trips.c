/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floats through JSON and back, as a client and a server exchange them: no bit may change. Random
 * bits, so all exponents and subnormals; every second of FP64 has a short fraction, as people write
 * them. BATON_ROUND_TRIPS is how many millions of each type (make round-trips: a thousand).
 */
#include "unit/unit.h"

#include "data/oip.h"

#define BATCH 50000
#define MILLION 1000000

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static long long millions(void)
{
    const char *given = getenv("BATON_ROUND_TRIPS");
    return given ? strtoll(given, NULL, 10) : unit_rounds(10);
}

static const uint32_t edges_f32[] = {0,          0x80000000, 1,          0x80000001, 0x007fffff,
                                     0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
                                     0x3f800000, 0x3f7fffff, 0x4b7fffff, 0x4b800000, 0x5f000000};
static const uint64_t edges_f64[] = {0,
                                     UINT64_C(0x8000000000000000),
                                     1,
                                     UINT64_C(0x000fffffffffffff),
                                     UINT64_C(0x0010000000000000),
                                     UINT64_C(0x7fefffffffffffff),
                                     UINT64_C(0xffefffffffffffff),
                                     UINT64_C(0x7ff0000000000000),
                                     UINT64_C(0xfff0000000000000),
                                     UINT64_C(0x43e0000000000000),
                                     UINT64_C(0x3ff0000000000001)};

/* NaN has many bits and one word. */
static void fill_f32(uint32_t *bits, uint64_t *state)
{
    for (size_t i = 0; i < BATCH; i++) {
        bits[i] = (uint32_t)next_random(state);
        if (i % 8 == 0)
            bits[i] &= UINT32_C(0x807fffff);
        if ((bits[i] & 0x7fffffff) > 0x7f800000)
            bits[i] = edges_f32[i % (sizeof edges_f32 / sizeof *edges_f32)];
    }
    memcpy(bits, edges_f32, sizeof edges_f32);
}

static void fill_f64(uint64_t *bits, uint64_t *state)
{
    for (size_t i = 0; i < BATCH; i++) {
        bits[i] = next_random(state);
        if (i % 8 == 0)
            bits[i] &= UINT64_C(0x800fffffffffffff);
        if (i % 2) {
            double few = (double)(int64_t)(bits[i] >> 34) / 1000;
            memcpy(&bits[i], &few, sizeof few);
        }
        if ((bits[i] & (UINT64_MAX >> 1)) > UINT64_C(0x7ff0000000000000))
            bits[i] = edges_f64[i % (sizeof edges_f64 / sizeof *edges_f64)];
    }
    memcpy(bits, edges_f64, sizeof edges_f64);
}

static void assert_batch_returns(enum bt_dtype dtype, uint64_t *state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_AUTO_VALUES sent = BT_VALUES_INIT;
    BT_AUTO_VALUES back = BT_VALUES_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT((size_t)64 << 20);
    const int64_t dims[] = {BATCH};
    assert_ok(bt_tensor_new(dtype, 1, dims, 0, &tensor, &err), err);
    if (dtype == BT_F32)
        fill_f32(tensor.data, state);
    else
        fill_f64(tensor.data, state);
    struct bt_value value = bt_value_of_tensor(&tensor);
    assert_ok(bt_values_add(&sent, "x", &value, &err), err);
    assert_ok(bt_oip_format(&sent, "inputs", &text, &err), err);
    assert_ok(bt_oip_parse(bt_buf_bytes(&text), "text", &back, &err), err);
    const struct bt_tensor *a = &sent.items[0].value.tensor;
    const struct bt_tensor *b = &back.items[0].value.tensor;
    assert_int_equal(bt_tensor_bytes(a), bt_tensor_bytes(b));
    assert_memory_equal(a->data, b->data, bt_tensor_bytes(a));
}

static void assert_all_return(enum bt_dtype dtype)
{
    uint64_t state = 1;
    long long batches = millions() * (MILLION / BATCH);
    for (long long i = 0; i < batches; i++)
        assert_batch_returns(dtype, &state);
}

static void binary32_keeps_its_bits(void **state)
{
    (void)state;
    assert_all_return(BT_F32);
}

static void binary64_keeps_its_bits(void **state)
{
    (void)state;
    assert_all_return(BT_F64);
}

UNIT_MAIN(cmocka_unit_test(binary32_keeps_its_bits), cmocka_unit_test(binary64_keeps_its_bits))

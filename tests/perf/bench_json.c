/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body of 1 MB, floats as the protocol has them, read and written: bench_json [FILE]. The best of
 * many rounds; FILE gets the body, for others to read in the same run (bench_json.sh).
 */
#include <stdio.h>
#include <time.h>

#include "data/oip.h"

#define FLOATS 91675
#define ROUNDS 25

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* About normal: the sum of twelve uniform ones. */
static float next_float(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(*state >> 11) / (double)(UINT64_C(1) << 53);
    }
    return (float)sum;
}

static baton_status make_values(struct bt_values *ret, struct baton_error *err)
{
    const int64_t dims[] = {FLOATS};
    uint64_t state = 1;
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_TRY(bt_tensor_new(BT_F32, 1, dims, 0, &tensor, err));
    for (size_t i = 0; i < FLOATS; i++)
        bt_f32_mut(&tensor)[i] = next_float(&state);
    BT_AUTO_VALUE value = bt_value_of_tensor(&tensor);
    return bt_values_add(ret, "x", &value, err);
}

static baton_status measure(struct bt_buf *body, double *read_ms, double *write_ms,
                            struct baton_error *err)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_TRY(make_values(&values, err));
    for (int i = 0; i < ROUNDS; i++) {
        BT_AUTO_VALUES back = BT_VALUES_INIT;
        bt_buf_clear(body);
        double began = now_ms();
        BT_TRY(bt_oip_format(&values, "inputs", body, err));
        double written = now_ms();
        BT_TRY(bt_oip_parse(bt_buf_bytes(body), "the body", &back, err));
        double done = now_ms();
        *write_ms = i == 0 || written - began < *write_ms ? written - began : *write_ms;
        *read_ms = i == 0 || done - written < *read_ms ? done - written : *read_ms;
    }
    return BATON_OK;
}

int main(int argc, char **argv)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF body = BT_BUF_INIT((size_t)16 << 20);
    double read_ms = 0;
    double write_ms = 0;
    if (measure(&body, &read_ms, &write_ms, &err) != BATON_OK) {
        (void)fprintf(stderr, "bench_json: %s\n", err.text);
        return 1;
    }
    (void)printf("baton reads %zu bytes of FP32 in %.2f ms, writes them in %.2f ms\n", body.len,
                 read_ms, write_ms);
    FILE *file = argc > 1 ? fopen(argv[1], "wb") : NULL;
    if (file)
        (void)fwrite(body.data, 1, body.len, file);
    return file && fclose(file) != 0;
}

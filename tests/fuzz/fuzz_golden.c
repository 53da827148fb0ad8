/* SPDX-License-Identifier: Apache-2.0 */
/* Cases are written as they were read; labelled rows come from the same kind of file. */
#include "fuzz/fuzz.h"

#include "bundle/metrics.h"

#define SHAPED(...)                                                                                \
    {                                                                                              \
        .is_tensor = true, .has_shape = true, __VA_ARGS__                                          \
    }

static const struct bt_port in[] = {
    {.name = "x", .type = SHAPED(.dtype = BT_F32, .rank = 2, .dims = {BT_DIM_UNKNOWN, 4})}};
static const struct bt_port out[] = {
    {.name = "label", .type = SHAPED(.dtype = BT_I64, .rank = 1, .dims = {BT_DIM_UNKNOWN})},
    {.name = "probabilities", .type = {.dtype = BT_DTYPE_NONE, .is_sequence = true}}};

static void check_cases(const struct bt_golden *golden)
{
    BT_AUTO_GOLDEN again = BT_GOLDEN_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT((size_t)1 << 26);
    BT_AUTO_BUF twice = BT_BUF_INIT((size_t)1 << 26);
    for (size_t i = 0; i < golden->count; i++) {
        FUZZ_CHECK(golden->cases[i].inputs.count == 1 && golden->cases[i].outputs.count == 2);
        FUZZ_CHECK(golden->cases[i].inputs.items[0].value.kind == BT_VALUE_TENSOR);
        FUZZ_CHECK(golden->cases[i].outputs.items[0].value.kind == BT_VALUE_TENSOR);
    }
    FUZZ_CHECK(bt_golden_format(golden, &once, NULL) == BATON_OK);
    FUZZ_CHECK(bt_golden_parse(bt_buf_bytes(&once), (struct bt_ports){in, 1},
                               (struct bt_ports){out, 2}, &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_golden_format(&again, &twice, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_GOLDEN golden = BT_GOLDEN_INIT;
    BT_AUTO_LABELLED labelled = BT_LABELLED_INIT;
    struct bt_bytes npz = {bytes, len};
    if (bt_golden_parse(npz, (struct bt_ports){in, 1}, (struct bt_ports){out, 2}, &golden, NULL) ==
        BATON_OK)
        check_cases(&golden);
    if (bt_labelled_parse(npz, (struct bt_ports){in, 1}, &labelled, NULL) == BATON_OK)
        FUZZ_CHECK(labelled.inputs.count == 1);
    return 0;
}

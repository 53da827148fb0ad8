/* SPDX-License-Identifier: Apache-2.0 */
/* What is read can be written, and what was written is read and written again the same. */
#include "fuzz/fuzz.h"

#include "codec/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct bt_npy_limits limits = {.tensor_bytes_max = 1 << 26};
    BT_AUTO_TENSOR tensor = BT_TENSOR_INIT;
    BT_AUTO_TENSOR again = BT_TENSOR_INIT;
    BT_AUTO_BUF first = BT_BUF_INIT((size_t)1 << 28);
    BT_AUTO_BUF second = BT_BUF_INIT((size_t)1 << 28);
    if (bt_npy_read((struct bt_bytes){bytes, len}, "fuzz", &limits, &tensor, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_npy_write(&tensor, &first, NULL) == BATON_OK);
    FUZZ_CHECK(bt_npy_read(bt_buf_bytes(&first), "fuzz", &limits, &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_npy_write(&again, &second, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&first), bt_buf_bytes(&second)));
    return 0;
}

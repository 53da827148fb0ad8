/* SPDX-License-Identifier: Apache-2.0 */
/* What is read can be written, and what was written is read and written again the same. */
#include "fuzz/fuzz.h"

#include "codec/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_AUTO_NAMED again = BT_NAMED_INIT;
    BT_AUTO_BUF first = BT_BUF_INIT((size_t)1 << 28);
    BT_AUTO_BUF second = BT_BUF_INIT((size_t)1 << 28);
    if (bt_safetensors_read((struct bt_bytes){bytes, len}, "fuzz", NULL, &list, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_safetensors_write(&list, &first, NULL) == BATON_OK);
    FUZZ_CHECK(bt_safetensors_read(bt_buf_bytes(&first), "fuzz", NULL, &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_safetensors_write(&again, &second, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&first), bt_buf_bytes(&second)));
    return 0;
}

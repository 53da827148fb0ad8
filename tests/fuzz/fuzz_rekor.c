/* SPDX-License-Identifier: Apache-2.0 */
/* A log entry that is read is written as it was. */
#include "fuzz/fuzz.h"

#include "attest/rekor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    BT_AUTO_BUF again = BT_BUF_INIT(BT_REKOR_ENTRY_MAX);
    struct bt_rekor_entry entry;
    if (bt_rekor_parse(input, &entry, NULL) == BATON_OK) {
        bt_rekor_format(&entry, &again);
        FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&again), input));
    }
    return 0;
}

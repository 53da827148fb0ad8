/* SPDX-License-Identifier: Apache-2.0 */
/* What a statement says, in one of our kinds, is written in one form: the one that was read. */
#include "fuzz/fuzz.h"

#include "registry/said.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF again = BT_BUF_INIT(4 * BT_SAID_BYTES_MAX);
    const struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), {bytes, len}};
    struct bt_said said;
    if (bt_said_read(&message, &arena, &said, NULL) != BATON_OK || said.kind >= BT_SAID_SIGNING)
        return 0;
    FUZZ_CHECK(bt_said_write(&said, &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&again), message.payload));
    return 0;
}

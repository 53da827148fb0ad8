/* SPDX-License-Identifier: Apache-2.0 */
/* An index that reads is written, and what was written reads and is written the same again. */
#include "fuzz/fuzz.h"

#include "store/store_int.h"

static bool rewrite(struct bt_bytes text, struct bt_buf *out)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_index index;
    if (bt_index_parse(text, "fuzz", &arena, &index, NULL) != BATON_OK)
        return false;
    FUZZ_CHECK(bt_index_format(&index, &arena, out, NULL) == BATON_OK);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_BUF first = BT_BUF_INIT((size_t)1 << 26);
    BT_AUTO_BUF second = BT_BUF_INIT((size_t)1 << 26);
    if (!rewrite((struct bt_bytes){bytes, len}, &first))
        return 0;
    FUZZ_CHECK(rewrite(bt_buf_bytes(&first), &second));
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&first), bt_buf_bytes(&second)));
    return 0;
}

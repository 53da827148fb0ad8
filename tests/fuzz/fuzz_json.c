/* SPDX-License-Identifier: Apache-2.0 */
/* What parses has a canonical form, which parses to the same canonical form. */
#include "fuzz/fuzz.h"

#include "codec/json.h"

static bool canonical(struct bt_bytes text, struct bt_buf *out)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    return bt_json_parse(text, "fuzz", NULL, &arena, &root, NULL) == BATON_OK &&
           bt_json_canonical(root, out, NULL) == BATON_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_BUF first = BT_BUF_INIT((size_t)1 << 26);
    BT_AUTO_BUF second = BT_BUF_INIT((size_t)1 << 26);
    if (!canonical((struct bt_bytes){bytes, len}, &first))
        return 0;
    FUZZ_CHECK(canonical(bt_buf_bytes(&first), &second));
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&first), bt_buf_bytes(&second)));
    return 0;
}

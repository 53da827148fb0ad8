/* SPDX-License-Identifier: Apache-2.0 */
/* Grants that are read are written in one form, which reads back to the same bytes; and nobody is
 * granted nothing. */
#include "fuzz/fuzz.h"

#include "serve/access/grants.h"

static void write_grants(const struct bt_grants *grants, struct bt_buf *out)
{
    bt_grants_format_head(out);
    for (size_t i = 0; i < grants->count; i++) {
        FUZZ_CHECK(grants->items[i].may != 0);
        bt_grant_format(&grants->items[i], out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT(2 * BT_GRANTS_BYTES_MAX);
    BT_AUTO_BUF twice = BT_BUF_INIT(2 * BT_GRANTS_BYTES_MAX);
    struct bt_grants grants;
    struct bt_grants again;
    if (bt_grants_parse((struct bt_bytes){bytes, len}, &arena, &grants, NULL) != BATON_OK)
        return 0;
    write_grants(&grants, &once);
    FUZZ_CHECK(bt_grants_parse(bt_buf_bytes(&once), &arena, &again, NULL) == BATON_OK);
    write_grants(&again, &twice);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
    return 0;
}

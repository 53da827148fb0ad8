/* SPDX-License-Identifier: Apache-2.0 */
/* A trace is written as it was read, and has no difference to itself. */
#include "fuzz/fuzz.h"

#include "bundle/trace.h"

static bool parse(struct bt_bytes bytes, struct bt_arena *arena, struct bt_trace *ret)
{
    const struct bt_json *root = NULL;
    return bt_json_parse(bytes, "fuzz", NULL, arena, &root, NULL) == BATON_OK &&
           bt_trace_parse(root, ret, NULL) == BATON_OK;
}

static void put(const struct bt_trace *trace, struct bt_buf *out)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_trace_put(trace, &w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    BT_AUTO_TRACE again = BT_TRACE_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT((size_t)1 << 26);
    BT_AUTO_BUF twice = BT_BUF_INIT((size_t)1 << 26);
    const struct bt_trace_node *other = NULL;
    if (!parse((struct bt_bytes){bytes, len}, &arena, &trace))
        return 0;
    put(&trace, &once);
    FUZZ_CHECK(parse(bt_buf_bytes(&once), &arena, &again));
    put(&again, &twice);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
    FUZZ_CHECK(!bt_trace_first_difference(&trace, &again, &other));
    return 0;
}

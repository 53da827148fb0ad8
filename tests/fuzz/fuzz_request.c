/* SPDX-License-Identifier: Apache-2.0 */
/* A request is the same in one piece and byte by byte, within its limits, and never half a one. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "net/server_int.h"

static const struct bt_server_limits limits = {.head_bytes = 1024, .body_bytes = 256};

static size_t take(struct bt_receiver *receiver, const uint8_t *bytes, size_t len, size_t step)
{
    size_t taken = 0;
    bt_receiver_init(receiver, &limits);
    while (taken < len && receiver->state <= BT_RECEIVE_BEGUN) {
        size_t left = len - taken;
        taken +=
            bt_receiver_take(receiver, (struct bt_bytes){bytes + taken, left < step ? left : step});
    }
    return taken;
}

static void check_done(const struct bt_server_request *request)
{
    FUZZ_CHECK(request->path[0] == '/' && request->method[0] >= 'A' && request->method[0] <= 'Z');
    FUZZ_CHECK(request->body.len <= limits.body_bytes);
    FUZZ_CHECK(strlen(request->path) + strlen(request->query) < limits.head_bytes);
    (void)bt_server_field(request, "host");
}

static void check_same(const struct bt_receiver *a, const struct bt_receiver *b)
{
    FUZZ_CHECK(a->state == b->state);
    if (a->state == BT_RECEIVE_REFUSED)
        FUZZ_CHECK(a->status == b->status);
    if (a->state != BT_RECEIVE_DONE)
        return;
    check_done(&a->request);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&a->text), bt_buf_bytes(&b->text)));
    FUZZ_CHECK(bt_bytes_equal(a->request.body, b->request.body));
    FUZZ_CHECK(a->keep_alive == b->keep_alive);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_receiver whole;
    struct bt_receiver pieces;
    size_t taken = take(&whole, bytes, len, len);
    size_t taken_bytewise = take(&pieces, bytes, len, 1);
    check_same(&whole, &pieces);
    if (whole.state == BT_RECEIVE_DONE)
        FUZZ_CHECK(taken == taken_bytewise);
    bt_receiver_release(&whole);
    bt_receiver_release(&pieces);
    return 0;
}

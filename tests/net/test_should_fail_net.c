/* SPDX-License-Identifier: Apache-2.0 */
/* No request in tests/golden/should-fail/request is taken; test_server.c sends them over a socket.
 */
#include "unit/should_fail.h"

#include "net/server_int.h"

static void release(struct bt_receiver *receiver)
{
    bt_receiver_release(receiver);
}

static baton_status read_request(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    static const struct bt_server_limits limits = {.head_bytes = (size_t)16 << 10,
                                                   .body_bytes = (size_t)1 << 20};
    BT_CLEANUP(release) struct bt_receiver receiver;
    (void)what;
    bt_receiver_init(&receiver, &limits);
    (void)bt_receiver_take(&receiver, bytes);
    return receiver.state == BT_RECEIVE_REFUSED
               ? bt_fail(err, BATON_ERR_INVALID, "%u %s", receiver.status, receiver.why)
               : BATON_OK;
}

static void what_is_no_plain_request_is_refused(void **state)
{
    (void)state;
    should_fail_folder("request", "http", read_request);
}

UNIT_MAIN(cmocka_unit_test(what_is_no_plain_request_is_refused))

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_NET_SERVER_INT_H
#define BT_NET_SERVER_INT_H
/* Private to the server: a request as it comes in, and an answer as it goes out. */
#include <llhttp/llhttp.h>

#include "net/server.h"

/* ---- receive.c ---- */

enum bt_receive_state {
    BT_RECEIVE_IDLE,  /* nothing of a request yet */
    BT_RECEIVE_BEGUN, /* more to come */
    BT_RECEIVE_DONE,
    BT_RECEIVE_REFUSED, /* nothing more is read from this client */
};

struct bt_receiver {
    const struct bt_server_limits *limits;
    llhttp_t parser;
    enum bt_receive_state state;
    bool head_done;
    bool keep_alive;
    bool wants_continue; /* the client waits for a word before it sends the body */
    size_t taken;        /* bytes of this request so far */
    struct bt_buf text;  /* "target\0name\0value\0…\0" */
    struct bt_buf body;
    struct bt_server_request request; /* once it is done */
    unsigned status;                  /* of the refusal */
    const char *why;
};

void bt_receiver_init(struct bt_receiver *receiver, const struct bt_server_limits *limits);
void bt_receiver_release(struct bt_receiver *receiver);
/* For the next request on the same connection. */
void bt_receiver_reset(struct bt_receiver *receiver);
/* Take bytes of at most one request; returns how many. What is left is the next one's. */
size_t bt_receiver_take(struct bt_receiver *receiver, struct bt_bytes bytes);

/* ---- answer.c ---- */

/* Head and body, as they go out. `now_s` is for the date. */
void bt_answer_format(const struct bt_server_answer *answer, uint64_t now_s, bool keep_alive,
                      bool without_body, struct bt_buf *out);

#endif

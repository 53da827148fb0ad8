/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every connection is in one of four states, and has a deadline in each:
 *
 *     READING    -> a whole request: the handler is called; its answer is complete -> WRITING
 *                                                            or open: the loop settles it ->
 * WRITING
 *                -> what is no request: a refusal is made -> WRITING, the last one
 *     WRITING    -> all sent: READING the next one, or LINGERING after the last
 *     LINGERING  -> the client closed, or had its time: closed
 *
 * Lingering lets a client that is still sending read why it was refused: closing at once would
 * reset the connection and throw the answer away. Bytes of the next request that came early wait in
 * `in`, and nothing is read from the socket meanwhile, so a client that sends and never reads fills
 * its own buffers.
 */
#include "net/server_int.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/clock.h"
#include "net/coding.h"

#define HEAD_OUT_MAX ((size_t)16 << 10)
#define FIELDS_MAX ((size_t)8 << 10)
#define ANSWER_BODY_MAX ((size_t)1 << 30)
/* What a connection keeps of its buffers from one request to the next. */
#define KEPT_BYTES ((size_t)64 << 10)
/* Below it a client gains nothing. */
#define ENCODED_BYTES_MIN ((size_t)1 << 10)
#define LINGER_MS 1000
#define TURN_REQUESTS_MAX 16
#define TEXT "text/plain; charset=utf-8"

struct bt_connection *bt_connection_new(struct bt_loop *loop, int fd, size_t place)
{
    struct bt_connection *c = bt_alloc_aligned(1, sizeof *c);
    if (!c)
        return NULL;
    /* All but `in`: whoever connects and says nothing shall cost little. */
    memset(c, 0, offsetof(struct bt_connection, in));
    if (loop->server->options.tls) {
        c->tls = bt_tls_session_new(loop->server->options.tls, fd);
        if (!c->tls) {
            bt_free(c);
            return NULL;
        }
    }
    c->fd.fd = fd;
    c->place = place;
    c->state = BT_READING;
    c->head = (struct bt_buf)BT_BUF_INIT(HEAD_OUT_MAX);
    c->answer.body = (struct bt_buf)BT_BUF_INIT(ANSWER_BODY_MAX);
    c->answer.fields = (struct bt_buf)BT_BUF_INIT(FIELDS_MAX);
    bt_receiver_init(&c->receiver, &loop->server->options.limits);
    c->receiver.request.loop = loop->number;
    c->receiver.request.peer = c->peer;
    c->next = loop->connections;
    if (c->next)
        c->next->previous = c;
    loop->connections = c;
    return c;
}

void bt_connection_drop(struct bt_loop *loop, struct bt_connection *c)
{
    if (c->next)
        c->next->previous = c->previous;
    *(c->previous ? &c->previous->next : &loop->connections) = c->next;
    bt_fd_release(&c->fd);
    bt_tls_session_free(c->tls);
    bt_receiver_release(&c->receiver);
    bt_buf_release(&c->head);
    bt_buf_release(&c->answer.body);
    bt_buf_release(&c->answer.fields);
    bt_places_leave(&loop->server->places, c->place);
    bt_free(c);
    atomic_fetch_sub(&loop->server->open_count, 1);
}

/* ---- the answer ---- */

static const char *date_of(struct bt_loop *loop)
{
    uint64_t now_s = (uint64_t)time(NULL);
    if (loop->date_s != now_s)
        bt_date_format(now_s, loop->date);
    loop->date_s = now_s;
    return loop->date;
}

static void clear_answer(struct bt_connection *c, unsigned status)
{
    c->answer.status = status;
    c->answer.content_type = TEXT;
    c->answer.is_open = false;
    bt_buf_clear(&c->answer.body);
    bt_buf_clear(&c->answer.fields);
}

static void begin_to_write(struct bt_loop *loop, struct bt_connection *c, const char *why)
{
    const struct bt_receiver *receiver = &c->receiver;
    const struct bt_server_options *options = &loop->server->options;
    bool is_request = receiver->state == BT_RECEIVE_DONE;
    c->has_body = !is_request || strcmp(receiver->request.method, "HEAD") != 0;
    c->is_last = !is_request || !receiver->keep_alive || loop->is_draining || loop->is_stopping;
    bt_buf_clear(&c->head);
    bt_answer_format(&c->answer, date_of(loop), !c->is_last, &c->head);
    c->sent = 0;
    c->state = BT_WRITING;
    c->deadline_ms = loop->now_ms + options->limits.answer_ms;
    if (!is_request)
        bt_counter_add(&loop->counts.malformed, 1);
    if (options->seen)
        options->seen(options->user, is_request ? &receiver->request : NULL, &c->answer, why);
}

static void answer_plainly(struct bt_loop *loop, struct bt_connection *c, unsigned status,
                           const char *why)
{
    clear_answer(c, status);
    /* What is wrong with us is not the client's to know. */
    bt_buf_put_str(&c->answer.body, status == 500 ? "this server has a problem" : why);
    bt_buf_put_byte(&c->answer.body, '\n');
    begin_to_write(loop, c, why);
}

/* In the coding that the client likes best, where that is worth it. */
static baton_status encode_answer(struct bt_connection *c, struct baton_error *err)
{
    struct bt_buf *body = &c->answer.body;
    const char *accepted = bt_server_field(&c->receiver.request, "accept-encoding");
    enum bt_coding coding = bt_coding_accepted(accepted);
    if (coding == BT_CODING_IDENTITY || body->len < ENCODED_BYTES_MIN)
        return BATON_OK;
    BT_AUTO_BUF encoded = BT_BUF_INIT(body->bytes_max);
    BT_TRY(bt_coding_encode(coding, bt_buf_bytes(body), &encoded, err));
    bt_buf_clear(body);
    bt_buf_put(body, encoded.data, encoded.len);
    bt_server_answer_put(&c->answer, "Content-Encoding", bt_coding_name(coding));
    bt_server_answer_put(&c->answer, "Vary", "Accept-Encoding");
    return BATON_OK;
}

static void complete(struct bt_loop *loop, struct bt_connection *c)
{
    struct baton_error err = BATON_ERROR_INIT;
    baton_status status = bt_buf_finish(&c->answer.body, "the answer", &err);
    if (status == BATON_OK && loop->server->options.codings)
        status = encode_answer(c, &err);
    if (status == BATON_OK)
        status = bt_buf_finish(&c->answer.fields, "the head of the answer", &err);
    if (status == BATON_OK)
        begin_to_write(loop, c, NULL);
    else
        answer_plainly(loop, c, 500, err.text);
}

/* The body is what it stands for, or the request was refused: then false. */
static bool decode_body(struct bt_loop *loop, struct bt_connection *c)
{
    const struct bt_server_options *options = &loop->server->options;
    struct bt_receiver *receiver = &c->receiver;
    struct baton_error err = BATON_ERROR_INIT;
    enum bt_coding coding = bt_coding_of(bt_server_field(&receiver->request, "content-encoding"));
    BT_AUTO_BUF decoded = BT_BUF_INIT(0);
    if (coding == BT_CODING_IDENTITY)
        return true;
    if (coding == BT_CODING_UNKNOWN || !options->codings) {
        answer_plainly(loop, c, 415, "Content-Encoding: expected gzip, deflate or nothing");
        return false;
    }
    baton_status status = bt_coding_decode(coding, receiver->request.body,
                                           options->limits.body_bytes, &decoded, &err);
    if (status != BATON_OK) {
        answer_plainly(loop, c, status == BATON_ERR_LIMIT ? 413 : 400, err.text);
        return false;
    }
    bt_buf_release(&receiver->body);
    receiver->body = decoded;
    receiver->body.bytes_max = options->limits.body_bytes;
    receiver->request.body = bt_buf_bytes(&receiver->body);
    decoded = (struct bt_buf)BT_BUF_INIT(0);
    return true;
}

static void handle(struct bt_loop *loop, struct bt_connection *c)
{
    const struct bt_server_options *options = &loop->server->options;
    struct baton_error err = BATON_ERROR_INIT;
    clear_answer(c, 200);
    c->answer.tag = 0;
    c->receiver.request.names = c->tls ? bt_tls_names(c->tls) : "";
    c->receiver.request.ticks_us = bt_clock_ticks_us();
    c->turn_requests++;
    if (!decode_body(loop, c))
        return;
    if (options->handle(options->user, &c->receiver.request, &c->answer, &err) != BATON_OK) {
        answer_plainly(loop, c, 500, err.text);
    } else if (c->answer.is_open) {
        c->state = BT_SETTLING;
        c->next_settling = loop->settling;
        loop->settling = c;
    } else {
        complete(loop, c);
    }
}

/* ---- the socket ---- */

static ssize_t put_parts(struct bt_connection *c, struct iovec parts[2])
{
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return c->tls ? bt_tls_write(c->tls, parts) : sendmsg(c->fd.fd, &message, MSG_NOSIGNAL);
}

/* TLS may have to write, as in a handshake, before it can read on. */
static bool reads_by_writing(const struct bt_connection *c)
{
    return c->tls && c->state == BT_READING && bt_tls_wants_write(c->tls);
}

/* What TLS has taken off the socket is not what epoll tells of. */
static bool has_unseen(const struct bt_connection *c)
{
    return c->tls && c->state == BT_READING && bt_tls_has_more(c->tls);
}

/* ---- in ---- */

/* Who sends at least a byte of the body each millisecond has all the time that takes. */
static void set_deadline(struct bt_loop *loop, struct bt_connection *c, bool was_idle)
{
    if (was_idle)
        c->begun_ms = loop->now_ms;
    c->deadline_ms = c->begun_ms + loop->server->options.limits.request_ms + c->receiver.body.len;
}

/* What is in `in` goes to the receiver; what that leaves is the start of the next request. */
static void digest_input(struct bt_loop *loop, struct bt_connection *c)
{
    struct bt_receiver *receiver = &c->receiver;
    bool was_idle = receiver->state == BT_RECEIVE_IDLE;
    size_t taken = bt_receiver_take(receiver, (struct bt_bytes){c->in, c->in_len});
    c->in_len -= taken;
    memmove(c->in, c->in + taken, c->in_len);
    if (receiver->state == BT_RECEIVE_BEGUN)
        set_deadline(loop, c, was_idle);
    if (receiver->state == BT_RECEIVE_DONE) {
        handle(loop, c);
    } else if (receiver->state == BT_RECEIVE_REFUSED) {
        answer_plainly(loop, c, receiver->status, receiver->why);
    } else if (receiver->wants_continue) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        receiver->wants_continue = false;
        /* A fresh socket takes 25 bytes; where it does not, the client sends unasked. */
        (void)put_parts(c, (struct iovec[2]){{(void *)(uintptr_t)go_on, sizeof go_on - 1}});
    }
}

static bool would_block(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* False when the connection is gone. */
static bool read_more(struct bt_loop *loop, struct bt_connection *c)
{
    uint8_t *at = c->in + c->in_len;
    size_t room = sizeof c->in - c->in_len;
    ssize_t got = c->tls ? bt_tls_read(c->tls, at, room) : recv(c->fd.fd, at, room, 0);
    if (would_block(got))
        return true;
    if (got <= 0) {
        bt_connection_drop(loop, c);
        return false;
    }
    c->in_len += (size_t)got;
    bt_counter_add(&loop->counts.bytes_in, (uint64_t)got);
    return true;
}

/* ---- out ---- */

static void prepare_next(struct bt_loop *loop, struct bt_connection *c)
{
    c->state = BT_READING;
    c->deadline_ms = loop->now_ms + loop->server->options.limits.idle_ms;
    bt_receiver_reset(&c->receiver);
    if (c->answer.body.capacity > KEPT_BYTES)
        bt_buf_release(&c->answer.body);
    if (c->receiver.body.capacity > KEPT_BYTES)
        bt_buf_release(&c->receiver.body);
}

static size_t parts_left(const struct bt_connection *c, struct iovec parts[2])
{
    struct bt_bytes body = {c->answer.body.data, c->has_body ? c->answer.body.len : 0};
    size_t of_head = bt_min(c->sent, c->head.len);
    size_t of_body = c->sent - of_head;
    parts[0] = (struct iovec){c->head.data + of_head, c->head.len - of_head};
    parts[1] = (struct iovec){(void *)(uintptr_t)(body.ptr + of_body), body.len - of_body};
    return parts[0].iov_len + parts[1].iov_len;
}

/* False when the connection is gone. */
static bool write_more(struct bt_loop *loop, struct bt_connection *c)
{
    struct iovec parts[2];
    size_t left = parts_left(c, parts);
    ssize_t put = put_parts(c, parts);
    if (would_block(put))
        return true;
    if (put < 0) {
        bt_connection_drop(loop, c);
        return false;
    }
    c->sent += (size_t)put;
    bt_counter_add(&loop->counts.bytes_out, (uint64_t)put);
    if ((size_t)put < left)
        return true;
    if (!c->is_last) {
        prepare_next(loop, c);
        return true;
    }
    if (c->tls)
        bt_tls_end(c->tls);
    (void)shutdown(c->fd.fd, SHUT_WR);
    c->state = BT_LINGERING;
    c->deadline_ms = loop->now_ms + LINGER_MS;
    return true;
}

/* ---- steps ---- */

/* One step without waiting; false when there is none, or no connection any more. */
static bool step(struct bt_loop *loop, struct bt_connection *c)
{
    if (c->state == BT_READING && c->in_len) {
        /* The next turn comes at once, for there is room to write. */
        if (c->turn_requests >= TURN_REQUESTS_MAX) {
            bt_loop_watch(loop, c, BT_WATCH_WRITE);
            return false;
        }
        digest_input(loop, c);
        return true;
    }
    if (c->state == BT_WRITING) {
        if (!write_more(loop, c))
            return false;
        if (c->state != BT_WRITING)
            return true;
        bt_loop_watch(loop, c, BT_WATCH_WRITE);
        return false;
    }
    if (has_unseen(c))
        return read_more(loop, c);
    if (c->state != BT_SETTLING)
        bt_loop_watch(loop, c, reads_by_writing(c) ? BT_WATCH_WRITE : BT_WATCH_READ);
    return false;
}

/* Requests that are in `in` already, answers that fit into the socket. */
static void advance(struct bt_loop *loop, struct bt_connection *c)
{
    while (step(loop, c)) {}
}

static void linger(struct bt_loop *loop, struct bt_connection *c)
{
    ssize_t got = recv(c->fd.fd, c->in, sizeof c->in, 0);
    if (got == 0 || (got < 0 && !would_block(got)))
        bt_connection_drop(loop, c);
}

void bt_connection_serve(struct bt_loop *loop, struct bt_connection *c)
{
    c->turn_requests = 0;
    if (c->state == BT_LINGERING)
        linger(loop, c);
    else if ((c->watch == BT_WATCH_WRITE && !reads_by_writing(c)) || read_more(loop, c))
        advance(loop, c);
}

void bt_connection_settled(struct bt_loop *loop, struct bt_connection *c)
{
    /* Another request would be left open again, and settling is dear: it waits for company. */
    c->turn_requests = TURN_REQUESTS_MAX;
    complete(loop, c);
    advance(loop, c);
}

/* Who was slow to ask is told; who was slow to listen is not. */
void bt_connection_expire(struct bt_loop *loop, struct bt_connection *c)
{
    if (c->state != BT_READING || c->receiver.state != BT_RECEIVE_BEGUN) {
        bt_connection_drop(loop, c);
        return;
    }
    answer_plainly(loop, c, 408, "the request took too long");
    advance(loop, c);
}

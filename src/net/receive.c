/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server_int.h"

#include <string.h>
#include <strings.h>

#include "base/checked.h"

#define CHUNKS_MAX ((size_t)65536)

static struct bt_receiver *receiver_of(const llhttp_t *parser)
{
    return parser->data;
}

/* Ends the parsing, too: to llhttp any value but 0 is a failure. */
static int refuse(struct bt_receiver *receiver, unsigned status, const char *why)
{
    receiver->state = BT_RECEIVE_REFUSED;
    receiver->status = status;
    receiver->why = why;
    return HPE_USER;
}

/* ---- what llhttp tells, piece by piece ---- */

/* What is behind the body would add to a head that was judged already. */
static int on_text(llhttp_t *parser, const char *at, size_t len)
{
    struct bt_receiver *receiver = receiver_of(parser);
    if (receiver->head_done)
        return refuse(receiver, 400, "a field behind the body");
    if (memchr(at, '\0', len))
        return refuse(receiver, 400, "a NUL byte in the head");
    bt_buf_put(&receiver->text, at, len);
    return 0;
}

static int on_text_end(llhttp_t *parser)
{
    struct bt_receiver *receiver = receiver_of(parser);
    if (receiver->head_done)
        return refuse(receiver, 400, "a field behind the body");
    bt_buf_put_byte(&receiver->text, '\0');
    return 0;
}

/* llhttp takes ": value" for a header; to whoever goes through `fields`, no name is the end of
 * them. */
static int on_name_end(llhttp_t *parser)
{
    struct bt_receiver *receiver = receiver_of(parser);
    const struct bt_buf *text = &receiver->text;
    if (text->len && text->data[text->len - 1] == '\0')
        return refuse(receiver, 400, "a header without a name");
    return on_text_end(parser);
}

/* Blanks around a value do not belong to it; llhttp leaves those behind. */
static int on_value_end(llhttp_t *parser)
{
    struct bt_receiver *receiver = receiver_of(parser);
    struct bt_buf *text = &receiver->text;
    while (text->len && (text->data[text->len - 1] == ' ' || text->data[text->len - 1] == '\t'))
        text->len--;
    return on_text_end(parser);
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct bt_receiver *receiver = receiver_of(parser);
    bt_buf_put(&receiver->body, at, len);
    return receiver->body.state == BT_BUF_GOOD ? 0 : refuse(receiver, 413, "a body over the limit");
}

static size_t count_fields(const struct bt_server_request *request, const char *name)
{
    size_t count = 0;
    for (const char *field = request->fields; *field; field += strlen(field) + 1) {
        count += strcasecmp(field, name) == 0;
        field += strlen(field) + 1;
    }
    return count;
}

/* The parts of `text`, which grows no more. */
static void find_parts(struct bt_receiver *receiver)
{
    struct bt_server_request *request = &receiver->request;
    char *target = (char *)receiver->text.data;
    request->method = llhttp_method_name((llhttp_method_t)receiver->parser.method);
    request->path = target;
    request->fields = target + strlen(target) + 1;
    char *mark = strchr(target, '?');
    request->query = mark ? mark + 1 : "";
    if (mark)
        *mark = '\0';
}

/* Only "chunked" by itself says where the body ends; a server of HTTP/1.0 would not know it. */
static int check_coding(struct bt_receiver *receiver)
{
    const struct bt_server_request *request = &receiver->request;
    const char *coding = bt_server_field(request, "transfer-encoding");
    if (!coding)
        return 0;
    if (receiver->parser.http_minor == 0 || count_fields(request, "transfer-encoding") > 1 ||
        strcasecmp(coding, "chunked") != 0)
        return refuse(receiver, 400, "another Transfer-Encoding than one \"chunked\"");
    return 0;
}

static int check_host(struct bt_receiver *receiver)
{
    size_t hosts = count_fields(&receiver->request, "host");
    const char *host = bt_server_field(&receiver->request, "host");
    if (hosts > 1 || (hosts == 0 && receiver->parser.http_minor > 0))
        return refuse(receiver, 400, "expected one Host field");
    return !host || bt_strict_host(host) ? 0 : refuse(receiver, 400, "a Host that is none");
}

static int check_expect(struct bt_receiver *receiver)
{
    const char *expect = bt_server_field(&receiver->request, "expect");
    if (!expect || receiver->parser.http_minor == 0)
        return 0;
    if (strcasecmp(expect, "100-continue") != 0)
        return refuse(receiver, 417, "an expectation that is not known here");
    receiver->wants_continue = true;
    return 0;
}

static int check_head(struct bt_receiver *receiver)
{
    const llhttp_t *parser = &receiver->parser;
    if (parser->http_major != 1)
        return refuse(receiver, 505, "another version than HTTP/1.1 or 1.0");
    if (parser->flags & F_CONTENT_LENGTH && parser->content_length > receiver->limits->body_bytes)
        return refuse(receiver, 413, "a body over the limit");
    if (check_coding(receiver) || check_host(receiver))
        return HPE_USER;
    return check_expect(receiver);
}

static int on_head(llhttp_t *parser)
{
    struct bt_receiver *receiver = receiver_of(parser);
    bt_buf_put_byte(&receiver->text, '\0');
    if (receiver->text.state != BT_BUF_GOOD)
        return refuse(receiver, 431, "the head is over the limit");
    receiver->head_done = true;
    if (!bt_strict_target((const char *)receiver->text.data))
        return refuse(receiver, 400, "the target is no path");
    find_parts(receiver);
    return check_head(receiver);
}

static int on_chunk(llhttp_t *parser)
{
    struct bt_receiver *receiver = receiver_of(parser);
    if (parser->content_length > receiver->limits->body_bytes - receiver->body.len)
        return refuse(receiver, 413, "a body over the limit");
    return ++receiver->chunks <= CHUNKS_MAX ? 0 : refuse(receiver, 413, "too many chunks");
}

/* Nobody needs them, and readers differ about where they end. */
static int on_extension(llhttp_t *parser, const char *at, size_t len)
{
    (void)at, (void)len;
    return refuse(receiver_of(parser), 400, "a chunk with an extension");
}

/* The pause makes llhttp say where the next request starts. */
static int on_end(llhttp_t *parser)
{
    struct bt_receiver *receiver = receiver_of(parser);
    receiver->keep_alive = llhttp_should_keep_alive(parser);
    receiver->request.body = bt_buf_bytes(&receiver->body);
    receiver->state = BT_RECEIVE_DONE;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_text,
    .on_url_complete = on_text_end,
    .on_header_field = on_text,
    .on_header_field_complete = on_name_end,
    .on_header_value = on_text,
    .on_header_value_complete = on_value_end,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_chunk_header = on_chunk,
    .on_chunk_extension_name = on_extension,
    .on_chunk_extension_value = on_extension,
    .on_message_complete = on_end,
};

/* ---- one request after the other ---- */

void bt_receiver_init(struct bt_receiver *receiver, const struct bt_server_limits *limits)
{
    *receiver = (struct bt_receiver){
        .limits = limits,
        /* Ends of strings come to what was counted as sent. */
        .text = BT_BUF_INIT(limits->head_bytes + 2),
        .body = BT_BUF_INIT(limits->body_bytes),
    };
    bt_receiver_reset(receiver);
}

void bt_receiver_release(struct bt_receiver *receiver)
{
    bt_buf_release(&receiver->text);
    bt_buf_release(&receiver->body);
}

void bt_receiver_reset(struct bt_receiver *receiver)
{
    llhttp_init(&receiver->parser, HTTP_REQUEST, &settings);
    receiver->parser.data = receiver;
    receiver->state = BT_RECEIVE_IDLE;
    receiver->head_done = false;
    receiver->keep_alive = false;
    receiver->wants_continue = false;
    receiver->taken = 0;
    receiver->chunks = 0;
    receiver->last = 0;
    receiver->lines = (struct bt_lines){.count = 0};
    bt_buf_clear(&receiver->text);
    bt_buf_clear(&receiver->body);
}

/* How many bytes the request may have up to where it is now. A body in chunks may be longer than
 * what it carries, but not without end. */
static size_t allowance(const struct bt_receiver *receiver)
{
    const struct bt_server_limits *limits = receiver->limits;
    return limits->head_bytes + (receiver->head_done ? 2 * limits->body_bytes : 0);
}

static void refuse_syntax(struct bt_receiver *receiver, llhttp_errno_t code)
{
    if (receiver->state == BT_RECEIVE_REFUSED)
        return;
    unsigned status = code == HPE_INVALID_VERSION || code == HPE_PAUSED_H2_UPGRADE ? 505 : 400;
    (void)refuse(receiver, status, llhttp_get_error_reason(&receiver->parser));
}

/* llhttp takes a bare line feed for the line behind the last chunk. */
static void check_end(struct bt_receiver *receiver, const char *at, size_t len)
{
    char before = len > 1 ? at[len - 2] : (char)receiver->last;
    if (receiver->parser.flags & F_CHUNKED && before != '\r')
        (void)refuse(receiver, 400, "a line feed without a carriage return");
}

/* Bytes of the head, or of the body, of one request; how many of them it took. */
static size_t parse(struct bt_receiver *receiver, const char *at, size_t len)
{
    if (len == 0)
        return 0;
    llhttp_errno_t code = llhttp_execute(&receiver->parser, at, len);
    if (receiver->state == BT_RECEIVE_DONE) {
        len = (size_t)(llhttp_get_error_pos(&receiver->parser) - at);
        check_end(receiver, at, len);
    } else if (code != HPE_OK) {
        refuse_syntax(receiver, code);
    }
    receiver->last = (uint8_t)at[len - 1];
    receiver->taken += len;
    return len;
}

/* Both readers of a head must see its end in the same place. */
static size_t parse_head(struct bt_receiver *receiver, struct bt_bytes bytes)
{
    struct bt_lines *lines = &receiver->lines;
    size_t len = bt_lines_take(lines, bytes);
    size_t taken = parse(receiver, (const char *)bytes.ptr, len);
    if (receiver->state == BT_RECEIVE_REFUSED)
        return taken;
    if (lines->status)
        (void)refuse(receiver, lines->status, lines->why);
    else if (lines->are_done != receiver->head_done)
        (void)refuse(receiver, 400, "a head without a plain end");
    return taken;
}

size_t bt_receiver_take(struct bt_receiver *receiver, struct bt_bytes bytes)
{
    size_t taken = 0;
    while (taken < bytes.len && receiver->state <= BT_RECEIVE_BEGUN) {
        size_t room = allowance(receiver) - receiver->taken;
        size_t len = bt_min(room, bytes.len - taken);
        const uint8_t *at = bytes.ptr + taken;
        if (len == 0) {
            (void)refuse(receiver, receiver->head_done ? 413 : 431, "it is over the limit");
            break;
        }
        receiver->state = BT_RECEIVE_BEGUN;
        taken += receiver->head_done ? parse(receiver, (const char *)at, len)
                                     : parse_head(receiver, (struct bt_bytes){at, len});
    }
    return taken;
}

const char *bt_server_field(const struct bt_server_request *request, const char *name)
{
    for (const char *field = request->fields; *field;) {
        const char *value = field + strlen(field) + 1;
        if (strcasecmp(field, name) == 0)
            return value;
        field = value + strlen(value) + 1;
    }
    return NULL;
}

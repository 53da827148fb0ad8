/* SPDX-License-Identifier: Apache-2.0 */
/* Where two traces part. A trace is written short here: "0A 2B" is node 0 with one output whose
 * digest is all a, and node 2 with one of all b; "0AB" has two outputs. */
#include "unit/unit.h"

#include <stdio.h>

#include "bundle/trace.h"

static void put_output(struct bt_buf *json, char digit)
{
    bt_buf_put_str(json, "{\"name\":\"v\",\"sha256\":\"");
    for (int i = 0; i < 64; i++)
        bt_buf_put_byte(json, (uint8_t)(digit - 'A' + 'a'));
    bt_buf_put_str(json, "\"}");
}

static void put_nodes(struct bt_buf *json, const char *text, const char *op)
{
    for (const char *at = text; *at;) {
        bt_buf_printf(json, "%s{\"index\":%c,\"name\":\"\",\"op\":\"%s\",\"outputs\":[",
                      at == text ? "" : ",", *at, op);
        for (size_t i = 1; at[i] && at[i] != ' '; i++) {
            bt_buf_put_str(json, i > 1 ? "," : "");
            put_output(json, at[i]);
        }
        bt_buf_put_str(json, "]}");
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
}

static struct bt_trace trace_of(const char *text, const char *op)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF json = BT_BUF_INIT(1 << 16);
    struct bt_trace trace = BT_TRACE_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_json *root = NULL;
    bt_buf_put_str(&json, "{\"format\":\"baton/trace/1\",\"nodes\":[");
    put_nodes(&json, text, op);
    bt_buf_put_str(&json, "],\"numerics\":\"exact/1\"}");
    assert_ok(bt_json_parse(bt_buf_bytes(&json), "trace", NULL, &arena, &root, &err), err);
    assert_ok(bt_trace_parse(root, &trace, &err), err);
    return trace;
}

/* The index of the first node that differs, or -1. */
static int parted(const char *a_text, const char *a_op, const char *b_text, const char *b_op)
{
    BT_AUTO_TRACE a = trace_of(a_text, a_op);
    BT_AUTO_TRACE b = trace_of(b_text, b_op);
    const struct bt_trace_node *other = NULL;
    const struct bt_trace_node *node = bt_trace_first_difference(&a, &b, &other);
    assert_true(!node == !other);
    if (node)
        assert_int_equal(node->index, other->index);
    return node ? (int)node->index : -1;
}

static void equal_traces_do_not_part(void **state)
{
    (void)state;
    assert_int_equal(parted("0A 1B 2C", "Add", "0A 1B 2C", "Add"), -1);
    assert_int_equal(parted("", "Add", "", "Add"), -1);
}

static void the_first_other_output_is_found(void **state)
{
    (void)state;
    assert_int_equal(parted("0A 1B 2C", "Add", "0A 1D 2E", "Add"), 1);
    assert_int_equal(parted("0AB 1B", "Add", "0AC 1C", "Add"), 0);
    assert_int_equal(parted("0A 1BC", "Add", "0A 1B", "Add"), 1);
    assert_int_equal(parted("0A", "Add", "0A", "Sub"), 0);
}

static void first_is_in_the_order_of_a(void **state)
{
    (void)state;
    assert_int_equal(parted("2A 0B", "Add", "0C 2D", "Add"), 2);
}

static void folded_nodes_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(parted("0A 1B 2C", "Add", "1B 2C", "Add"), -1);
    assert_int_equal(parted("1B 2C", "Add", "0A 1B 2D", "Add"), 2);
    assert_int_equal(parted("0A 2C", "Add", "1B 2D", "Add"), 2);
    assert_int_equal(parted("0A", "Add", "", "Add"), -1);
    assert_int_equal(parted("0A", "Add", "1B", "Add"), -1);
}

static void a_trace_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char text[] =
        "{\"format\":\"baton/trace/1\",\"nodes\":[{\"index\":7,\"name\":\"n\",\"op\":\"Relu\","
        "\"outputs\":[{\"dtype\":\"float32\",\"name\":\"y\",\"sha256\":"
        "\"00000000000000000000000000000000000000000000000000000000000000ff\",\"shape\":[2,0]},"
        "{\"name\":\"s\",\"sha256\":"
        "\"1111111111111111111111111111111111111111111111111111111111111111\"}]}],"
        "\"numerics\":\"exact/1\"}";
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_TRACE trace = BT_TRACE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_json *root = NULL;
    assert_ok(bt_json_parse(bt_bytes_of(text), "trace", NULL, &arena, &root, &err), err);
    assert_ok(bt_trace_parse(root, &trace, &err), err);
    bt_trace_put(&trace, &w);
    assert_string_equal(bt_buf_str(&out), text);
}

UNIT_MAIN(cmocka_unit_test(equal_traces_do_not_part),
          cmocka_unit_test(the_first_other_output_is_found),
          cmocka_unit_test(first_is_in_the_order_of_a),
          cmocka_unit_test(folded_nodes_are_passed_over),
          cmocka_unit_test(a_trace_is_written_as_it_was_read))

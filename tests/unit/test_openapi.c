/* SPDX-License-Identifier: Apache-2.0 */
/* The document is JSON, and has the routes of the table, all of them, and no others. */
#include "unit/unit.h"

#include "codec/json.h"
#include "serve/openapi.h"
#include "serve/routes.h"

static const struct bt_json *parse(struct bt_buf *text, struct bt_arena *arena)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_json *root = NULL;
    bt_openapi_put(text);
    assert_ok(bt_json_parse(bt_buf_bytes(text), "the document", NULL, arena, &root, &err), err);
    return root;
}

static const struct bt_json *operation_of(const struct bt_json *paths, const struct bt_route *route)
{
    char method[16] = {0};
    for (size_t i = 0; route->method[i]; i++)
        method[i] = (char)(route->method[i] | 0x20);
    const struct bt_json *path = bt_json_find(paths, route->pattern);
    return path ? bt_json_find(path, method) : NULL;
}

static void every_route_is_in_it_and_is_told_about(void **state)
{
    (void)state;
    BT_AUTO_BUF text = BT_BUF_INIT((size_t)1 << 20);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *paths = bt_json_find(parse(&text, &arena), "paths");
    size_t operations = 0;
    for (size_t i = 0; i < bt_route_count(); i++) {
        const struct bt_route *route = bt_route_at(i);
        const struct bt_json *operation = operation_of(paths, route);
        const char *summary = NULL;
        if (!operation)
            fail_msg("%s %s is not in the document", route->method, route->pattern);
        assert_int_equal(bt_json_need_str(operation, "summary", &arena, &summary, NULL), BATON_OK);
        if (!summary[0])
            fail_msg("%s %s: openapi.c says nothing about it", route->method, route->pattern);
    }
    /* "parameters" is not one. */
    for (size_t i = 0; i < paths->count; i++)
        operations += paths->items[i].count - 1;
    assert_int_equal(operations, bt_route_count());
}

UNIT_MAIN(cmocka_unit_test(every_route_is_in_it_and_is_told_about))

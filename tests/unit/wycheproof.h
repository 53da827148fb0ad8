/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_WYCHEPROOF_H
#define BT_TESTS_UNIT_WYCHEPROOF_H
/* The signature vectors of C2SP/wycheproof: groups of tests under one key. */
#include "unit/unit.h"

#include <stdio.h>

#include "base/fs.h"
#include "codec/json.h"
#include "codec/text/base64.h"

static inline const struct bt_json *wycheproof_need(const struct bt_json *object, const char *key)
{
    const struct bt_json *found = bt_json_find(object, key);
    assert_non_null(found);
    return found;
}

/* Whether the key of `group` takes `signature` of `message`. */
typedef bool wycheproof_verifier(const struct bt_json *group, struct bt_bytes message,
                                 struct bt_bytes signature);

static inline void wycheproof_test(const struct bt_json *group, const struct bt_json *test,
                                   wycheproof_verifier *verify)
{
    BT_AUTO_BUF message = BT_BUF_INIT(1 << 20);
    BT_AUTO_BUF signature = BT_BUF_INIT(1 << 20);
    assert_true(bt_hex_parse(wycheproof_need(test, "msg")->text, &message));
    assert_true(bt_hex_parse(wycheproof_need(test, "sig")->text, &signature));
    bool valid = bt_json_is_str(wycheproof_need(test, "result"), "valid");
    if (verify(group, bt_buf_bytes(&message), bt_buf_bytes(&signature)) != valid)
        fail_msg("Wycheproof test %.*s: %s", (int)wycheproof_need(test, "tcId")->text.len,
                 (const char *)wycheproof_need(test, "tcId")->text.ptr,
                 valid ? "refused" : "accepted");
}

/* Every test of the file, of which there must be `expected`. */
static inline void wycheproof_file(const char *name, size_t expected, wycheproof_verifier *verify)
{
    const char *data = unit_data_folder();
    unit_skip_without_data(data);
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    const struct bt_json *root = NULL;
    char path[4096];
    size_t run = 0;
    (void)snprintf(path, sizeof path, "%s/vectors/wycheproof/%s", data, name);
    assert_ok(bt_map_user_file(path, 1 << 24, &map, &err), err);
    assert_ok(bt_json_parse(bt_map_bytes(&map), path, NULL, &arena, &root, &err), err);
    const struct bt_json *groups = wycheproof_need(root, "testGroups");
    for (size_t i = 0; i < groups->count; i++) {
        const struct bt_json *tests = wycheproof_need(&groups->items[i], "tests");
        for (size_t j = 0; j < tests->count; j++)
            wycheproof_test(&groups->items[i], &tests->items[j], verify);
        run += tests->count;
    }
    assert_int_equal(run, expected);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "base/checked.h"
#include "base/fs.h"
#include "codec/tar.h"

static baton_status to_buf(void *user, const void *bytes, size_t len, struct baton_error *err)
{
    bt_buf_put(user, bytes, len);
    return bt_buf_finish(user, "the archive", err);
}

static baton_status from_bytes(void *user, void *bytes, size_t len, size_t *ret_len,
                               struct baton_error *err)
{
    struct bt_bytes *left = user;
    *ret_len = bt_min(left->len, len);
    if (*ret_len)
        memcpy(bytes, left->ptr, *ret_len);
    left->ptr += *ret_len;
    left->len -= *ret_len;
    return BATON_OK;
}

static void names_and_contents_come_back(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    static char long_name[300];
    memset(long_name, 'n', sizeof long_name - 1);
    const char *const names[] = {"oci-layout", long_name, "blobs/sha256/\xc3\xa9"};
    BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
    struct bt_tar_writer w = bt_tar_writer(to_buf, &out);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(bt_tar_begin(&w, names[i], 600 + i, &err), err);
        for (size_t j = 0; j < 600 + i; j++)
            assert_ok(bt_tar_put(&w, "x", 1, &err), err);
    }
    assert_ok(bt_tar_finish(&w, &err), err);
    assert_int_equal(out.len % BT_TAR_BLOCK, 0);

    struct bt_bytes left = bt_buf_bytes(&out);
    BT_AUTO_TAR_READER r = bt_tar_reader(from_bytes, &left, "t.tar", NULL);
    struct bt_tar_entry entry;
    bool more = false;
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[1000];
        size_t got = 0;
        assert_ok(bt_tar_next(&r, &entry, &more, &err), err);
        assert_true(more);
        assert_string_equal(entry.name, names[i]);
        assert_int_equal(entry.size, 600 + i);
        assert_ok(bt_tar_read(&r, bytes, i == 1 ? 10 : sizeof bytes, &got, &err), err);
        assert_int_equal(got, i == 1 ? 10 : 600 + i);
    }
    assert_ok(bt_tar_next(&r, &entry, &more, &err), err);
    assert_false(more);
}

static void a_header_is_the_same_everywhere(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
    struct bt_tar_writer w = bt_tar_writer(to_buf, &out);
    assert_ok(bt_tar_begin(&w, "a", 0, &err), err);
    assert_ok(bt_tar_finish(&w, &err), err);
    assert_int_equal(out.len, 3 * BT_TAR_BLOCK);
    assert_memory_equal(out.data + 100,
                        "0000644\0000000000\0000000000\000"
                        "00000000000\00000000000000\0",
                        48);
    assert_memory_equal(out.data + 156, "0", 1);
    assert_memory_equal(out.data + 257, "ustar\00000", 8);
}

/* More than octal can say: only the headers are looked at. */
static baton_status count_only(void *user, const void *bytes, size_t len, struct baton_error *err)
{
    struct bt_buf *out = user;
    if (out->len < 4 * (size_t)BT_TAR_BLOCK)
        bt_buf_put(out, bytes, len);
    return BATON_OK;
}

static void a_size_beyond_octal_goes_through_pax(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
    const uint64_t size = (UINT64_C(1) << 33) + 5;
    struct bt_tar_writer w = bt_tar_writer(count_only, &out);
    assert_ok(bt_tar_begin(&w, "big", size, &err), err);
    struct bt_bytes left = bt_buf_bytes(&out);
    BT_AUTO_TAR_READER r = bt_tar_reader(from_bytes, &left, "t.tar", NULL);
    struct bt_tar_entry entry;
    bool more = false;
    assert_ok(bt_tar_next(&r, &entry, &more, &err), err);
    assert_true(more && entry.size == size);
    assert_string_equal(entry.name, "big");
}

static void archives_of_other_tools_are_read(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    static const char *const seeds[] = {"ustar", "gnu", "pax"};
    const char *source = getenv("BATON_TEST_SOURCE");
    assert_non_null(source);
    for (size_t i = 0; i < 3; i++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        BT_AUTO_MAP map = BT_MAP_INIT;
        const char *path =
            bt_arena_printf(&arena, "%s/tests/fuzz/corpus/tar/%s.tar", source, seeds[i]);
        assert_ok(bt_map_user_file(path, 1 << 20, &map, &err), err);
        struct bt_bytes left = bt_map_bytes(&map);
        BT_AUTO_TAR_READER r = bt_tar_reader(from_bytes, &left, seeds[i], NULL);
        struct bt_tar_entry entry;
        bool more = true;
        size_t files = 0;
        while (more) {
            assert_ok(bt_tar_next(&r, &entry, &more, &err), err);
            files += more && !entry.is_folder;
        }
        assert_int_equal(files, 2);
    }
}

static void a_thousand_names_are_told_apart(void **state)
{
    (void)state;
    BT_AUTO_NAMES names = BT_NAMES_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            bool is_new = false;
            const char *name = bt_arena_printf(&arena, "%d/%d", i * 7919 % 1000, i % 3);
            assert_int_equal(bt_names_add(&names, bt_bytes_of(name), &is_new, NULL), BATON_OK);
            assert_int_equal(is_new, round == 0);
        }
}

UNIT_MAIN(cmocka_unit_test(names_and_contents_come_back),
          cmocka_unit_test(a_header_is_the_same_everywhere),
          cmocka_unit_test(a_size_beyond_octal_goes_through_pax),
          cmocka_unit_test(archives_of_other_tools_are_read),
          cmocka_unit_test(a_thousand_names_are_told_apart))

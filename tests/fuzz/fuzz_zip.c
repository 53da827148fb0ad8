/* SPDX-License-Identifier: Apache-2.0 */
/* Any ZIP: every member is unpacked; and as NPZ, where what is read can be written and read. */
#include "fuzz/fuzz.h"

#include "codec/npz.h"

static const struct bt_npz_limits limits = {
    .zip = {.entries_max = 1000,
            .member_bytes_max = 1 << 24,
            .total_bytes_max = 1 << 26,
            .ratio_max = 1100},
    .npy = {.tensor_bytes_max = 1 << 26},
};

static void unpack_all(struct bt_bytes bytes)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_zip zip;
    if (bt_zip_open(bytes, "fuzz", &limits.zip, &arena, &zip, NULL) != BATON_OK)
        return;
    for (size_t i = 0; i < zip.count; i++) {
        BT_AUTO_BUF room = BT_BUF_INIT(limits.zip.member_bytes_max);
        struct bt_bytes contents;
        if (bt_zip_read(&zip.entries[i], &room, &contents, NULL) == BATON_OK)
            FUZZ_CHECK(contents.len == zip.entries[i].size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    BT_AUTO_NAMED list = BT_NAMED_INIT;
    BT_AUTO_NAMED again = BT_NAMED_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT((size_t)1 << 28);
    unpack_all(input);
    if (bt_npz_read(input, "fuzz", &limits, &list, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_npz_write(&list, &out, NULL) == BATON_OK);
    FUZZ_CHECK(bt_npz_read(bt_buf_bytes(&out), "fuzz", NULL, &again, NULL) == BATON_OK);
    FUZZ_CHECK(again.count == list.count);
    return 0;
}

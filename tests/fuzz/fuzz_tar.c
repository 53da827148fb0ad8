/* SPDX-License-Identifier: Apache-2.0 */
/* Reads every member in pieces; names stay safe and contents add up. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/checked.h"
#include "codec/tar.h"

/* Hands out at most 700 bytes at a time, so that blocks come in pieces. */
static baton_status from_bytes(void *user, void *bytes, size_t len, size_t *ret_len,
                               struct baton_error *err)
{
    struct bt_bytes *left = user;
    *ret_len = bt_min(bt_min(left->len, len), 700);
    if (*ret_len)
        memcpy(bytes, left->ptr, *ret_len);
    left->ptr += *ret_len;
    left->len -= *ret_len;
    return BATON_OK;
}

static bool drain(struct bt_tar_reader *tar, uint64_t size)
{
    uint8_t piece[300];
    uint64_t total = 0;
    size_t got = 1;
    while (got) {
        if (bt_tar_read(tar, piece, sizeof piece, &got, NULL) != BATON_OK)
            return false;
        total += got;
    }
    FUZZ_CHECK(total == size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes left = {bytes, len};
    BT_AUTO_TAR_READER tar = bt_tar_reader(from_bytes, &left, "fuzz", NULL);
    struct bt_tar_entry entry;
    bool more = true;
    while (bt_tar_next(&tar, &entry, &more, NULL) == BATON_OK && more) {
        FUZZ_CHECK(bt_member_name_problem(bt_bytes_of(entry.name)) == NULL);
        /* Every other member is skipped by the next call instead. */
        if (tar.entries % 2 && !drain(&tar, entry.size))
            break;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A list of files that is read compares as equal to itself. */
#include "fuzz/fuzz.h"

#include "attest/oms.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_bytes input = {bytes, len};
    const struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), input};
    struct bt_oms oms;
    struct bt_oms_tally tally = {.report = NULL};
    if (bt_oms_open(&message, &arena, &oms, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(oms.count > 0);
    FUZZ_CHECK(bt_oms_compare(&oms, oms.files, oms.count, &tally, NULL) == BATON_OK);
    return 0;
}

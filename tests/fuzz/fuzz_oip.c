/* SPDX-License-Identifier: Apache-2.0 */
/* What is read can be written, and reads back as the same bits. */
#include "fuzz/fuzz.h"

#include "bundle/loaded.h"
#include "data/oip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_VALUES values = BT_VALUES_INIT;
    BT_AUTO_VALUES again = BT_VALUES_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT((size_t)1 << 26);
    struct bt_digest first;
    struct bt_digest second;
    if (bt_oip_parse((struct bt_bytes){bytes, len}, "fuzz", &values, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_oip_format(&values, "outputs", &out, NULL) == BATON_OK);
    FUZZ_CHECK(bt_oip_parse(bt_buf_bytes(&out), "fuzz", &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_values_digest(&values, &first, NULL) == BATON_OK);
    FUZZ_CHECK(bt_values_digest(&again, &second, NULL) == BATON_OK);
    FUZZ_CHECK(bt_digest_equal(&first, &second));
    return 0;
}

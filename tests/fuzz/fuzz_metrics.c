/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics are written as they were read, to the last bit. */
#include "fuzz/fuzz.h"

#include "bundle/metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_BUF once = BT_BUF_INIT(4096);
    BT_AUTO_BUF twice = BT_BUF_INIT(4096);
    struct bt_metrics metrics;
    struct bt_metrics again;
    if (bt_metrics_parse((struct bt_bytes){bytes, len}, "fuzz", &metrics, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_metrics_format(&metrics, &once, NULL) == BATON_OK);
    FUZZ_CHECK(bt_metrics_parse(bt_buf_bytes(&once), "fuzz", &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_metrics_format(&again, &twice, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
    return 0;
}

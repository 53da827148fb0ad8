/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of any manifest make one of ours, which reads back to the same bytes. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "bundle/bundle.h"

static void check_manifest(const struct bt_bundle *bundle)
{
    BT_AUTO_BUNDLE again = BT_BUNDLE_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT((size_t)1 << 26);
    BT_AUTO_BUF twice = BT_BUF_INIT((size_t)1 << 26);
    for (size_t i = 0; i < bundle->part_count; i++)
        FUZZ_CHECK(bt_bundle_find(bundle, bundle->parts[i].path) == &bundle->parts[i]);
    FUZZ_CHECK(bt_bundle_format_manifest(&bundle->config, bundle->parts, bundle->part_count, &once,
                                         NULL) == BATON_OK);
    FUZZ_CHECK(bt_bundle_parse_manifest(bt_buf_bytes(&once), &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bundle_format_manifest(&again.config, again.parts, again.part_count, &twice,
                                         NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
}

static void check_config(const struct bt_bundle *bundle)
{
    BT_AUTO_BUNDLE again = BT_BUNDLE_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT((size_t)1 << 26);
    FUZZ_CHECK(bt_bundle_format_config(bundle->name, bundle->format, NULL, 0, &out, NULL) ==
               BATON_OK);
    FUZZ_CHECK(bt_bundle_parse_config(bt_buf_bytes(&out), &again, NULL) == BATON_OK);
    FUZZ_CHECK(strcmp(again.name, bundle->name) == 0 && strcmp(again.format, bundle->format) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_BUNDLE bundle = BT_BUNDLE_INIT;
    struct bt_bytes json = {bytes, len};
    if (bt_bundle_parse_manifest(json, &bundle, NULL) == BATON_OK)
        check_manifest(&bundle);
    if (bt_bundle_parse_config(json, &bundle, NULL) == BATON_OK)
        check_config(&bundle);
    return 0;
}

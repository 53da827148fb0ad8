/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a PAE is written as it was; of an envelope, the message is. */
#include "fuzz/fuzz.h"

#include "attest/dsse.h"

static void check_pae(struct bt_bytes input)
{
    BT_AUTO_BUF again = BT_BUF_INIT(BT_DSSE_PAE_MAX);
    struct bt_dsse_message message;
    if (bt_dsse_pae_parse(input, &message, NULL) != BATON_OK)
        return;
    bt_dsse_pae(&message, &again);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&again), input));
}

static void check_envelope(struct bt_bytes input)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF again = BT_BUF_INIT(4 * BT_DSSE_PAYLOAD_MAX);
    struct bt_dsse_envelope envelope;
    struct bt_dsse_envelope read;
    if (bt_dsse_parse(input, &arena, &envelope, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(envelope.count >= 1 && envelope.count <= BT_DSSE_SIGNATURES_MAX);
    struct bt_json_writer w = bt_json_writer(&again, 0);
    bt_dsse_put(&envelope, &w);
    FUZZ_CHECK(bt_dsse_parse(bt_buf_bytes(&again), &arena, &read, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(read.message.payload, envelope.message.payload));
    FUZZ_CHECK(bt_bytes_equal(read.message.type, envelope.message.type));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    check_pae(input);
    check_envelope(input);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A proof that is read is written as it was, and proves nothing of a log whose key is not in it. */
#include "fuzz/fuzz.h"

#include "ledger/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    struct bt_tlog_proof proof;
    struct bt_checkpoint checkpoint;
    struct bt_note_key key;
    BT_AUTO_BUF written = BT_BUF_INIT(BT_TLOG_PROOF_BYTES_MAX);
    static const char stranger[] =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    if (bt_tlog_proof_parse(input, &proof, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_tlog_proof_format(&proof, &written, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&written), input));
    FUZZ_CHECK(bt_note_key_parse(bt_bytes_of(stranger), &key, NULL) == BATON_OK);
    FUZZ_CHECK(bt_tlog_proof_check(&proof, bt_bytes_of("leaf"), &key, &checkpoint, NULL) !=
               BATON_OK);
    return 0;
}

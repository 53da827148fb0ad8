/* SPDX-License-Identifier: Apache-2.0 */
/* No bundle is verified but those that hold what was signed: a log that nobody has the key of, and
 * a key that signed nothing else. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "attest/sigstore.h"

/* The signer and the log of tests/golden/evidence. */
static const char signer[] = "-----BEGIN PUBLIC KEY-----\n"
                             "MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n"
                             "-----END PUBLIC KEY-----\n";
static const char log_key[] =
    "example.com/baton-audit+e885c79b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
static const char handoff[] = "{\"_type\":\"https://in-toto.io/Statement/v1\",";

static void check_parsed(struct bt_bytes input, struct bt_arena *arena)
{
    struct bt_sigstore_bundle bundle;
    if (bt_sigstore_parse(input, arena, &bundle, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(bundle.signature.len > 0 && bundle.message.type.len > 0);
    FUZZ_CHECK(!bundle.logged || bundle.entry.proof.path.count <= BT_MERKLE_PROOF_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_bytes input = {bytes, len};
    struct bt_public_key key;
    struct bt_note_key log;
    struct bt_sigstore_verdict verdict;
    FUZZ_CHECK(bt_key_parse_pem(bt_bytes_of(signer), &key, NULL) == BATON_OK);
    FUZZ_CHECK(bt_note_key_parse(bt_bytes_of(log_key), &log, NULL) == BATON_OK);
    check_parsed(input, &arena);
    const struct bt_sigstore_trust trust = {&key, 1, &log};
    if (bt_sigstore_verify(input, &trust, &arena, &verdict, NULL) == BATON_OK) {
        struct bt_bytes payload = verdict.bundle.message.payload;
        FUZZ_CHECK(payload.len > strlen(handoff));
        FUZZ_CHECK(memcmp(payload.ptr, handoff, strlen(handoff)) == 0);
        FUZZ_CHECK(verdict.bundle.entry.proof.index < verdict.checkpoint.head.size);
    }
    return 0;
}

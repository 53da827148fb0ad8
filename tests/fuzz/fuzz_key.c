/* SPDX-License-Identifier: Apache-2.0 */
/* A public key that is read is written in one form, and read from it as the same; a secret one
 * makes a signature that its public half takes. */
#include "fuzz/fuzz.h"

#include "crypto/key_file.h"

static void check_public(struct bt_bytes input)
{
    BT_AUTO_BUF pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    struct bt_public_key key;
    struct bt_public_key again;
    if (bt_key_parse_pem(input, &key, NULL) != BATON_OK)
        return;
    bt_key_format_pem(&key, &pem);
    FUZZ_CHECK(bt_key_parse_pem(bt_buf_bytes(&pem), &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_key_equal(&key, &again));
}

static void check_secret(struct bt_bytes input)
{
    BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
    struct bt_signature signature;
    if (bt_secret_key_parse(input, NULL, &key, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(bt_key_sign(&key, input, &signature, NULL) == BATON_OK);
    FUZZ_CHECK(bt_key_verify(&key.public, input, &signature, NULL) == BATON_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    struct bt_public_key key;
    check_public(input);
    check_secret(input);
    if (bt_key_parse_spki(input, &key, NULL) == BATON_OK)
        FUZZ_CHECK(bt_bytes_equal(bt_key_spki(&key), input));
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519: the first vector of RFC 8032, Wycheproof, and the key that fits everything. */
#include "unit/wycheproof.h"

#include "crypto/ed25519.h"

/* Exactly `len` bytes of hexadecimal text. */
static bool from_hex(struct bt_bytes text, void *ret, size_t len)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(1 << 20);
    if (!bt_hex_parse(text, &bytes) || bytes.len != len)
        return false;
    memcpy(ret, bt_buf_bytes(&bytes).ptr, len);
    return true;
}

static void rfc_8032_first_vector(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ED25519_SECRET secret = BT_ED25519_SECRET_INIT;
    struct bt_ed25519_public public;
    struct bt_ed25519_public expected;
    struct bt_ed25519_signature signature;
    assert_true(
        from_hex(bt_bytes_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
                 secret.seed, sizeof secret.seed));
    assert_true(
        from_hex(bt_bytes_of("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
                 expected.bytes, sizeof expected.bytes));
    assert_ok(bt_ed25519_public_of(&secret, &public, &err), err);
    assert_memory_equal(public.bytes, expected.bytes, sizeof public.bytes);
    assert_ok(bt_ed25519_public_check(&public, &err), err);
    struct bt_bytes nothing = bt_bytes_of("");
    assert_ok(bt_ed25519_sign(&secret, nothing, &signature, &err), err);
    assert_int_equal(signature.bytes[0], 0xe5);
    assert_int_equal(signature.bytes[63], 0x0b);
    assert_ok(bt_ed25519_verify(&public, nothing, &signature, &err), err);
    assert_int_equal(bt_ed25519_verify(&public, bt_bytes_of("x"), &signature, NULL),
                     BATON_ERR_DIFFERS);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ED25519_SECRET secret = BT_ED25519_SECRET_INIT;
    struct bt_ed25519_public public;
    struct bt_ed25519_signature signature;
    struct bt_bytes message = bt_bytes_of("handed over");
    assert_ok(bt_ed25519_generate(&secret, &err), err);
    assert_ok(bt_ed25519_public_of(&secret, &public, &err), err);
    assert_ok(bt_ed25519_sign(&secret, message, &signature, &err), err);
    assert_ok(bt_ed25519_verify(&public, message, &signature, &err), err);
    for (size_t i = 0; i < 8 * sizeof signature.bytes; i++) {
        signature.bytes[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_int_equal(bt_ed25519_verify(&public, message, &signature, NULL), BATON_ERR_DIFFERS);
        signature.bytes[i / 8] ^= (uint8_t)(1U << i % 8);
    }
}

/* research/trust.md finding 6: OpenSSL 3.0 accepts this signature for any message. */
static void a_key_of_small_order_is_no_key(void **state)
{
    (void)state;
    const struct bt_ed25519_public key = {{1}};
    const struct bt_ed25519_signature fits_all = {{1}};
    assert_int_equal(bt_ed25519_public_check(&key, NULL), BATON_ERR_REFUSED);
    assert_int_equal(bt_ed25519_verify(&key, bt_bytes_of("any"), &fits_all, NULL),
                     BATON_ERR_DIFFERS);
}

static bool verify_vector(const struct bt_json *group, struct bt_bytes message,
                          struct bt_bytes signature)
{
    struct bt_ed25519_public key;
    struct bt_ed25519_signature fixed;
    const struct bt_json *pk = wycheproof_need(wycheproof_need(group, "publicKey"), "pk");
    assert_true(from_hex(pk->text, key.bytes, sizeof key.bytes));
    if (signature.len != sizeof fixed.bytes)
        return false;
    memcpy(fixed.bytes, signature.ptr, sizeof fixed.bytes);
    return bt_ed25519_verify(&key, message, &fixed, NULL) == BATON_OK;
}

static void wycheproof(void **state)
{
    (void)state;
    wycheproof_file("ed25519_test.json", 151, verify_vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_8032_first_vector),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(a_key_of_small_order_is_no_key),
        cmocka_unit_test(wycheproof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

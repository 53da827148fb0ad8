/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_ATTEST_KEYS_H
#define BT_TESTS_ATTEST_KEYS_H
/* Keys for tests of statements. */
#include "unit/unit.h"

#include "crypto/key_file.h"
#include "crypto/pem.h"

/* The key of a seed of 32 equal bytes: the same in every run, and so are its signatures. */
static inline void key_of_byte(uint8_t byte, struct bt_secret_key *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_ed25519_secret seed;
    struct bt_ed25519_public public;
    memset(seed.seed, byte, sizeof seed.seed);
    assert_ok(bt_ed25519_public_of(&seed, &public, &err), err);
    ret->public = bt_key_of_ed25519(&public);
    memcpy(ret->secret, seed.seed, sizeof ret->secret);
}

/* The key on P-256 whose scalar is 32 equal bytes. A file that leaves out the public half, which
 * follows from the other one, is the shortest way to it. */
static inline void key_of_p256(uint8_t byte, struct bt_secret_key *ret)
{
    static const uint8_t head[] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07,
                                   0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
                                   0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04,
                                   0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF pem = BT_BUF_INIT(4096);
    uint8_t der[sizeof head + 32];
    memcpy(der, head, sizeof head);
    memset(der + sizeof head, byte, 32);
    bt_pem_format("PRIVATE KEY", (struct bt_bytes){der, sizeof der}, &pem);
    assert_ok(bt_secret_key_parse(bt_buf_bytes(&pem), NULL, ret, &err), err);
}

#endif

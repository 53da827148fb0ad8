/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_ATTEST_KEYS_H
#define BT_TESTS_ATTEST_KEYS_H
/* Keys for tests of statements. */
#include "unit/unit.h"

#include "crypto/key.h"

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

static inline void key_of_p256(struct bt_secret_key *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_key_generate(BT_KEY_P256, ret, &err), err);
}

#endif

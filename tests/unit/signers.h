/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_SIGNERS_H
#define BT_TESTS_UNIT_SIGNERS_H
/* Keys for tests of what is signed. */
#include "unit/unit.h"

#include "ledger/note.h"

static inline struct bt_note_key signer_key(const char *name, enum bt_note_algorithm algorithm,
                                            const struct bt_ed25519_secret *secret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_ed25519_public public;
    struct bt_note_key key;
    assert_ok(bt_ed25519_public_of(secret, &public, &err), err);
    assert_ok(bt_note_key_make(name, algorithm, &public, &key, &err), err);
    return key;
}

#endif

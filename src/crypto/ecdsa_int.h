/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_ECDSA_INT_H
#define BT_CRYPTO_ECDSA_INT_H
/* ECDSA as OpenSSL does it; called by key.c, which knows that the keys are of P-256 or P-384. */
#include "crypto/key.h"

BT_CHECK baton_status bt_p256_generate(struct bt_secret_key *ret, struct baton_error *err);
BT_CHECK baton_status bt_p256_sign(const struct bt_secret_key *secret, struct bt_bytes message,
                                   struct bt_signature *ret, struct baton_error *err);

/* That the point is on the curve; BATON_ERR_REFUSED otherwise. */
BT_CHECK baton_status bt_ecdsa_check(const struct bt_public_key *key, struct baton_error *err);
BT_CHECK baton_status bt_ecdsa_verify(const struct bt_public_key *key, struct bt_bytes message,
                                      const struct bt_signature *signature,
                                      struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_SEAL_COST_INT_H
#define BT_CRYPTO_SEAL_COST_INT_H
/* How much work an encrypted key asks for before it opens: it is in the file, and can be years. */
#include <openssl/x509.h>

#include "base/error.h"

/* BATON_ERR_UNSUPPORTED unless it is PBES2 with scrypt or PBKDF2, BATON_ERR_LIMIT when it takes
 * more than some seconds. */
BT_CHECK baton_status bt_seal_cost_check(const X509_SIG *sealed, struct baton_error *err);

#endif

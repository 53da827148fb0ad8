/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_WITNESS_INT_H
#define BT_API_WITNESS_INT_H
#include "base/fs.h"
#include "baton/witness.h"
#include "ledger/witness.h"

struct baton_witness {
    struct bt_fd folder;
    struct bt_witness witness;
};

#endif

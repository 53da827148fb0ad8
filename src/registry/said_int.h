/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REGISTRY_SAID_INT_H
#define BT_REGISTRY_SAID_INT_H
#include "registry/said.h"

/* BATON_ERR_INVALID unless bt_said_write() gives `payload`, which is JSON. */
BT_CHECK baton_status bt_said_check_form(const struct bt_said *said, struct bt_bytes payload,
                                         struct baton_error *err);

#endif

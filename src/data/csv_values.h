/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DATA_CSV_VALUES_H
#define BT_DATA_CSV_VALUES_H
/*
 * A CSV table as inputs or outputs of a model. When every port holds one value per row ([n] or
 * [n,1]) columns go to ports by name; a lone port [n, k] takes the k columns in their order. The
 * label column and ignored columns are set aside first; any other column that no port takes is an
 * error, for a misspelt name must not become a silent default.
 */
#include "data/read.h"

BT_CHECK baton_status bt_csv_values(struct bt_bytes bytes, const char *path, struct bt_ports ports,
                                    const struct bt_read_options *options, struct bt_values *ret,
                                    struct baton_error *err);

#endif

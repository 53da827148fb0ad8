/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_LOGGING_H
#define BT_API_LOGGING_H
/* How the decisions of a model are logged, in the words of the command line. */
#include "baton/bundle.h"
#include "serve/served.h"

/* `rules` are "HOW" for all models and "MODEL=HOW" for one, the last that fits counts; HOW is sync,
 * async, off, or the share that is logged, such as 0.1. No rule: sync. */
BT_CHECK baton_status bt_logging_of(baton_strings rules, const char *model, struct bt_logging *ret,
                                    struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verb/decision_filter.h"

int read_decision_filter(struct args *args, struct baton_decision_filter *ret)
{
    ret->instance = args_str(args, "instance");
    ret->model = args_str(args, "model");
    ret->since = args_str(args, "since");
    ret->until = args_str(args, "until");
    return args_u64(args, "last", 0, UINT64_MAX, &ret->last);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run_options.h"

#include <string.h>

/* A reference never ends in .onnx: versions are numbers. */
static bool is_model_file(const char *operand)
{
    size_t len = strlen(operand);
    return len > 5 && strcmp(operand + len - 5, ".onnx") == 0;
}

int read_run_options(struct args *args, struct baton_run_options *ret, baton_store **ret_store)
{
    uint64_t threads = 0;
    const char *random = args_str(args, "random");
    ret->input = args_str(args, "input");
    if (!ret->input == !random)
        return usage_error(args->command, "give either --input FILE or --random SEED");
    int code = args_u64(args, "random", 0, INT64_MAX, &ret->random_seed);
    if (!code)
        code = args_u64(args, "batch", 1, 1000000, &ret->batch);
    if (!code)
        code = args_u64(args, "threads", 0, 256, &threads);
    if (code)
        return code;
    ret->threads = (unsigned)threads;
    ret->ignore = args_str(args, "ignore");
    ret->isa = args_str(args, "isa");
    if (is_model_file(args->operands[0]))
        return 0;
    code = open_store(args, ret_store);
    ret->store = *ret_store;
    return code;
}

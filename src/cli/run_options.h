/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_RUN_OPTIONS_H
#define BT_CLI_RUN_OPTIONS_H
/* What predict and trace have in common: which model, which inputs, run how. */
#include "cli/command.h"

#define RUN_OPTION_SPECS                                                                           \
    {"input", "FILE", "inputs: .npz .npy .csv .safetensors .json .pb or a test-data folder",       \
     false},                                                                                       \
        {"random", "SEED", "inputs made from the model's signature, the same everywhere", false},  \
        {"batch", "N", "rows of random inputs where the model leaves them open (1)", false},       \
        {"ignore", "COLUMNS", "CSV columns that are no inputs, with commas between", false},       \
        {"isa", "LEVEL", "instruction level (the best of this machine)", false},                   \
    {                                                                                              \
        "threads", "N", "threads (one per CPU)", false                                             \
    }

/* Fills `ret`; opens the store when the operand is a reference and not a file. 0 or an exit code.
 */
int read_run_options(struct args *args, struct baton_run_options *ret, baton_store **ret_store);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

static void run_rsum(struct trial *t, int which)
{
    size_t n = t->big ? 768 : trial_between(t, 0, 400);
    const float *x = trial_input(t, n);
    float *y = trial_output(t, 1);
    bt_rsum_f32 *rsum = which ? t->kernels->rsum_squares_f32 : t->kernels->rsum_f32;
    TRIAL_TIMED(t, *y = rsum(x, n));
}

static void run_extreme(struct trial *t, int which)
{
    size_t n = t->big ? 768 : trial_length(t, 200);
    const float *x = trial_input(t, n);
    float *y = trial_output(t, 1);
    bt_extreme_f32 *extreme = which ? t->kernels->max_f32 : t->kernels->min_f32;
    TRIAL_TIMED(t, *y = extreme(x, n));
}

const struct slot reduce_slots[] = {
    {"rsum", run_rsum, 0, false},
    {"rsum_squares", run_rsum, 1, false},
    {"min_of", run_extreme, 0, true},
    {"max_of", run_extreme, 1, true},
};
const size_t reduce_slot_count = sizeof reduce_slots / sizeof *reduce_slots;

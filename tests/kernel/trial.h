/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_KERNEL_TRIAL_H
#define BT_TESTS_KERNEL_TRIAL_H
/*
 * A trial calls one slot of one table once. Everything about it, shape, values, alignment, comes
 * from its seed, so the same seed with another table must leave the same bits in every output,
 * guards and gaps between rows included.
 *
 *     float *x = trial_input(t, n);
 *     float *y = trial_output(t, n);
 *     TRIAL_TIMED(t, t->kernels->relu_f32(x, y, n));
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

#define TRIAL_BLOCKS 12
#define TRIAL_OUTPUTS 2
#define TRIAL_GUARD 64 /* floats before and after an output */

struct trial_output {
    float *block; /* guard, output, guard */
    size_t count; /* floats of the block */
};

struct trial {
    const struct bt_kernels *kernels;
    struct bt_pool *pool;
    unsigned threads;
    bool big;        /* a benchmark: one sensible size instead of a random one */
    uint64_t random; /* state of trial_random() */
    unsigned mood;   /* which values inputs get */
    void *blocks[TRIAL_BLOCKS];
    size_t block_count;
    struct trial_output outputs[TRIAL_OUTPUTS];
    size_t output_count;
    unsigned repeats; /* of the timed call; 1 outside benchmarks */
    double best_ns;
};

/* One slot: its name, and a function that makes one random trial of it. */
struct slot {
    const char *name;
    void (*run)(struct trial *t, int which);
    int which;  /* passed on to run */
    bool exact; /* NaN bits are part of the definition */
};

extern const struct slot elementwise_slots[], reduce_slots[], product_slots[], plane_slots[];
extern const size_t elementwise_slot_count, reduce_slot_count, product_slot_count, plane_slot_count;

uint64_t trial_random(struct trial *t);
/* In [from, to]. */
size_t trial_between(struct trial *t, size_t from, size_t to);
/* A length that is often a multiple of a vector give or take one. */
size_t trial_length(struct trial *t, size_t max);

/* Random values, at the very end of a block so that tools see a read past them. */
float *trial_input(struct trial *t, size_t n);
/* The same without NaN and infinities. */
float *trial_finite_input(struct trial *t, size_t n);
float trial_value(struct trial *t);
float *trial_output(struct trial *t, size_t n);
/* Bytes for a kernel's own use, filled with garbage; NULL for none. */
void *trial_scratch(struct trial *t, size_t bytes);

void trial_release(struct trial *t);

double trial_now_ns(void);

#define TRIAL_TIMED(t, call)                                                                       \
    do {                                                                                           \
        for (unsigned round_ = 0; round_ < (t)->repeats; round_++) {                               \
            double from_ = trial_now_ns();                                                         \
            call;                                                                                  \
            double ns_ = trial_now_ns() - from_;                                                   \
            if (ns_ < (t)->best_ns)                                                                \
                (t)->best_ns = ns_;                                                                \
        }                                                                                          \
    } while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"

#define PATTERN 0xA5A5A5A5U

uint64_t trial_random(struct trial *t)
{
    t->random += 0x9E3779B97F4A7C15U;
    uint64_t z = t->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

size_t trial_between(struct trial *t, size_t from, size_t to)
{
    return from + (size_t)(trial_random(t) % (to - from + 1));
}

size_t trial_length(struct trial *t, size_t max)
{
    size_t n = trial_between(t, 1, max);
    if (n > 2 && trial_random(t) % 2)
        n = n / 16 * 16 + trial_between(t, 0, 2);
    return n ? n : 1;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sign, exponent between the two, random fraction. */
static float with_exponent(struct trial *t, unsigned least, unsigned most)
{
    uint64_t r = trial_random(t);
    uint32_t exponent = least + (uint32_t)(r >> 32) % (most - least + 1);
    return from_bits(((uint32_t)r & 0x807FFFFFU) | exponent << 23);
}

static const uint32_t special_bits[] = {
    0x00000000U, 0x80000000U, 0x00000001U, 0x80000001U, 0x007FFFFFU, 0x00800000U, 0x80800000U,
    0x3F800000U, 0xBF800000U, 0x3F800001U, 0x7F7FFFFFU, 0xFF7FFFFFU, 0x7F800000U, 0xFF800000U,
    0x7FC00000U, 0xFFC00000U, 0x7FC12345U, 0xFFFFFFFFU, 0x7F800001U, 0xFFA00000U,
};

#define FINITE_SPECIALS 12

enum mood { PLAIN, WIDE, TINY, SPECIAL, INTEGERS };

static float value_in_mood(struct trial *t, bool finite)
{
    switch ((enum mood)(t->mood % 5)) {
    case WIDE:
        return with_exponent(t, 1, 254);
    case TINY:
        return with_exponent(t, 0, 70);
    case SPECIAL:
        if (trial_random(t) % 16 == 0) {
            size_t last = finite ? FINITE_SPECIALS : sizeof special_bits / sizeof *special_bits;
            return from_bits(special_bits[trial_between(t, 0, last - 1)]);
        }
        return with_exponent(t, 120, 130);
    case INTEGERS:
        return (float)(int)trial_between(t, 0, 4) - 2.0F;
    case PLAIN:
        break;
    }
    return with_exponent(t, 118, 127);
}

float trial_value(struct trial *t)
{
    return value_in_mood(t, false);
}

static void *keep(struct trial *t, void *block)
{
    BT_BUG_ON(!block || t->block_count == TRIAL_BLOCKS);
    t->blocks[t->block_count++] = block;
    return block;
}

static float *some_input(struct trial *t, size_t n, bool finite)
{
    size_t offset = trial_between(t, 0, 15);
    float *x = (float *)keep(t, bt_calloc(offset + n, sizeof *x)) + offset;
    for (size_t i = 0; i < n; i++)
        x[i] = value_in_mood(t, finite);
    return x;
}

float *trial_input(struct trial *t, size_t n)
{
    return some_input(t, n, false);
}

float *trial_finite_input(struct trial *t, size_t n)
{
    return some_input(t, n, true);
}

float *trial_output(struct trial *t, size_t n)
{
    size_t offset = trial_between(t, 0, 15);
    size_t count = TRIAL_GUARD + n + TRIAL_GUARD;
    float *block = (float *)keep(t, bt_calloc(offset + count, sizeof *block)) + offset;
    for (size_t i = 0; i < count; i++)
        block[i] = from_bits(PATTERN);
    BT_BUG_ON(t->output_count == TRIAL_OUTPUTS);
    t->outputs[t->output_count++] = (struct trial_output){block, count};
    return block + TRIAL_GUARD;
}

void *trial_scratch(struct trial *t, size_t bytes)
{
    if (bytes == 0)
        return NULL;
    void *scratch = keep(t, bt_calloc_aligned(bytes, 1));
    memset(scratch, 0xFF, bytes); /* NaN, should anybody read it */
    return scratch;
}

void trial_release(struct trial *t)
{
    for (size_t i = 0; i < t->block_count; i++)
        bt_free(t->blocks[i]);
    t->block_count = 0;
    t->output_count = 0;
}

double trial_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unary functions against their definition: the correctly rounded value of the real function.
 *
 *     prove_unary                    every 4093rd input, the specials, and the neighbourhoods of
 * powers of two and of the listed hard inputs prove_unary --full             all 2^32 inputs
 * (minutes to half an hour per function) prove_unary --equal            all 2^32 inputs: each level
 * gives the bits of ref prove_unary --bench            nanoseconds per element, each level and the
 * C library
 *     ... --only exp --level avx2    one function, one level (default: all usable ones)
 *
 * Misses are printed as entries for src/kernel/ref/unary_hard_list.h. Exits 1 if there was any.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/kernel.h"
#include "kernel/ref/unary_hard_list.h"
#include "unary_oracle.h"

#define CHUNK 1024

enum mode { SAMPLE, FULL, EQUAL, BENCH };

struct options {
    enum mode mode;
    const char *only;
    const char *level;
};

struct tally {
    uint64_t inputs;
    uint64_t asked;
    uint64_t missed;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- against the oracle --------------------------------------------------------------------- */

static void report_miss(enum bt_unary function, uint32_t x, uint32_t got, uint32_t want,
                        struct tally *tally)
{
    tally->missed++;
    if (tally->missed <= 200)
        printf("    {%s, 0x%08" PRIx32 ", 0x%08" PRIx32 "}, /* not 0x%08" PRIx32 " */\n",
               oracles[function].name, x, want, got);
}

static void apply(bt_map_f32 *map, const uint32_t *x, uint32_t *y, size_t n)
{
    float in[CHUNK];
    float out[CHUNK];
    memcpy(in, x, n * sizeof *x);
    map(in, out, n);
    memcpy(y, out, n * sizeof *y);
}

static void check_chunk(bt_map_f32 *map, enum bt_unary function, const uint32_t *x, size_t n,
                        struct tally *tally)
{
    uint32_t y[CHUNK];
    apply(map, x, y, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t want = oracle_bits(function, x[i], &tally->asked);
        if (y[i] != want)
            report_miss(function, x[i], y[i], want, tally);
    }
    tally->inputs += n;
}

/* `count` inputs (bits) from `first` on, `stride` apart. */
static void check_run(bt_map_f32 *map, enum bt_unary function, uint64_t first, uint64_t count,
                      uint64_t stride, struct tally *tally)
{
    uint32_t x[CHUNK];
    while (count) {
        size_t n = count < CHUNK ? (size_t)count : CHUNK;
        for (size_t i = 0; i < n; i++)
            x[i] = (uint32_t)(first + i * stride);
        check_chunk(map, function, x, n, tally);
        first += n * stride;
        count -= n;
    }
}

static void check_sample(bt_map_f32 *map, enum bt_unary function, struct tally *tally)
{
    check_run(map, function, 0, (UINT64_C(1) << 32) / 4093, 4093, tally);
    for (uint64_t exponent = 0; exponent < 512;
         exponent++) /* both signs; 0, infinity and NaN too */
        check_run(map, function, (exponent << 23) - 40, 81, 1, tally);
    for (size_t i = 0; i < sizeof bt_unary_hard_list / sizeof *bt_unary_hard_list; i++) {
        if (bt_unary_hard_list[i].function == function)
            check_run(map, function, (uint64_t)bt_unary_hard_list[i].x - 500, 1001, 1, tally);
    }
}

/*
 * All inputs, in chunks of neighbours, which share sign and exponent. Two facts save most of the
 * work: where f is monotone and the right results at both ends of a chunk are the same, it is that
 * of all between; and the negative half of an even or odd function follows from the positive one,
 * if ours has the symmetry too, which is tried for all.
 */
static bool monotone_in(enum course course, uint32_t x)
{
    uint32_t exponent = x >> 23;
    return course == MONOTONE || (course == TURNS_ONCE && (exponent < 0x17e || exponent > 0x180));
}

static void check_neighbours(bt_map_f32 *map, enum bt_unary function, const uint32_t *x,
                             struct tally *tally)
{
    uint32_t want = oracle_bits(function, x[0], &tally->asked);
    if (!monotone_in(oracles[function].course, x[0]) || x[0] << 1 == 0 ||
        x[0] << 1 == 0xff000000U || want != oracle_bits(function, x[CHUNK - 1], &tally->asked)) {
        check_chunk(map, function, x, CHUNK, tally);
        return;
    }
    uint32_t y[CHUNK];
    apply(map, x, y, CHUNK);
    for (size_t i = 0; i < CHUNK; i++) {
        if (y[i] != want)
            report_miss(function, x[i], y[i], want, tally);
    }
    tally->inputs += CHUNK;
}

static void check_itself(bt_map_f32 *map, enum bt_unary function, const uint32_t *x,
                         struct tally *tally)
{
    uint32_t y[CHUNK];
    apply(map, x, y, CHUNK);
    for (size_t i = 0; i < CHUNK; i++) {
        if (y[i] != x[i])
            report_miss(function, x[i], y[i], x[i], tally);
    }
    tally->inputs += CHUNK;
}

static void check_mirrored(bt_map_f32 *map, enum bt_unary function, const uint32_t *x,
                           struct tally *tally)
{
    uint32_t mirrored[CHUNK];
    uint32_t want[CHUNK];
    uint32_t y[CHUNK];
    for (size_t i = 0; i < CHUNK; i++)
        mirrored[i] = x[i] ^ 0x80000000U;
    apply(map, mirrored, want, CHUNK);
    apply(map, x, y, CHUNK);
    for (size_t i = 0; i < CHUNK; i++) {
        if (oracles[function].symmetry == ODD && want[i] != 0x7fc00000U)
            want[i] ^= 0x80000000U;
        if (y[i] != want[i])
            report_miss(function, x[i], y[i], want[i], tally);
    }
    tally->inputs += CHUNK;
}

/* Whether the chunk from x on is where |input| < limit, a power of two. */
static bool below(uint32_t x, float limit)
{
    uint32_t bits;
    memcpy(&bits, &limit, sizeof bits);
    return (x & 0x7fffffffU) < bits;
}

static void check_all(bt_map_f32 *map, enum bt_unary function, struct tally *tally)
{
    uint32_t x[CHUNK];
    for (uint64_t first = 0; first >> 32 == 0; first += CHUNK) {
        for (size_t i = 0; i < CHUNK; i++)
            x[i] = (uint32_t)(first + i);
        if (below(x[0], oracles[function].itself_below))
            check_itself(map, function, x, tally);
        else if (oracles[function].symmetry != NO_SYMMETRY && x[0] >> 31)
            check_mirrored(map, function, x, tally);
        else
            check_neighbours(map, function, x, tally);
    }
}

static bool check_function(bt_map_f32 *map, enum bt_unary function, const char *level, bool full)
{
    struct tally tally = {0};
    double start = now();
    if (full)
        check_all(map, function, &tally);
    else
        check_sample(map, function, &tally);
    printf("%-10s %-6s %10" PRIu64 " inputs, MPFR asked %8" PRIu64 ", misrounded %" PRIu64
           ", %.1f s\n",
           oracles[function].name, level, tally.inputs, tally.asked, tally.missed, now() - start);
    fflush(stdout);
    return tally.missed == 0;
}

/* ---- level against ref ---------------------------------------------------------------------- */

static bool check_equal(bt_map_f32 *ref, bt_map_f32 *map, enum bt_unary function, const char *level)
{
    uint32_t x[CHUNK];
    uint32_t want[CHUNK];
    uint32_t got[CHUNK];
    uint64_t different = 0;
    double start = now();
    for (uint64_t first = 0; first >> 32 == 0; first += CHUNK) {
        for (size_t i = 0; i < CHUNK; i++)
            x[i] = (uint32_t)(first + i);
        apply(ref, x, want, CHUNK);
        apply(map, x, got, CHUNK);
        different += memcmp(want, got, sizeof got) != 0;
    }
    printf("%-10s %-6s equal to ref for all 4294967296 inputs: %s, %.1f s\n",
           oracles[function].name, level, different ? "NO" : "yes", now() - start);
    fflush(stdout);
    return different == 0;
}

/* ---- speed ---------------------------------------------------------------------------------- */

static void libm_exp(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = expf(x[i]);
}

static void libm_log(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = logf(x[i]);
}

static void libm_tanh(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = tanhf(x[i]);
}

static void libm_erf(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = erff(x[i]);
}

static void libm_sin(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = sinf(x[i]);
}

/* Least of several passes over inputs spread evenly over (0, 4), in nanoseconds per element. */
static double nanoseconds(bt_map_f32 *map)
{
    static float x[CHUNK];
    static float y[CHUNK];
    for (size_t i = 0; i < CHUNK; i++)
        x[i] = (float)(i * 2654435761U % CHUNK + 1) * (4.0F / CHUNK);
    double least = HUGE_VAL;
    for (int pass = 0; pass < 200; pass++) {
        double start = now();
        map(x, y, CHUNK);
        least = fmin(least, now() - start);
    }
    return least * 1e9 / CHUNK;
}

static void bench_libm(void)
{
    printf("C library: expf %.2f, logf %.2f, tanhf %.2f, erff %.2f, sinf %.2f ns\n",
           nanoseconds(libm_exp), nanoseconds(libm_log), nanoseconds(libm_tanh),
           nanoseconds(libm_erf), nanoseconds(libm_sin));
}

/* ---- command line --------------------------------------------------------------------------- */

static bool run_one(const struct options *options, const struct bt_kernels *ref,
                    const struct bt_kernels *kernels, enum bt_unary function)
{
    const char *level = bt_isa_name(kernels->isa);
    bt_map_f32 *map = kernels->map_f32[function];
    switch (options->mode) {
    case SAMPLE:
    case FULL:
        return check_function(map, function, level, options->mode == FULL);
    case EQUAL:
        return check_equal(ref->map_f32[function], map, function, level);
    case BENCH:
        printf("%-10s %-6s %6.2f ns\n", oracles[function].name, level, nanoseconds(map));
        return true;
    }
    return false;
}

static bool run_level(const struct options *options, enum bt_isa isa)
{
    struct bt_kernels ref;
    struct bt_kernels kernels;
    bt_kernels_init(&ref, BT_ISA_REF);
    bt_kernels_init(&kernels, isa);
    bool good = true;
    for (enum bt_unary function = 0; function < BT_UNARY_COUNT; function++) {
        if (options->only && strcmp(options->only, oracles[function].name) != 0)
            continue;
        good &= run_one(options, &ref, &kernels, function);
    }
    return good;
}

static bool parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--full") == 0)
            options->mode = FULL;
        else if (strcmp(argv[i], "--equal") == 0)
            options->mode = EQUAL;
        else if (strcmp(argv[i], "--bench") == 0)
            options->mode = BENCH;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            options->only = argv[++i];
        else if (strcmp(argv[i], "--level") == 0 && i + 1 < argc)
            options->level = argv[++i];
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    if (!parse(argc, argv, &options)) {
        fprintf(stderr,
                "usage: prove_unary [--full|--equal|--bench] [--only NAME] [--level NAME]\n");
        return 2;
    }
    if (options.mode == BENCH)
        bench_libm();
    bool good = true;
    for (enum bt_isa isa = 0; isa < BT_ISA_COUNT; isa++) {
        bool wanted = !options.level || strcmp(options.level, bt_isa_name(isa)) == 0;
        if (wanted && bt_isa_usable(isa) && !(options.mode == EQUAL && isa == BT_ISA_REF))
            good &= run_level(&options, isa);
    }
    return good ? 0 : 1;
}

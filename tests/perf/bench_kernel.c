/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of matrix products and convolutions at the best level of this machine:
 *
 *   bench_kernel THREADS < shapes.txt
 *
 * repeats each line of shapes.txt with the best time in microseconds behind it. Weights are packed
 * beforehand, as at load; convolutions add a bias and apply Relu. peer_ort.py puts ONNX Runtime
 * beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "kernel/kernel.h"

#define LEAST_ROUNDS 20
#define LEAST_SECONDS 0.1

static struct bt_kernels kernels;
static struct bt_pool *pool;

static _Noreturn void die(const char *text)
{
    fprintf(stderr, "bench_kernel: %s\n", text);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static float *numbers(size_t n)
{
    float *x = bt_calloc_aligned(n, sizeof *x);
    if (!x)
        die("no memory");
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(i * 2654435761U % 1000) * 0.002F - 1.0F;
    return x;
}

static void *bytes(size_t n)
{
    void *p = n ? bt_calloc_aligned(n, 1) : NULL;
    if (n && !p)
        die("no memory");
    return p;
}

static double best_us(void (*call)(const void *job, void *scratch), const void *job, void *scratch)
{
    double best = 1e9;
    double start = now();
    for (int round = 0; round < LEAST_ROUNDS || now() - start < LEAST_SECONDS; round++) {
        double from = now();
        call(job, scratch);
        double seconds = now() - from;
        best = seconds < best ? seconds : best;
    }
    return best * 1e6;
}

static void call_gemm(const void *job, void *scratch)
{
    kernels.gemm_f32(job, pool, scratch);
}

static double gemm_us(const size_t *s)
{
    struct bt_gemm g = {.m = s[0], .k = s[1], .n = s[2], .epilogue = BT_EPILOGUE_INIT};
    float *a = numbers(g.m * g.k);
    float *b = numbers(g.k * g.n);
    void *packed = bytes(kernels.gemm_packed_b_bytes(g.k, g.n));
    g.a = a;
    g.a_row = g.k;
    g.a_col = 1;
    g.b = b;
    g.b_row = g.n;
    g.b_col = 1;
    g.c = numbers(g.m * g.n);
    g.c_row = g.n;
    if (packed)
        kernels.gemm_pack_b(g.b, g.b_row, g.b_col, g.k, g.n, packed);
    g.packed_b = packed;
    void *scratch = bytes(kernels.gemm_scratch_bytes(&g, bt_pool_threads(pool)));
    double us = best_us(call_gemm, &g, scratch);
    bt_free(a);
    bt_free(b);
    bt_free(g.c);
    bt_free(packed);
    bt_free(scratch);
    return us;
}

static void call_conv(const void *job, void *scratch)
{
    kernels.conv_f32(job, pool, scratch);
}

static struct bt_conv geometry(const size_t *s)
{
    size_t span = (s[5] - 1) * s[7] + 1;
    return (struct bt_conv){
        .groups = s[0],
        .in_channels = s[1],
        .out_channels = s[2],
        .in_h = s[3],
        .in_w = s[4],
        .out_h = (s[3] + 2 * s[8] - span) / s[6] + 1,
        .out_w = (s[4] + 2 * s[8] - span) / s[6] + 1,
        .kernel_h = s[5],
        .kernel_w = s[5],
        .stride_h = s[6],
        .stride_w = s[6],
        .dilation_h = s[7],
        .dilation_w = s[7],
        .pad_top = (int64_t)s[8],
        .pad_left = (int64_t)s[8],
        .weights_finite = true,
        .epilogue = {.alpha = 1.0F, .activation = BT_ACT_RELU},
    };
}

static double conv_us(const size_t *s)
{
    struct bt_conv c = geometry(s);
    float *x = numbers(c.in_channels * c.in_h * c.in_w);
    float *w = numbers(c.out_channels * (c.in_channels / c.groups) * c.kernel_h * c.kernel_w);
    float *bias = numbers(c.out_channels);
    c.x = x;
    c.w = w;
    c.y = numbers(c.out_channels * c.out_h * c.out_w);
    c.epilogue.row_add = bias;
    void *packed = bytes(kernels.conv_packed_bytes(&c));
    if (packed)
        kernels.conv_pack(&c, packed);
    c.packed_w = packed;
    void *scratch = bytes(kernels.conv_scratch_bytes(&c, bt_pool_threads(pool)));
    double us = best_us(call_conv, &c, scratch);
    bt_free(x);
    bt_free(w);
    bt_free(bias);
    bt_free(c.y);
    bt_free(packed);
    bt_free(scratch);
    return us;
}

/* Whether `text` is the word and then at least so many numbers. */
static bool take_sizes(const char *text, const char *word, size_t count, size_t *ret)
{
    if (strncmp(text, word, strlen(word)) != 0)
        return false;
    text += strlen(word);
    for (size_t i = 0; i < count; i++) {
        char *end = NULL;
        ret[i] = strtoul(text, &end, 10);
        if (end == text)
            return false;
        text = end;
    }
    return true;
}

static void time_line(char *line)
{
    size_t s[9];
    char *shape = NULL;
    line[strcspn(line, "\n")] = '\0';
    (void)strtoul(line, &shape, 10); /* how often it occurs */
    if (take_sizes(shape, " gemm ", 3, s))
        printf("%s = %.2f\n", line, gemm_us(s));
    else if (take_sizes(shape, " conv ", 9, s))
        printf("%s = %.2f\n", line, conv_us(s));
    else
        die("a line is neither gemm nor conv");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[256];
    if (argc != 2)
        die("usage: bench_kernel THREADS < shapes.txt");
    if (bt_pool_new((unsigned)strtoul(argv[1], NULL, 10), &pool, NULL) != BATON_OK)
        die("cannot start threads");
    bt_kernels_init(&kernels, bt_isa_best());
    while (fgets(line, sizeof line, stdin))
        if (line[0] != '#' && line[0] != '\n')
            time_line(line);
    bt_pool_free(pool);
    return 0;
}

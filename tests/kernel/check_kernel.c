/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every slot of every level this machine can run, against kernel/ref, bit for bit: random shapes,
 * adversarial values, odd alignments, 1 to 7 threads, called from a hostile floating-point
 * environment. An idea of dav1d's checkasm.
 *
 *   check_kernel [--seed N] [--only SLOT] [--trials N]   TAP
 *   check_kernel --digest [--isa LEVEL]                  a line per slot: its name and a digest of
 *                                                        what a fixed series of trials left
 *   check_kernel --expect FILE                           TAP: every level gives those digests
 *   check_kernel --bench [--only SLOT]                   ns of ref and of each level
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpenv.h"
#include "hostile.h"
#include "trial.h"

#define DIGEST_SEED 1
#define DIGEST_TRIALS 60
#define BENCH_REPEATS 30

static const unsigned thread_counts[] = {1, 2, 3, 7};
#define POOLS (sizeof thread_counts / sizeof *thread_counts)

struct options {
    uint64_t seed;
    const char *only;
    unsigned trials;
    const char *isa;
    const char *expect;
    bool digest;
    bool bench;
};

struct session {
    struct options options;
    struct bt_pool *pools[POOLS];
    unsigned tests;
    unsigned failures;
};

static _Noreturn void die(const char *text)
{
    fprintf(stderr, "check_kernel: %s\n", text);
    exit(2);
}

static void report(struct session *s, bool ok, const char *level, const char *slot)
{
    s->failures += !ok;
    printf("%s %u - %s %s\n", ok ? "ok" : "not ok", ++s->tests, level, slot);
}

/* ---- trials --------------------------------------------------------------------------------- */

static struct trial new_trial(struct session *s, const struct bt_kernels *kernels, uint64_t seed)
{
    struct trial t = {.kernels = kernels, .random = seed, .repeats = 1, .best_ns = 1e300};
    size_t pool = trial_between(&t, 0, POOLS - 1);
    t.pool = s->pools[pool];
    t.threads = thread_counts[pool];
    t.mood = (unsigned)trial_between(&t, 0, 99);
    return t;
}

/* From the hostile environment into ours and back, as every entry of the engine does. */
static void run_trial(const struct slot *slot, struct trial *t)
{
    struct bt_fpenv env;
    hostile_enter();
    uint64_t before = hostile_read();
    bt_fpenv_enter(&env);
    slot->run(t, slot->which);
    bt_fpenv_leave(&env);
    if (hostile_read() != before)
        die("the caller's floating-point environment was not restored");
}

static uint32_t bits_of(const struct slot *slot, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bool nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
    return nan && !slot->exact ? 0x7FC00000U : bits;
}

static bool same_output(const struct slot *slot, const struct trial_output *want,
                        const struct trial_output *got)
{
    for (size_t i = 0; i < want->count; i++) {
        uint32_t w = bits_of(slot, want->block[i]);
        uint32_t g = bits_of(slot, got->block[i]);
        if (w != g) {
            printf("# element %td of %zu: ref 0x%08" PRIx32 ", here 0x%08" PRIx32 "\n",
                   (ptrdiff_t)i - TRIAL_GUARD, want->count - 2 * TRIAL_GUARD, w, g);
            return false;
        }
    }
    return true;
}

static bool same_trial(struct session *s, const struct slot *slot, const struct bt_kernels *ref,
                       const struct bt_kernels *level, uint64_t seed)
{
    struct trial want = new_trial(s, ref, seed);
    struct trial got = new_trial(s, level, seed);
    run_trial(slot, &want);
    run_trial(slot, &got);
    bool same = want.output_count == got.output_count;
    for (size_t i = 0; same && i < want.output_count; i++)
        same = same_output(slot, &want.outputs[i], &got.outputs[i]);
    if (!same)
        printf("# %s, %u threads: repeat with --only %s --seed %" PRIu64 " --trials 1\n",
               slot->name, want.threads, slot->name, seed);
    trial_release(&want);
    trial_release(&got);
    return same;
}

/* FNV-1a over the outputs' bits, little end first. */
static uint64_t digest_of(struct session *s, const struct slot *slot,
                          const struct bt_kernels *kernels)
{
    uint64_t hash = 0xCBF29CE484222325U;
    for (unsigned n = 0; n < DIGEST_TRIALS; n++) {
        struct trial t = new_trial(s, kernels, DIGEST_SEED + n);
        run_trial(slot, &t);
        for (size_t o = 0; o < t.output_count; o++)
            for (size_t i = 0; i < t.outputs[o].count; i++) {
                uint32_t bits = bits_of(slot, t.outputs[o].block[i]);
                for (unsigned shift = 0; shift < 32; shift += 8)
                    hash = (hash ^ (bits >> shift & 0xFFU)) * 0x100000001B3U;
            }
        trial_release(&t);
    }
    return hash;
}

/* ---- all slots ------------------------------------------------------------------------------ */

typedef void slot_visit(struct session *s, const struct slot *slot, void *user);

static void each_slot(struct session *s, slot_visit *visit, void *user)
{
    const struct {
        const struct slot *slots;
        size_t count;
    } groups[] = {
        {elementwise_slots, elementwise_slot_count},
        {reduce_slots, reduce_slot_count},
        {product_slots, product_slot_count},
        {plane_slots, plane_slot_count},
    };
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct slot *slot = &groups[g].slots[i];
            if (!s->options.only || strcmp(s->options.only, slot->name) == 0)
                visit(s, slot, user);
        }
}

struct pair {
    struct bt_kernels ref;
    struct bt_kernels level;
};

static void check_slot(struct session *s, const struct slot *slot, void *user)
{
    struct pair *pair = user;
    bool ok = true;
    for (unsigned n = 0; ok && n < s->options.trials; n++)
        ok = same_trial(s, slot, &pair->ref, &pair->level, s->options.seed + n);
    report(s, ok, bt_isa_name(pair->level.isa), slot->name);
}

static void print_digest(struct session *s, const struct slot *slot, void *user)
{
    printf("%s %016" PRIx64 "\n", slot->name, digest_of(s, slot, user));
}

static double bench_ns(struct session *s, const struct slot *slot, const struct bt_kernels *kernels,
                       unsigned repeats)
{
    struct trial t = new_trial(s, kernels, s->options.seed);
    t.big = true;
    t.mood = 0;
    t.pool = NULL;
    t.threads = 1;
    t.repeats = repeats;
    run_trial(slot, &t);
    trial_release(&t);
    return t.best_ns;
}

static void bench_slot(struct session *s, const struct slot *slot, void *user)
{
    struct pair *pair = user;
    double ref = bench_ns(s, slot, &pair->ref, 1);
    double level = bench_ns(s, slot, &pair->level, BENCH_REPEATS);
    printf("%-8s %-16s %12.0f ns, ref %12.0f ns, x %.1f\n", bt_isa_name(pair->level.isa),
           slot->name, level, ref, ref / level);
}

/* Each level above ref that runs here; the others are named. */
static void each_level(struct session *s, slot_visit *visit)
{
    static struct pair pair;
    bt_kernels_init(&pair.ref, BT_ISA_REF);
    for (enum bt_isa isa = BT_ISA_REF + 1; isa < BT_ISA_COUNT; isa++) {
        if (!bt_isa_usable(isa)) {
            printf("# SKIP %s: this CPU lacks it\n", bt_isa_name(isa));
            continue;
        }
        bt_kernels_init(&pair.level, isa);
        each_slot(s, visit, &pair);
    }
}

/* ---- digests from a file -------------------------------------------------------------------- */

static void expect_line(struct session *s, const struct slot *slot, void *user)
{
    const char *const *text_and_level = user;
    struct bt_kernels kernels;
    enum bt_isa isa;
    if (bt_isa_find(text_and_level[1], &isa, NULL) != BATON_OK)
        die("no such level");
    bt_kernels_init(&kernels, isa);
    char line[64];
    snprintf(line, sizeof line, "\n%s %016" PRIx64 "\n", slot->name, digest_of(s, slot, &kernels));
    bool ok = strstr(text_and_level[0], line) != NULL;
    if (!ok)
        printf("# not in the file: %s", line + 1);
    report(s, ok, text_and_level[1], slot->name);
}

static void expect_digests(struct session *s)
{
    static char text[8192] = "\n";
    FILE *file = fopen(s->options.expect, "r");
    if (!file)
        die("cannot open the file of digests");
    size_t length = fread(text + 1, 1, sizeof text - 2, file);
    fclose(file);
    text[length + 1] = '\0';
    for (enum bt_isa isa = BT_ISA_REF; isa < BT_ISA_COUNT; isa++) {
        const char *text_and_level[] = {text, bt_isa_name(isa)};
        if (bt_isa_usable(isa))
            each_slot(s, expect_line, text_and_level);
        else
            printf("# SKIP %s: this CPU lacks it\n", bt_isa_name(isa));
    }
}

static void show_digests(struct session *s)
{
    struct bt_kernels kernels;
    enum bt_isa isa = BT_ISA_REF;
    if (s->options.isa && bt_isa_find(s->options.isa, &isa, NULL) != BATON_OK)
        die("--isa: no such level");
    if (!bt_isa_usable(isa))
        die("--isa: this CPU lacks it");
    bt_kernels_init(&kernels, isa);
    each_slot(s, print_digest, &kernels);
}

/* ---- main ----------------------------------------------------------------------------------- */

static const char *value_of(char **argv, int *i)
{
    if (!argv[*i + 1])
        die("an option lacks its value");
    return argv[++*i];
}

static struct options parse(char **argv)
{
    struct options o = {.seed = 20261124, .trials = getenv("BATON_TEST_SMALL") ? 20 : 150};
    for (int i = 1; argv[i]; i++) {
        if (strcmp(argv[i], "--seed") == 0)
            o.seed = strtoull(value_of(argv, &i), NULL, 10);
        else if (strcmp(argv[i], "--trials") == 0)
            o.trials = (unsigned)strtoul(value_of(argv, &i), NULL, 10);
        else if (strcmp(argv[i], "--only") == 0)
            o.only = value_of(argv, &i);
        else if (strcmp(argv[i], "--isa") == 0)
            o.isa = value_of(argv, &i);
        else if (strcmp(argv[i], "--expect") == 0)
            o.expect = value_of(argv, &i);
        else if (strcmp(argv[i], "--digest") == 0)
            o.digest = true;
        else if (strcmp(argv[i], "--bench") == 0)
            o.bench = true;
        else
            die("usage: see the head of check_kernel.c");
    }
    return o;
}

static void run(struct session *s)
{
    if (s->options.digest) {
        show_digests(s);
    } else if (s->options.bench) {
        each_level(s, bench_slot);
    } else if (s->options.expect) {
        expect_digests(s);
        printf("1..%u\n", s->tests);
    } else {
        printf("# seed %" PRIu64 ", best level here: %s\n", s->options.seed,
               bt_isa_name(bt_isa_best()));
        each_level(s, check_slot);
        if (s->tests == 0)
            printf("ok %u - only ref here # SKIP no vector level\n", ++s->tests);
        printf("1..%u\n", s->tests);
    }
}

int main(int argc, char **argv)
{
    struct session s = {.options = parse(argv)};
    hostile_enter(); /* worker threads inherit it too */
    for (size_t p = 0; p < POOLS; p++)
        if (bt_pool_new(thread_counts[p], &s.pools[p], NULL) != BATON_OK)
            die("cannot start threads");
    run(&s);
    for (size_t p = 0; p < POOLS; p++)
        bt_pool_free(s.pools[p]);
    return s.failures != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/utsname.h>

#include "api/api_int.h"
#include "base/fpenv.h"
#include "base/philox.h"
#include "baton/machine.h"
#include "bundle/checks.h"
#include "engine/engine.h"
#include "kernel/kernel.h"

/* ---- the floating-point unit ---- */

/* Reads through a volatile, so that the processor computes and not the compiler. */
static float seen(float value)
{
    volatile float hidden = value;
    return hidden;
}

static bool float_unit_is_fit(const char **ret_what)
{
    struct bt_fpenv env;
    bt_fpenv_enter(&env);
    float tie_even = seen(16777216.0F) + seen(1.0F);
    float tie_up = seen(16777218.0F) + seen(1.0F);
    float subnormal = seen(0x1p-149F) + seen(0x1p-149F);
    float quotient = seen(1.0F) / seen(3.0F);
    float zero = seen(-0.0F) + seen(0.0F);
    bt_fpenv_leave(&env);
    *ret_what = "ties go to even, subnormals are kept, -0 + 0 = +0";
    if (tie_even != 16777216.0F || tie_up != 16777220.0F)
        *ret_what = "ties do not go to even";
    else if (subnormal != 0x1p-148F)
        *ret_what = "subnormal numbers are flushed to zero";
    else if (quotient != 0x1.555556p-2F)
        *ret_what = "division is not correctly rounded";
    else if (__builtin_signbit(zero))
        *ret_what = "-0 + 0 is not +0";
    else
        return true;
    return false;
}

static baton_status check_float_unit(struct bt_checks *checks, struct baton_error *err)
{
    const char *what = NULL;
    bool fit = float_unit_is_fit(&what);
    return bt_checks_add(checks, "floating-point unit", fit ? BATON_IDENTICAL : BATON_DIFFERS, err,
                         "%s", what);
}

/* ---- each level against the reference ---- */

#define SAMPLE_COUNT ((size_t)4096)
#define GEMM_M ((size_t)7)
#define GEMM_N ((size_t)33)
#define GEMM_K ((size_t)300)

struct sample {
    float x[SAMPLE_COUNT];
    float a[GEMM_M * GEMM_K];
    float b[GEMM_K * GEMM_N];
    float y[2][SAMPLE_COUNT];
    float c[2][GEMM_M * GEMM_N];
};

static void fill(float *values, size_t count, uint64_t stream)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(int32_t)bt_philox(1, stream, i).word[0] * 0x1p-28F;
}

static void run_gemm(const struct bt_kernels *kernels, struct sample *s, int slot, void *scratch)
{
    struct bt_gemm g = {.m = GEMM_M,
                        .n = GEMM_N,
                        .k = GEMM_K,
                        .a = s->a,
                        .a_row = GEMM_K,
                        .a_col = 1,
                        .b = s->b,
                        .b_row = GEMM_N,
                        .b_col = 1,
                        .c = s->c[slot],
                        .c_row = GEMM_N,
                        .epilogue = BT_EPILOGUE_INIT};
    kernels->gemm_f32(&g, NULL, scratch);
}

static bool same_function(const struct bt_kernels *ref, const struct bt_kernels *level, int f,
                          struct sample *s)
{
    ref->map_f32[f](s->x, s->y[0], SAMPLE_COUNT);
    level->map_f32[f](s->x, s->y[1], SAMPLE_COUNT);
    return bt_bits_equal(s->y[0], s->y[1], sizeof s->y[0]);
}

static size_t differing_kernels(enum bt_isa isa, struct sample *s, void *scratch)
{
    struct bt_kernels ref;
    struct bt_kernels level;
    struct bt_fpenv env;
    size_t differing = 0;
    bt_kernels_init(&ref, BT_ISA_REF);
    bt_kernels_init(&level, isa);
    bt_fpenv_enter(&env);
    for (int f = 0; f < BT_UNARY_COUNT; f++)
        differing += !same_function(&ref, &level, f, s);
    run_gemm(&ref, s, 0, scratch);
    run_gemm(&level, s, 1, scratch);
    differing += !bt_bits_equal(s->c[0], s->c[1], sizeof s->c[0]);
    bt_fpenv_leave(&env);
    return differing;
}

static baton_status check_level(enum bt_isa isa, struct sample *s, void *scratch,
                                struct bt_checks *checks, struct baton_error *err)
{
    BT_AUTO_BUF what = BT_BUF_INIT(100);
    bt_buf_printf(&what, "instruction level %s", bt_isa_name(isa));
    BT_TRY(bt_buf_finish(&what, "the name of a check", err));
    size_t differing = differing_kernels(isa, s, scratch);
    if (differing)
        return bt_checks_add(checks, bt_buf_str(&what), BATON_DIFFERS, err,
                             "%zu of %d kernels differ from the reference: do not use this "
                             "processor for inference, and report it",
                             differing, BT_UNARY_COUNT + 1);
    return bt_checks_add(checks, bt_buf_str(&what), BATON_IDENTICAL, err,
                         "%d kernels equal to the reference in every bit", BT_UNARY_COUNT + 1);
}

struct sample_owner {
    struct sample *sample;
    void *scratch;
};

static void sample_release(struct sample_owner *owner)
{
    bt_free(owner->sample);
    bt_free(owner->scratch);
}

static baton_status check_levels(struct bt_checks *checks, struct baton_error *err)
{
    /* Enough for the scratch of any level at these sizes. */
    const size_t scratch_bytes = (size_t)4 << 20;
    BT_CLEANUP(sample_release)
    struct sample_owner owner = {bt_calloc(1, sizeof *owner.sample),
                                 bt_calloc_aligned(scratch_bytes, 1)};
    if (!owner.sample || !owner.scratch)
        return bt_fail_no_memory(err, "the self-test");
    fill(owner.sample->x, SAMPLE_COUNT, 1);
    fill(owner.sample->a, GEMM_M * GEMM_K, 2);
    fill(owner.sample->b, GEMM_K * GEMM_N, 3);
    for (int isa = 0; isa < BT_ISA_COUNT; isa++)
        if (bt_isa_usable((enum bt_isa)isa))
            BT_TRY(check_level((enum bt_isa)isa, owner.sample, owner.scratch, checks, err));
    return BATON_OK;
}

/* ---- the rest ---- */

static baton_status check_system(struct bt_checks *checks, struct baton_error *err)
{
    struct utsname name;
    if (uname(&name) != 0)
        return bt_checks_add(checks, "kernel", BATON_CANNOT_TELL, err, "uname does not answer");
    return bt_checks_add(checks, "kernel", BATON_IDENTICAL, err, "%s %s on %s", name.sysname,
                         name.release, name.machine);
}

static baton_status check_store(const baton_store *store, struct bt_checks *checks,
                                struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_store_entry *entries = NULL;
    struct baton_error why = BATON_ERROR_INIT;
    size_t count = 0;
    if (!store)
        return BATON_OK;
    baton_status status = bt_store_list(store->store, &arena, &entries, &count, &why);
    if (status == BATON_ERR_NO_MEMORY)
        return bt_fail(err, status, "%s", why.text);
    if (status != BATON_OK)
        return bt_checks_add(checks, "store", BATON_DIFFERS, err, "%s", why.text);
    return bt_checks_add(checks, "store", BATON_IDENTICAL, err,
                         "%zu bundles in %s (`baton store fsck` hashes them all)", count,
                         bt_store_path(store->store));
}

static void put_levels(struct bt_json_writer *w)
{
    bt_json_key(w, "isa_levels");
    bt_json_begin_array(w);
    for (int isa = 0; isa < BT_ISA_COUNT; isa++)
        if (bt_isa_usable((enum bt_isa)isa))
            bt_json_put_str(w, bt_isa_name((enum bt_isa)isa));
    bt_json_end_array(w);
}

baton_status baton_doctor(const baton_store *store, struct baton_report *ret,
                          struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_checks checks = {.arena = &arena};
    BT_TRY(check_float_unit(&checks, err));
    BT_TRY(check_levels(&checks, err));
    BT_TRY(check_system(&checks, err));
    BT_TRY(check_store(store, &checks, err));
    baton_verdict verdict = bt_checks_verdict(&checks);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, "checks");
    bt_checks_put(&checks, &w);
    put_levels(&w);
    bt_json_member_str(&w, "numerics", BT_NUMERICS_VERSION);
    bt_json_member_u64(&w, "threads", bt_usable_cpus());
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_member_str(&w, "version", BATON_VERSION);
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

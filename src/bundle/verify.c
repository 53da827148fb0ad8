/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/verify.h"

#include <stdio.h>
#include <string.h>

#include "bundle/metrics.h"
#include "bundle/verify_int.h"

void bt_verification_release(struct bt_verification *verification)
{
    bt_arena_release(&verification->arena);
    *verification = (struct bt_verification)BT_VERIFICATION_INIT;
}

/* What an error means for the question "is it the same". Bytes that are not what their name says
 * differ; bytes that are missing, or that we cannot make sense of, leave the question open. */
static bool verdict_of_status(baton_status status, baton_verdict *ret)
{
    switch (status) {
    case BATON_ERR_CORRUPT:
        *ret = BATON_DIFFERS;
        return true;
    case BATON_ERR_CANNOT_TELL:
    case BATON_ERR_NOT_FOUND:
    case BATON_ERR_INVALID:
    case BATON_ERR_LIMIT:
    case BATON_ERR_UNSUPPORTED:
        *ret = BATON_CANNOT_TELL;
        return true;
    default:
        return false;
    }
}

/* Turn a failed step into a row, or pass it on when it is not about the bundle. */
static baton_status answer_in(struct bt_checks *checks, const char *what, baton_status status,
                              const struct baton_error *why, struct baton_error *err)
{
    baton_verdict verdict;
    if (status == BATON_OK)
        return BATON_OK;
    if (verdict_of_status(status, &verdict))
        return bt_checks_add(checks, what, verdict, err, "%s", why->text);
    if (err)
        *err = *why;
    return status;
}

static baton_status answer(struct bt_verifier *v, const char *what, baton_status status,
                           const struct baton_error *why, struct baton_error *err)
{
    return answer_in(&v->result->checks, what, status, why, err);
}

baton_status bt_verify_unopened(baton_status status, const struct baton_error *why,
                                struct bt_verification *ret, struct baton_error *err)
{
    ret->checks.arena = &ret->arena;
    return answer_in(&ret->checks, "manifest and configuration", status, why, err);
}

/* ---- every byte ---- */

static baton_status check_parts(struct bt_verifier *v, bool *ret_whole, struct baton_error *err)
{
    const struct bt_bundle *bundle = v->bundle;
    uint64_t bytes = 0;
    size_t damaged = 0;
    for (size_t i = 0; i < bundle->part_count; i++) {
        const struct bt_part *part = &bundle->parts[i];
        struct baton_error why = BATON_ERROR_INIT;
        char what[BT_PART_PATH_MAX + 16];
        (void)snprintf(what, sizeof what, "part %s", part->path);
        baton_status status = bt_blob_check(bundle->store, &part->blob, v->options->progress, &why);
        damaged += status != BATON_OK;
        bytes += part->blob.bytes;
        BT_TRY(answer(v, what, status, &why, err));
    }
    *ret_whole = damaged == 0;
    if (damaged)
        return BATON_OK;
    char digest[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&bundle->manifest.digest, digest);
    return bt_checks_add(&v->result->checks, "digests", BATON_IDENTICAL, err,
                         "%zu part%s, %llu bytes, under %.19s", bundle->part_count,
                         bt_plural(bundle->part_count), (unsigned long long)bytes, digest);
}

/* ---- contract and golden cases ---- */

static baton_status load_model(struct bt_verifier *v, struct baton_error *err)
{
    BT_TRY(bt_loaded_open_bundle(v->bundle, &v->loaded, err));
    BT_TRY(bt_contract_read(v->reference, &v->loaded, &v->result->arena, &v->contract, err));
    baton_status status = bt_golden_read(v->reference, &v->loaded, &v->golden, err);
    return status == BATON_ERR_NOT_FOUND ? BATON_OK : status;
}

static baton_status check_predictions(struct bt_verifier *v, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    baton_status status = load_model(v, &why);
    if (status != BATON_OK)
        return answer(v, "model and contract", status, &why, err);
    BT_TRY(bt_checks_add(&v->result->checks, "contract", BATON_IDENTICAL, err,
                         "engine exact, numerics %s", v->contract.numerics));
    status = bt_verify_golden(v, &why);
    if (status != BATON_OK)
        return answer(v, "golden cases", status, &why, err);
    status = bt_verify_traces(v, &why);
    BT_TRY(answer(v, "traces", status, &why, err));
    status = bt_verify_metrics(v, &why);
    return answer(v, "metrics", status, &why, err);
}

static void verifier_release(struct bt_verifier *v)
{
    bt_golden_release(&v->golden);
    bt_loaded_release(&v->loaded);
}

baton_status bt_verify(const struct bt_bundle *bundle, const struct bt_verify_options *options,
                       struct bt_verification *ret, struct baton_error *err)
{
    BT_CLEANUP(verifier_release)
    struct bt_verifier v = {
        .bundle = bundle,
        .reference = options->against ? options->against : bundle,
        .options = options,
        .result = ret,
        .loaded = BT_LOADED_INIT,
    };
    bool whole = false;
    ret->checks.arena = &ret->arena;
    BT_TRY(check_parts(&v, &whole, err));
    /* A damaged model is not run: its verdict is settled, and its bytes are anybody's. */
    return whole ? check_predictions(&v, err) : BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_BUNDLE_H
#define BATON_BUNDLE_H
/*
 * Bundles: one immutable model version each, named by the digest of its manifest.
 *
 * Option structs start with their size, so that a newer library serves an older caller: initialise
 * with the _INIT macro, then set members. Strings and arrays are borrowed for the call.
 */
#include <stddef.h>
#include <stdint.h>

#include "baton/error.h"
#include "baton/key.h"
#include "baton/progress.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A NULL-terminated list of strings; NULL is the empty list. */
typedef const char *const *baton_strings;

struct baton_pack_options {
    size_t size;
    const char *name;     /* the model's; required */
    baton_strings golden; /* files of inputs, one golden case each */
    baton_strings expect; /* the framework's outputs for them */
    const char *fidelity; /* how close the engine must be to them; NULL: the default */
    size_t random_cases;  /* cases made from the signature */
    uint64_t random_seed;
    const char *contract; /* JSON file */
    baton_strings same;   /* OUTPUT=RULE */
    baton_strings gates;  /* METRIC=BOUND */
    const char *labelled; /* file of labelled rows for metrics */
    const char *label;    /* its column of truths; NULL: "label" */
    const char *ignore;   /* columns of CSV files that are no inputs, comma-separated */
    baton_strings docs;   /* files to carry along */
    baton_strings code;
    baton_strings data;
    baton_strings parents;            /* versions that this one was made from */
    const struct baton_identity *who; /* signs for the version, where the store has a ledger */
    const struct baton_progress *progress;
};

#define BATON_PACK_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(struct baton_pack_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0    \
    }

/* {"bytes","digest","fidelity":[{"absMax","changed","elements","label","output","relMax",
 * "ulpsMax"}],"golden","metrics":{…},"parts","ref"} */
BATON_API BATON_CHECK baton_status baton_pack(const baton_store *store, const char *model_path,
                                              const struct baton_pack_options *options,
                                              struct baton_report *ret, struct baton_error *err);

/* Everything the bundle says about itself, each part verified before it is read.
 * {"contract","digest","format","golden","graph":{"inputs","nodes","operators","opsets","outputs"},
 * "metrics","name","parts":[{"bytes","digest","mediaType","path"}],"ref"} */
BATON_API BATON_CHECK baton_status baton_inspect(const baton_store *store, const char *ref,
                                                 struct baton_report *ret, struct baton_error *err);

struct baton_verify_options {
    size_t size;
    const char *isa;                  /* one instruction level; NULL: all this machine can run */
    unsigned threads;                 /* one thread count; 0: one, and two */
    const baton_store *against_store; /* golden cases of another bundle instead of its own */
    const char *against;
    const struct baton_progress *progress;
};

#define BATON_VERIFY_OPTIONS_INIT                                                                  \
    {                                                                                              \
        sizeof(struct baton_verify_options), 0, 0, 0, 0, 0                                         \
    }

/* BATON_OK when the question was answered; the answer is ret->verdict. What the ledger says of the
 * bundle is among the checks; of an alias ("credit@production") the gates of the policy, too, as
 * they stand now.
 * {"bundle","checks":[{"check","detail","verdict"}],"difference":{…} or null,"machine","verdict"}
 */
BATON_API BATON_CHECK baton_status baton_verify(const baton_store *store, const char *ref,
                                                const struct baton_verify_options *options,
                                                struct baton_report *ret, struct baton_error *err);

/* What differs between two bundles: parts, graph, tensors, contract, metrics, predictions.
 * {"a","b","changes":[{"kind","name","text"}],"verdict"} */
BATON_API BATON_CHECK baton_status baton_diff(const baton_store *store_a, const char *a,
                                              const baton_store *store_b, const char *b,
                                              struct baton_report *ret, struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_MODEL_H
#define BATON_MODEL_H
/*
 * Running a model: a bundle of a store, or a plain .onnx file. The outputs depend on the model, the
 * inputs and the numerics version, and on nothing else.
 */
#include <stddef.h>
#include <stdint.h>

#include "baton/error.h"
#include "baton/progress.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct baton_run_options {
    size_t size;
    const baton_store *store; /* where `model` is a reference; NULL: `model` is a file */
    const char *input;        /* a file; NULL: inputs from random_seed */
    uint64_t random_seed;
    uint64_t batch;      /* length of open dimensions of random inputs; 0: 1 */
    const char *ignore;  /* columns of a CSV that are no inputs */
    const char *output;  /* a file for the outputs, or NULL */
    const char *isa;     /* NULL: the best this machine has */
    unsigned threads;    /* 0: one per CPU */
    int with_outputs;    /* predict: put the outputs into the report (up to 1,000,000 elements) */
    const char *against; /* trace: a file written by an earlier trace, to compare with */
};

#define BATON_RUN_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(struct baton_run_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                             \
    }

/* {"digest","isa","numerics","outputs":[{"name","datatype","shape","data"}],"rows","threads"} */
BATON_API BATON_CHECK baton_status baton_predict(const char *model,
                                                 const struct baton_run_options *options,
                                                 struct baton_report *ret, struct baton_error *err);

/* The digest of every intermediate value. With `against`, the verdict says whether the two traces
 * are equal, and "firstDifference" names the node.
 * {"digest","firstDifference","trace":{…},"verdict"} */
BATON_API BATON_CHECK baton_status baton_trace(const char *model,
                                               const struct baton_run_options *options,
                                               struct baton_report *ret, struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

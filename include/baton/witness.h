/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_WITNESS_H
#define BATON_WITNESS_H
/*
 * A witness remembers the newest tree of every log it knows and signs only what continues it
 * (C2SP tlog-witness). It lives in a folder of its own; give it a machine and an operator of its
 * own, too.
 */
#include "baton/error.h"
#include "baton/progress.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct baton_witness baton_witness;

/* Make `folder` (missing, or empty) a witness's, with a new key under `name`.
 * {"folder","key","name"} */
BATON_API BATON_CHECK baton_status baton_witness_init(const char *folder, const char *name,
                                                      struct baton_report *ret,
                                                      struct baton_error *err);
/* Close with baton_witness_close(), which accepts NULL. */
BATON_API BATON_CHECK baton_status baton_witness_open(const char *folder, baton_witness **ret,
                                                      struct baton_error *err);
BATON_API void baton_witness_close(baton_witness *witness);

/* Know a log, by its verifier key NAME+ID+KEY, from now on. {"key","name"} */
BATON_API BATON_CHECK baton_status baton_witness_accept(const baton_witness *witness,
                                                        const char *key, struct baton_report *ret,
                                                        struct baton_error *err);

/* Answer the request in a file as add-checkpoint does over HTTP. BATON_IDENTICAL: signed;
 * BATON_DIFFERS: not, and `body` says why; BATON_CANNOT_TELL: the log should ask again, from the
 * size that `body` says. {"body","code"} */
BATON_API BATON_CHECK baton_status baton_witness_sign(const baton_witness *witness,
                                                      const char *request_path,
                                                      struct baton_report *ret,
                                                      struct baton_error *err);

struct baton_witness_service {
    size_t size;        /* of this struct */
    const char *listen; /* "127.0.0.1:8080"; port 0: any that is free */
    /* Called once, when it listens; may be NULL. */
    void (*listening)(void *user, const char *address);
    /* Called after every answer; `method` and `path` are NULL where there was no request, `why` is
     * NULL when all went well; may be NULL. */
    void (*answered)(void *user, const char *method, const char *path, unsigned status,
                     const char *why);
    void *user;
};

#define BATON_WITNESS_SERVICE_INIT                                                                 \
    {                                                                                              \
        sizeof(struct baton_witness_service), NULL, NULL, NULL, NULL                               \
    }

/* Serve POST /add-checkpoint and GET /HASH/checkpoint over plain HTTP until `progress` is
 * interrupted. */
BATON_API BATON_CHECK baton_status baton_witness_serve(const baton_witness *witness,
                                                       const struct baton_witness_service *service,
                                                       const struct baton_progress *progress,
                                                       struct baton_error *err);

/* ---- the log's side ---- */

struct baton_witness_round {
    size_t size; /* of this struct */
    /* A file as C2SP tlog-policy has it: whom to ask, and how many must sign; NULL: as the policy
     * of the ledger says. */
    const char *policy;
    const char *ca_file; /* PEM; NULL: the authorities of the system */
    const struct baton_progress *progress;
};

#define BATON_WITNESS_ROUND_INIT                                                                   \
    {                                                                                              \
        sizeof(struct baton_witness_round), NULL, NULL, NULL                                       \
    }

/* Show the newest checkpoint of the store's ledger to every witness of the policy that has a URL
 * (or, in its place, the path of a witness's folder), and add their signatures to it. One that does
 * not answer or refuses is reported, and the others asked all the same. BATON_IDENTICAL: the
 * quorum is reached; BATON_CANNOT_TELL: it is not; BATON_DIFFERS: a witness has seen another tree,
 * or a larger one.
 * {"leaves","log","verdict","witnesses":[{"code","name","text","url"}]} */
BATON_API BATON_CHECK baton_status baton_witness_ask(const baton_store *store,
                                                     const struct baton_witness_round *round,
                                                     struct baton_report *ret,
                                                     struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

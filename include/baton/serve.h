/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_SERVE_H
#define BATON_SERVE_H
/*
 * Models over HTTP, by the Open Inference Protocol: what a client gets is what baton_predict()
 * gives, bit for bit.
 */
#include <stddef.h>

#include "baton/bundle.h"
#include "baton/error.h"
#include "baton/progress.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct baton_serve_options {
    size_t size;
    /* "127.0.0.1:8080" (NULL: that); port 0: any that is free. */
    const char *listen;
    unsigned threads; /* 0: one for each CPU */
    /* Decisions are logged under this name in the store, STORE/decisions/INSTANCE (NULL: "serve");
     * one server at a time. */
    const char *instance;
    /* How: "sync", which is when there is no word on it (an answer is sent when its record is on
     * the disk), "async" (before; a record that a crash took leaves a gap that is told), "off", or
     * the share that is logged, such as "0.1". "MODEL=HOW" is for one model; the last that fits
     * counts. NULL: sync. */
    baton_strings log;
    /* When decisions cannot be logged, as on a full disk: 0 refuses to answer, with 503. Else those
     * that are not sync are answered, and the next record tells how many are missing. */
    int answer_when_full;
    /* Called once, when it listens; may be NULL. */
    void (*listening)(void *user, const char *address);
    /* What a person would want to know meanwhile, such as that an alias has moved; by another
     * thread; may be NULL. */
    void (*told)(void *user, const char *text);
    void *user;
    /* Not 0: before it listens, this process gives up what a server does not need, for good: files
     * but for the store, its decisions and what this person has seen of its ledger (Landlock),
     * system calls such as those that start programs or make connections (seccomp), new privileges.
     * What the kernel cannot take is told. */
    int confine;
    /* When it is to end: for so long it goes on serving, while /v2/health/ready says 503 already
     * and every answer ends its connection, so that a balancer can send its clients elsewhere. */
    unsigned drain_s;
    void (*draining)(void *user); /* once, when that begins; may be NULL */
    /* Who asks must have access to the store, as baton/access.h says. 0: anybody may ask. */
    int authenticate;
    /* Paths of PEM files: a certificate with its issuers', and its key. NULL: no TLS. An address
     * that is not on loopback needs TLS and authentication. */
    const char *tls_certificate;
    const char *tls_key;
    /* Who has a certificate by this CA needs no token: its names have grants. Without
     * authentication everybody needs one. NULL: nobody is asked for one. */
    const char *client_ca;
    /* Names that clients ask for this server by, beside "localhost" and addresses. NULL: none, and
     * with authentication any, for a page that has lent its name has no credentials. */
    baton_strings hosts;
};

#define BATON_SERVE_OPTIONS_INIT                                                                   \
    {                                                                                              \
        sizeof(struct baton_serve_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0         \
    }

/* An alias is followed: when it moves, the version that it stands for then is proved and served,
 * and every request is answered by one version alone. One that does not prove itself is not served,
 * the one before is.
 *
 * Prove each version on this machine, as baton_verify() does, then serve all until `progress` is
 * interrupted. One that does not prove, or has no golden cases to prove it by, is BATON_ERR_REFUSED
 * and nothing is served. */
BATON_API BATON_CHECK baton_status baton_serve(const baton_store *store, baton_strings refs,
                                               const struct baton_serve_options *options,
                                               const struct baton_progress *progress,
                                               struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_REMOTE_H
#define BATON_REMOTE_H
/*
 * Bundles to and from OCI registries. A program that calls these is linked with libcurl; one that
 * does not need not have it.
 *
 * An address is "oci://HOST[:PORT]/NAME[:TAG|@sha256:…]"; without either the tag is "latest". A
 * HOST on this machine is spoken to by http unless an authority is given, any other by https unless
 * `plain_http` is set.
 */
#include <stddef.h>

#include "baton/error.h"
#include "baton/progress.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BATON_REMOTE_SCHEME "oci://"

struct baton_remote_options {
    size_t size;
    int plain_http;
    const char *ca_file;           /* PEM file of authorities, instead of the system's */
    const char *const *auth_files; /* as docker and podman write them; ends with NULL */
    const char *mount_from;        /* push: a repository of the registry that may have parts */
    unsigned parallel;             /* blobs at a time; 0: four */
    const struct baton_progress *progress;
};

#define BATON_REMOTE_OPTIONS_INIT                                                                  \
    {                                                                                              \
        sizeof(struct baton_remote_options), 0, 0, 0, 0, 0, 0                                      \
    }

/* The bundle `ref`, and what has it as its subject (signatures, acceptances). Options may be NULL.
 * {"blobsCopied","blobsMounted","blobsPresent","bytesCopied","referrers","refs":[{"digest","ref"}],
 * "to"} */
BATON_API BATON_CHECK baton_status baton_remote_push(const baton_store *from, const char *ref,
                                                     const char *address,
                                                     const struct baton_remote_options *options,
                                                     struct baton_report *ret,
                                                     struct baton_error *err);
/* The same the other way; entered as `as` ("credit:3"), or for NULL without a name. Everything is
 * hashed while it comes; what is there already is not fetched again. */
BATON_API BATON_CHECK baton_status baton_remote_pull(const char *address, const char *as,
                                                     const baton_store *to,
                                                     const struct baton_remote_options *options,
                                                     struct baton_report *ret,
                                                     struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

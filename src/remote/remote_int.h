/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_REMOTE_REMOTE_INT_H
#define BT_REMOTE_REMOTE_INT_H
/* Private to this room: a repository of a registry, and the steps of push and pull. */
#include <pthread.h>
#include <stdatomic.h>

#include "net/http.h"
#include "net/retry.h"
#include "remote/address.h"
#include "remote/credentials.h"
#include "remote/remote.h"
#include "store/blob.h"
#include "store/walk.h"

#define BT_REMOTE_URL_MAX BT_HTTP_TEXT_MAX

/* ---- registry.c ---- */
/* A repository, shared by the threads that work on it. */
struct bt_remote {
    struct bt_address address;
    const struct bt_remote_options *options;
    struct bt_buf base;  /* "https://HOST/v2/" */
    struct bt_buf scope; /* what tokens are asked for, as part of a query */
    struct bt_credentials credentials;
    bool has_mutex;
    pthread_mutex_t mutex;       /* guards the next two */
    struct bt_buf authorization; /* value of the header; empty: none is needed yet */
    unsigned generation;         /* counts its values */
    atomic_uint_fast64_t bytes_done;
};

/* One thread's way to it. `answer` is of the last request. */
struct bt_link {
    struct bt_remote *registry;
    const volatile sig_atomic_t *stop;
    struct bt_http *http;
    struct bt_http_answer answer;
};

#define BT_REGISTRY_INIT                                                                           \
    {                                                                                              \
        .base = BT_BUF_INIT(BT_REMOTE_URL_MAX), .scope = BT_BUF_INIT(BT_REMOTE_URL_MAX),           \
        .credentials = BT_CREDENTIALS_INIT, .authorization = BT_BUF_INIT(BT_HTTP_TEXT_MAX)         \
    }
#define BT_AUTO_REGISTRY BT_CLEANUP(bt_remote_release) struct bt_remote
#define BT_LINK_INIT                                                                               \
    {                                                                                              \
        .answer = BT_HTTP_ANSWER_INIT                                                              \
    }
#define BT_AUTO_LINK BT_CLEANUP(bt_link_release) struct bt_link

/* `actions` is "pull" or "pull,push". */
BT_CHECK baton_status bt_remote_open(const char *address, const char *actions,
                                     const struct bt_remote_options *options, struct bt_remote *ret,
                                     struct baton_error *err);
void bt_remote_release(struct bt_remote *registry);
BT_CHECK baton_status bt_link_open(struct bt_remote *registry, const volatile sig_atomic_t *stop,
                                   struct bt_link *ret, struct baton_error *err);
void bt_link_release(struct bt_link *link);

/* The URL of something in the repository: "blobs/sha256:…". */
BT_CHECK baton_status bt_remote_url(const struct bt_remote *registry, const char *path,
                                    struct bt_buf *ret, struct baton_error *err);
/* One request, as who we are; asked again when that was unknown or out of date. The caller's
 * `authorization` is not looked at. */
BT_CHECK baton_status bt_link_try(struct bt_link *link, const struct bt_http_request *request,
                                  struct baton_error *err);
/* As above, repeated while it may go better (net/retry.h). Not for what has a sink. */
BT_CHECK baton_status bt_link_call(struct bt_link *link, const struct bt_http_request *request,
                                   struct baton_error *err);
/* For an answer that was not the expected one: what was asked, and what the registry says. */
baton_status bt_link_fail(const struct bt_link *link, const char *what, struct baton_error *err);
#define bt_link_fail(...) bt_not_ok(bt_link_fail(__VA_ARGS__))
/* Where the answer's Location leads to. */
BT_CHECK baton_status bt_link_location(const struct bt_link *link, struct bt_buf *ret,
                                       struct baton_error *err);

/* ---- auth.c ---- */
/* After a 401 to a request that was made with authorization `generation`: get another one. */
BT_CHECK baton_status bt_auth_renew(struct bt_link *link, unsigned generation,
                                    struct baton_error *err);

/* ---- jobs.c ---- */
/* `count` pieces of work, several at a time, each thread with a link of its own. */
struct bt_jobs {
    struct bt_remote *registry;
    baton_status (*run)(struct bt_link *link, void *user, size_t number, struct baton_error *err);
    void *user;
    size_t count;
    uint64_t bytes_total; /* for the report of progress */
};
/* The first error ends all. Reports on the calling thread. */
BT_CHECK baton_status bt_jobs_run(const struct bt_jobs *jobs, struct baton_error *err);

/* ---- blobs.c ---- */
struct bt_blob_list {
    const struct bt_blob_id *blobs;
    size_t count;
};
/* The nodes of a walk that are no manifests. */
BT_CHECK baton_status bt_blob_list_of(const struct bt_walk *walk, struct bt_arena *arena,
                                      struct bt_blob_list *ret, struct baton_error *err);
BT_CHECK baton_status bt_blobs_push(struct bt_remote *registry, const struct bt_store *store,
                                    const struct bt_blob_list *list,
                                    struct bt_remote_counts *counts, struct baton_error *err);
BT_CHECK baton_status bt_blobs_pull(struct bt_remote *registry,
                                    const struct bt_store_session *session,
                                    const struct bt_blob_list *list,
                                    struct bt_remote_counts *counts, struct baton_error *err);

/* ---- upload.c ---- */
BT_CHECK baton_status bt_blob_upload(struct bt_link *link, const struct bt_store *store,
                                     const struct bt_blob_id *id, bool *ret_mounted,
                                     struct baton_error *err);

/* ---- fetch.c ---- */
BT_CHECK baton_status bt_blob_fetch(struct bt_link *link, const struct bt_store_session *session,
                                    const struct bt_blob_id *id, struct baton_error *err);

/* ---- manifest.c ---- */
struct bt_manifest {
    struct bt_blob_id blob;
    struct bt_bytes bytes;
    const char *media_type;
    const char *artifact_type; /* NULL: none */
    const struct bt_json *json;
};
/* Read what a manifest says about itself: its media type, from the member of that name or else
 * `media_type` (may be NULL), which must agree. */
BT_CHECK baton_status bt_manifest_read(struct bt_bytes bytes, const char *media_type,
                                       struct bt_arena *arena, struct bt_manifest *ret,
                                       struct baton_error *err);
/* `reference` is a tag or a digest; `expected` what the bytes must be, or NULL.
 * BATON_ERR_NOT_FOUND when the registry has none. */
BT_CHECK baton_status bt_manifest_get(struct bt_link *link, const char *reference,
                                      const struct bt_blob_id *expected, struct bt_arena *arena,
                                      struct bt_manifest *ret, struct baton_error *err);
BT_CHECK baton_status bt_manifest_put(struct bt_link *link, const char *reference,
                                      const struct bt_manifest *manifest, struct baton_error *err);

/* ---- referrers.c ---- */
struct bt_referrers {
    struct bt_walk walk; /* what the list names */
    uint64_t strays;     /* what in it cannot be a referrer */
};
#define BT_REFERRERS_INIT                                                                          \
    {                                                                                              \
        .walk = BT_WALK_INIT                                                                       \
    }
#define BT_AUTO_REFERRERS BT_CLEANUP(bt_referrers_release) struct bt_referrers

void bt_referrers_release(struct bt_referrers *referrers);
BT_CHECK baton_status bt_referrers_list(struct bt_link *link, const struct bt_digest *subject,
                                        struct bt_referrers *ret, struct baton_error *err);
bool bt_manifest_speaks_about(const struct bt_manifest *manifest, const struct bt_digest *subject);
/* Enter a manifest that was put in the list of its subject, for a registry that does not. */
BT_CHECK baton_status bt_referrers_note(struct bt_link *link, const struct bt_digest *subject,
                                        const struct bt_manifest *manifest,
                                        struct baton_error *err);

#endif

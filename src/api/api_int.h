/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_API_INT_H
#define BT_API_API_INT_H
/*
 * What the files behind include/baton share. This room turns public options into the rooms' own,
 * calls one function of a room, and writes what it found as JSON. It decides nothing.
 */
#include "base/progress.h"
#include "baton/baton.h"
#include "bundle/bundle.h"
#include "bundle/loaded.h"
#include "bundle/verify.h"
#include "codec/json.h"
#include "crypto/key.h"
#include "store/store.h"

struct bt_registry;

#define BT_REPORT_BYTES_MAX ((size_t)1 << 30)

struct baton_store {
    struct bt_store *store;
    char *person; /* the folder of whoever asks; NULL: nothing is remembered */
};

/* Hand the document in `out` (whose end this writes) to the caller. */
BT_CHECK baton_status bt_report_finish(struct bt_buf *out, baton_verdict verdict,
                                       struct baton_report *ret, struct baton_error *err);
void bt_report_member_digest(struct bt_json_writer *w, const char *key,
                             const struct bt_digest *digest);
/* The same without the name of the algorithm in front. */
void bt_report_member_hex(struct bt_json_writer *w, const char *key,
                          const struct bt_digest *digest);
/* The 64 digits that name a key, as people and other tools write them. */
BT_CHECK baton_status bt_report_member_key_id(struct bt_json_writer *w, const char *key,
                                              const struct bt_public_key *public,
                                              struct baton_error *err);
/* Copy a caller's option struct (its first member is the size the caller knows; NULL: defaults)
 * over ours, which is initialised and may be newer and longer. A longer one than ours is refused:
 * it asks for what this library does not know. */
BT_CHECK baton_status bt_options_take(void *ours, size_t ours_size, const void *theirs,
                                      struct baton_error *err);
size_t bt_strings_count(baton_strings strings);

/* ---- spoken.c ---- */
/* A reference as the store understands it: aliases and versions of the registry become digests;
 * what the registry does not know stays as it is. */
struct bt_named {
    char digest[BT_DIGEST_TEXT_MAX];
    const char *ref; /* into `digest`, or what was given */
};
BT_CHECK baton_status bt_api_name(const baton_store *store, const char *ref, struct bt_named *ret,
                                  struct baton_error *err);
/* The bundle of a reference. */
BT_CHECK baton_status bt_api_open(const baton_store *store, const char *ref, struct bt_bundle *ret,
                                  struct baton_error *err);

/* ---- verify.c ---- */
/* Run here, and see whether somebody trusted has signed for it; `registry` is the store's, NULL
 * when it has none. */
BT_CHECK baton_status bt_api_verify(const baton_store *store, const struct bt_registry *registry,
                                    const struct bt_digest *bundle,
                                    const struct bt_verify_options *options,
                                    struct bt_verification *ret, struct baton_error *err);
/* "difference":{…} or null */
void bt_report_member_difference(struct bt_json_writer *w, const struct bt_difference *difference);

#endif

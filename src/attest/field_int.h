/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_ATTEST_FIELD_INT_H
#define BT_ATTEST_FIELD_INT_H
/* Reading members of JSON objects as this room's formats have them. */
#include "codec/json.h"
#include "crypto/digest.h"
#include "crypto/key.h"

/* The limits of every document of this room: 32 levels, a million values. */
BT_CHECK baton_status bt_field_document(struct bt_bytes bytes, const char *what, size_t bytes_max,
                                        struct bt_arena *arena, const struct bt_json **ret,
                                        struct baton_error *err);
/* Names the document in the message when `status` is that of a failure; returns it. */
baton_status bt_field_in(const char *document, baton_status status, struct baton_error *err);
/* A required string, with whatever bytes it has. */
BT_CHECK baton_status bt_field_text(const struct bt_json *object, const char *key,
                                    struct bt_bytes *ret, struct baton_error *err);
/* A required string that says exactly this. */
BT_CHECK baton_status bt_field_is(const struct bt_json *object, const char *key,
                                  const char *expected, struct baton_error *err);
/* A required string of base 64, standard alphabet. */
BT_CHECK baton_status bt_field_base64(const struct bt_json *object, const char *key,
                                      struct bt_arena *arena, struct bt_bytes *ret,
                                      struct baton_error *err);
/* The same, of 32 bytes. */
BT_CHECK baton_status bt_field_digest(const struct bt_json *object, const char *key,
                                      struct bt_digest *ret, struct baton_error *err);
/* The string value of `field`, of 32 bytes. */
BT_CHECK baton_status bt_field_digest_of(const struct bt_json *field, struct bt_digest *ret,
                                         struct baton_error *err);
BT_CHECK baton_status bt_field_signature(const struct bt_json *object, const char *key,
                                         struct bt_signature *ret, struct baton_error *err);
/* At most 2^63 - 1, as a number or as a string of digits; 0 where it is missing: so has it the JSON
 * of protocol buffers. */
BT_CHECK baton_status bt_field_u63(const struct bt_json *object, const char *key, uint64_t *ret,
                                   struct baton_error *err);

/* The string value of `field`, whose bytes go to `arena`. */
BT_CHECK baton_status bt_field_decode(const struct bt_json *field, struct bt_arena *arena,
                                      struct bt_bytes *ret, struct baton_error *err);
/* A string of base 64: a member, or what comes next. */
void bt_field_put_base64(struct bt_json_writer *w, const char *key, struct bt_bytes bytes);
void bt_field_put_base64_item(struct bt_json_writer *w, struct bt_bytes bytes);

#endif

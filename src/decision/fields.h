/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_FIELDS_H
#define BT_DECISION_FIELDS_H
/*
 * What may be somebody's: inputs, outputs, who asked. Each field is committed on its own behind a
 * random salt, and one digest commits to all of them, so that a field can be erased without
 * breaking what was proved (docs/formats/decision.md).
 *
 *     fields = field*                                          no name twice
 *     field  = state:u8 name_len:u8 name len:u32le salt[32] bytes[len]
 *
 * An erased field has its commitment in place of its salt and zeros in place of its bytes, so it
 * takes as much room as before.
 */
#include "crypto/digest.h"

#define BT_SALT_BYTES 32
#define BT_FIELD_NAME_MAX ((size_t)255)

enum bt_field_state {
    BT_FIELD_ERASED = 0,
    BT_FIELD_THERE = 1,
    BT_FIELD_ASIDE =
        2, /* too large: a file holds them, and `bytes` is what they must be (aside.h) */
};

struct bt_field {
    enum bt_field_state state;
    struct bt_bytes name;
    struct bt_bytes salt; /* an erased one's commitment */
    struct bt_bytes bytes;
};

/* Two hashers that are kept from record to record: looking them up costs more than to use them. */
struct bt_fields_hash {
    struct bt_sha256 one; /* field */
    struct bt_sha256 all;
};

#define BT_FIELDS_HASH_INIT                                                                        \
    {                                                                                              \
        .one = BT_SHA256_INIT, .all = BT_SHA256_INIT                                               \
    }

BT_CHECK baton_status bt_fields_hash_init(struct bt_fields_hash *hash, struct baton_error *err);
void bt_fields_hash_release(struct bt_fields_hash *hash);

/* ---- writing ---- */

struct bt_fields {
    struct bt_buf *out;
    size_t start; /* of the fields in `out` */
    size_t open;  /* of the field that is being written */
    bool broken;  /* a name that is too long, or no random numbers */
};

struct bt_fields bt_fields_begin(struct bt_buf *out);
/* The field's bytes are appended to `out` between these two. The name comes in two parts, such as
 * "input." and "x". */
void bt_field_begin(struct bt_fields *fields, const char *kind, const char *name);
void bt_field_end(struct bt_fields *fields);
/* What was begun is now the description of what a file holds; `ret_salt` names that file, and lives
 * until something is appended. */
void bt_field_set_aside(struct bt_fields *fields, const uint8_t **ret_salt);
void bt_fields_put(struct bt_fields *fields, const char *name, struct bt_bytes bytes);
/* What commits to all of them. */
BT_CHECK baton_status bt_fields_end(struct bt_fields *fields, struct bt_fields_hash *hash,
                                    struct bt_digest *ret, struct baton_error *err);

/* ---- reading ---- */

/* Takes the next field from the front of `rest`. BATON_ERR_CORRUPT when it is cut short. */
BT_CHECK baton_status bt_field_next(struct bt_bytes *rest, struct bt_field *ret,
                                    struct baton_error *err);
/* BATON_ERR_NOT_FOUND when there is none of this name. */
BT_CHECK baton_status bt_field_find(struct bt_bytes fields, const char *name, struct bt_field *ret,
                                    struct baton_error *err);
/* What commits to all of them, whether some are erased or not. BATON_ERR_CORRUPT when they are not
 * fields. */
BT_CHECK baton_status bt_fields_commit(struct bt_bytes fields, struct bt_fields_hash *hash,
                                       struct bt_digest *ret, struct baton_error *err);
/* Erase `field`, which points into `bytes`, in place; one that is erased already stays. */
BT_CHECK baton_status bt_field_erase(uint8_t *bytes, const struct bt_field *field,
                                     struct bt_fields_hash *hash, struct baton_error *err);

#endif

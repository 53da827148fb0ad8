/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/fields.h"

#include <string.h>
#include <sys/random.h>

#define LEN_BYTES 4
/* state, length of the name */
#define LEAD_BYTES 2
/* As many as getrandom(2) gives in whole, whatever happens: 256 bytes. */
#define SALTS_AT_ONCE 8

baton_status bt_fields_hash_init(struct bt_fields_hash *hash, struct baton_error *err)
{
    BT_TRY(bt_sha256_init(&hash->one, err));
    return bt_sha256_init(&hash->all, err);
}

void bt_fields_hash_release(struct bt_fields_hash *hash)
{
    bt_sha256_release(&hash->one);
    bt_sha256_release(&hash->all);
}

/* ---- commitments ---- */

/* The lengths are in it, so that no two fields are the same bytes. */
static baton_status commit_one(struct bt_sha256 *hash, const struct bt_field *field,
                               struct bt_digest *ret, struct baton_error *err)
{
    const uint8_t lead[LEAD_BYTES] = {(uint8_t)field->state, (uint8_t)field->name.len};
    if (field->state == BT_FIELD_ERASED) {
        memcpy(ret->bytes, field->salt.ptr, sizeof ret->bytes);
        return BATON_OK;
    }
    bt_sha256_update(hash, field->salt.ptr, field->salt.len);
    bt_sha256_update(hash, lead, sizeof lead);
    bt_sha256_update(hash, field->name.ptr, field->name.len);
    bt_sha256_update(hash, field->bytes.ptr, field->bytes.len);
    return bt_sha256_final(hash, ret, err);
}

static baton_status add_all(struct bt_bytes fields, struct bt_fields_hash *hash,
                            struct baton_error *err)
{
    struct bt_field field;
    struct bt_digest digest;
    while (fields.len) {
        BT_TRY(bt_field_next(&fields, &field, err));
        BT_TRY(commit_one(&hash->one, &field, &digest, err));
        uint8_t name_len = (uint8_t)field.name.len;
        bt_sha256_update(&hash->all, &name_len, 1);
        bt_sha256_update(&hash->all, field.name.ptr, field.name.len);
        bt_sha256_update(&hash->all, digest.bytes, sizeof digest.bytes);
    }
    return BATON_OK;
}

/* The hasher is ready for the next message even where this one was broken off. */
baton_status bt_fields_commit(struct bt_bytes fields, struct bt_fields_hash *hash,
                              struct bt_digest *ret, struct baton_error *err)
{
    baton_status added = add_all(fields, hash, err);
    baton_status ended = bt_sha256_final(&hash->all, ret, added == BATON_OK ? err : NULL);
    return added == BATON_OK ? ended : added;
}

/* ---- writing ---- */

struct bt_fields bt_fields_begin(struct bt_buf *out)
{
    return (struct bt_fields){.out = out, .start = out->len};
}

void bt_field_begin(struct bt_fields *fields, const char *kind, const char *name)
{
    size_t name_len = strlen(kind) + strlen(name);
    fields->open = fields->out->len;
    fields->broken |= name_len > BT_FIELD_NAME_MAX;
    bt_buf_put_byte(fields->out, BT_FIELD_THERE);
    bt_buf_put_byte(fields->out, (uint8_t)name_len);
    bt_buf_put_str(fields->out, kind);
    bt_buf_put_str(fields->out, name);
    (void)bt_buf_extend(fields->out, LEN_BYTES + BT_SALT_BYTES);
}

void bt_field_set_aside(struct bt_fields *fields, const uint8_t **ret_salt)
{
    struct bt_buf *out = fields->out;
    *ret_salt = NULL;
    if (out->state != BT_BUF_GOOD || fields->broken)
        return;
    uint8_t *at = out->data + fields->open;
    uint8_t *salt = at + LEAD_BYTES + at[1] + LEN_BYTES;
    at[0] = BT_FIELD_ASIDE;
    fields->broken |= getrandom(salt, BT_SALT_BYTES, 0) != BT_SALT_BYTES;
    *ret_salt = fields->broken ? NULL : salt;
}

void bt_field_end(struct bt_fields *fields)
{
    struct bt_buf *out = fields->out;
    if (out->state != BT_BUF_GOOD || fields->broken)
        return;
    uint8_t *len = out->data + fields->open + LEAD_BYTES + out->data[fields->open + 1];
    size_t bytes = out->len - (size_t)(len - out->data) - LEN_BYTES - BT_SALT_BYTES;
    fields->broken |= bytes > UINT32_MAX;
    for (unsigned i = 0; i < LEN_BYTES; i++)
        len[i] = (uint8_t)(bytes >> (8 * i));
}

void bt_fields_put(struct bt_fields *fields, const char *name, struct bt_bytes bytes)
{
    bt_field_begin(fields, name, "");
    bt_buf_put(fields->out, bytes.ptr, bytes.len);
    bt_field_end(fields);
}

/* Random numbers are dear by the call, not by the byte; what lies aside has its salt already. */
static bool salt_all(const struct bt_fields *fields, struct bt_bytes rest)
{
    uint8_t random[SALTS_AT_ONCE * BT_SALT_BYTES];
    size_t left = 0;
    struct bt_field field;
    while (rest.len) {
        if (bt_field_next(&rest, &field, NULL) != BATON_OK)
            return false;
        if (field.state == BT_FIELD_ASIDE)
            continue;
        if (left == 0 && getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return false;
        left = left ? left : sizeof random;
        left -= BT_SALT_BYTES;
        memcpy(fields->out->data + (field.salt.ptr - fields->out->data), random + left,
               BT_SALT_BYTES);
    }
    return true;
}

baton_status bt_fields_end(struct bt_fields *fields, struct bt_fields_hash *hash,
                           struct bt_digest *ret, struct baton_error *err)
{
    BT_TRY(bt_buf_finish(fields->out, "the fields of a decision", err));
    struct bt_bytes all = {fields->out->data + fields->start, fields->out->len - fields->start};
    if (fields->broken || !salt_all(fields, all))
        return bt_fail(err, BATON_ERR_INTERNAL,
                       "a field of a decision can have no salt, or a name that is too long");
    return bt_fields_commit(all, hash, ret, err);
}

/* ---- reading ---- */

static bool take(struct bt_bytes *rest, size_t len, struct bt_bytes *ret)
{
    if (len > rest->len)
        return false;
    *ret = (struct bt_bytes){rest->ptr, len};
    rest->ptr += len;
    rest->len -= len;
    return true;
}

/* Nothing vouches for what an erased field would say. */
static bool is_zero(struct bt_bytes bytes)
{
    return bytes.len == 0 ||
           (bytes.ptr[0] == 0 && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0);
}

baton_status bt_field_next(struct bt_bytes *rest, struct bt_field *ret, struct baton_error *err)
{
    struct bt_bytes lead, len;
    bool good = take(rest, LEAD_BYTES, &lead) && lead.ptr[0] <= BT_FIELD_ASIDE &&
                take(rest, lead.ptr[1], &ret->name) && take(rest, LEN_BYTES, &len) &&
                take(rest, BT_SALT_BYTES, &ret->salt) &&
                take(rest,
                     (size_t)len.ptr[0] | (size_t)len.ptr[1] << 8 | (size_t)len.ptr[2] << 16 |
                         (size_t)len.ptr[3] << 24,
                     &ret->bytes);
    if (!good)
        return bt_fail(err, BATON_ERR_CORRUPT, "fields of a decision are cut short");
    ret->state = lead.ptr[0];
    if (ret->state == BT_FIELD_ERASED && !is_zero(ret->bytes))
        return bt_fail(err, BATON_ERR_CORRUPT, "an erased field of a decision has bytes");
    return BATON_OK;
}

baton_status bt_field_find(struct bt_bytes fields, const char *name, struct bt_field *ret,
                           struct baton_error *err)
{
    while (fields.len) {
        BT_TRY(bt_field_next(&fields, ret, err));
        if (bt_bytes_equal(ret->name, bt_bytes_of(name)))
            return BATON_OK;
    }
    return bt_fail(err, BATON_ERR_NOT_FOUND, "the decision has no field \"%s\"", name);
}

baton_status bt_field_erase(uint8_t *bytes, const struct bt_field *field,
                            struct bt_fields_hash *hash, struct baton_error *err)
{
    struct bt_digest commitment;
    size_t salt_at = (size_t)(field->salt.ptr - bytes);
    size_t state_at = salt_at - LEN_BYTES - field->name.len - LEAD_BYTES;
    BT_TRY(commit_one(&hash->one, field, &commitment, err));
    memcpy(bytes + salt_at, commitment.bytes, sizeof commitment.bytes);
    memset(bytes + salt_at + BT_SALT_BYTES, 0, field->bytes.len);
    bytes[state_at] = BT_FIELD_ERASED;
    return BATON_OK;
}

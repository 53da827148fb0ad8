/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CRYPTO_DIGEST_H
#define BT_CRYPTO_DIGEST_H
/*
 * SHA-256 and its written form "sha256:<64 lower-case hex digits>". Only this room knows which
 * library does the arithmetic.
 *
 *     BT_AUTO_SHA256 hash = BT_SHA256_INIT;
 *     BT_TRY(bt_sha256_init(&hash, err));
 *     bt_sha256_update(&hash, bytes, len);         // as often as wanted
 *     BT_TRY(bt_sha256_final(&hash, &digest, err));
 *
 * A hasher belongs to one thread at a time; there is no state outside it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/progress.h"

#define BT_DIGEST_BYTES 32
#define BT_DIGEST_HEX_LEN ((size_t)64)
/* "sha256:" + hex + NUL */
#define BT_DIGEST_TEXT_MAX 72

struct bt_digest {
    uint8_t bytes[BT_DIGEST_BYTES];
};

bool bt_digest_equal(const struct bt_digest *a, const struct bt_digest *b);
/* Byte order, for sorting. */
int bt_digest_compare(const struct bt_digest *a, const struct bt_digest *b);

void bt_digest_format(const struct bt_digest *digest, char text[BT_DIGEST_TEXT_MAX]);
/* The hexadecimal part of a text made by bt_digest_format(). */
const char *bt_digest_hex(const char text[BT_DIGEST_TEXT_MAX]);
/* Exactly the written form: the prefix, 64 lower-case digits, nothing else. */
BT_CHECK bool bt_digest_parse(struct bt_bytes text, struct bt_digest *ret);

struct bt_sha256 {
    void *method; /* the fetched algorithm: looked up once per hasher, not once per message */
    void *context;
    bool broken; /* sticky: the library refused an update */
};

#define BT_SHA256_INIT                                                                             \
    {                                                                                              \
        0                                                                                          \
    }
#define BT_AUTO_SHA256 BT_CLEANUP(bt_sha256_release) struct bt_sha256

BT_CHECK baton_status bt_sha256_init(struct bt_sha256 *hash, struct baton_error *err);
void bt_sha256_release(struct bt_sha256 *hash);
void bt_sha256_update(struct bt_sha256 *hash, const void *bytes, size_t len);
/* Leaves the hasher ready for the next message. */
BT_CHECK baton_status bt_sha256_final(struct bt_sha256 *hash, struct bt_digest *ret,
                                      struct baton_error *err);

/* One message in memory. */
BT_CHECK baton_status bt_sha256_bytes(struct bt_bytes bytes, struct bt_digest *ret,
                                      struct baton_error *err);
/* A stretch of a file, through a buffer of fixed size. */
BT_CHECK baton_status bt_sha256_part(const struct bt_file_part *part, const char *what,
                                     const struct baton_progress *progress, struct bt_digest *ret,
                                     struct baton_error *err);

#endif

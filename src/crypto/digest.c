/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/alloc.h"

#define PREFIX "sha256:"
#define PREFIX_LEN (sizeof PREFIX - 1)

_Static_assert(PREFIX_LEN + BT_DIGEST_HEX_LEN < BT_DIGEST_TEXT_MAX, "the written form must fit");

bool bt_digest_equal(const struct bt_digest *a, const struct bt_digest *b)
{
    return memcmp(a->bytes, b->bytes, BT_DIGEST_BYTES) == 0;
}

int bt_digest_compare(const struct bt_digest *a, const struct bt_digest *b)
{
    return memcmp(a->bytes, b->bytes, BT_DIGEST_BYTES);
}

void bt_digest_format(const struct bt_digest *digest, char text[BT_DIGEST_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    memcpy(text, PREFIX, PREFIX_LEN);
    char *at = text + PREFIX_LEN;
    for (size_t i = 0; i < BT_DIGEST_BYTES; i++) {
        *at++ = digits[digest->bytes[i] >> 4];
        *at++ = digits[digest->bytes[i] & 15];
    }
    *at = '\0';
}

const char *bt_digest_hex(const char text[BT_DIGEST_TEXT_MAX])
{
    return text + PREFIX_LEN;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool bt_digest_parse(struct bt_bytes text, struct bt_digest *ret)
{
    struct bt_digest digest;
    if (text.len != PREFIX_LEN + BT_DIGEST_HEX_LEN || memcmp(text.ptr, PREFIX, PREFIX_LEN) != 0)
        return false;
    const uint8_t *at = text.ptr + PREFIX_LEN;
    for (size_t i = 0; i < BT_DIGEST_BYTES; i++) {
        int high = hex_value(*at++);
        int low = hex_value(*at++);
        if (high < 0 || low < 0)
            return false;
        digest.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret = digest;
    return true;
}

baton_status bt_sha256_init(struct bt_sha256 *hash, struct baton_error *err)
{
    struct bt_sha256 made = BT_SHA256_INIT;
    EVP_MD *method = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    made.method = method;
    made.context = context;
    if (!method || !context || EVP_DigestInit_ex2(context, method, NULL) != 1) {
        bt_sha256_release(&made);
        return bt_fail(err, BATON_ERR_NO_MEMORY,
                       "the crypto library gives no SHA-256: not enough memory, or disabled");
    }
    *hash = made;
    return BATON_OK;
}

void bt_sha256_release(struct bt_sha256 *hash)
{
    EVP_MD_CTX_free(hash->context);
    EVP_MD_free(hash->method);
    hash->context = NULL;
    hash->method = NULL;
}

void bt_sha256_update(struct bt_sha256 *hash, const void *bytes, size_t len)
{
    if (EVP_DigestUpdate(hash->context, bytes, len) != 1)
        hash->broken = true;
}

baton_status bt_sha256_final(struct bt_sha256 *hash, struct bt_digest *ret, struct baton_error *err)
{
    struct bt_digest digest;
    unsigned len = 0;
    if (hash->broken || EVP_DigestFinal_ex(hash->context, digest.bytes, &len) != 1 ||
        len != BT_DIGEST_BYTES || EVP_DigestInit_ex2(hash->context, hash->method, NULL) != 1)
        return bt_fail(err, BATON_ERR_INTERNAL, "the crypto library refused to hash");
    *ret = digest;
    return BATON_OK;
}

baton_status bt_sha256_bytes(struct bt_bytes bytes, struct bt_digest *ret, struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    bt_sha256_update(&hash, bytes.ptr, bytes.len);
    return bt_sha256_final(&hash, ret, err);
}

/* Large enough that system calls do not count, small enough to stay in the second-level cache. */
#define CHUNK_BYTES ((size_t)256 << 10)

static void free_chunk(uint8_t **chunk)
{
    bt_free(*chunk);
}

baton_status bt_sha256_part(const struct bt_file_part *part, const char *what,
                            const struct baton_progress *progress, struct bt_digest *ret,
                            struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_CLEANUP(free_chunk) uint8_t *chunk = bt_alloc_aligned(CHUNK_BYTES, 1);
    if (!chunk)
        return bt_fail_no_memory(err, "a read buffer");
    BT_TRY(bt_sha256_init(&hash, err));
    /* A hint that doubles the kernel's read-ahead; nothing depends on it. */
    (void)posix_fadvise(part->fd, (off_t)part->offset, (off_t)part->bytes, POSIX_FADV_SEQUENTIAL);
    for (uint64_t done = 0; done < part->bytes;) {
        size_t len = CHUNK_BYTES;
        BT_TRY(bt_progress_check(progress, what, err));
        BT_TRY(bt_fs_read_part(part, what, done, chunk, &len, err));
        bt_sha256_update(&hash, chunk, len);
        done += len;
        bt_progress_report(progress, done, part->bytes, what);
    }
    return bt_sha256_final(&hash, ret, err);
}

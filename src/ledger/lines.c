/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/lines.h"

#include <string.h>

#include "codec/text/base64.h"
#include "codec/text/number.h"

static void skip(struct bt_bytes *rest, size_t len)
{
    rest->ptr += len;
    rest->len -= len;
}

bool bt_line_take(struct bt_bytes *rest, struct bt_bytes *ret)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (!end || end == rest->ptr)
        return false;
    *ret = (struct bt_bytes){rest->ptr, (size_t)(end - rest->ptr)};
    skip(rest, ret->len + 1);
    return true;
}

bool bt_line_take_keyed(struct bt_bytes *rest, const char *key, struct bt_bytes *ret)
{
    struct bt_bytes after = *rest;
    struct bt_bytes line;
    size_t len = strlen(key);
    if (!bt_line_take(&after, &line) || line.len <= len + 1 || memcmp(line.ptr, key, len) != 0 ||
        line.ptr[len] != ' ')
        return false;
    skip(&line, len + 1);
    *rest = after;
    *ret = line;
    return true;
}

bool bt_line_number(struct bt_bytes text, uint64_t *ret)
{
    int64_t value = 0;
    bool plain = text.len == 1 || (text.len && text.ptr[0] != '0');
    for (size_t i = 0; i < text.len; i++)
        plain &= text.ptr[i] >= '0' && text.ptr[i] <= '9';
    if (!plain || !bt_i64_parse(text, &value))
        return false;
    *ret = (uint64_t)value;
    return true;
}

bool bt_line_hash(struct bt_bytes text, struct bt_digest *ret)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    if (!bt_base64_parse(text, &bytes) || bytes.len != BT_DIGEST_BYTES)
        return false;
    memcpy(ret->bytes, bt_buf_bytes(&bytes).ptr, BT_DIGEST_BYTES);
    return true;
}

bool bt_lines_take_proof(struct bt_bytes *rest, struct bt_merkle_proof *ret)
{
    struct bt_bytes line;
    ret->count = 0;
    while (bt_line_take(rest, &line)) {
        if (ret->count == BT_LINES_PROOF_MAX || !bt_line_hash(line, &ret->hashes[ret->count]))
            return false;
        ret->count++;
    }
    if (rest->len == 0 || rest->ptr[0] != '\n')
        return false;
    skip(rest, 1);
    return true;
}

void bt_lines_put_hash(const struct bt_digest *hash, struct bt_buf *out)
{
    bt_base64_format((struct bt_bytes){hash->bytes, BT_DIGEST_BYTES}, out);
    bt_buf_put_str(out, "\n");
}

void bt_lines_put_proof(const struct bt_merkle_proof *proof, struct bt_buf *out)
{
    for (size_t i = 0; i < proof->count; i++)
        bt_lines_put_hash(&proof->hashes[i], out);
    bt_buf_put_str(out, "\n");
}

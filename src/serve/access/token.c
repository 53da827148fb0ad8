/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

#define START "btn_"
#define START_LEN ((size_t)4)
#define DIGITS ((size_t)64)
#define CHECK_DIGITS ((size_t)8)

static void write_check(const char *digits, char ret[CHECK_DIGITS + 1])
{
    uLong crc = crc32(0, (const Bytef *)digits, (uInt)DIGITS);
    (void)snprintf(ret, CHECK_DIGITS + 1, "%08x", (unsigned)crc);
}

baton_status bt_token_make(char ret[BT_TOKEN_LEN + 1], struct baton_error *err)
{
    uint8_t random[DIGITS / 2];
    char *at = ret + START_LEN;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return bt_fail_os(err, errno, "this machine gives no random bytes");
    memcpy(ret, START, START_LEN);
    for (size_t i = 0; i < sizeof random; i++, at += 2)
        (void)snprintf(at, 3, "%02x", random[i]);
    write_check(ret + START_LEN, at);
    explicit_bzero(random, sizeof random);
    return BATON_OK;
}

bool bt_token_is_one(struct bt_bytes text)
{
    char check[CHECK_DIGITS + 1];
    const char *digits = (const char *)text.ptr + START_LEN;
    if (text.len != BT_TOKEN_LEN || memcmp(text.ptr, START, START_LEN) != 0)
        return false;
    write_check(digits, check);
    return memcmp(digits + DIGITS, check, CHECK_DIGITS) == 0;
}

baton_status bt_token_hash(struct bt_bytes token, struct bt_digest *ret, struct baton_error *err)
{
    return bt_sha256_bytes(token, ret, err);
}

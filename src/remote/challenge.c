/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     Bearer realm="https://auth.example/token",service="registry", Basic realm="x"
 *
 * Commas part both the parameters of a challenge and the challenges: a word with "=" behind it is a
 * parameter, any other the scheme of the next challenge.
 */
#include "remote/challenge.h"

#include <string.h>
#include <strings.h>

#define BETWEEN " \t,"

void bt_challenge_release(struct bt_challenge *challenge)
{
    bt_buf_release(&challenge->realm);
    bt_buf_release(&challenge->service);
}

static const char *skip_between(const char *at)
{
    return at + strspn(at, BETWEEN);
}

static size_t word_length(const char *at)
{
    return strcspn(at, "=" BETWEEN);
}

static bool is_word(const char *at, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(at, word, len) == 0;
}

/* A word or a quoted string at `at`; where it ends. */
static const char *take_value(const char *at, struct bt_buf *out)
{
    bt_buf_clear(out);
    if (*at != '"') {
        size_t len = strcspn(at, BETWEEN);
        bt_buf_put(out, at, len);
        return at + len;
    }
    for (at++; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        bt_buf_put_byte(out, (uint8_t)*at);
    }
    return at + (*at == '"');
}

/* The parameters from `at` on, into `ret` when they are wanted; where the next challenge begins. */
static const char *take_parameters(const char *at, bool wanted, struct bt_challenge *ret,
                                   struct bt_buf *other)
{
    for (;;) {
        at = skip_between(at);
        size_t len = word_length(at);
        if (*at == '\0' || at[len] != '=')
            return at;
        struct bt_buf *value = other;
        if (wanted && is_word(at, len, "realm"))
            value = &ret->realm;
        if (wanted && is_word(at, len, "service"))
            value = &ret->service;
        at = take_value(at + len + 1, value);
    }
}

baton_status bt_challenge_find(const char *field, const char *scheme, struct bt_challenge *ret,
                               bool *ret_found, struct baton_error *err)
{
    BT_AUTO_BUF other = BT_BUF_INIT(BT_CHALLENGE_VALUE_MAX);
    bool found = false;
    bt_buf_clear(&ret->realm);
    bt_buf_clear(&ret->service);
    for (const char *at = skip_between(field); *at && !found;) {
        size_t len = word_length(at);
        found = is_word(at, len, scheme);
        at = take_parameters(at + len, found, ret, &other);
    }
    BT_TRY(bt_buf_finish(&ret->realm, "a challenge's realm", err));
    BT_TRY(bt_buf_finish(&ret->service, "a challenge's service", err));
    *ret_found = found;
    return BATON_OK;
}

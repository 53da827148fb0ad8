/* SPDX-License-Identifier: Apache-2.0 */
/* What others say where to go, and who asks: an address is written as it was, a resolved location
 * is http or https and resolves to itself, a challenge is found or not. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "net/url.h"
#include "remote/address.h"
#include "remote/challenge.h"

static void check_address(const char *text)
{
    struct bt_address address;
    BT_AUTO_BUF written = BT_BUF_INIT(2048);
    if (bt_address_parse(text, &address, NULL) != BATON_OK)
        return;
    bt_buf_printf(&written, BT_ADDRESS_SCHEME "%s/%s", address.host, address.name);
    FUZZ_CHECK(strncmp(text, bt_buf_str(&written), written.len) == 0);
    const char *rest = text + written.len;
    FUZZ_CHECK(*rest == '\0' || strcmp(rest + 1, address.reference) == 0);
    FUZZ_CHECK(address.has_digest == (*rest == '@'));
    (void)bt_address_is_loopback(&address);
}

static void check_location(const char *text)
{
    static const char base[] = "https://registry.example/v2/a/blobs/uploads/";
    BT_AUTO_BUF url = BT_BUF_INIT(1 << 20);
    BT_AUTO_BUF again = BT_BUF_INIT(1 << 20);
    bool same = false;
    if (bt_url_resolve(base, text, &url, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(strncmp(bt_buf_str(&url), "https://", 8) == 0);
    FUZZ_CHECK(bt_url_resolve(base, bt_buf_str(&url), &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&url), bt_buf_bytes(&again)));
    FUZZ_CHECK(bt_url_same_origin(bt_buf_str(&url), bt_buf_str(&again), &same, NULL) == BATON_OK);
    FUZZ_CHECK(same);
}

static void check_challenge(const char *text)
{
    BT_AUTO_CHALLENGE challenge = BT_CHALLENGE_INIT;
    bool found = false;
    if (bt_challenge_find(text, "Bearer", &challenge, &found, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(found || challenge.realm.len + challenge.service.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const char *text = bt_arena_strndup(&arena, (const char *)bytes, len);
    FUZZ_CHECK(text);
    check_address(text);
    check_location(text);
    check_challenge(text);
    return 0;
}

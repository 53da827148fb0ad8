/* SPDX-License-Identifier: Apache-2.0 */
/* The file that says who may ask a server: what it takes, whom it finds, what it refuses; and
 * tokens, failures and browsers. */
#include "unit/should_fail.h"

#include "serve/access/browser.h"
#include "serve/access/failures.h"
#include "serve/access/grants.h"
#include "serve/access/token.h"

#define HASH_A "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_B "sha256:ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define FILE_TEXT                                                                                  \
    "baton access 1\n"                                                                             \
    "token:a viewer * " HASH_A " never\n"                                                          \
    "token:b predictor credit,team/faces " HASH_B " 2027-01-01T00:00:00Z\n"                        \
    "uri:spiffe://x/y admin *\n"

static void lines_are_read_as_they_are_written(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    struct bt_grants grants;
    (void)state;
    assert_ok(bt_grants_parse(bt_bytes_of(FILE_TEXT), &arena, &grants, &err), err);
    assert_int_equal(grants.count, 3);
    bt_grants_format_head(&out);
    for (size_t i = 0; i < grants.count; i++)
        bt_grant_format(&grants.items[i], &out);
    assert_string_equal(bt_buf_str(&out), FILE_TEXT);
    assert_int_equal(grants.items[1].expires_s, 1798761600);
    assert_true(bt_grant_covers(&grants.items[0], "anything"));
    assert_true(bt_grant_covers(&grants.items[1], "team/faces"));
    for (const char *const *model =
             (const char *const[]){"team", "faces", "credi", "credit,", "", NULL};
         *model; model++)
        assert_false(bt_grant_covers(&grants.items[1], *model));
}

static void a_token_is_found_by_all_of_its_hash(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_grants grants;
    struct bt_digest hash;
    (void)state;
    assert_ok(bt_grants_parse(bt_bytes_of(FILE_TEXT), &arena, &grants, &err), err);
    assert_true(bt_digest_parse(bt_bytes_of(HASH_B), &hash));
    assert_ptr_equal(bt_grants_find_token(&grants, &hash), &grants.items[1]);
    for (size_t i = 0; i < BT_DIGEST_BYTES; i++) {
        hash.bytes[i] ^= 1;
        assert_null(bt_grants_find_token(&grants, &hash));
        hash.bytes[i] ^= 1;
    }
    /* What is no token has no hash, which is not the hash of zeros. */
    assert_null(bt_grants_find_token(&grants, &(struct bt_digest){.bytes = {0}}));
}

static void revoking_leaves_all_other_lines(void **state)
{
    BT_AUTO_BUF out = BT_BUF_INIT(4096);
    (void)state;
    assert_true(
        bt_grants_remove(bt_bytes_of("baton access 1\n# token:a\ntoken:a x\n\ntoken:ab y\ntoken:a"),
                         "token:a", &out));
    assert_string_equal(bt_buf_str(&out), "baton access 1\n# token:a\n\ntoken:ab y\n");
    bt_buf_clear(&out);
    assert_false(bt_grants_remove(bt_bytes_of("token:ab y\n"), "token:a", &out));
}

static void a_token_has_a_check(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    char one[BT_TOKEN_LEN + 1];
    char other[BT_TOKEN_LEN + 1];
    (void)state;
    assert_ok(bt_token_make(one, &err), err);
    assert_ok(bt_token_make(other, &err), err);
    assert_int_equal(strlen(one), BT_TOKEN_LEN);
    assert_string_not_equal(one, other);
    assert_true(bt_token_is_one(bt_bytes_of(one)));
    for (size_t i = 0; i < BT_TOKEN_LEN; i++) {
        one[i] ^= 1;
        assert_false(bt_token_is_one(bt_bytes_of(one)));
        one[i] ^= 1;
    }
    assert_false(bt_token_is_one(bt_bytes_of("btn_")));
}

static void failures_are_counted_for_a_minute(void **state)
{
    static struct bt_failures failures = BT_FAILURES_INIT;
    (void)state;
    failures.seed = 7;
    for (unsigned i = 0; i < BT_FAILURES_MAX; i++) {
        assert_false(bt_failures_are_over(&failures, "10.0.0.1", 100));
        bt_failures_add(&failures, "10.0.0.1", 100);
        bt_failures_add(&failures, i % 2 ? "2001:db8::1" : "2001:db8::2:0:0:1", 100);
    }
    assert_true(bt_failures_are_over(&failures, "10.0.0.1", 159));
    assert_true(bt_failures_are_over(&failures, "::ffff:10.0.0.1", 159));
    assert_true(bt_failures_are_over(&failures, "2001:db8::ff", 159));
    assert_false(bt_failures_are_over(&failures, "10.0.0.2", 159));
    assert_false(bt_failures_are_over(&failures, "10.0.0.1", 160));
}

static unsigned refusal(const char *method, const char *fields, const char *const *names,
                        bool is_open)
{
    const char *why = NULL;
    const struct bt_server_request request = {.method = method, .fields = fields};
    return bt_browser_refuses(&request, names, is_open, &why);
}

static void a_browser_asks_for_our_name_and_not_for_others(void **state)
{
    static const char *const names[] = {"models.example.org", NULL};
    (void)state;
    for (const char *const *ours = (const char *const[]){"Host\0localhost:1\0", "Host\0LOCALHOST\0",
                                                         "Host\0"
                                                         "127.0.0.1:80\0",
                                                         "Host\0[::1]:8\0", NULL};
         *ours; ours++)
        assert_int_equal(refusal("GET", *ours, NULL, true), 0);
    assert_int_equal(refusal("GET", "Host\0evil.example:80\0", NULL, true), 421);
    assert_int_equal(refusal("GET", "Host\0evil.example:80\0", NULL, false), 0);
    assert_int_equal(refusal("GET", "Host\0evil.example:80\0", names, false), 421);
    assert_int_equal(refusal("GET", "Host\0Models.example.org:80\0", names, true), 0);
    assert_int_equal(refusal("GET",
                             "Host\0"
                             "127.0.0.1.evil.example\0",
                             NULL, true),
                     421);
}

static void a_page_cannot_send_a_form(void **state)
{
    (void)state;
    assert_int_equal(refusal("POST", "Content-Type\0text/plain\0", NULL, true), 0);
    assert_int_equal(refusal("POST", "Origin\0http://a\0Content-Type\0Text/Plain;x\0", NULL, true),
                     415);
    assert_int_equal(refusal("POST", "Origin\0null\0", NULL, true), 415);
    assert_int_equal(refusal("POST", "Origin\0a\0Content-Type\0application/json\0", NULL, true), 0);
    assert_int_equal(
        refusal("POST", "Sec-Fetch-Site\0cross-site\0Content-Type\0application/json\0", NULL, true),
        403);
    assert_int_equal(refusal("POST",
                             "Sec-Fetch-Site\0same-origin\0Content-Type\0application/json\0", NULL,
                             true),
                     0);
    assert_int_equal(refusal("GET", "Sec-Fetch-Site\0cross-site\0", NULL, true), 0);
}

static baton_status read_grants(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_grants grants;
    (void)what;
    return bt_grants_parse(bytes, &arena, &grants, err);
}

static void whatever_could_be_misread_is_refused(void **state)
{
    (void)state;
    should_fail_folder("grants", "grants", read_grants);
}

UNIT_MAIN(cmocka_unit_test(lines_are_read_as_they_are_written),
          cmocka_unit_test(a_token_is_found_by_all_of_its_hash),
          cmocka_unit_test(revoking_leaves_all_other_lines), cmocka_unit_test(a_token_has_a_check),
          cmocka_unit_test(failures_are_counted_for_a_minute),
          cmocka_unit_test(a_browser_asks_for_our_name_and_not_for_others),
          cmocka_unit_test(a_page_cannot_send_a_form),
          cmocka_unit_test(whatever_could_be_misread_is_refused))

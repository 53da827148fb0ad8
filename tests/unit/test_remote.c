/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "net/retry.h"
#include "net/url.h"
#include "remote/address.h"
#include "remote/challenge.h"

#define HEX64 "92b74ab0f11cde1a0e8605fa200826cf5eefae14b731899d71487c8b0230f0c4"

static void check_address(const char *text, const char *host, const char *name,
                          const char *reference)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_address address;
    assert_ok(bt_address_parse(text, &address, &err), err);
    assert_string_equal(address.host, host);
    assert_string_equal(address.name, name);
    assert_string_equal(address.reference, reference);
}

static void an_address_has_its_parts(void **state)
{
    (void)state;
    check_address("oci://a/b", "a", "b", "latest");
    check_address("oci://registry.example:5000/team/credit:v1.2_3-x", "registry.example:5000",
                  "team/credit", "v1.2_3-x");
    check_address("oci://[::1]:5000/a__b/c--d.e:T", "[::1]:5000", "a__b/c--d.e", "T");
    check_address("oci://10.0.0.1/a@sha256:" HEX64, "10.0.0.1", "a", "sha256:" HEX64);
}

static bool is_loopback(const char *text)
{
    struct bt_address address;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_address_parse(text, &address, &err), err);
    return bt_address_is_loopback(&address);
}

static void this_machine_is_known_by_its_name_only(void **state)
{
    (void)state;
    assert_true(is_loopback("oci://localhost/a"));
    assert_true(is_loopback("oci://LocalHost:80/a"));
    assert_true(is_loopback("oci://127.0.0.1:5000/a"));
    assert_true(is_loopback("oci://[::1]:5000/a"));
    assert_false(is_loopback("oci://127.evil.example/a"));
    assert_false(is_loopback("oci://localhost.evil.example/a"));
    assert_false(is_loopback("oci://[::2]/a"));
    assert_false(is_loopback("oci://128.0.0.1/a"));
}

static void check_resolved(const char *base, const char *location, const char *expected)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF url = BT_BUF_INIT(4096);
    assert_ok(bt_url_resolve(base, location, &url, &err), err);
    assert_string_equal(bt_buf_str(&url), expected);
}

static baton_status resolve(const char *base, const char *location)
{
    BT_AUTO_BUF url = BT_BUF_INIT(4096);
    return bt_url_resolve(base, location, &url, NULL);
}

static void a_location_is_seen_from_where_it_was_said(void **state)
{
    (void)state;
    check_resolved("https://a/v2/x/blobs/uploads/", "/v2/x/blobs/uploads/1?_state=z",
                   "https://a/v2/x/blobs/uploads/1?_state=z");
    check_resolved("https://a/v2/x/blobs/uploads/", "1", "https://a/v2/x/blobs/uploads/1");
    check_resolved("http://a/v2/", "https://b:8443/c", "https://b:8443/c");
    check_resolved("http://a/v2/", "//b/c", "http://b/c");
    check_resolved("http://a/v2/x/", "../../../../etc/passwd", "http://a/etc/passwd");
}

static void a_location_that_leads_astray_is_refused(void **state)
{
    (void)state;
    assert_int_equal(resolve("https://a/", "http://a/"), BATON_ERR_REFUSED);
    assert_int_equal(resolve("https://a/", "file:///etc/passwd"), BATON_ERR_REFUSED);
    assert_int_equal(resolve("https://a/", "ftp://a/"), BATON_ERR_REFUSED);
    assert_int_equal(resolve("https://a/", "https://me@a/"), BATON_ERR_REFUSED);
    assert_int_equal(resolve("https://a/", "https://me:secret@a/"), BATON_ERR_REFUSED);
    assert_int_equal(resolve("https://a/", "https://b c/"), BATON_ERR_INVALID);
    assert_int_equal(resolve("https://a/", "https://b:99999/"), BATON_ERR_INVALID);
}

static void an_origin_is_scheme_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } cases[] = {
        {"https://a/x", "https://a/y", true},     {"https://a/", "https://A:443/", true},
        {"https://a/", "http://a/", false},       {"https://a/", "https://a:444/", false},
        {"https://a/", "https://a.evil/", false}, {"https://evil.a/", "https://a/", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        bool same = !cases[i].same;
        assert_ok(bt_url_same_origin(cases[i].a, cases[i].b, &same, &err), err);
        assert_int_equal(same, cases[i].same);
    }
}

static void waiting_doubles_up_to_half_a_minute(void **state)
{
    (void)state;
    assert_int_equal(bt_retry_delay_ms(0, NULL, 0), 125);
    assert_int_equal(bt_retry_delay_ms(0, NULL, 125), 250);
    assert_int_equal(bt_retry_delay_ms(3, NULL, 0), 1000);
    assert_int_equal(bt_retry_delay_ms(6, NULL, 0), 8000);
    assert_int_equal(bt_retry_delay_ms(7, NULL, 0), 15000);
    assert_int_equal(bt_retry_delay_ms(4000000000U, NULL, 15000), 30000);
    for (uint64_t random = 1; random != 0; random *= 3) {
        uint64_t delay = bt_retry_delay_ms(2, NULL, random);
        assert_in_range(delay, 500, 1000);
        if (random > UINT64_MAX / 3)
            break;
    }
}

static void a_server_says_how_long_within_reason(void **state)
{
    (void)state;
    assert_int_equal(bt_retry_delay_ms(0, "7", 0), 7000);
    assert_int_equal(bt_retry_delay_ms(7, "1", 0), 15000);
    assert_int_equal(bt_retry_delay_ms(0, "100000", 0), 120000);
    assert_int_equal(bt_retry_delay_ms(0, "-5", 0), 125);
    assert_int_equal(bt_retry_delay_ms(0, "Wed, 21 Oct 2026 07:28:00 GMT", 0), 125);
    assert_int_equal(bt_retry_delay_ms(0, "99999999999999999999", 0), 125);
}

static void check_challenge(const char *field, const char *scheme, bool found, const char *realm,
                            const char *service)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_CHALLENGE challenge = BT_CHALLENGE_INIT;
    bool is_there = !found;
    assert_ok(bt_challenge_find(field, scheme, &challenge, &is_there, &err), err);
    assert_int_equal(is_there, found);
    assert_string_equal(bt_buf_str(&challenge.realm), realm);
    assert_string_equal(bt_buf_str(&challenge.service), service);
}

static void a_challenge_is_found_among_others(void **state)
{
    (void)state;
    static const char both[] =
        "Basic realm=\"a, b\", bearer scope=\"x y\",REALM=\"https://c/\\\"d\","
        "service=e , Negotiate";
    check_challenge(both, "Bearer", true, "https://c/\"d", "e");
    check_challenge(both, "Basic", true, "a, b", "");
    check_challenge(both, "Negotiate", true, "", "");
    check_challenge(both, "Digest", false, "", "");
    check_challenge("Bearer", "Bearer", true, "", "");
    check_challenge("", "Bearer", false, "", "");
    check_challenge("BearerX realm=\"a\"", "Bearer", false, "", "");
    check_challenge("X realm=\"Bearer realm=evil\"", "Bearer", false, "", "");
    check_challenge("Bearer realm=\"open", "Bearer", true, "open", "");
    check_challenge("Bearer realm=\"open\\", "Bearer", true, "open\\", "");
    check_challenge("Bearer realm=a realm=b", "Bearer", true, "b", "");
    check_challenge("=,=,= Bearer realm=a", "Bearer", true, "a", "");
}

static void a_challenge_without_end_is_refused(void **state)
{
    (void)state;
    static char field[5000] = "Bearer realm=";
    BT_AUTO_CHALLENGE challenge = BT_CHALLENGE_INIT;
    bool found = false;
    memset(field + strlen(field), 'x', sizeof field - strlen(field) - 1);
    assert_int_equal(bt_challenge_find(field, "Bearer", &challenge, &found, NULL), BATON_ERR_LIMIT);
    assert_false(found);
}

UNIT_MAIN(cmocka_unit_test(an_address_has_its_parts),
          cmocka_unit_test(this_machine_is_known_by_its_name_only),
          cmocka_unit_test(a_location_is_seen_from_where_it_was_said),
          cmocka_unit_test(a_location_that_leads_astray_is_refused),
          cmocka_unit_test(an_origin_is_scheme_host_and_port),
          cmocka_unit_test(waiting_doubles_up_to_half_a_minute),
          cmocka_unit_test(a_server_says_how_long_within_reason),
          cmocka_unit_test(a_challenge_is_found_among_others),
          cmocka_unit_test(a_challenge_without_end_is_refused))

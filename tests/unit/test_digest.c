/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <stdio.h>

#include "crypto/digest.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/* FIPS 180-4 example: one million times 'a'. */
#define MILLION_A "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void assert_digest(const struct bt_digest *digest, const char *expected)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(digest, text);
    assert_string_equal(text, expected);
}

static void one_message_gives_the_published_digests(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest digest;
    assert_ok(bt_sha256_bytes(bt_bytes_of(""), &digest, &err), err);
    assert_digest(&digest, EMPTY);
    assert_ok(bt_sha256_bytes(bt_bytes_of("abc"), &digest, &err), err);
    assert_digest(&digest, ABC);
}

static void pieces_of_any_length_give_the_same(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest digest;
    uint8_t as[1000];
    memset(as, 'a', sizeof as);
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    assert_ok(bt_sha256_init(&hash, &err), err);
    for (int round = 0; round < 2; round++) {
        for (size_t done = 0, step = 1; done < 1000000; done += step) {
            step = step * 7 % 1000 + 1;
            step = step < 1000000 - done ? step : 1000000 - done;
            bt_sha256_update(&hash, as, step);
        }
        assert_ok(bt_sha256_final(&hash, &digest, &err), err);
        assert_digest(&digest, MILLION_A);
    }
}

static void a_part_of_a_file_is_hashed_where_it_lies(void **state)
{
    (void)state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_digest digest;
    uint8_t as[1000];
    memset(as, 'a', sizeof as);
    FILE *file = tmpfile();
    assert_int_equal(fputc('b', file), 'b');
    for (int i = 0; i < 1000; i++)
        assert_int_equal(fwrite(as, 1, sizeof as, file), sizeof as);
    assert_int_equal(fflush(file), 0);
    struct bt_file_part part = {fileno(file), 1, 1000000};
    assert_ok(bt_sha256_part(&part, "it", NULL, &digest, &err), err);
    assert_digest(&digest, MILLION_A);
    part.bytes = 0;
    assert_ok(bt_sha256_part(&part, "it", NULL, &digest, &err), err);
    assert_digest(&digest, EMPTY);

    part.bytes = 1000001;
    assert_int_equal(bt_sha256_part(&part, "it", NULL, &digest, &err), BATON_ERR_CORRUPT);
    assert_string_equal(err.text, "it ends at byte 1000000 of 1000001");
    volatile sig_atomic_t stop = 1;
    struct baton_progress progress = {.interrupted = &stop};
    assert_int_equal(bt_sha256_part(&part, "it", &progress, &digest, &err), BATON_ERR_INTERRUPTED);
    (void)fclose(file);
    part.fd = -1;
    assert_int_equal(bt_sha256_part(&part, "it", NULL, &digest, &err), BATON_ERR_IO);
}

static void only_the_exact_written_form_is_a_digest(void **state)
{
    (void)state;
    struct bt_digest digest;
    assert_true(bt_digest_parse(bt_bytes_of(ABC), &digest));
    assert_digest(&digest, ABC);
    const char *const wrong[] = {
        "",
        "sha256:",
        ABC "0",
        "SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(bt_digest_parse(bt_bytes_of(wrong[i]), &digest));
}

UNIT_MAIN(cmocka_unit_test(one_message_gives_the_published_digests),
          cmocka_unit_test(pieces_of_any_length_give_the_same),
          cmocka_unit_test(a_part_of_a_file_is_hashed_where_it_lies),
          cmocka_unit_test(only_the_exact_written_form_is_a_digest))

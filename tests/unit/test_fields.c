/* SPDX-License-Identifier: Apache-2.0 */
/* What the commitment to a decision's fields holds fast, and what erasing one leaves. */
#include "unit/unit.h"

#include "decision/fields.h"

struct fixture {
    struct bt_fields_hash hash;
    struct bt_buf bytes;
    struct bt_digest digest;
};

static struct bt_fields put_all(struct fixture *f)
{
    struct bt_fields fields = bt_fields_begin(&f->bytes);
    bt_fields_put(&fields, "input.x", bt_bytes_of("three words here"));
    bt_field_begin(&fields, "output.", "y");
    bt_buf_put_str(&f->bytes, "0.5");
    bt_field_end(&fields);
    bt_fields_put(&fields, "request", bt_bytes_of(""));
    return fields;
}

static int setup(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct fixture *f = test_malloc(sizeof *f);
    *f = (struct fixture){.hash = BT_FIELDS_HASH_INIT, .bytes = BT_BUF_INIT(1 << 16)};
    assert_ok(bt_fields_hash_init(&f->hash, &err), err);
    struct bt_fields fields = put_all(f);
    assert_ok(bt_fields_end(&fields, &f->hash, &f->digest, &err), err);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    bt_fields_hash_release(&f->hash);
    bt_buf_release(&f->bytes);
    test_free(f);
    return 0;
}

#define fields_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* With a hasher of its own: what a refused one leaves in it is not asked here. */
static bool commits(struct bt_bytes bytes, const struct bt_digest *digest)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_CLEANUP(bt_fields_hash_release) struct bt_fields_hash hash = BT_FIELDS_HASH_INIT;
    struct bt_digest found;
    assert_ok(bt_fields_hash_init(&hash, &err), err);
    baton_status status = bt_fields_commit(bytes, &hash, &found, &err);
    if (status != BATON_OK)
        assert_int_equal(status, BATON_ERR_CORRUPT);
    return status == BATON_OK && bt_digest_equal(&found, digest);
}

static void erase(struct fixture *f, const char *name)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_field field;
    assert_ok(bt_field_find(bt_buf_bytes(&f->bytes), name, &field, &err), err);
    assert_ok(bt_field_erase(f->bytes.data, &field, &f->hash, &err), err);
}

static void assert_every_flip_and_cut_is_found(struct fixture *f)
{
    assert_true(commits(bt_buf_bytes(&f->bytes), &f->digest));
    for (size_t cut = 0; cut < f->bytes.len; cut++)
        assert_false(commits((struct bt_bytes){f->bytes.data, cut}, &f->digest));
    for (size_t bit = 0; bit < 8 * f->bytes.len; bit++) {
        f->bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (commits(bt_buf_bytes(&f->bytes), &f->digest))
            fail_msg("bit %zu of byte %zu is not held fast", bit % 8, bit / 8);
        f->bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void every_flip_and_cut_is_found(void **state)
{
    assert_every_flip_and_cut_is_found(*state);
}

static void every_flip_and_cut_is_found_when_fields_are_erased(void **state)
{
    struct fixture *f = *state;
    erase(f, "input.x");
    assert_every_flip_and_cut_is_found(f);
    erase(f, "request");
    erase(f, "output.y");
    assert_every_flip_and_cut_is_found(f);
}

static void what_was_put_is_found(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct fixture *f = *state;
    struct bt_field field;
    assert_ok(bt_field_find(bt_buf_bytes(&f->bytes), "output.y", &field, &err), err);
    assert_true(bt_bytes_equal(field.bytes, bt_bytes_of("0.5")));
    assert_ok(bt_field_find(bt_buf_bytes(&f->bytes), "request", &field, &err), err);
    assert_int_equal(field.bytes.len, 0);
    assert_int_equal(bt_field_find(bt_buf_bytes(&f->bytes), "output", &field, &err),
                     BATON_ERR_NOT_FOUND);
}

static void erasing_keeps_the_commitment_and_nothing_of_the_bytes(void **state)
{
    struct fixture *f = *state;
    size_t len = f->bytes.len;
    for (size_t twice = 0; twice < 2; twice++) {
        erase(f, "input.x");
        assert_true(commits(bt_buf_bytes(&f->bytes), &f->digest));
        assert_int_equal(f->bytes.len, len);
        assert_null(memmem(f->bytes.data, f->bytes.len, "words", 5));
    }
}

static void the_same_fields_have_another_commitment_each_time(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct fixture *f = *state;
    struct bt_digest digest;
    struct bt_fields fields = put_all(f);
    assert_ok(bt_fields_end(&fields, &f->hash, &digest, &err), err);
    assert_false(bt_digest_equal(&digest, &f->digest));
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct fixture *f = *state;
    struct bt_digest digest;
    char name[BT_FIELD_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    for (size_t over = 0; over < 2; over++) {
        name[BT_FIELD_NAME_MAX + over] = '\0';
        bt_buf_clear(&f->bytes);
        struct bt_fields fields = bt_fields_begin(&f->bytes);
        bt_fields_put(&fields, name, bt_bytes_of("x"));
        baton_status status = bt_fields_end(&fields, &f->hash, &digest, &err);
        assert_int_equal(status, over ? BATON_ERR_INTERNAL : BATON_OK);
        name[BT_FIELD_NAME_MAX + over] = 'n';
    }
}

static void a_length_beyond_the_end_is_refused(void **state)
{
    static const uint8_t huge[] = {BT_FIELD_THERE, 1, 'x', 0xff, 0xff, 0xff, 0xff};
    struct fixture *f = *state;
    bt_buf_clear(&f->bytes);
    bt_buf_put(&f->bytes, huge, sizeof huge);
    for (size_t len = 0; len < 64; len++) {
        assert_false(commits(bt_buf_bytes(&f->bytes), &f->digest));
        bt_buf_put_byte(&f->bytes, 7);
    }
}

UNIT_MAIN(fields_test(what_was_put_is_found), fields_test(every_flip_and_cut_is_found),
          fields_test(every_flip_and_cut_is_found_when_fields_are_erased),
          fields_test(erasing_keeps_the_commitment_and_nothing_of_the_bytes),
          fields_test(the_same_fields_have_another_commitment_each_time),
          fields_test(a_name_that_is_too_long_is_refused),
          fields_test(a_length_beyond_the_end_is_refused))

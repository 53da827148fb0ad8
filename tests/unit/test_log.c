/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/log_fixture.h"

/* ---- the vector ---- */

static void assert_file(const struct log_fixture *f, const char *path, const char *expected)
{
    struct baton_error err = BATON_ERROR_INIT;
    char text[BT_DIGEST_TEXT_MAX];
    char full[256];
    struct bt_digest digest;
    BT_AUTO_MAP map = BT_MAP_INIT;
    (void)snprintf(full, sizeof full, "%s/ledger/%s", f->folder, path);
    assert_ok(bt_map_user_file(full, 1 << 20, &map, &err), err);
    assert_ok(bt_sha256_bytes(bt_map_bytes(&map), &digest, &err), err);
    bt_digest_format(&digest, text);
    assert_string_equal(bt_digest_hex(text), expected);
}

/* Digests made with hashlib from the format's description. */
static void assert_vector(struct log_fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_merkle_proof proof;
    BT_AUTO_BUF note = BT_BUF_INIT(4096);
    assert_ok(bt_log_checkpoint(f->log, &note, &err), err);
    assert_string_equal(bt_buf_str(&note), LOG_VECTOR_ORIGIN
                        "\n300\n4BsONTxLnszPUag63lJOdu1sTqFEed8GnTMm7B4r98M=\n\n"
                        "\xe2\x80\x94 " LOG_VECTOR_ORIGIN
                        " 6IXHm2p7PIGVvQjgi8NcRYzMewaP4p+44iGbJNCTJTLjMNXJZpBWB/wih3pmx9R3tc294P1v"
                        "Y3RrPhY+n1aeHBAclgE=\n");
    assert_file(f, "tile/0/000",
                "f2728f07da41df6e7162e102f024bc7ca9281c63b468971acb9e9990e5062eaa");
    assert_file(f, "tile/0/001.p/44",
                "e4e1808bb3c17da2b44397d717f5ef32483d4e722bfa3f831144b0e81c9f6ba1");
    assert_file(f, "tile/1/000.p/1",
                "aebe93cc3324716deb8b07b2192d631e1f97c226275d549a9db17086050b8f65");
    assert_file(f, "tile/entries/000",
                "12f75dd8d581872fd76986057e513dc61cc74a1dfb3423eb3f6394246e0152d0");
    assert_file(f, "tile/entries/001.p/44",
                "c9bacd50791128b8ac479b30f6f2b44f0cf5e0ca95c966a79a873ac0f97d8da4");
    assert_file(f, "content/000",
                "f5e4a6a7bb364d5ddb3e9f249fc7b4e629a22b918118423585c62cc06bac73e0");
    assert_file(f, "content/001",
                "bc42eab3a39fc2b3c27cfacbf93e84e8a1dde267ead8ce618e4d949bedb7eccd");
    assert_ok(bt_log_prove(f->log, 255, 300, &proof, &err), err);
    assert_int_equal(proof.count, 9);
    assert_ok(bt_log_prove_consistency(f->log, 256, 300, &proof, &err), err);
    assert_int_equal(proof.count, 1);
}

static void a_log_of_300_is_the_one_that_others_checked(void **state)
{
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 300);
    assert_vector(f);
    log_assert_entries(f->log, 0);
}

static void how_entries_were_grouped_does_not_show(void **state)
{
    struct log_fixture *f = *state;
    size_t at = 0;
    for (size_t count = 1; at + count <= 300; at += count, count = count % 7 + 1)
        log_append_ok(f, at, count);
    for (; at < 300; at++)
        log_append_ok(f, at, 1);
    assert_vector(f);
}

static size_t count_names(const struct log_fixture *f, const char *path)
{
    struct baton_error err = BATON_ERROR_INIT;
    const char *name = NULL;
    size_t count = 0;
    BT_AUTO_DIR dir = BT_DIR_INIT;
    if (bt_dir_open(f->dir.fd, path, &dir, &err) != BATON_OK)
        return 0;
    for (;; count++) {
        assert_ok(bt_dir_next(&dir, &name, &err), err);
        if (!name)
            return count;
    }
}

static void partial_tiles_go_when_the_full_tile_comes(void **state)
{
    struct log_fixture *f = *state;
    for (size_t i = 0; i < 255; i++)
        log_append_ok(f, i, 1);
    assert_int_equal(count_names(f, "ledger/tile/0/000.p"), 255);
    assert_int_equal(count_names(f, "ledger/tile/entries/000.p"), 255);
    log_append_ok(f, 255, 1);
    assert_int_equal(count_names(f, "ledger/tile/0/000.p"), 0);
    assert_int_equal(count_names(f, "ledger/tile/entries/000.p"), 0);
    assert_int_equal(count_names(f, "ledger/tile/1/000.p"), 1);
}

static void paths_are_those_of_the_standard(void **state)
{
    static const struct {
        struct bt_tile tile;
        const char *path;
    } cases[] = {
        {{BT_TILE_HASHES, 0, 1234067, 256}, "tile/0/x001/x234/067"},
        {{BT_TILE_HASHES, 1, 0, 17}, "tile/1/000.p/17"},
        {{BT_TILE_ENTRIES, 0, 273, 112}, "tile/entries/273.p/112"},
        {{BT_TILE_ENTRIES, 0, 1000, 256}, "tile/entries/x001/000"},
        {{BT_TILE_CONTENTS, 0, 999, 3}, "content/999"},
        {{BT_TILE_ENTRIES, 0, (uint64_t)1 << 55, 1},
         "tile/entries/x036/x028/x797/x018/x963/968.p/1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[BT_TILE_PATH_MAX];
        bt_tile_path(&cases[i].tile, path);
        assert_string_equal(path, cases[i].path);
    }
}

/* ---- reading ---- */

static void an_entry_is_read_with_its_content(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 600);
    for (uint64_t i = 0; i < 600; i += 7) {
        char expected[64];
        BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        BT_AUTO_BUF content = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
        (void)snprintf(expected, sizeof expected, "content of entry %llu\n", (unsigned long long)i);
        assert_ok(bt_log_read(f->log, i, &leaf, &content, &err), err);
        assert_string_equal(bt_buf_str(&content), expected);
        assert_string_equal(bt_buf_str(&leaf), expected + strlen("content of "));
    }
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    assert_int_equal(bt_log_read(f->log, 600, &leaf, NULL, &err), BATON_ERR_NOT_FOUND);
    log_assert_entries(f->log, 299);
    log_assert_entries(f->log, 600);
}

static void every_proof_holds(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_merkle_head heads[70];
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    assert_ok(bt_sha256_init(&hash, &err), err);
    for (size_t i = 0; i < 70; i++) {
        assert_ok(bt_log_head(f->log, &heads[i], &err), err);
        log_append_ok(f, i * 11, 11);
    }
    for (size_t i = 0; i < 70; i++) {
        struct bt_merkle_proof proof;
        const struct bt_merkle_head *last = &heads[69];
        assert_ok(bt_log_prove_consistency(f->log, heads[i].size, last->size, &proof, &err), err);
        assert_ok(bt_merkle_check_consistency(&hash, &heads[i], last, &proof, &err), err);
        if (i == 0)
            continue;
        char text[32];
        struct bt_digest leaf;
        uint64_t index = heads[i].size - i % 11 - 1;
        (void)snprintf(text, sizeof text, "entry %llu\n", (unsigned long long)index);
        assert_ok(bt_merkle_leaf(&hash, bt_bytes_of(text), &leaf, &err), err);
        assert_ok(bt_log_prove(f->log, index, heads[i].size, &proof, &err), err);
        assert_ok(bt_merkle_check_inclusion(&hash, index, &leaf, &proof, &heads[i], &err), err);
    }
    struct bt_merkle_proof proof;
    assert_int_equal(bt_log_prove(f->log, 0, 771, &proof, &err), BATON_ERR_NOT_FOUND);
    assert_int_equal(bt_log_prove(f->log, 770, 770, &proof, &err), BATON_ERR_NOT_FOUND);
}

static void a_reader_sees_what_others_append(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *reader = NULL;
    uint64_t first = 0;
    assert_ok(bt_log_open(f->dir.fd, &f->signer.key, log_binding, &reader, &err), err);
    for (uint64_t i = 0; i < 400; i += 40) {
        log_append_ok(f, i, 40);
        assert_int_equal(log_size(reader), i + 40);
        log_assert_entries(reader, 0);
    }
    assert_int_equal(log_append(reader, 400, 1, &first, &err), BATON_ERR_USAGE);
    bt_log_close(reader);
}

/* ---- appending ---- */

/* A file server reads slowly: what it has opened stays what it was. */
static void a_checkpoint_that_is_being_read_does_not_change(void **state)
{
    struct log_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_FD slow = BT_FD_INIT;
    BT_AUTO_BUF before = BT_BUF_INIT(4096);
    BT_AUTO_BUF after = BT_BUF_INIT(4096);
    BT_AUTO_BUF now = BT_BUF_INIT(4096);
    uint64_t first = 0;
    assert_ok(bt_log_checkpoint(f->log, &before, &err), err);
    assert_ok(bt_fs_open_beneath(f->dir.fd, "ledger/checkpoint", O_RDONLY, 0, &slow, &err), err);
    for (unsigned i = 0; i < 5; i++)
        assert_ok(log_append(f->log, i, 1, &first, &err), err);
    assert_ok(bt_fs_read_all(slow.fd, "checkpoint", &after, &err), err);
    assert_true(bt_bytes_equal(bt_buf_bytes(&before), bt_buf_bytes(&after)));
    assert_ok(bt_log_checkpoint(f->log, &now, &err), err);
    assert_false(bt_bytes_equal(bt_buf_bytes(&before), bt_buf_bytes(&now)));
}

static void a_log_goes_on_where_it_was_closed(void **state)
{
    struct log_fixture *f = *state;
    size_t at = 0;
    for (size_t count = 1; count < 60; at += count, count++) {
        log_append_ok(f, at, count);
        log_reopen(f);
        assert_int_equal(log_size(f->log), at + count);
    }
    log_assert_entries(f->log, 0);
}

static void two_who_append_see_each_other(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *other = NULL;
    assert_ok(bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &other, &err), err);
    for (size_t i = 0; i < 300; i++) {
        uint64_t first = 0;
        assert_ok(log_append(i % 3 ? other : f->log, i, 1, &first, &err), err);
        assert_int_equal(first, i);
    }
    bt_log_close(other);
    assert_vector(f);
}

static void what_is_no_entry_is_not_appended(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    static uint8_t large[BT_LOG_CONTENT_MAX + 1];
    uint64_t first = 0;
    struct bt_log_entry entry = {bt_bytes_of(""), bt_bytes_of("")};
    assert_int_equal(bt_log_append(f->log, &entry, 1, &first, &err), BATON_ERR_LIMIT);
    entry.leaf = (struct bt_bytes){large, BT_LOG_LEAF_MAX + 1};
    assert_int_equal(bt_log_append(f->log, &entry, 1, &first, &err), BATON_ERR_LIMIT);
    entry = (struct bt_log_entry){bt_bytes_of("leaf"), {large, sizeof large}};
    assert_int_equal(bt_log_append(f->log, &entry, 1, &first, &err), BATON_ERR_LIMIT);
    entry.content = bt_bytes_of("content of another");
    assert_int_equal(bt_log_append(f->log, &entry, 1, &first, &err), BATON_ERR_DIFFERS);
    assert_int_equal(bt_log_append(f->log, &entry, 0, &first, &err), BATON_ERR_USAGE);
    assert_int_equal(bt_log_append(f->log, &entry, BT_LOG_BATCH_MAX + 1, &first, &err),
                     BATON_ERR_USAGE);
    assert_int_equal(log_size(f->log), 0);
}

static void a_log_without_contents_takes_none(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *log = NULL;
    uint64_t first = 0;
    struct bt_log_entry entry = {bt_bytes_of("leaf"), bt_bytes_of("content of leaf")};
    BT_AUTO_BUF leaf = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    BT_AUTO_BUF content = BT_BUF_INIT(BT_LOG_CONTENT_MAX);
    assert_ok(bt_log_open_to_append(f->dir.fd, &f->signer, NULL, &log, &err), err);
    assert_int_equal(bt_log_append(log, &entry, 1, &first, &err), BATON_ERR_USAGE);
    assert_ok(bt_log_append(f->log, &entry, 1, &first, &err), err);
    assert_ok(bt_log_read(log, 0, &leaf, &content, &err), err);
    assert_int_equal(content.len, 0);
    bt_log_close(log);
}

/* ---- opening ---- */

static void there_is_one_log_in_a_folder(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    log_append_ok(f, 0, 3);
    assert_int_equal(bt_log_create(f->dir.fd, &f->signer, &err), BATON_ERR_EXISTS);
    assert_int_equal(log_size(f->log), 3);
}

static void a_log_of_another_key_is_not_opened(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *log = NULL;
    struct bt_log_signer other = log_signer(LOG_VECTOR_ORIGIN, 1);
    assert_int_equal(bt_log_open(f->dir.fd, &other.key, log_binding, &log, &err),
                     BATON_ERR_DIFFERS);
    assert_int_equal(bt_log_open_to_append(f->dir.fd, &other, log_binding, &log, &err),
                     BATON_ERR_DIFFERS);
    other = log_signer("example.com/another", 0);
    assert_int_equal(bt_log_open(f->dir.fd, &other.key, log_binding, &log, &err),
                     BATON_ERR_DIFFERS);
    assert_null(log);
}

static void no_log_is_not_found(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log *log = NULL;
    BT_AUTO_FD folder = BT_FD_INIT;
    assert_ok(bt_fs_open_beneath(f->dir.fd, "ledger", O_RDONLY, 0, &folder, &err), err);
    assert_int_equal(bt_log_open(folder.fd, &f->signer.key, NULL, &log, &err), BATON_ERR_NOT_FOUND);
}

/* ---- auditing ---- */

static void an_audit_goes_over_everything(void **state)
{
    static const size_t counts[] = {1, 254, 1, 1, 256, 5000, 60023, 1, 65535, 1};
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    uint64_t at = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct bt_log_audit audit;
        log_append_ok(f, at, counts[i]);
        at += counts[i];
        assert_ok(bt_log_audit(f->log, NULL, &audit, &err), err);
        assert_int_equal(audit.head.size, at);
        assert_int_equal(audit.content_bytes, audit.leaf_bytes + at * strlen("content of "));
    }
    log_reopen(f);
    log_assert_entries(f->log, 0);
}

/* ---- cosigning ---- */

static void cosign(struct log_fixture *f, const struct bt_log_signer *witness, uint64_t time,
                   baton_status expected)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(4096);
    BT_AUTO_BUF line = BT_BUF_INIT(4096);
    struct bt_note parsed;
    assert_ok(bt_log_checkpoint(f->log, &note, &err), err);
    assert_ok(bt_note_parse(bt_buf_bytes(&note), &parsed, &err), err);
    assert_ok(bt_note_sign(parsed.text, &witness->key, &witness->secret, time, &line, &err), err);
    assert_int_equal(bt_log_cosign(f->log, &witness->key, 1, bt_buf_bytes(&line), &err), expected);
}

static void cosignatures_are_added_and_replaced(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log_signer witnesses[2] = {log_signer("w.example/1", 32),
                                         log_signer("w.example/2", 64)};
    struct bt_note_key keys[3];
    struct bt_note_signed by[3];
    struct bt_note parsed;
    BT_AUTO_BUF note = BT_BUF_INIT(4096);
    log_append_ok(f, 0, 5);
    for (size_t i = 0; i < 2; i++) {
        witnesses[i].key =
            signer_key(witnesses[i].key.name, BT_NOTE_COSIGNATURE, &witnesses[i].secret);
        keys[i] = witnesses[i].key;
        cosign(f, &witnesses[i], 1000, BATON_OK);
    }
    keys[2] = f->signer.key;
    cosign(f, &witnesses[0], 2000, BATON_OK);
    /* Opening keeps them: the head is the same. */
    log_reopen(f);
    assert_ok(bt_log_checkpoint(f->log, &note, &err), err);
    assert_ok(bt_note_parse(bt_buf_bytes(&note), &parsed, &err), err);
    assert_int_equal(parsed.count, 3);
    assert_ok(bt_note_verify(&parsed, keys, 3, by, &err), err);
    assert_int_equal(by[0].time, 2000);
    assert_int_equal(by[1].time, 1000);
    assert_true(by[2].by);
}

static void a_cosignature_of_something_else_is_not_added(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = *state;
    struct bt_log_signer witness = log_signer("w.example/1", 32);
    struct bt_log_signer other = log_signer("w.example/2", 64);
    BT_AUTO_BUF line = BT_BUF_INIT(4096);
    BT_AUTO_BUF note = BT_BUF_INIT(4096);
    struct bt_note parsed;
    log_append_ok(f, 0, 5);
    assert_ok(bt_note_sign(bt_bytes_of("text\n"), &witness.key, &witness.secret, 0, &line, &err),
              err);
    assert_int_equal(bt_log_cosign(f->log, &witness.key, 1, bt_buf_bytes(&line), &err),
                     BATON_ERR_DIFFERS);
    assert_int_equal(bt_log_cosign(f->log, &other.key, 1, bt_buf_bytes(&line), &err),
                     BATON_ERR_DIFFERS);
    assert_int_equal(bt_log_cosign(f->log, &other.key, 1, bt_bytes_of("nonsense\n"), &err),
                     BATON_ERR_INVALID);
    assert_ok(bt_log_checkpoint(f->log, &note, &err), err);
    assert_ok(bt_note_parse(bt_buf_bytes(&note), &parsed, &err), err);
    assert_int_equal(parsed.count, 1);
}

UNIT_MAIN(log_test(a_log_of_300_is_the_one_that_others_checked),
          log_test(how_entries_were_grouped_does_not_show),
          log_test(partial_tiles_go_when_the_full_tile_comes),
          cmocka_unit_test(paths_are_those_of_the_standard),
          log_test(an_entry_is_read_with_its_content), log_test(every_proof_holds),
          log_test(a_reader_sees_what_others_append),
          log_test(a_checkpoint_that_is_being_read_does_not_change),
          log_test(a_log_goes_on_where_it_was_closed), log_test(two_who_append_see_each_other),
          log_test(what_is_no_entry_is_not_appended), log_test(a_log_without_contents_takes_none),
          log_test(there_is_one_log_in_a_folder), log_test(a_log_of_another_key_is_not_opened),
          log_test(no_log_is_not_found), log_test(an_audit_goes_over_everything),
          log_test(cosignatures_are_added_and_replaced),
          log_test(a_cosignature_of_something_else_is_not_added))

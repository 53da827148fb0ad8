/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger is made of: nothing in tests/golden/should-fail/<format>/ is accepted. */
#include "unit/should_fail.h"

#include <fcntl.h>
#include <unistd.h>

#include "ledger/checkpoint.h"
#include "ledger/log/journal_int.h"
#include "ledger/log/tiles_int.h"
#include "ledger/proof.h"
#include "ledger/quorum.h"
#include "ledger/witness.h"

#define LOG_KEY "example.com/baton-audit+e885c79b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

static baton_status read_note(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_note note;
    (void)what;
    return bt_note_parse(bytes, &note, err);
}

static baton_status read_key(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_note_key key;
    (void)what;
    return bt_note_key_parse(bytes, &key, err);
}

static baton_status read_checkpoint(struct bt_bytes bytes, const char *what,
                                    struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    (void)what;
    return bt_checkpoint_parse(bytes, &checkpoint, err);
}

/* A proof of the entry "entry 21\n" of the log below, in every respect but one. */
static baton_status check_proof(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_tlog_proof proof;
    struct bt_note_key key;
    struct bt_checkpoint checkpoint;
    (void)what;
    BT_TRY(bt_note_key_parse(bt_bytes_of(LOG_KEY), &key, err));
    BT_TRY(bt_tlog_proof_parse(bytes, &proof, err));
    return bt_tlog_proof_check(&proof, bt_bytes_of("entry 21\n"), &key, &checkpoint, err);
}

static baton_status read_quorum(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_quorum *quorum = NULL;
    (void)what;
    return bt_quorum_parse(bytes, &arena, &quorum, err);
}

/* The tree of the first `size` entries of that log. */
static baton_status head_of(uint64_t size, struct bt_sha256 *hash, struct bt_merkle_head *ret,
                            struct baton_error *err)
{
    struct bt_merkle_frontier frontier = BT_MERKLE_FRONTIER_INIT;
    while (frontier.size < size) {
        char entry[32];
        struct bt_digest leaf;
        (void)snprintf(entry, sizeof entry, "entry %d\n", (int)frontier.size);
        BT_TRY(bt_merkle_leaf(hash, bt_bytes_of(entry), &leaf, err));
        BT_TRY(bt_merkle_append(&frontier, hash, &leaf, NULL, NULL, err));
    }
    ret->size = size;
    return bt_merkle_root(&frontier, hash, &ret->root, err);
}

/* A request to a witness that has seen 21 entries. */
static baton_status check_request(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    struct bt_witness_request request;
    struct bt_note_key key;
    struct bt_merkle_head seen;
    struct bt_checkpoint checkpoint;
    (void)what;
    BT_TRY(bt_sha256_init(&hash, err));
    BT_TRY(head_of(21, &hash, &seen, err));
    BT_TRY(bt_note_key_parse(bt_bytes_of(LOG_KEY), &key, err));
    BT_TRY(bt_witness_request_parse(bytes, &request, err));
    BT_TRY(bt_checkpoint_open(request.checkpoint, &key, &checkpoint, err));
    if (request.old != seen.size)
        return bt_fail(err, BATON_ERR_DIFFERS, "the witness has seen 21");
    return bt_merkle_check_consistency(&hash, &seen, &checkpoint.head, &request.proof, err);
}

/* A journal's head, or a record of the salt "saltsalt". */
static baton_status read_journal(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_journal_head head;
    struct bt_journal_record record;
    return strncmp(what, "head", 4) == 0
               ? bt_journal_head_parse(bytes, &head, err)
               : bt_journal_record_parse(bytes, bt_be_load((const uint8_t *)"saltsalt", 8), &record,
                                         err);
}

/* The bundle of the first three entries, in a log's folder. */
static baton_status read_entries(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    char folder[] = "/tmp/baton-test-XXXXXX";
    char path[BT_TILE_PATH_MAX];
    const struct bt_tile tile = {BT_TILE_ENTRIES, 0, 0, 3};
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_BUF entries = BT_BUF_INIT(BT_ENTRIES_BYTES_MAX);
    (void)what;
    assert_non_null(mkdtemp(folder));
    BT_TRY(bt_fs_open_user(folder, O_RDONLY | O_DIRECTORY, 0, &fd, err));
    bt_tile_path(&tile, path);
    BT_TRY(bt_tile_write_file(fd.fd, path, bytes, err));
    baton_status status = bt_tile_read(fd.fd, &tile, &entries, err);
    assert_int_equal(unlinkat(fd.fd, path, 0), 0);
    for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
        *slash = '\0';
        assert_int_equal(unlinkat(fd.fd, path, AT_REMOVEDIR), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    return status;
}

static void what_breaks_a_format_is_refused(void **state)
{
    (void)state;
    should_fail_folder("note", "note", read_note);
    should_fail_folder("note", "key", read_key);
    should_fail_folder("checkpoint", "txt", read_checkpoint);
    should_fail_folder("tlog-proof", "tlog-proof", check_proof);
    should_fail_folder("quorum", "policy", read_quorum);
    should_fail_folder("journal", "journal", read_journal);
    should_fail_folder("entries", "entries", read_entries);
    should_fail_folder("witness-request", "request", check_request);
}

UNIT_MAIN(cmocka_unit_test(what_breaks_a_format_is_refused))

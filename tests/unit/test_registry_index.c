/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of the registry, changed by somebody who may write the file but has not the log's key;
 * and a ledger that is not the one that the index was made from.
 */
#include "unit/registry_fixture.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

static void at(const struct world *w, const char *name, char path[160])
{
    (void)snprintf(path, 160, "%s/%s", w->fixture->path, name);
}

static void edit(struct world *w, const char *sql)
{
    BT_AUTO_DB db = NULL;
    char path[160];
    at(w, BT_REGISTRY_FILE, path);
    assert_ok(bt_db_open(path, BT_DB_WRITE, &db, &w->err), w->err);
    assert_ok(bt_db_run(db, sql, &w->err), w->err);
}

static void read_file(const char *path, struct bt_buf *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_FD fd = BT_FD_INIT;
    bt_buf_clear(ret);
    assert_ok(bt_fs_open_user(path, O_RDONLY, 0, &fd, &err), err);
    assert_ok(bt_fs_read_all(fd.fd, path, ret, &err), err);
}

static void write_file(const char *path, struct bt_bytes bytes)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_fs_replace_user(path, bytes, &err), err);
}

/* alice's two versions, handed off and accepted, the first promoted. Closed, so that the file is
 * whole. */
static void begin(struct world *w, void **state)
{
    world_begin(w, state);
    world_team(w);
    world_versions(w, 2);
    world_hand_off(w, 1);
    world_accept(w, &w->bob, 1, true);
    struct bt_said move = world_move(w, 1, true);
    (void)world_say(w, &w->carol, &move);
    world_close(w);
}

static void add_third(struct world *w)
{
    struct bt_said said = world_said(w, BT_SAID_VERSION, 3);
    (void)world_say(w, &w->alice, &said);
}

static void assert_refused(struct world *w, const char *what)
{
    struct bt_registry *registry = NULL;
    baton_status status = bt_registry_open(w->fixture->store, &registry, &w->err);
    bt_registry_close(registry);
    if (status != BATON_ERR_CORRUPT)
        fail_msg("%s: status %d", what, (int)status);
    if (!strstr(w->err.text, "store rebuild") && !strstr(w->err.text, "ledger"))
        fail_msg("%s: %s", what, w->err.text);
}

static void test_an_edited_row_is_found(void **state)
{
    static const char *const edits[] = {
        "UPDATE statement SET alias = 'production', version = 2 WHERE alias = 'production'",
        "UPDATE statement SET effect = '' WHERE effect <> ''",
        "UPDATE statement SET effect = 'no' WHERE leaf = 3",
        "UPDATE statement SET roles = 15 WHERE roles <> 15",
        "UPDATE statement SET good = 1 - good WHERE kind = 3",
        "UPDATE statement SET who = 'mallory' WHERE leaf = 4",
        "UPDATE statement SET time = time + 1 WHERE leaf = 4",
        "UPDATE statement SET ours = 1 - ours WHERE leaf = 4",
        "UPDATE statement SET subject = zeroblob(32) WHERE leaf = 4",
        "UPDATE statement SET signer = zeroblob(32) WHERE leaf = 4",
        "UPDATE statement SET pae = zeroblob(31) WHERE leaf = 4",
        "UPDATE statement SET kind = 99 WHERE leaf = 4",
        "UPDATE statement SET note = 'x', name = 'y', detail = 1 WHERE leaf = 2",
        "DELETE FROM statement WHERE leaf = (SELECT max(leaf) FROM statement)",
        "DELETE FROM statement WHERE leaf = 2",
        "DELETE FROM statement",
        "DELETE FROM seal",
        "UPDATE seal SET note = replace(note, 'baton', 'Baton')",
        "INSERT INTO statement SELECT leaf + 1000, pae, signer, who, roles, kind, effect, subject, "
        "model, version, alias, good, detail, name, time, note, ours FROM statement WHERE leaf = 4",
        "INSERT INTO statement SELECT -1, pae, signer, who, roles, kind, effect, subject, model, "
        "version, alias, good, detail, name, time, note, ours FROM statement WHERE leaf = 4",
        "UPDATE statement SET leaf = -leaf WHERE leaf = 4",
        "DROP TABLE seal",
        /* The same bytes, but not equal to '' any more. */
        "UPDATE statement SET effect = CAST(effect AS BLOB) WHERE effect = ''",
        "UPDATE statement SET note = CAST(note AS BLOB)",
        "UPDATE statement SET time = CAST(time AS TEXT)",
        "CREATE TRIGGER t AFTER INSERT ON statement BEGIN DELETE FROM statement WHERE leaf = 1; "
        "END",
        "CREATE VIEW v AS SELECT * FROM statement",
        "CREATE TABLE more (id INTEGER)",
        "CREATE INDEX by_note ON statement (note)",
        "CREATE UNIQUE INDEX by_leaf ON statement (leaf)",
        "DROP INDEX by_pae; CREATE INDEX by_pae ON statement (signer)",
        "DROP INDEX by_model; CREATE INDEX by_model ON statement (model, kind, alias, version) "
        "WHERE version < 2",
        "ALTER TABLE statement ADD COLUMN more TEXT",
        "ALTER TABLE statement RENAME COLUMN note TO reason",
        "ALTER TABLE seal RENAME TO sealed",
    };
    BT_AUTO_BUF good = BT_BUF_INIT(FILE_BYTES_MAX);
    struct world w;
    char path[160];
    begin(&w, state);
    at(&w, BT_REGISTRY_FILE, path);
    read_file(path, &good);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        write_file(path, bt_buf_bytes(&good));
        edit(&w, edits[i]);
        BT_AUTO_BUF edited = BT_BUF_INIT(FILE_BYTES_MAX);
        read_file(path, &edited);
        if (bt_bytes_equal(bt_buf_bytes(&edited), bt_buf_bytes(&good)))
            continue; /* nothing in this ledger that the edit would change */
        assert_refused(&w, edits[i]);
    }
    world_end(&w);
}

static void test_an_older_copy_is_only_behind(void **state)
{
    BT_AUTO_BUF old = BT_BUF_INIT(FILE_BYTES_MAX);
    struct world w;
    char path[160];
    begin(&w, state);
    at(&w, BT_REGISTRY_FILE, path);
    read_file(path, &old);
    world_open(&w);
    add_third(&w);
    world_close(&w);
    write_file(path, bt_buf_bytes(&old));
    world_open(&w);
    struct bt_row row;
    assert_ok(bt_registry_version(w.registry, "credit", 3, &w.arena, &row, &w.err), w.err);
    world_end(&w);
}

/* Refused, or the same answers: then it hit bytes that hold nothing. */
static void test_no_flipped_bit_changes_an_answer(void **state)
{
    BT_AUTO_BUF good = BT_BUF_INIT(FILE_BYTES_MAX);
    struct world w;
    char path[160];
    size_t refused = 0;
    size_t step = getenv("BATON_TEST_EVERY_BIT") ? 1 : 997;
    begin(&w, state);
    at(&w, BT_REGISTRY_FILE, path);
    read_file(path, &good);
    for (size_t bit = 0; bit < good.len * 8; bit += step) {
        good.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        write_file(path, bt_buf_bytes(&good));
        good.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        struct bt_row row = {.version = 0};
        baton_status status = bt_registry_open(w.fixture->store, &w.registry, &w.err);
        refused += status != BATON_OK;
        if (status != BATON_OK)
            continue;
        status = bt_registry_alias(w.registry, "credit", "production", &w.arena, &row, &w.err);
        if (status != BATON_OK || row.version != 1)
            fail_msg("bit %zu: the alias stands at %llu: %s", bit, (unsigned long long)row.version,
                     status == BATON_OK ? "" : w.err.text);
        world_close(&w);
    }
    assert_true(refused > 0);
    world_end(&w);
}

static void test_rebuilt_from_the_ledger_it_is_the_same(void **state)
{
    struct world w;
    uint64_t rows = 0;
    begin(&w, state);
    world_open(&w);
    struct bt_digest chain = w.registry->chain;
    uint64_t size = w.registry->frontier.size;
    world_close(&w);
    edit(&w, "DELETE FROM statement");
    assert_refused(&w, "an emptied table");
    assert_ok(bt_registry_rebuild(w.fixture->store, NULL, &rows, &w.err), w.err);
    assert_true(rows == size);
    world_open(&w);
    assert_true(bt_digest_equal(&w.registry->chain, &chain));
    assert_ok(bt_registry_replay(w.registry, NULL, &w.err), w.err);
    world_end(&w);
}

/* The whole ledger as it was, with its journal: signed by the right key, and older. */
static void test_an_older_ledger_is_refused(void **state)
{
    char command[512];
    struct world w;
    begin(&w, state);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && mkdir old && cp -a ledger ledger.journal old/", w.fixture->path);
    assert_int_equal(system(command), 0);
    world_open(&w);
    add_third(&w);
    world_close(&w);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && rm -r ledger ledger.journal && mv old/* . && rmdir old",
                   w.fixture->path);
    assert_int_equal(system(command), 0);
    assert_refused(&w, "an older ledger");
    world_end(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

UNIT_MAIN(TEST(test_an_edited_row_is_found), TEST(test_an_older_copy_is_only_behind),
          TEST(test_no_flipped_bit_changes_an_answer),
          TEST(test_rebuilt_from_the_ledger_it_is_the_same), TEST(test_an_older_ledger_is_refused))

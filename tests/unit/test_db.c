/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/db.h"

#define TABLE "CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY, text TEXT UNIQUE)"

struct place {
    char folder[64];
    char path[80];
};

static struct place make_place(void)
{
    struct place place;
    (void)snprintf(place.folder, sizeof place.folder, "/tmp/test_db.XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.path, sizeof place.path, "%s/index.db", place.folder);
    return place;
}

static void remove_place(const struct place *place)
{
    char path[96];
    (void)unlink(place->path);
    (void)snprintf(path, sizeof path, "%s-wal", place->path);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s-shm", place->path);
    (void)unlink(path);
    assert_int_equal(rmdir(place->folder), 0);
}

static void add(struct bt_db *db, const char *text)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    assert_ok(bt_db_prepare(db, "INSERT INTO word (text) VALUES (?1)", &query, &err), err);
    bt_db_bind_str(&query, 1, text);
    assert_ok(bt_db_done(&query, &err), err);
}

static int64_t count(struct bt_db *db)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    bool row = false;
    assert_ok(bt_db_prepare(db, "SELECT count(*) FROM word", &query, &err), err);
    assert_ok(bt_db_step(&query, &row, &err), err);
    assert_true(row);
    return bt_db_i64(&query, 0);
}

static void test_what_was_bound_comes_back(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_DB db = NULL;
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    const uint8_t bytes[] = {0, 1, 0};
    bool row = false;
    assert_ok(bt_db_open(NULL, BT_DB_MEMORY, &db, &err), err);
    assert_ok(bt_db_prepare(db, "SELECT ?1, ?2, ?3, ?4", &query, &err), err);
    bt_db_bind_i64(&query, 1, INT64_MIN);
    bt_db_bind_str(&query, 2, "a \xc3\xa9");
    bt_db_bind_blob(&query, 3, (struct bt_bytes){bytes, 3});
    bt_db_bind_blob(&query, 4, (struct bt_bytes){NULL, 0});
    assert_ok(bt_db_step(&query, &row, &err), err);
    assert_true(row);
    assert_true(bt_db_i64(&query, 0) == INT64_MIN);
    assert_true(bt_bytes_equal(bt_db_bytes(&query, 1), bt_bytes_of("a \xc3\xa9")));
    assert_true(bt_bytes_equal(bt_db_bytes(&query, 2), (struct bt_bytes){bytes, 3}));
    assert_int_equal(bt_db_bytes(&query, 3).len, 0);
    assert_ok(bt_db_step(&query, &row, &err), err);
    assert_false(row);
}

static void test_a_change_is_whole_or_not_at_all(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_DB db = NULL;
    assert_ok(bt_db_open(NULL, BT_DB_MEMORY, &db, &err), err);
    assert_ok(bt_db_run(db, TABLE, &err), err);
    {
        BT_AUTO_DB_CHANGE change = BT_DB_CHANGE_INIT;
        assert_ok(bt_db_begin(db, &change, &err), err);
        add(db, "one");
    }
    assert_int_equal(count(db), 0);
    {
        BT_AUTO_DB_CHANGE change = BT_DB_CHANGE_INIT;
        assert_ok(bt_db_begin(db, &change, &err), err);
        add(db, "one");
        assert_ok(bt_db_commit(&change, &err), err);
    }
    assert_int_equal(count(db), 1);
}

static void test_a_second_row_where_one_may_be_exists_already(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_DB db = NULL;
    BT_AUTO_DB_QUERY query = BT_DB_QUERY_INIT;
    assert_ok(bt_db_open(NULL, BT_DB_MEMORY, &db, &err), err);
    assert_ok(bt_db_run(db, TABLE, &err), err);
    add(db, "one");
    assert_ok(bt_db_prepare(db, "INSERT INTO word (text) VALUES ('one')", &query, &err), err);
    assert_int_equal(bt_db_done(&query, &err), BATON_ERR_EXISTS);
}

static void test_a_file_that_is_no_database_is_corrupt(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct place place = make_place();
    struct bt_db *db = NULL;
    assert_int_equal(bt_db_open(place.path, BT_DB_READ, &db, &err), BATON_ERR_NOT_FOUND);
    FILE *file = fopen(place.path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is no database\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(bt_db_open(place.path, BT_DB_WRITE, &db, &err), BATON_ERR_CORRUPT);
    assert_null(db);
    remove_place(&place);
}

static void add_some(const struct place *place, int from)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_db *db = NULL;
    assert_ok(bt_db_open(place->path, BT_DB_WRITE, &db, &err), err);
    for (int i = from; i < from + 50; i++) {
        char text[16];
        BT_AUTO_DB_CHANGE change = BT_DB_CHANGE_INIT;
        (void)snprintf(text, sizeof text, "%d", i);
        assert_ok(bt_db_begin(db, &change, &err), err);
        add(db, text);
        assert_ok(bt_db_commit(&change, &err), err);
    }
    bt_db_close(db);
}

static void test_processes_wait_for_each_other(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct place place = make_place();
    struct bt_db *db = NULL;
    assert_ok(bt_db_open(place.path, BT_DB_WRITE, &db, &err), err);
    assert_ok(bt_db_run(db, TABLE, &err), err);
    bt_db_close(db);
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            add_some(&place, i * 50);
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status = 0;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_ok(bt_db_open(place.path, BT_DB_READ, &db, &err), err);
    assert_int_equal(count(db), 200);
    bt_db_close(db);
    remove_place(&place);
}

UNIT_MAIN(cmocka_unit_test(test_what_was_bound_comes_back),
          cmocka_unit_test(test_a_change_is_whole_or_not_at_all),
          cmocka_unit_test(test_a_second_row_where_one_may_be_exists_already),
          cmocka_unit_test(test_a_file_that_is_no_database_is_corrupt),
          cmocka_unit_test(test_processes_wait_for_each_other))

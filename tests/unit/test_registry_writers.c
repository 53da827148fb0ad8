/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many processes register versions of one model at once, each opening the store anew for every one,
 * as programs do. BATON_TEST_VERSIONS says how many there are in all (`make crowd`: 10,000).
 */
#include "unit/world.h"

#include <sys/wait.h>

#define WRITERS 64u
#define VERSIONS 128u

static unsigned version_count(void)
{
    const char *given = getenv("BATON_TEST_VERSIONS");
    return given ? (unsigned)strtoul(given, NULL, 10) : VERSIONS;
}

/* No asserts: they would run the parent's teardown in the child. */
static baton_status register_one(const struct bt_store *store, const struct bt_secret_key *author,
                                 unsigned seed, struct baton_error *err)
{
    BT_AUTO_REGISTRY registry = NULL;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    struct bt_store_entry entry;
    struct bt_said said = {.model = "credit"};
    BT_TRY(bt_registry_open(store, &registry, err));
    BT_TRY(bt_store_session_begin(store, NULL, &session, err));
    fixture_put_bundle(&session, seed, &entry);
    return bt_registry_publish(registry, &session, author, &said, &entry, err);
}

/* The versions whose seeds are `writer`, `writer` + WRITERS, … below `count`. */
static pid_t start_writer(const struct world *w, unsigned writer, unsigned count)
{
    struct baton_error err = BATON_ERROR_INIT;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    for (unsigned seed = writer; seed < count; seed += WRITERS) {
        if (register_one(w->fixture->store, &w->alice, seed, &err) == BATON_OK)
            continue;
        print_error("writer %u: %s\n", writer, err.text);
        _exit(1);
    }
    _exit(0);
}

/* Numbered 1 to `count` in the registry, each for another bundle, and all named in index.json. */
static void check_versions(struct world *w, unsigned count)
{
    struct bt_row_filter filter = {.model = "credit", .by_kind = true, .kind = BT_SAID_VERSION};
    const struct bt_store_entry *entries = NULL;
    struct bt_row *rows = NULL;
    size_t row_count = 0;
    size_t entry_count = 0;
    assert_ok(bt_registry_rows(w->registry, &filter, &w->arena, &rows, &row_count, &w->err),
              w->err);
    assert_ok(bt_store_list(w->fixture->store, &w->arena, &entries, &entry_count, &w->err), w->err);
    assert_int_equal(row_count, count);
    assert_int_equal(entry_count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_string_equal(rows[i].effect, "");
        assert_int_equal(rows[i].version, i + 1);
        assert_int_equal(entries[i].version, i + 1);
        assert_true(bt_digest_equal(&rows[i].subject, &entries[i].blob.digest));
    }
}

static void sixty_four_processes_register_and_lose_none(void **state)
{
    struct world w;
    pid_t writers[WRITERS];
    unsigned count = version_count();
    world_begin(&w, state);
    world_close(&w);
    for (unsigned i = 0; i < WRITERS; i++)
        writers[i] = start_writer(&w, i, count);
    for (unsigned i = 0; i < WRITERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    world_open(&w);
    check_versions(&w, count);
    assert_ok(bt_registry_replay(w.registry, NULL, &w.err), w.err);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(sixty_four_processes_register_and_lose_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_LOG_FIXTURE_H
#define BT_TESTS_UNIT_LOG_FIXTURE_H
/* A folder with an empty log in it, and the keys of the vector that others checked, too: its origin
 * is example.com/baton-audit, its leaf i is "entry i\n". */
#include "unit/store_fixture.h"

#include <fcntl.h>

#include "ledger/log/log_int.h"
#include "unit/signers.h"

#define LOG_VECTOR_ORIGIN "example.com/baton-audit"

struct log_fixture {
    char folder[64];
    struct bt_fd dir;
    struct bt_log_signer signer;
    struct bt_log *log;
    int fds_before;
};

static inline struct bt_log_signer log_signer(const char *origin, uint8_t seed)
{
    struct bt_log_signer signer;
    for (size_t i = 0; i < sizeof signer.secret.seed; i++)
        signer.secret.seed[i] = (uint8_t)(seed + i);
    signer.key = signer_key(origin, BT_NOTE_ED25519, &signer.secret);
    return signer;
}

/* The content says which leaf it is for. */
static inline baton_status log_binding(struct bt_bytes leaf, struct bt_bytes content,
                                       struct baton_error *err)
{
    static const char before[] = "content of ";
    size_t len = sizeof before - 1;
    bool good = content.len == len + leaf.len && memcmp(content.ptr, before, len) == 0 &&
                memcmp(content.ptr + len, leaf.ptr, leaf.len) == 0;
    return good ? BATON_OK : bt_fail(err, BATON_ERR_DIFFERS, "not the content of this leaf");
}

static inline void log_open(struct log_fixture *f)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_log_open_to_append(f->dir.fd, &f->signer, log_binding, &f->log, &err), err);
}

static inline void log_reopen(struct log_fixture *f)
{
    bt_log_close(f->log);
    f->log = NULL;
    log_open(f);
}

static inline int log_setup_sized(void **state, uint64_t area_bytes)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct log_fixture *f = test_malloc(sizeof *f);
    *f = (struct log_fixture){.folder = "/tmp/baton-test-XXXXXX", .dir = BT_FD_INIT};
    f->fds_before = fixture_count_fds();
    assert_non_null(mkdtemp(f->folder));
    assert_ok(bt_fs_open_user(f->folder, O_RDONLY | O_DIRECTORY, 0, &f->dir, &err), err);
    f->signer = log_signer(LOG_VECTOR_ORIGIN, 0);
    assert_ok(bt_log_create_sized(f->dir.fd, &f->signer, area_bytes, &err), err);
    log_open(f);
    *state = f;
    return 0;
}

static inline int log_setup(void **state)
{
    return log_setup_sized(state, BT_JOURNAL_AREA_BYTES);
}

static inline int log_teardown(void **state)
{
    struct log_fixture *f = *state;
    bt_log_close(f->log);
    bt_fd_release(&f->dir);
    (void)nftw(f->folder, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    int leaked = fixture_count_fds() - f->fds_before;
    test_free(f);
    if (leaked)
        print_error("%d descriptors leaked\n", leaked);
    return leaked ? -1 : 0;
}

#define log_test(fn) cmocka_unit_test_setup_teardown(fn, log_setup, log_teardown)

/* Entries first, first + 1, ... in one group, with the contents that log_binding() wants. */
static inline baton_status log_append(struct bt_log *log, uint64_t first, size_t count,
                                      uint64_t *ret_first, struct baton_error *err)
{
    struct text {
        char leaf[32];
        char content[64];
    };
    struct text *texts = test_calloc(count, sizeof *texts);
    struct bt_log_entry *entries = test_calloc(count, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(texts[i].leaf, sizeof texts[i].leaf, "entry %zu\n", (size_t)first + i);
        (void)snprintf(texts[i].content, sizeof texts[i].content, "content of %s", texts[i].leaf);
        entries[i] =
            (struct bt_log_entry){bt_bytes_of(texts[i].leaf), bt_bytes_of(texts[i].content)};
    }
    baton_status status = bt_log_append(log, entries, count, ret_first, err);
    test_free(entries);
    test_free(texts);
    return status;
}

static inline void log_append_ok(struct log_fixture *f, uint64_t first, size_t count)
{
    struct baton_error err = BATON_ERROR_INIT;
    uint64_t found = 0;
    assert_ok(log_append(f->log, first, count, &found, &err), err);
    assert_int_equal(found, first);
}

static inline uint64_t log_size(struct bt_log *log)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_merkle_head head;
    assert_ok(bt_log_head(log, &head, &err), err);
    return head.size;
}

static inline baton_status log_visit(void *user, uint64_t index, const struct bt_log_entry *entry,
                                     struct baton_error *err)
{
    char expected[32];
    uint64_t *next = user;
    (void)err;
    assert_int_equal(index, *next);
    (*next)++;
    (void)snprintf(expected, sizeof expected, "entry %llu\n", (unsigned long long)index);
    assert_true(bt_bytes_equal(entry->leaf, bt_bytes_of(expected)));
    return BATON_OK;
}

/* Every entry from `from` on is the one log_append() made. */
static inline void log_assert_entries(struct bt_log *log, uint64_t from)
{
    struct baton_error err = BATON_ERROR_INIT;
    uint64_t next = from;
    struct bt_log_range range = {from, UINT64_MAX};
    assert_ok(bt_log_scan(log, &range, log_visit, &next, NULL, &err), err);
    assert_int_equal(next, log_size(log));
}

#endif

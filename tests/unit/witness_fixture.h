/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_UNIT_WITNESS_FIXTURE_H
#define BT_TESTS_UNIT_WITNESS_FIXTURE_H
/* A witness in a temporary folder, and logs that ask it. */
#include "unit/small_log.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "base/fs.h"
#include "ledger/witness.h"

#define WITNESS_NAME "witness.example/w1"

struct witness_fixture {
    char folder[40];
    struct bt_witness witness;
};

static inline int witness_remove(const char *path, const struct stat *st, int kind,
                                 struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int witness_setup(void **state)
{
    struct witness_fixture *f = bt_calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/baton-witness-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->witness.dir_fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->witness.dir_fd >= 0);
    for (size_t i = 0; i < sizeof f->witness.secret.seed; i++)
        f->witness.secret.seed[i] = (uint8_t)(0x20 + i);
    f->witness.key = signer_key(WITNESS_NAME, BT_NOTE_COSIGNATURE, &f->witness.secret);
    *state = f;
    return 0;
}

static inline int witness_teardown(void **state)
{
    struct witness_fixture *f = *state;
    (void)close(f->witness.dir_fd);
    (void)nftw(f->folder, witness_remove, 8, FTW_DEPTH | FTW_PHYS);
    bt_free(f);
    return 0;
}

#define witness_test(name) cmocka_unit_test_setup_teardown(name, witness_setup, witness_teardown)

/* The request of an honest log that believes the witness to be at `old`. */
static inline void witness_request(struct small_log *log, uint64_t old, uint64_t size,
                                   struct bt_buf *out)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(2000);
    struct bt_merkle_source source = small_log_source(log);
    struct bt_merkle_head head = small_log_head(log, size);
    struct bt_witness_request request = {.old = old};
    small_log_sign(log, &head, &note);
    request.checkpoint = bt_buf_bytes(&note);
    if (old <= size)
        assert_ok(bt_merkle_prove_consistency(&source, &log->hash, old, size, &request.proof, &err),
                  err);
    assert_ok(bt_witness_request_format(&request, out, &err), err);
}

/* The code of the answer to any bytes; its body when `body` is given. */
static inline int witness_code(const struct bt_witness *witness, struct bt_bytes request,
                               uint64_t now, struct bt_buf *body)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF own = BT_BUF_INIT(4000);
    enum bt_witness_code code = 0;
    assert_ok(bt_witness_answer(witness, request, now, &code, body ? body : &own, &err), err);
    return (int)code;
}

static inline int witness_ask(const struct bt_witness *witness, struct small_log *log, uint64_t old,
                              uint64_t size)
{
    BT_AUTO_BUF request = BT_BUF_INIT(8000);
    witness_request(log, old, size, &request);
    return witness_code(witness, bt_buf_bytes(&request), 1767225600, NULL);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A witness signs what continues what it signed, and nothing else, whoever asks how often at once.
 * What is no request is in tests/golden/should-fail/witness-request. */
#include "unit/witness_fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define LOG_NAME "example.com/baton-audit"
#define NOW 1767225600

static void the_answer_carries_a_cosignature_with_its_time(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 9, 9);
    BT_AUTO_BUF request = BT_BUF_INIT(8000);
    BT_AUTO_BUF body = BT_BUF_INIT(2000);
    BT_AUTO_BUF note = BT_BUF_INIT(4000);
    BT_AUTO_BUF kept = BT_BUF_INIT(4000);
    struct bt_note parsed;
    struct bt_note_signed by;
    struct bt_digest origin;
    struct bt_merkle_head head = small_log_head(log, 9);
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_ok(bt_sha256_bytes(bt_bytes_of(LOG_NAME), &origin, &err), err);
    assert_int_equal(bt_witness_checkpoint(&f->witness, &origin, &kept, NULL), BATON_ERR_NOT_FOUND);
    witness_request(log, 0, 9, &request);
    assert_int_equal(witness_code(&f->witness, bt_buf_bytes(&request), NOW, &body),
                     BT_WITNESS_SIGNED);
    small_log_sign(log, &head, &note);
    bt_buf_put_str(&note, bt_buf_str(&body));
    assert_ok(bt_note_parse(bt_buf_bytes(&note), &parsed, &err), err);
    assert_ok(bt_note_verify(&parsed, &f->witness.key, 1, &by, &err), err);
    assert_int_equal(by.time, NOW);
    /* And it keeps just that for whoever monitors it. */
    assert_ok(bt_witness_checkpoint(&f->witness, &origin, &kept, &err), err);
    assert_true(bt_bytes_equal(bt_buf_bytes(&kept), bt_buf_bytes(&note)));
}

static void every_growth_is_signed_and_no_step_back(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    for (uint64_t old = 0; old <= 9; old++)
        for (uint64_t size = 0; size <= 9; size++) {
            char name[64];
            (void)snprintf(name, sizeof name, "log.example/%d-%d", (int)old, (int)size);
            AUTO_SMALL_LOG log = small_log_new(name, 9, 9);
            assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
            assert_int_equal(witness_ask(&f->witness, log, 0, old), BT_WITNESS_SIGNED);
            assert_int_equal(witness_ask(&f->witness, log, old, size),
                             old <= size ? BT_WITNESS_SIGNED : BT_WITNESS_MALFORMED);
            assert_int_equal(witness_ask(&f->witness, log, old + 1, 9),
                             old <= size && size == old + 1 ? BT_WITNESS_SIGNED
                             : old == 9                     ? BT_WITNESS_MALFORMED
                                                            : BT_WITNESS_OTHER_SIZE);
        }
}

static void the_codes_are_those_of_the_protocol(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_ed25519_secret thief = {{77}};
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 40, 40);
    AUTO_SMALL_LOG fork = small_log_new(LOG_NAME, 30, 40);
    AUTO_SMALL_LOG stolen = small_log_new(LOG_NAME, 40, 40);
    AUTO_SMALL_LOG stranger = small_log_new("example.com/stranger", 40, 40);
    BT_AUTO_BUF request = BT_BUF_INIT(8000);
    BT_AUTO_BUF body = BT_BUF_INIT(2000);
    stolen->secret = thief;
    stolen->key = signer_key(LOG_NAME, BT_NOTE_ED25519, &thief);
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_int_equal(witness_ask(&f->witness, log, 0, 35), BT_WITNESS_SIGNED);
    assert_int_equal(witness_ask(&f->witness, stranger, 0, 40), BT_WITNESS_UNKNOWN_LOG);
    assert_int_equal(witness_ask(&f->witness, stolen, 35, 40), BT_WITNESS_NOT_SIGNED_BY_LOG);
    assert_int_equal(witness_ask(&f->witness, log, 38, 36), BT_WITNESS_MALFORMED);
    assert_int_equal(witness_ask(&f->witness, fork, 35, 35), BT_WITNESS_INCONSISTENT);
    assert_int_equal(witness_ask(&f->witness, fork, 35, 40), BT_WITNESS_INCONSISTENT);
    assert_int_equal(witness_ask(&f->witness, fork, 30, 40), BT_WITNESS_OTHER_SIZE);
    witness_request(log, 0, 40, &request);
    assert_int_equal(witness_code(&f->witness, bt_buf_bytes(&request), NOW, &body),
                     BT_WITNESS_OTHER_SIZE);
    assert_string_equal(bt_buf_str(&body), "35\n");
    assert_int_equal(witness_ask(&f->witness, log, 35, 40), BT_WITNESS_SIGNED);
}

/* Signed as the log's, whatever it says. */
static int ask_with(const struct bt_witness *witness, struct small_log *log, const char *head_lines,
                    uint64_t old, const struct bt_merkle_proof *proof)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(2000);
    BT_AUTO_BUF request = BT_BUF_INIT(8000);
    bt_buf_printf(&note, "%s\n%s", log->key.name, head_lines);
    BT_AUTO_BUF text = BT_BUF_INIT(2000);
    bt_buf_put_str(&text, bt_buf_str(&note));
    bt_buf_put_str(&note, "\n");
    assert_ok(bt_note_sign(bt_buf_bytes(&text), &log->key, &log->secret, 0, &note, &err), err);
    struct bt_witness_request asked = {old, *proof, bt_buf_bytes(&note)};
    assert_ok(bt_witness_request_format(&asked, &request, &err), err);
    return witness_code(witness, bt_buf_bytes(&request), NOW, NULL);
}

static void what_the_log_signed_must_also_make_sense(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    static const char root[] = "4BsONTxLnszPUag63lJOdu1sTqFEed8GnTMm7B4r98M=\n";
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 1, 1);
    const struct bt_merkle_proof none = {.count = 0};
    const struct bt_merkle_proof one = {.count = 1};
    char lines[200];
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    (void)snprintf(lines, sizeof lines, "0\n%s", root);
    assert_int_equal(ask_with(&f->witness, log, lines, 0, &none), BT_WITNESS_INCONSISTENT);
    (void)snprintf(lines, sizeof lines, "01\n%s", root);
    assert_int_equal(ask_with(&f->witness, log, lines, 0, &none), BT_WITNESS_MALFORMED);
    (void)snprintf(lines, sizeof lines, "5\n%s", root);
    assert_int_equal(ask_with(&f->witness, log, lines, 0, &one), BT_WITNESS_INCONSISTENT);
    (void)snprintf(lines, sizeof lines, "5\n%ssaid=more\n", root);
    assert_int_equal(ask_with(&f->witness, log, lines, 0, &none), BT_WITNESS_SIGNED);
}

static void the_time_never_goes_back(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 9, 9);
    BT_AUTO_BUF request = BT_BUF_INIT(8000);
    BT_AUTO_BUF body = BT_BUF_INIT(2000);
    enum bt_witness_code code = 0;
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_int_equal(witness_ask(&f->witness, log, 0, 9), BT_WITNESS_SIGNED);
    witness_request(log, 9, 9, &request);
    assert_int_equal(
        bt_witness_answer(&f->witness, bt_buf_bytes(&request), NOW - 1, &code, &body, &err),
        BATON_ERR_REFUSED);
    assert_int_equal(body.len, 0);
    assert_int_equal(witness_code(&f->witness, bt_buf_bytes(&request), NOW + 5, NULL),
                     BT_WITNESS_SIGNED);
}

static void a_log_keeps_its_first_key(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_ed25519_secret thief = {{77}};
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 1, 1);
    struct bt_note_key other = signer_key(LOG_NAME, BT_NOTE_ED25519, &thief);
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_int_equal(bt_witness_accept(&f->witness, &other, NULL), BATON_ERR_EXISTS);
    assert_int_equal(bt_witness_accept(&f->witness, &f->witness.key, NULL), BATON_ERR_USAGE);
}

static void record_path(const struct witness_fixture *f, const char *name, char path[200])
{
    struct bt_digest origin;
    char text[BT_DIGEST_TEXT_MAX];
    assert_int_equal(bt_sha256_bytes(bt_bytes_of(LOG_NAME), &origin, NULL), BATON_OK);
    bt_digest_format(&origin, text);
    (void)snprintf(path, 200, "%s/logs/%s/%s", f->folder, bt_digest_hex(text), name);
}

static void expect_trouble(const struct witness_fixture *f, struct small_log *log)
{
    BT_AUTO_BUF request = BT_BUF_INIT(8000);
    BT_AUTO_BUF body = BT_BUF_INIT(2000);
    enum bt_witness_code code = 0;
    witness_request(log, 9, 9, &request);
    assert_int_not_equal(
        bt_witness_answer(&f->witness, bt_buf_bytes(&request), NOW, &code, &body, NULL), BATON_OK);
    assert_int_equal(body.len, 0);
}

/* Nothing is signed that could not be recorded first. */
static void without_a_record_there_is_no_signature(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 9, 9);
    char path[200];
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_int_equal(witness_ask(&f->witness, log, 0, 9), BT_WITNESS_SIGNED);
    record_path(f, "checkpoint.new", path);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_trouble(f, log);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(witness_ask(&f->witness, log, 9, 9), BT_WITNESS_SIGNED);
}

/* Whoever takes the record away, empties nothing: the witness stops. */
static void a_lost_or_changed_record_stops_the_witness(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 9, 9);
    AUTO_SMALL_LOG fork = small_log_new(LOG_NAME, 4, 9);
    BT_AUTO_BUF note = BT_BUF_INIT(2000);
    char path[200];
    struct bt_merkle_head head = small_log_head(fork, 9);
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_int_equal(witness_ask(&f->witness, log, 0, 9), BT_WITNESS_SIGNED);
    record_path(f, "checkpoint", path);
    small_log_sign(fork, &head, &note);
    assert_ok(bt_fs_replace_user(path, bt_buf_bytes(&note), &err), err);
    expect_trouble(f, fork);
    assert_int_equal(unlink(path), 0);
    expect_trouble(f, log);
}

static void a_witness_is_made_once_and_opens_with_its_key(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_note_key made;
    struct bt_note_key again;
    BT_AUTO_WITNESS opened = BT_WITNESS_INIT;
    int dir = f->witness.dir_fd;
    assert_int_equal(bt_witness_open(dir, &opened, NULL), BATON_ERR_NOT_FOUND);
    assert_int_equal(bt_witness_create(dir, "two words", &made, NULL), BATON_ERR_INVALID);
    assert_int_equal(faccessat(dir, "key.pem", F_OK, 0), -1);
    assert_ok(bt_witness_create(dir, WITNESS_NAME, &made, &err), err);
    assert_int_equal(bt_witness_create(dir, WITNESS_NAME, &again, NULL), BATON_ERR_EXISTS);
    assert_ok(bt_witness_open(dir, &opened, &err), err);
    assert_string_equal(opened.key.name, WITNESS_NAME);
    assert_memory_equal(&opened.key.public, &made.public, sizeof made.public);
    /* Cut off between its two files. */
    assert_int_equal(unlinkat(dir, "verifier", 0), 0);
    assert_ok(bt_witness_create(dir, WITNESS_NAME, &again, &err), err);
    assert_memory_equal(&again.public, &made.public, sizeof made.public);
    assert_int_equal(fchmodat(dir, "key.pem", 0644, 0), 0);
    assert_int_equal(bt_witness_open(dir, &opened, NULL), BATON_ERR_REFUSED);
}

/* ---- many at once ---- */

#define RIVALS 16

/* Ask for one side of a fork, a leaf more each time, until the whole log is signed or the other
 * side was; report each size that was signed. */
static void rival(const struct witness_fixture *f, uint64_t side, int report_fd)
{
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, side ? 5 : 64, 64);
    uint64_t old = 0;
    for (int tries = 0; tries < 2000 && old < 64; tries++) {
        BT_AUTO_BUF request = BT_BUF_INIT(8000);
        BT_AUTO_BUF body = BT_BUF_INIT(2000);
        uint64_t size = old + 1 + (uint64_t)tries % 3;
        witness_request(log, old, size > 64 ? 64 : size, &request);
        int code = witness_code(&f->witness, bt_buf_bytes(&request), NOW, &body);
        uint64_t told[2] = {side, size > 64 ? 64 : size};
        if (code == BT_WITNESS_INCONSISTENT)
            return;
        if (code == BT_WITNESS_SIGNED && write(report_fd, told, sizeof told) != sizeof told)
            return;
        old = code == BT_WITNESS_SIGNED ? told[1] : strtoull(bt_buf_str(&body), NULL, 10);
    }
}

/* Beyond the fork at 5 all that was signed must be of one side. */
static void no_race_makes_a_witness_sign_two_histories(void **state)
{
    struct witness_fixture *f = *state;
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_SMALL_LOG log = small_log_new(LOG_NAME, 64, 64);
    int report[2];
    uint64_t told[2];
    size_t count[2] = {0, 0};
    assert_ok(bt_witness_accept(&f->witness, &log->key, &err), err);
    assert_int_equal(pipe(report), 0);
    for (uint64_t i = 0; i < RIVALS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            rival(f, i & 1, report[1]);
            _exit(0);
        }
    }
    (void)close(report[1]);
    while (read(report[0], told, sizeof told) == sizeof told)
        count[told[0]] += told[1] > 5;
    (void)close(report[0]);
    while (wait(NULL) > 0)
        ;
    print_message("# %zu signed of one side, %zu of the other\n", count[0], count[1]);
    assert_true(count[0] + count[1] > 0);
    assert_true(count[0] == 0 || count[1] == 0);
}

UNIT_MAIN(witness_test(the_answer_carries_a_cosignature_with_its_time),
          witness_test(every_growth_is_signed_and_no_step_back),
          witness_test(the_codes_are_those_of_the_protocol),
          witness_test(what_the_log_signed_must_also_make_sense),
          witness_test(the_time_never_goes_back), witness_test(a_log_keeps_its_first_key),
          witness_test(without_a_record_there_is_no_signature),
          witness_test(a_lost_or_changed_record_stops_the_witness),
          witness_test(a_witness_is_made_once_and_opens_with_its_key),
          witness_test(no_race_makes_a_witness_sign_two_histories))

/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: who may read them, what a passphrase does, and that openssl and we read each other's.
 */
#include "unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "crypto/key_file.h"

#define PHRASE "correct horse"

static baton_status give_phrase(void *user, uint8_t *text, size_t *ret_len, struct baton_error *err)
{
    const char *phrase = user;
    (void)err;
    *ret_len = strlen(phrase);
    memcpy(text, phrase, *ret_len);
    return BATON_OK;
}

static char right_text[] = PHRASE;
static char wrong_text[] = "incorrect horse";
static char no_text[] = "";
static const struct bt_passphrase right = {give_phrase, right_text};
static const struct bt_passphrase wrong = {give_phrase, wrong_text};
static const struct bt_passphrase none = {give_phrase, no_text};

struct place {
    char folder[64];
    struct bt_arena arena;
};

static int make_place(void **state)
{
    struct place *place = test_calloc(1, sizeof *place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/baton-keys-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    const char *command = bt_arena_printf(&place->arena, "rm -r %s", place->folder);
    assert_int_equal(system(command), 0);
    bt_arena_release(&place->arena);
    test_free(place);
    return 0;
}

static const char *in(struct place *place, const char *name)
{
    const char *path = bt_arena_printf(&place->arena, "%s/%s", place->folder, name);
    assert_non_null(path);
    return path;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (unsigned)status.st_mode & 0777;
}

static void make_key(enum bt_key_algorithm algorithm, struct bt_secret_key *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_key_generate(algorithm, ret, &err), err);
}

static void assert_same(const struct bt_secret_key *a, const struct bt_secret_key *b)
{
    assert_true(bt_key_equal(&a->public, &b->public));
    assert_memory_equal(a->secret, b->secret, sizeof a->secret);
}

static void a_key_is_read_as_it_was_written(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    const struct bt_passphrase *const phrases[] = {NULL, &right};
    for (int algorithm = BT_KEY_ED25519; algorithm <= BT_KEY_P256; algorithm++) {
        for (size_t i = 0; i < 2; i++) {
            BT_AUTO_SECRET_KEY made = BT_SECRET_KEY_INIT;
            BT_AUTO_SECRET_KEY read = BT_SECRET_KEY_INIT;
            char name[32];
            (void)snprintf(name, sizeof name, "sub/key-%d-%zu.pem", algorithm, i);
            const char *path = in(*state, name);
            make_key((enum bt_key_algorithm)algorithm, &made);
            assert_ok(bt_key_file_write(AT_FDCWD, path, &made, phrases[i], &err), err);
            assert_ok(bt_key_file_read(AT_FDCWD, path, phrases[i], &read, &err), err);
            assert_same(&made, &read);
            assert_int_equal(mode_of(path), 0600);
        }
    }
    assert_int_equal(mode_of(in(*state, "sub")), 0700);
}

static void nothing_is_written_over(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SECRET_KEY first = BT_SECRET_KEY_INIT;
    BT_AUTO_SECRET_KEY second = BT_SECRET_KEY_INIT;
    BT_AUTO_SECRET_KEY read = BT_SECRET_KEY_INIT;
    const char *path = in(*state, "key.pem");
    make_key(BT_KEY_ED25519, &first);
    make_key(BT_KEY_ED25519, &second);
    assert_ok(bt_key_file_write(AT_FDCWD, path, &first, NULL, &err), err);
    assert_int_equal(bt_key_file_write(AT_FDCWD, path, &second, NULL, &err), BATON_ERR_EXISTS);
    assert_ok(bt_key_file_read(AT_FDCWD, path, NULL, &read, &err), err);
    assert_same(&first, &read);
    assert_int_equal(symlink(in(*state, "elsewhere"), in(*state, "link")), 0);
    assert_int_not_equal(bt_key_file_write(AT_FDCWD, in(*state, "link"), &first, NULL, &err),
                         BATON_OK);
    assert_int_equal(access(in(*state, "elsewhere"), F_OK), -1);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
    const char *path = in(*state, "key.pem");
    make_key(BT_KEY_ED25519, &key);
    assert_ok(bt_key_file_write(AT_FDCWD, path, &key, NULL, &err), err);
    static const mode_t modes[] = {0640, 0604, 0620, 0610, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(bt_key_file_read(AT_FDCWD, path, NULL, &key, &err), BATON_ERR_REFUSED);
        assert_non_null(strstr(err.text, "chmod 600"));
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_ok(bt_key_file_read(AT_FDCWD, path, NULL, &key, &err), err);
}

static void a_passphrase_is_needed_and_must_be_right(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
    const char *path = in(*state, "key.pem");
    make_key(BT_KEY_P256, &key);
    assert_int_equal(bt_key_file_write(AT_FDCWD, path, &key, &none, &err), BATON_ERR_REFUSED);
    assert_ok(bt_key_file_write(AT_FDCWD, path, &key, &right, &err), err);
    assert_int_equal(bt_key_file_read(AT_FDCWD, path, NULL, &key, &err), BATON_ERR_REFUSED);
    assert_int_equal(bt_key_file_read(AT_FDCWD, path, &wrong, &key, &err), BATON_ERR_DIFFERS);
    assert_int_equal(bt_key_file_read(AT_FDCWD, path, &none, &key, &err), BATON_ERR_REFUSED);
}

static void a_folder_bounds_the_path(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
    BT_AUTO_SECRET_KEY read = BT_SECRET_KEY_INIT;
    BT_AUTO_FD folder = BT_FD_INIT;
    struct place *place = *state;
    make_key(BT_KEY_ED25519, &key);
    assert_ok(bt_fs_open_user(place->folder, O_RDONLY | O_DIRECTORY, 0, &folder, &err), err);
    assert_ok(bt_key_file_write(folder.fd, "ledger.key", &key, NULL, &err), err);
    assert_ok(bt_key_file_read(folder.fd, "ledger.key", NULL, &read, &err), err);
    assert_same(&key, &read);
    assert_int_not_equal(bt_key_file_write(folder.fd, "../outside.key", &key, NULL, &err),
                         BATON_OK);
}

/* ---- openssl ---- */

/* The command in the folder. */
static void run(struct place *place, const char *text)
{
    BT_AUTO_BUF command = BT_BUF_INIT(4096);
    bt_buf_printf(&command, "cd %s && (%s) >log 2>&1", place->folder, text);
    if (system(bt_buf_str(&command)) != 0)
        fail_msg("%s", bt_buf_str(&command));
}

static bool has_openssl(void)
{
    return system("openssl version >/dev/null 2>&1") == 0;
}

static void openssl_reads_our_keys(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (!has_openssl())
        skip();
    for (int algorithm = BT_KEY_ED25519; algorithm <= BT_KEY_P256; algorithm++) {
        BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
        BT_AUTO_BUF public = BT_BUF_INIT(BT_KEY_PEM_MAX);
        BT_AUTO_MAP found = BT_MAP_INIT;
        make_key((enum bt_key_algorithm)algorithm, &key);
        assert_ok(bt_key_file_write(AT_FDCWD, in(*state, "plain"), &key, NULL, &err), err);
        assert_ok(bt_key_file_write(AT_FDCWD, in(*state, "sealed"), &key, &right, &err), err);
        run(*state, "openssl pkey -in plain -out plain.again && cmp plain plain.again");
        run(*state, "openssl pkey -in sealed -passin 'pass:" PHRASE "' -out sealed.again && "
                    "cmp plain sealed.again");
        run(*state, "openssl pkey -in plain -pubout -out public");
        bt_key_format_pem(&key.public, &public);
        assert_ok(bt_map_user_file(in(*state, "public"), 4096, &found, &err), err);
        assert_true(bt_bytes_equal(bt_map_bytes(&found), bt_buf_bytes(&public)));
        run(*state, "rm plain sealed");
    }
}

static void we_read_the_keys_of_openssl(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (!has_openssl())
        skip();
    static const struct {
        const char *command;
        const struct bt_passphrase *passphrase;
        baton_status status;
    } cases[] = {
        {"openssl genpkey -algorithm ed25519 -out k", NULL, BATON_OK},
        {"openssl genpkey -algorithm ed25519 -aes256 -pass 'pass:" PHRASE "' -out k", &right,
         BATON_OK},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k", NULL, BATON_OK},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass "
         "'pass:" PHRASE "' -out k",
         &right, BATON_OK},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | "
         "openssl pkcs8 -topk8 -scrypt -passout 'pass:" PHRASE "' -out k",
         &right, BATON_OK},
        {"openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES "
         "-passout 'pass:" PHRASE "' -out k",
         &right, BATON_ERR_UNSUPPORTED},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out k", NULL,
         BATON_ERR_UNSUPPORTED},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
         "-pkeyopt ec_param_enc:explicit -out k",
         NULL, BATON_ERR_UNSUPPORTED},
        {"openssl genpkey -algorithm x25519 -out k", NULL, BATON_ERR_UNSUPPORTED},
        {"openssl genpkey -algorithm RSA -out k", NULL, BATON_ERR_UNSUPPORTED},
        {"openssl ecparam -name prime256v1 -genkey -noout -out k", NULL, BATON_ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_SECRET_KEY key = BT_SECRET_KEY_INIT;
        run(*state, cases[i].command);
        assert_int_equal(chmod(in(*state, "k"), 0600), 0);
        baton_status status =
            bt_key_file_read(AT_FDCWD, in(*state, "k"), cases[i].passphrase, &key, &err);
        if (status != cases[i].status)
            fail_msg("%s: %s", cases[i].command, err.text);
    }
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

UNIT_MAIN(IN_A_FOLDER(a_key_is_read_as_it_was_written), IN_A_FOLDER(nothing_is_written_over),
          IN_A_FOLDER(a_key_that_others_may_read_is_refused),
          IN_A_FOLDER(a_passphrase_is_needed_and_must_be_right),
          IN_A_FOLDER(a_folder_bounds_the_path), IN_A_FOLDER(openssl_reads_our_keys),
          IN_A_FOLDER(we_read_the_keys_of_openssl))

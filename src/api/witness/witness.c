/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "api/api_int.h"
#include "api/witness/witness_int.h" /* IWYU pragma: keep */

#define PATH_BYTES_MAX ((size_t)4096)
#define KEY_TEXT_MAX 512

/* The folder and those above it. What a witness knows is public, its key file is not. */
static baton_status make_folders(const char *path, struct baton_error *err)
{
    BT_AUTO_BUF part = BT_BUF_INIT(PATH_BYTES_MAX);
    for (const char *c = path;; c++) {
        if ((*c == '/' || !*c) && part.len && mkdir(bt_buf_str(&part), 0755) != 0 &&
            errno != EEXIST)
            return bt_fail_os(err, errno, "cannot make folder %s", bt_buf_str(&part));
        if (!*c)
            return BATON_OK;
        bt_buf_put_byte(&part, (uint8_t)*c);
        BT_TRY(bt_buf_finish(&part, "the path of a witness", err));
    }
}

/* ---- lifecycle ---- */

static void put_key(struct bt_json_writer *w, const struct bt_note_key *key)
{
    BT_AUTO_BUF text = BT_BUF_INIT(KEY_TEXT_MAX);
    bt_note_key_format(key, &text);
    bt_json_key(w, "key");
    bt_json_put_buf(w, &text);
    bt_json_member_str(w, "name", key->name);
}

baton_status baton_witness_init(const char *folder, const char *name, struct baton_report *ret,
                                struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    BT_AUTO_FD fd = BT_FD_INIT;
    struct bt_note_key key;
    BT_TRY(make_folders(folder, err));
    BT_TRY(bt_fs_open_user(folder, O_RDONLY | O_DIRECTORY, 0, &fd, err));
    if (bt_witness_create(fd.fd, name, &key, err) != BATON_OK)
        return bt_error_prepend(err, "%s", folder);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "folder", folder);
    put_key(&w, &key);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

static void close_witness(baton_witness **witness)
{
    baton_witness_close(*witness);
}

baton_status baton_witness_open(const char *folder, baton_witness **ret, struct baton_error *err)
{
    BT_CLEANUP(close_witness) baton_witness *made = bt_calloc(1, sizeof *made);
    if (!made)
        return bt_fail_no_memory(err, "a witness");
    made->folder.fd = -1;
    baton_status status = bt_fs_open_user(folder, O_RDONLY | O_DIRECTORY, 0, &made->folder, err);
    if (status == BATON_OK)
        status = bt_witness_open(made->folder.fd, &made->witness, err);
    if (status == BATON_ERR_NOT_FOUND)
        return bt_fail(err, BATON_ERR_NOT_FOUND,
                       "%s is no witness; `baton witness init --name NAME` makes one", folder);
    if (status != BATON_OK)
        return bt_error_prepend(err, "witness %s", folder);
    *ret = made;
    made = NULL;
    return BATON_OK;
}

void baton_witness_close(baton_witness *witness)
{
    if (!witness)
        return;
    bt_witness_release(&witness->witness);
    bt_fd_release(&witness->folder);
    bt_free(witness);
}

/* ---- work ---- */

baton_status baton_witness_accept(const baton_witness *witness, const char *key,
                                  struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_note_key log;
    BT_TRY(bt_note_key_parse(bt_bytes_of(key), &log, err));
    BT_TRY(bt_witness_accept(&witness->witness, &log, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    put_key(&w, &log);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

static baton_verdict verdict_of(enum bt_witness_code code)
{
    if (code == BT_WITNESS_SIGNED)
        return BATON_IDENTICAL;
    return code == BT_WITNESS_OTHER_SIZE ? BATON_CANNOT_TELL : BATON_DIFFERS;
}

baton_status baton_witness_sign(const baton_witness *witness, const char *request_path,
                                struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_BUF request = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX);
    BT_AUTO_BUF body = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX);
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    enum bt_witness_code code = BT_WITNESS_MALFORMED;
    BT_TRY(bt_fs_open_user(request_path, O_RDONLY, 0, &fd, err));
    BT_TRY(bt_fs_read_all(fd.fd, request_path, &request, err));
    BT_TRY(bt_witness_answer(&witness->witness, bt_buf_bytes(&request), (uint64_t)time(NULL), &code,
                             &body, err));
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_key(&w, "body");
    bt_json_put_buf(&w, &body);
    bt_json_member_u64(&w, "code", code);
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict_of(code), ret, err);
}

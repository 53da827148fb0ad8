/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access/access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "api/api_int.h"
#include "base/clock.h"
#include "codec/text/number.h"
#include "serve/access/token.h"

#define EXPIRES_DEFAULT "90d"
#define ROLE_DEFAULT "predictor"
#define LOCK_FILE "access/lock"
#define DAY_S ((int64_t)86400)
#define HOUR_S ((int64_t)3600)
#define SPAN_MAX ((int64_t)36500)

/* The file of a store, while nobody else changes it. */
struct edit {
    int store;
    struct bt_fd lock;
    struct bt_arena arena;
    struct bt_buf text;
    struct bt_grants grants;
};

static void release_edit(struct edit *edit)
{
    bt_fd_release(&edit->lock);
    bt_arena_release(&edit->arena);
    bt_buf_release(&edit->text);
}

#define AUTO_EDIT BT_CLEANUP(release_edit) struct edit
#define EDIT_INIT                                                                                  \
    {                                                                                              \
        .store = -1, .lock = BT_FD_INIT, .arena = BT_ARENA_INIT,                                   \
        .text = BT_BUF_INIT(BT_GRANTS_BYTES_MAX)                                                   \
    }

static int64_t now_s(void)
{
    return (int64_t)(bt_clock_now_us() / 1000000);
}

static baton_status read_grants(const baton_store *store, struct edit *ret, struct baton_error *err)
{
    ret->store = bt_store_folder(store->store);
    if (ret->store < 0)
        return bt_fail(err, BATON_ERR_USAGE,
                       "an archive has no access to give; expected a store that is a folder");
    BT_TRY(bt_grants_read(ret->store, &ret->text, err));
    return bt_grants_parse(bt_buf_bytes(&ret->text), &ret->arena, &ret->grants, err);
}

static baton_status begin(const baton_store *store, struct edit *ret, struct baton_error *err)
{
    int folder = bt_store_folder(store->store);
    if (folder >= 0) {
        if (mkdirat(folder, BT_ACCESS_FOLDER, 0700) != 0 && errno != EEXIST)
            return bt_fail_os(err, errno, "cannot make the folder %s of the store",
                              BT_ACCESS_FOLDER);
        BT_TRY(bt_fs_open_beneath(folder, LOCK_FILE, O_RDWR | O_CREAT, 0600, &ret->lock, err));
        BT_TRY(bt_fs_lock(ret->lock.fd, "the access to a store", err));
    }
    return read_grants(store, ret, err);
}

/* What does not read would lock everybody out. */
static baton_status finish(struct edit *edit, const struct bt_buf *text, struct baton_error *err)
{
    struct bt_grants again;
    BT_TRY(bt_buf_finish(text, "the grants of a store", err));
    BT_TRY(bt_grants_parse(bt_buf_bytes(text), &edit->arena, &again, err));
    return bt_fs_replace_beneath(edit->store, BT_GRANTS_FILE, 0600, bt_buf_bytes(text), err);
}

static const struct bt_grant *find(const struct bt_grants *grants, const char *who)
{
    for (size_t i = 0; i < grants->count; i++)
        if (strcmp(grants->items[i].who, who) == 0)
            return &grants->items[i];
    return NULL;
}

/* ---- what is asked for ---- */

/* "90d", "12h", or as in the file. */
static baton_status read_expiry(const char *text, int64_t *ret, struct baton_error *err)
{
    size_t len = strlen(text);
    int64_t count = 0;
    char unit = len ? text[len - 1] : '\0';
    if (bt_expiry_parse(bt_bytes_of(text), ret)) {
        if (*ret > now_s())
            return BATON_OK;
        return bt_fail(err, BATON_ERR_USAGE, "%s is over: a token must expire later than now",
                       text);
    }
    bool is_span = (unit == 'd' || unit == 'h') &&
                   bt_i64_parse((struct bt_bytes){(const uint8_t *)text, len - 1}, &count);
    if (!is_span || count < 1 || count > SPAN_MAX)
        return bt_fail(err, BATON_ERR_USAGE,
                       "\"%s\" is no time to expire at; expected 90d, 12h, 2027-01-01T00:00:00Z or "
                       "never",
                       text);
    *ret = now_s() + count * (unit == 'd' ? DAY_S : HOUR_S);
    return BATON_OK;
}

static baton_status join_models(baton_strings models, struct bt_buf *ret, struct baton_error *err)
{
    if (bt_strings_count(models) == 0)
        bt_buf_put_str(ret, "*");
    for (size_t i = 0; i < bt_strings_count(models); i++) {
        if (i)
            bt_buf_put_byte(ret, ',');
        bt_buf_put_str(ret, models[i]);
    }
    BT_TRY(bt_buf_finish(ret, "the models of a token", err));
    const char *problem = bt_grant_models_problem(bt_buf_bytes(ret));
    return problem ? bt_fail(err, BATON_ERR_USAGE, "models \"%s\": %s", bt_buf_str(ret), problem)
                   : BATON_OK;
}

static baton_status name_token(const char *name, struct bt_buf *ret, struct baton_error *err)
{
    const char *problem = bt_token_name_problem(bt_bytes_of(name ? name : ""));
    if (problem)
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\" is no name for a token: %s", name ? name : "",
                       problem);
    bt_buf_printf(ret, "token:%s", name);
    return bt_buf_finish(ret, "the name of a token", err);
}

/* ---- reports ---- */

static void member_models(struct bt_json_writer *w, const char *models)
{
    bt_json_key(w, "models");
    bt_json_begin_array(w);
    while (*models) {
        size_t len = strcspn(models, ",");
        bt_json_put_bytes(w, (struct bt_bytes){(const uint8_t *)models, len});
        models += len + (models[len] == ',');
    }
    bt_json_end_array(w);
}

static void member_expires(struct bt_json_writer *w, const struct bt_grant *grant)
{
    char text[BT_TIME_TEXT_MAX];
    bt_expiry_format(grant->expires_s, text);
    bt_json_member_str(w, "expires", text);
}

static void put_grant(struct bt_json_writer *w, const struct bt_grant *grant)
{
    bt_json_begin_object(w);
    if (grant->is_token) {
        bt_json_member_bool(w, "expired", grant->expires_s <= now_s());
        member_expires(w, grant);
    }
    member_models(w, grant->models);
    bt_json_member_str(w, "role", grant->role);
    bt_json_member_str(w, "who", grant->who);
    bt_json_end_object(w);
}

static baton_status report_made(const struct bt_grant *grant, const char *name, const char *token,
                                struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    member_expires(&w, grant);
    member_models(&w, grant->models);
    bt_json_member_str(&w, "name", name);
    bt_json_member_str(&w, "role", grant->role);
    bt_json_member_str(&w, "token", token);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

/* ---- verbs ---- */

static baton_status add(const baton_store *store, const struct bt_grant *grant,
                        struct baton_error *err)
{
    AUTO_EDIT edit = EDIT_INIT;
    BT_TRY(begin(store, &edit, err));
    if (find(&edit.grants, grant->who))
        return bt_fail(err, BATON_ERR_EXISTS,
                       "there is a %s already; revoke it, or take another name", grant->who);
    if (edit.text.len && edit.text.data[edit.text.len - 1] != '\n')
        bt_buf_put_byte(&edit.text, '\n');
    bt_grant_format(grant, &edit.text);
    return finish(&edit, &edit.text, err);
}

baton_status baton_token_create(const baton_store *store, const struct baton_token *token,
                                struct baton_report *ret, struct baton_error *err)
{
    struct baton_token t = BATON_TOKEN_INIT;
    char text[BT_TOKEN_LEN + 1];
    BT_AUTO_BUF who = BT_BUF_INIT(256);
    BT_AUTO_BUF models = BT_BUF_INIT((size_t)16 << 10);
    BT_TRY(bt_options_take(&t, sizeof t, token, err));
    struct bt_grant grant = {.role = t.role ? t.role : ROLE_DEFAULT, .is_token = true};
    BT_TRY(name_token(t.name, &who, err));
    BT_TRY(join_models(t.models, &models, err));
    BT_TRY(read_expiry(t.expires ? t.expires : EXPIRES_DEFAULT, &grant.expires_s, err));
    if (!bt_role_may(bt_bytes_of(grant.role)))
        return bt_fail(err, BATON_ERR_USAGE, "\"%s\" is no role; expected " BT_ROLES, grant.role);
    grant.who = bt_buf_str(&who);
    grant.models = bt_buf_str(&models);
    BT_TRY(bt_token_make(text, err));
    BT_TRY(bt_token_hash(bt_bytes_of(text), &grant.token, err));
    BT_TRY(add(store, &grant, err));
    baton_status status = report_made(&grant, t.name, text, ret, err);
    explicit_bzero(text, sizeof text);
    return status;
}

baton_status baton_token_list(const baton_store *store, struct baton_report *ret,
                              struct baton_error *err)
{
    AUTO_EDIT edit = EDIT_INIT;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    BT_TRY(read_grants(store, &edit, err));
    bt_json_begin_object(&w);
    bt_json_key(&w, "grants");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < edit.grants.count; i++)
        put_grant(&w, &edit.grants.items[i]);
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_token_revoke(const baton_store *store, const char *name,
                                struct baton_report *ret, struct baton_error *err)
{
    AUTO_EDIT edit = EDIT_INIT;
    BT_AUTO_BUF who = BT_BUF_INIT(256);
    BT_AUTO_BUF text = BT_BUF_INIT(BT_GRANTS_BYTES_MAX);
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    BT_TRY(name_token(name, &who, err));
    BT_TRY(begin(store, &edit, err));
    if (!bt_grants_remove(bt_buf_bytes(&edit.text), bt_buf_str(&who), &text))
        return bt_fail(err, BATON_ERR_NOT_FOUND, "there is no token \"%s\"", name);
    BT_TRY(finish(&edit, &text, err));
    bt_json_begin_object(&w);
    bt_json_member_str(&w, "name", name);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

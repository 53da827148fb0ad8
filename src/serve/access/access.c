/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access/access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "serve/access/failures.h"
#include "serve/access/token.h"

/* What tells one state of a file from another. All zero: there is none. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t bytes;
    struct timespec changed;
};

/* The files as one loop has read them. */
struct view {
    _Alignas(64) int64_t looked_s;
    bool is_good;
    struct identity identity;
    struct bt_arena arena;
    struct bt_grants grants;
};

struct bt_access {
    int store;
    struct view *views; /* one for each loop */
    unsigned loops;
    struct bt_failures failures;
};

static int64_t now_s(void)
{
    return (int64_t)(bt_clock_now_us() / 1000000);
}

/* ---- the files ---- */

static struct identity identify_file(int store, const char *name)
{
    struct stat st;
    if (fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return (struct identity){.inode = 0};
    return (struct identity){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
}

static bool same(const struct identity *a, const struct identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Who can write the file can let anybody in. */
static baton_status need_private(int fd, const char *name, struct baton_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bt_fail_os(err, errno, "cannot look at %s of the store", name);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return bt_fail(err, BATON_ERR_REFUSED,
                       "%s of the store can be written by others than its owner; chmod 600 it",
                       name);
    return BATON_OK;
}

static baton_status read_file(int store, const char *name, struct bt_buf *ret,
                              struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(store, name, O_RDONLY, 0, &fd, err));
    BT_TRY(need_private(fd.fd, name, err));
    return bt_fs_read_all(fd.fd, name, ret, err);
}

baton_status bt_grants_read(int store, struct bt_buf *ret, struct baton_error *err)
{
    struct identity identity = identify_file(store, BT_GRANTS_FILE);
    if (identity.inode)
        return read_file(store, BT_GRANTS_FILE, ret, err);
    bt_grants_format_head(ret);
    return bt_buf_finish(ret, "the grants of a store", err);
}

static baton_status read_view(int store, struct view *ret, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_GRANTS_BYTES_MAX);
    BT_TRY(bt_grants_read(store, &text, err));
    return bt_grants_parse(bt_buf_bytes(&text), &ret->arena, &ret->grants, err);
}

/* What is read anew takes the place of what was; nothing does, where it does not read. */
static baton_status refresh(const struct bt_access *access, struct view *view, int64_t now,
                            struct baton_error *err)
{
    struct view next = {.looked_s = now,
                        .identity = identify_file(access->store, BT_GRANTS_FILE),
                        .arena = BT_ARENA_INIT};
    view->looked_s = now;
    if (view->is_good && same(&view->identity, &next.identity))
        return BATON_OK;
    baton_status status = read_view(access->store, &next, err);
    next.is_good = status == BATON_OK;
    bt_arena_release(&view->arena);
    *view = next;
    return status;
}

static const struct view *view_of(const struct bt_access *access, unsigned loop, int64_t now)
{
    struct view *view = &access->views[loop];
    if (view->looked_s != now)
        (void)refresh(access, view, now, NULL);
    return view->is_good ? view : NULL;
}

/* ---- callers ---- */

struct bt_caller bt_caller_anonymous(void)
{
    return (struct bt_caller){.who = "anonymous", .method = "none"};
}

static bool allows(const struct bt_grant *grant, enum bt_may what, const char *model)
{
    bool is_for_all = strcmp(grant->models, "*") == 0;
    return (grant->may & what) && (is_for_all || what != BT_MAY_WATCH) &&
           (!model || bt_grant_covers(grant, model));
}

bool bt_caller_may(const struct bt_caller *caller, enum bt_may what, const char *model)
{
    const struct bt_grants *grants = caller->grants;
    if (!grants || what == BT_MAY_ANYBODY)
        return true;
    if (caller->only)
        return allows(caller->only, what, model);
    for (size_t i = 0; i < grants->count; i++)
        if (strcmp(grants->items[i].who, caller->who) == 0 &&
            allows(&grants->items[i], what, model))
            return true;
    return false;
}

/* ---- credentials ---- */

/* What is behind "Bearer ", in any case of letters; no bytes: it is something else. */
static struct bt_bytes credentials_of(const char *authorization, const char *scheme)
{
    size_t len = strlen(scheme);
    if (strncasecmp(authorization, scheme, len) != 0 || authorization[len] != ' ')
        return (struct bt_bytes){NULL, 0};
    authorization += len;
    return bt_bytes_of(authorization + strspn(authorization, " "));
}

/* The first of a certificate's names that has a grant; who has none may nothing. */
static void take_certificate(const struct view *view, const char *names, struct bt_caller *ret)
{
    *ret = (struct bt_caller){names, "certificate", &view->grants, NULL};
    for (const char *name = names; *name; name += strlen(name) + 1)
        for (size_t i = 0; i < view->grants.count; i++)
            if (strcmp(view->grants.items[i].who, name) == 0) {
                ret->who = name;
                return;
            }
}

/* A token that is unknown, revoked or expired takes the same steps. */
static bool is_token(const struct view *view, struct bt_bytes text, int64_t now,
                     struct bt_caller *ret)
{
    struct bt_digest digest;
    if (!bt_token_is_one(text) || bt_token_hash(text, &digest, NULL) != BATON_OK)
        return false;
    const struct bt_grant *grant = bt_grants_find_token(&view->grants, &digest);
    if (!grant || grant->expires_s <= now)
        return false;
    *ret = (struct bt_caller){grant->who, "token", &view->grants, grant};
    return true;
}

static unsigned refuse_unknown(struct bt_server_answer *answer)
{
    bt_buf_put_str(&answer->fields, "WWW-Authenticate: Bearer realm=\"baton\"\r\n");
    return 401;
}

/* Only who is wrong is counted: whoever shares an address with a guesser keeps their token. */
static unsigned refuse_wrong(struct bt_access *access, const struct bt_server_request *request,
                             struct bt_server_answer *answer, int64_t now)
{
    if (!bt_failures_are_over(&access->failures, request->peer, now)) {
        bt_failures_add(&access->failures, request->peer, now);
        return refuse_unknown(answer);
    }
    bt_buf_printf(&answer->fields, "Retry-After: %d\r\n", BT_FAILURES_SPAN_S);
    return 429;
}

unsigned bt_access_identify(struct bt_access *access, const struct bt_server_request *request,
                            struct bt_server_answer *answer, struct bt_caller *ret)
{
    int64_t now = now_s();
    const struct view *view = view_of(access, request->loop, now);
    const char *authorization = bt_server_field(request, "authorization");
    if (!view)
        return 503;
    if (!authorization && request->names[0]) {
        take_certificate(view, request->names, ret);
        return 0;
    }
    if (!authorization)
        return refuse_unknown(answer);
    if (is_token(view, credentials_of(authorization, "bearer"), now, ret))
        return 0;
    return refuse_wrong(access, request, answer, now);
}

const char *bt_access_text(unsigned status)
{
    switch (status) {
    case 401:
        return "say who you are: a token as \"Authorization: Bearer …\" that is valid here";
    case 403:
        return "you may not do this here";
    case 429:
        return "too many wrong credentials from this address; try again later";
    default:
        return "who may ask cannot be told at present";
    }
}

/* ---- opening and closing ---- */

void bt_access_close(struct bt_access *access)
{
    if (!access)
        return;
    for (unsigned i = 0; access->views && i < access->loops; i++)
        bt_arena_release(&access->views[i].arena);
    bt_free(access->views);
    bt_free(access);
}

static void close_access(struct bt_access **access)
{
    bt_access_close(*access);
}

baton_status bt_access_open(int store, unsigned loops, struct bt_access **ret,
                            struct baton_error *err)
{
    BT_CLEANUP(close_access) struct bt_access *access = bt_calloc(1, sizeof *access);
    if (!access)
        return bt_fail_no_memory(err, "who may ask");
    access->store = store;
    access->loops = loops;
    access->failures = (struct bt_failures)BT_FAILURES_INIT;
    access->views = bt_calloc_aligned(loops, sizeof *access->views);
    if (!access->views)
        return bt_fail_no_memory(err, "who may ask");
    if (getrandom(&access->failures.seed, sizeof access->failures.seed, 0) < 0)
        return bt_fail_os(err, errno, "this machine gives no random bytes");
    BT_TRY(refresh(access, &access->views[0], now_s(), err));
    if (access->views[0].grants.count == 0)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "nobody has access to this store: make a token with `baton token create`, "
                       "or write who has into STORE/" BT_GRANTS_FILE);
    *ret = access;
    access = NULL;
    return BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_ACCESS_ACCESS_H
#define BT_SERVE_ACCESS_ACCESS_H
/*
 * Who asks, and what they may do. Without a struct bt_access anybody may do anything, which is for
 * loopback.
 *
 * The files are in STORE/access (docs/formats/access.md). Each loop has its own copy and looks at
 * most once a second whether there are others, so that what is revoked ends within that second.
 * Files that do not read let nobody in.
 */
#include "net/server.h"
#include "serve/access/grants.h"

#define BT_ACCESS_FOLDER "access"
#define BT_GRANTS_FILE "access/grants"

/* The text of the file, or of one without a grant where there is none. */
BT_CHECK baton_status bt_grants_read(int store, struct bt_buf *ret, struct baton_error *err);

struct bt_access;

/* `store` is its folder, which stays open. BATON_ERR_REFUSED when nobody has access. */
BT_CHECK baton_status bt_access_open(int store, unsigned loops, struct bt_access **ret,
                                     struct baton_error *err);
void bt_access_close(struct bt_access *access);

/* Lives until its loop identifies the next. */
struct bt_caller {
    const char *who;                /* "anonymous", or as in a grant: "token:ci" */
    const char *method;             /* "none", "token", "password", "certificate" */
    const struct bt_grants *grants; /* of everybody; NULL: none are needed */
    const struct bt_grant *only;    /* of a token; NULL: all of `who` */
};

/* Nobody in particular: without authentication, or before it. */
struct bt_caller bt_caller_anonymous(void);
/* Whether the caller may do that with this model; NULL: with any. */
bool bt_caller_may(const struct bt_caller *caller, enum bt_may what, const char *model);

/* 0 and who it is, or the status to refuse with and, in `answer`, the fields for it; its text is
 * bt_access_text(). */
unsigned bt_access_identify(struct bt_access *access, const struct bt_server_request *request,
                            struct bt_server_answer *answer, struct bt_caller *ret);
const char *bt_access_text(unsigned status);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_ACCESS_GRANTS_H
#define BT_SERVE_ACCESS_GRANTS_H
/*
 * Who may do what with which models: the file STORE/access/grants (docs/formats/access.md).
 *
 *     baton access 1
 *     token:ci predictor credit,faces sha256:… 2027-01-01T00:00:00Z
 *     user:alice admin *
 *     uri:spiffe://example.org/scorer predictor credit
 *
 * One grant a line, in any order. Of a token only the hash is there: who reads the file cannot use
 * it. A token has one line; anybody else may have several, which add up.
 */
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "codec/text/time.h"
#include "crypto/digest.h"

#define BT_GRANTS_BYTES_MAX ((size_t)1 << 20)
#define BT_GRANTS_MAX ((size_t)4096)
#define BT_NEVER INT64_MAX

/* What a route asks for, and a set of what a role gives. No bits: nothing. */
enum bt_may {
    BT_MAY_ANYBODY = 1, /* whether the server lives, and nothing about models */
    BT_MAY_VIEW = 2,    /* what models there are, and what they take */
    BT_MAY_INFER = 4,   /* their answers */
    BT_MAY_AUDIT = 8,   /* what others were answered */
    BT_MAY_WATCH = 16,  /* how all models are doing: for who has a role for all of them */
    BT_MAY_ADMIN = 32,
};

struct bt_grant {
    const char *who; /* "token:NAME", "user:NAME", "uri:…", "dns:…", "cn:…" */
    const char *role;
    unsigned may;
    const char *models; /* "*", or names with commas between */
    bool is_token;
    struct bt_digest token; /* of a token */
    int64_t expires_s;      /* of a token, or BT_NEVER */
};

struct bt_grants {
    struct bt_grant *items; /* in the arena */
    size_t count;
};

/* What a role may, or 0: there is no such role. */
unsigned bt_role_may(struct bt_bytes role);
/* viewer, predictor, auditor, admin: for messages. */
#define BT_ROLES "viewer, predictor, auditor or admin"

/* NULL: these are good as the models of a grant; else what is wrong with them. */
const char *bt_grant_models_problem(struct bt_bytes models);
/* NULL: good as the name behind "token:"; else what is wrong with it. */
const char *bt_token_name_problem(struct bt_bytes name);
bool bt_grant_covers(const struct bt_grant *grant, const char *model);

BT_CHECK baton_status bt_grants_parse(struct bt_bytes text, struct bt_arena *arena,
                                      struct bt_grants *ret, struct baton_error *err);
/* One line of the file, with its end. */
void bt_grant_format(const struct bt_grant *grant, struct bt_buf *out);
/* The file's first line. */
void bt_grants_format_head(struct bt_buf *out);
/* Constant in time over which of the tokens it is, if any. NULL: none. */
const struct bt_grant *bt_grants_find_token(const struct bt_grants *grants,
                                            const struct bt_digest *token);

/* Copy the lines of a file that are not of `who`; true when there were some. */
bool bt_grants_remove(struct bt_bytes text, const char *who, struct bt_buf *out);

/* "2027-01-01T00:00:00Z", to the second; "never". */
void bt_expiry_format(int64_t time_s, char ret[BT_TIME_TEXT_MAX]);
BT_CHECK bool bt_expiry_parse(struct bt_bytes text, int64_t *ret_s);

#endif

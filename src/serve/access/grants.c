/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access/grants.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

#define HEAD "baton access 1"
#define FIELDS_MAX 5
#define NAME_LEN_MAX ((size_t)64)
#define WHO_LEN_MAX ((size_t)512)

static const struct {
    const char *name;
    unsigned may;
} roles[] = {
    {"viewer", BT_MAY_VIEW | BT_MAY_WATCH},
    {"predictor", BT_MAY_VIEW | BT_MAY_INFER},
    {"auditor", BT_MAY_VIEW | BT_MAY_WATCH | BT_MAY_AUDIT},
    {"admin", BT_MAY_VIEW | BT_MAY_WATCH | BT_MAY_INFER | BT_MAY_AUDIT | BT_MAY_ADMIN},
};

unsigned bt_role_may(struct bt_bytes role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (bt_bytes_equal(role, bt_bytes_of(roles[i].name)))
            return roles[i].may;
    return 0;
}

/* ---- words ---- */

static bool is_graphic(struct bt_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return false;
    return true;
}

const char *bt_grant_models_problem(struct bt_bytes models)
{
    static const struct bt_bytes all = {(const uint8_t *)"*", 1};
    if (bt_bytes_equal(models, all))
        return NULL;
    if (models.len == 0 || !is_graphic(models))
        return "expected names of models with commas between, or *";
    for (size_t i = 0; i < models.len; i++) {
        bool is_end = i + 1 == models.len;
        if (models.ptr[i] == '*')
            return "* stands for all models, alone";
        if (models.ptr[i] == ',' && (i == 0 || is_end || models.ptr[i + 1] == ','))
            return "a name between two commas is empty";
    }
    return NULL;
}

const char *bt_token_name_problem(struct bt_bytes name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    if (name.len == 0 || name.len > NAME_LEN_MAX)
        return "expected 1 to 64 characters";
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(good, name.ptr[i], sizeof good - 1))
            return "expected small letters, digits, and - _ . only";
    return NULL;
}

bool bt_grant_covers(const struct bt_grant *grant, const char *model)
{
    size_t len = strlen(model);
    if (strcmp(grant->models, "*") == 0)
        return true;
    for (const char *at = grant->models; *at;) {
        size_t have = strcspn(at, ",");
        if (have == len && memcmp(at, model, len) == 0)
            return true;
        at += have + (at[have] == ',');
    }
    return false;
}

/* ---- times ---- */

void bt_expiry_format(int64_t time_s, char ret[BT_TIME_TEXT_MAX])
{
    if (time_s == BT_NEVER)
        (void)snprintf(ret, BT_TIME_TEXT_MAX, "never");
    else
        bt_time_format(time_s, ret);
}

bool bt_expiry_parse(struct bt_bytes text, int64_t *ret_s)
{
    char given[BT_TIME_TEXT_MAX];
    if (text.len >= sizeof given)
        return false;
    memcpy(given, text.ptr, text.len);
    given[text.len] = '\0';
    if (strcmp(given, "never") != 0)
        return bt_time_parse(given, ret_s);
    *ret_s = BT_NEVER;
    return true;
}

/* ---- lines ---- */

struct line {
    size_t number;
    struct bt_bytes fields[FIELDS_MAX];
    size_t count;
};

static baton_status fail_at(const struct line *line, const char *problem, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "the grants of the store's access, line %zu: %s",
                   line->number, problem);
}

/* Fields are apart by blanks; what is behind "#" is a remark. */
static bool split(struct bt_bytes text, struct line *line)
{
    size_t at = 0;
    line->count = 0;
    while (at < text.len) {
        size_t from;
        while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
            at++;
        if (at == text.len || text.ptr[at] == '#')
            break;
        for (from = at; at < text.len && text.ptr[at] != ' ' && text.ptr[at] != '\t';)
            at++;
        if (line->count == FIELDS_MAX)
            return false;
        line->fields[line->count++] = (struct bt_bytes){text.ptr + from, at - from};
    }
    return true;
}

static bool starts_with(struct bt_bytes text, const char *start)
{
    size_t len = strlen(start);
    return text.len > len && memcmp(text.ptr, start, len) == 0;
}

static const char *who_problem(struct bt_bytes who)
{
    static const char *const kinds[] = {"token:", "user:", "uri:", "dns:", "cn:"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (starts_with(who, kinds[i]))
            return who.len <= WHO_LEN_MAX && is_graphic(who) ? NULL : "a name that is none";
    return "expected token:, user:, uri:, dns: or cn: and a name";
}

static const char *take_token(const struct line *line, struct bt_grant *ret)
{
    const struct bt_bytes who = line->fields[0];
    const size_t skip = strlen("token:");
    const char *problem = bt_token_name_problem((struct bt_bytes){who.ptr + skip, who.len - skip});
    ret->is_token = true;
    if (problem)
        return problem;
    if (line->count != 5 || !bt_digest_parse(line->fields[3], &ret->token))
        return "a token has a role, models, its sha256:… and when it expires";
    if (!bt_expiry_parse(line->fields[4], &ret->expires_s))
        return "expected a time such as 2027-01-01T00:00:00Z, or never";
    return NULL;
}

static baton_status copy_words(const struct bt_bytes *fields, struct bt_arena *arena,
                               struct bt_grant *ret, struct baton_error *err)
{
    ret->who = bt_arena_strndup(arena, (const char *)fields[0].ptr, fields[0].len);
    ret->role = bt_arena_strndup(arena, (const char *)fields[1].ptr, fields[1].len);
    ret->models = bt_arena_strndup(arena, (const char *)fields[2].ptr, fields[2].len);
    return ret->who && ret->role && ret->models ? BATON_OK
                                                : bt_fail_no_memory(err, "the grants of a store");
}

static baton_status take(const struct line *line, struct bt_arena *arena, struct bt_grant *ret,
                         struct baton_error *err)
{
    const struct bt_bytes *fields = line->fields;
    if (line->count < 3)
        return fail_at(line, "expected who, a role, and models", err);
    const char *problem = who_problem(fields[0]);
    ret->may = bt_role_may(fields[1]);
    ret->expires_s = BT_NEVER;
    if (!problem && !ret->may)
        problem = "expected a role: " BT_ROLES;
    if (!problem)
        problem = bt_grant_models_problem(fields[2]);
    if (!problem && starts_with(fields[0], "token:"))
        problem = take_token(line, ret);
    else if (!problem && line->count > 3)
        problem = "more than who, a role, and models";
    if (problem)
        return fail_at(line, problem, err);
    return copy_words(fields, arena, ret, err);
}

/* Two lines for a token would leave one behind when it is revoked by hand. */
static bool is_twice(const struct bt_grants *grants, const struct bt_grant *grant)
{
    for (size_t i = 0; grant->is_token && i < grants->count; i++)
        if (strcmp(grants->items[i].who, grant->who) == 0)
            return true;
    return false;
}

static baton_status add_line(struct bt_bytes text, struct line *line, struct bt_arena *arena,
                             struct bt_grants *grants, struct baton_error *err)
{
    struct bt_grant *grant = &grants->items[grants->count];
    if (memchr(text.ptr, '\0', text.len))
        return fail_at(line, "a NUL byte", err);
    if (!split(text, line))
        return fail_at(line, "more fields than a grant has", err);
    if (line->count == 0)
        return BATON_OK;
    if (grants->count == BT_GRANTS_MAX)
        return fail_at(line, "more grants than 4096", err);
    BT_TRY(take(line, arena, grant, err));
    if (is_twice(grants, grant))
        return fail_at(line, "the name of a token that another line has", err);
    grants->count++;
    return BATON_OK;
}

/* The first line of `text`, without its end; `text` is what comes after it. */
static struct bt_bytes next_line(struct bt_bytes *text)
{
    const uint8_t *end = memchr(text->ptr, '\n', text->len);
    struct bt_bytes line = {text->ptr, end ? (size_t)(end - text->ptr) : text->len};
    size_t skip = line.len + (end ? 1 : 0);
    *text = (struct bt_bytes){text->ptr + skip, text->len - skip};
    return line;
}

static size_t count_lines(struct bt_bytes text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    return count;
}

baton_status bt_grants_parse(struct bt_bytes text, struct bt_arena *arena, struct bt_grants *ret,
                             struct baton_error *err)
{
    struct line line = {.number = 1};
    struct bt_grants grants = {.count = 0};
    if (text.len > BT_GRANTS_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "the grants of the store's access are over 1 MiB");
    if (!starts_with(text, HEAD) || text.ptr[sizeof HEAD - 1] != '\n')
        return fail_at(&line, "expected \"" HEAD "\"", err);
    size_t room = bt_min(count_lines(text), BT_GRANTS_MAX) + 1;
    grants.items = bt_arena_calloc(arena, room, sizeof *grants.items);
    if (!grants.items)
        return bt_fail_no_memory(err, "the grants of a store");
    text = (struct bt_bytes){text.ptr + sizeof HEAD, text.len - sizeof HEAD};
    for (line.number = 2; text.len; line.number++)
        BT_TRY(add_line(next_line(&text), &line, arena, &grants, err));
    *ret = grants;
    return BATON_OK;
}

void bt_grants_format_head(struct bt_buf *out)
{
    bt_buf_put_str(out, HEAD "\n");
}

void bt_grant_format(const struct bt_grant *grant, struct bt_buf *out)
{
    char digest[BT_DIGEST_TEXT_MAX];
    char expires[BT_TIME_TEXT_MAX];
    bt_buf_printf(out, "%s %s %s", grant->who, grant->role, grant->models);
    if (grant->is_token) {
        bt_digest_format(&grant->token, digest);
        bt_expiry_format(grant->expires_s, expires);
        bt_buf_printf(out, " %s %s", digest, expires);
    }
    bt_buf_put_byte(out, '\n');
}

bool bt_grants_remove(struct bt_bytes text, const char *who, struct bt_buf *out)
{
    bool any = false;
    while (text.len) {
        struct line line = {.count = 0};
        struct bt_bytes one = next_line(&text);
        if (split(one, &line) && line.count && bt_bytes_equal(line.fields[0], bt_bytes_of(who))) {
            any = true;
            continue;
        }
        bt_buf_put(out, one.ptr, one.len);
        bt_buf_put_byte(out, '\n');
    }
    return any;
}

/* ---- looking for one ---- */

/* All ones where they are the same, else zero, without a branch on what is compared. */
static uintptr_t same(const struct bt_digest *a, const struct bt_digest *b)
{
    unsigned differs = 0;
    for (size_t i = 0; i < BT_DIGEST_BYTES; i++)
        differs |= (unsigned)(a->bytes[i] ^ b->bytes[i]);
    return (uintptr_t)0 - (uintptr_t)((differs - 1) >> 31);
}

const struct bt_grant *bt_grants_find_token(const struct bt_grants *grants,
                                            const struct bt_digest *token)
{
    uintptr_t found = 0;
    for (size_t i = 0; i < grants->count; i++)
        if (grants->items[i].is_token)
            found |= same(&grants->items[i].token, token) & (uintptr_t)&grants->items[i];
    return (const struct bt_grant *)found;
}

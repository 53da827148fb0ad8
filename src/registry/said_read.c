/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading is easy-going, for at its end what was understood is written out again and has to give
 * the same bytes.
 */
#include "registry/said.h"

#include <string.h>

#include "codec/text/base64.h"
#include "store/store.h"

struct reader {
    const struct bt_json *object;
    struct bt_arena *arena;
    struct baton_error *err;
    baton_status status; /* the first that went wrong */
};

static void note(struct reader *r, baton_status status)
{
    if (r->status == BATON_OK)
        r->status = status;
}

static const char *take_str(struct reader *r, const char *key)
{
    const char *text = "";
    if (r->status == BATON_OK)
        note(r, bt_json_need_str(r->object, key, r->arena, &text, r->err));
    if (r->status == BATON_OK && strlen(text) > BT_SAID_TEXT_MAX)
        note(r, bt_fail(r->err, BATON_ERR_LIMIT, "\"%s\" is longer than %zu bytes", key,
                        BT_SAID_TEXT_MAX));
    return text;
}

static const struct bt_json *take(struct reader *r, const char *key, enum bt_json_kind kind)
{
    static const struct bt_json nothing = {.kind = BT_JSON_ARRAY};
    const struct bt_json *found = &nothing;
    if (r->status == BATON_OK)
        note(r, bt_json_need(r->object, key, kind, &found, r->err));
    return r->status == BATON_OK ? found : &nothing;
}

static uint64_t take_u64(struct reader *r, const char *key)
{
    uint64_t value = 0;
    const struct bt_json *number = take(r, key, BT_JSON_NUMBER);
    if (r->status == BATON_OK)
        note(r, bt_json_u64(number, &value, r->err));
    return value;
}

/* The name of what a member says: `prefix` is taken off. */
static const char *take_urn(struct reader *r, const char *key, const char *prefix)
{
    const char *text = take_str(r, key);
    size_t len = strlen(prefix);
    if (r->status == BATON_OK && strncmp(text, prefix, len) != 0)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" does not begin with %s", key, prefix));
    return r->status == BATON_OK ? text + len : "";
}

static void take_hex(struct reader *r, struct bt_bytes hex, struct bt_digest *ret)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    if (r->status != BATON_OK)
        return;
    if (!bt_hex_parse(hex, &bytes) || bytes.len != BT_DIGEST_BYTES)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "expected 64 hexadecimal digits as a digest"));
    else
        memcpy(ret->bytes, bytes.data, sizeof ret->bytes);
}

/* Of {"digest":{"sha256":HEX}} */
static void take_digest_of(struct reader *r, const struct bt_json *object, struct bt_digest *ret)
{
    const struct bt_json *set = bt_json_find(object, "digest");
    const struct bt_json *hex = set ? bt_json_find(set, "sha256") : NULL;
    take_hex(r, hex ? hex->text : (struct bt_bytes){NULL, 0}, ret);
}

static size_t list_count(struct reader *r, const struct bt_json *list)
{
    if (list->count > BT_SAID_LIST_MAX)
        note(r, bt_fail(r->err, BATON_ERR_LIMIT, "a list of %zu entries: the limit is %zu",
                        list->count, BT_SAID_LIST_MAX));
    return r->status == BATON_OK ? list->count : 0;
}

static void *make(struct reader *r, size_t count, size_t size)
{
    void *made = bt_arena_calloc(r->arena, count, size);
    if (!made)
        note(r, bt_fail_no_memory(r->err, "a statement"));
    return made;
}

/* Of hexadecimal strings, or of objects with a digest in each. */
static void take_digests(struct reader *r, const char *key, bool objects, struct bt_said *said)
{
    const struct bt_json *list = take(r, key, BT_JSON_ARRAY);
    size_t count = list_count(r, list);
    struct bt_digest *digests = make(r, count, sizeof *digests);
    for (size_t i = 0; digests && i < count; i++) {
        if (objects)
            take_digest_of(r, &list->items[i], &digests[i]);
        else
            take_hex(r, list->items[i].text, &digests[i]);
    }
    said->digests = digests;
    said->digest_count = digests ? count : 0;
}

static baton_verdict verdict_named(struct reader *r, const char *name)
{
    for (unsigned v = BATON_IDENTICAL; v <= BATON_DIFFERS; v++)
        if (strcmp(baton_verdict_name((baton_verdict)v), name) == 0)
            return (baton_verdict)v;
    note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" is not a verdict", name));
    return BATON_DIFFERS;
}

static void take_checks(struct reader *r, const char *key, struct bt_said *said)
{
    const struct bt_json *list = take(r, key, BT_JSON_ARRAY);
    size_t count = list_count(r, list);
    struct bt_check *checks = make(r, count, sizeof *checks);
    for (size_t i = 0; checks && i < count; i++) {
        struct reader row = {&list->items[i], r->arena, r->err, r->status};
        checks[i].what = take_str(&row, "check");
        checks[i].detail = take_str(&row, "detail");
        checks[i].verdict = verdict_named(&row, take_str(&row, "verdict"));
        note(r, row.status);
    }
    said->checks = checks;
    said->check_count = checks ? count : 0;
}

/* Which of two words, the first being true. */
static bool take_either(struct reader *r, const char *key, const char *yes, const char *no)
{
    const char *word = take_str(r, key);
    bool is_yes = strcmp(word, yes) == 0;
    if (r->status == BATON_OK && !is_yes && strcmp(word, no) != 0)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" is \"%s\": expected %s or %s", key, word,
                        yes, no));
    return is_yes;
}

/* ---- the kinds ---- */

static void take_version(struct reader *r, struct bt_said *said)
{
    said->ledger = take_str(r, "ledger");
    said->model = take_str(r, "model");
    take_digests(r, "parents", false, said);
    said->time = take_str(r, "time");
    said->version = take_u64(r, "version");
}

static void take_handoff(struct reader *r, struct bt_said *said)
{
    unsigned role = BT_ROLE_AUTHOR;
    said->ledger = take_str(r, "ledger");
    said->model = take_str(r, "model");
    said->note = take_str(r, "note");
    said->time = take_str(r, "time");
    const char *to = take_str(r, "to");
    if (r->status == BATON_OK)
        note(r, bt_roles_parse(to, &role, r->err));
    said->to = (enum bt_role)role;
}

static void take_test(struct reader *r, struct bt_said *said)
{
    take_checks(r, "baton_checks", said);
    said->model = take_str(r, "baton_model");
    said->numerics = take_str(r, "baton_numerics");
    said->time = take_str(r, "baton_time");
    said->good = take_either(r, "result", "PASSED", "FAILED");
}

static void take_levels(struct reader *r, struct bt_said *said)
{
    const struct bt_json *levels = take(r, "verifiedLevels", BT_JSON_ARRAY);
    said->level = levels->count && bt_json_is_str(&levels->items[0], "BATON_IDENTICAL")
                      ? BATON_IDENTICAL
                      : BATON_WITHIN_CONTRACT;
}

static void take_verifier(struct reader *r, struct bt_said *said)
{
    struct reader verifier = {take(r, "verifier", BT_JSON_OBJECT), r->arena, r->err, r->status};
    take_hex(&verifier, bt_bytes_of(take_urn(&verifier, "id", BT_KEY_URN)), &said->verifier);
    struct reader version = {take(&verifier, "version", BT_JSON_OBJECT), r->arena, r->err,
                             verifier.status};
    said->baton_version = take_str(&version, "baton");
    said->numerics = take_str(&version, "numerics");
    note(r, version.status);
}

static void take_acceptance(struct reader *r, struct bt_said *said)
{
    take_checks(r, "baton_checks", said);
    take_digests(r, "inputAttestations", true, said);
    take_digest_of(r, take(r, "policy", BT_JSON_OBJECT), &said->policy);
    said->model = take_urn(r, "resourceUri", BT_MODEL_URN);
    said->time = take_str(r, "timeVerified");
    said->good = take_either(r, "verificationResult", "PASSED", "FAILED");
    take_levels(r, said);
    take_verifier(r, said);
}

static void take_alias(struct reader *r, struct bt_said *said)
{
    said->good = take_either(r, "action", "promote", "rollback");
    said->alias = take_str(r, "alias");
    take_checks(r, "gates", said);
    said->ledger = take_str(r, "ledger");
    said->model = take_str(r, "model");
    said->has_previous = bt_json_find(r->object, "previous") != NULL;
    if (said->has_previous)
        said->previous = take_u64(r, "previous");
    said->note = take_str(r, "reason");
    said->time = take_str(r, "time");
    said->version = take_u64(r, "version");
}

static void take_retirement(struct reader *r, struct bt_said *said)
{
    said->ledger = take_str(r, "ledger");
    said->model = take_str(r, "model");
    said->note = take_str(r, "reason");
    said->time = take_str(r, "time");
}

static void take_roles(struct reader *r, struct bt_said *said)
{
    const struct bt_json *list = take(r, "roles", BT_JSON_ARRAY);
    for (size_t i = 0; i < list_count(r, list); i++) {
        unsigned role = 0;
        const char *name = bt_arena_strndup(r->arena, (const char *)list->items[i].text.ptr,
                                            list->items[i].text.len);
        note(r,
             name ? bt_roles_parse(name, &role, r->err) : bt_fail_no_memory(r->err, "a statement"));
        said->roles |= role;
    }
}

static void take_key(struct reader *r, struct bt_said *said)
{
    said->good = take_either(r, "action", "trust", "revoke");
    said->ledger = take_str(r, "ledger");
    said->name = take_str(r, "name");
    if (said->good) {
        said->public_key = take_str(r, "publicKey");
        take_roles(r, said);
    } else {
        said->note = take_str(r, "reason");
    }
    said->time = take_str(r, "time");
}

static void take_policy(struct reader *r, struct bt_said *said)
{
    said->ledger = take_str(r, "ledger");
    const struct bt_json *policy = take(r, "policy", BT_JSON_OBJECT);
    if (r->status == BATON_OK)
        note(r, bt_policy_parse(policy, r->arena, &said->policy_text, r->err));
    said->time = take_str(r, "time");
}

static void take_predicate(struct reader *r, struct bt_said *said)
{
    static void (*const takes[BT_SAID_KIND_COUNT])(struct reader *, struct bt_said *) = {
        [BT_SAID_VERSION] = take_version, [BT_SAID_HANDOFF] = take_handoff,
        [BT_SAID_TEST] = take_test,       [BT_SAID_ACCEPTANCE] = take_acceptance,
        [BT_SAID_ALIAS] = take_alias,     [BT_SAID_RETIREMENT] = take_retirement,
        [BT_SAID_KEY] = take_key,         [BT_SAID_POLICY] = take_policy,
    };
    takes[said->kind](r, said);
}

/* What a canonical form cannot say wrongly, but a person can. */
static baton_status check_sense(const struct bt_said *said, struct baton_error *err)
{
    int64_t time = 0;
    if (!bt_time_parse(said->time, &time))
        return bt_fail(err, BATON_ERR_INVALID, "the time \"%s\" is none (RFC 3339, UTC, seconds)",
                       said->time);
    if (said->model && bt_model_name_check(said->model, err) != BATON_OK)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not a model's name", said->model);
    if (said->alias && bt_model_name_check(said->alias, err) != BATON_OK)
        return bt_fail(err, BATON_ERR_INVALID, "\"%s\" is not an alias's name", said->alias);
    if ((said->kind == BT_SAID_VERSION || said->kind == BT_SAID_ALIAS) &&
        (said->version == 0 || said->version > BT_VERSION_MAX))
        return bt_fail(err, BATON_ERR_INVALID, "there is no version %llu",
                       (unsigned long long)said->version);
    return BATON_OK;
}

static baton_status check_form(const struct bt_said *said, struct bt_bytes payload,
                               struct baton_error *err)
{
    BT_AUTO_BUF again = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_TRY(bt_said_write(said, &again, err));
    if (!bt_bytes_equal(bt_buf_bytes(&again), payload))
        return bt_fail(err, BATON_ERR_INVALID,
                       "the %s statement is not in its one form "
                       "(docs/formats/statement.md): a member is missing, unknown or written "
                       "otherwise",
                       bt_said_kind_name(said->kind));
    return BATON_OK;
}

static enum bt_said_kind find_kind(struct bt_bytes predicate_type)
{
    for (unsigned kind = 0; kind < BT_SAID_OTHER; kind++)
        if (bt_bytes_equal(predicate_type,
                           bt_bytes_of(bt_said_predicate_type((enum bt_said_kind)kind))))
            return (enum bt_said_kind)kind;
    return BT_SAID_OTHER;
}

baton_status bt_said_read(const struct bt_dsse_message *message, struct bt_arena *arena,
                          struct bt_said *ret, struct baton_error *err)
{
    struct bt_statement statement;
    BT_TRY(bt_statement_open(message, NULL, arena, &statement, err));
    if (statement.count != 1 || !statement.subjects[0].has_sha256)
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "expected one subject, with a SHA-256");
    struct bt_said said = {
        .kind = find_kind(statement.predicate_type),
        .subject = statement.subjects[0].sha256,
    };
    if (said.kind < BT_SAID_SIGNING) {
        struct reader r = {statement.predicate, arena, err, BATON_OK};
        if (!statement.predicate)
            return bt_fail(err, BATON_ERR_INVALID, "the statement has no predicate");
        take_predicate(&r, &said);
        BT_TRY(r.status);
        BT_TRY(check_sense(&said, err));
        BT_TRY(check_form(&said, message->payload, err));
    }
    *ret = said;
    return BATON_OK;
}

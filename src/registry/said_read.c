/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading is easy-going, for at its end what was understood is written out again and has to give
 * the same bytes. Every refusal names the key.
 */
#include "registry/said_int.h"

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

/* What went wrong inside of a member. */
static void note_in(struct reader *r, const char *key, baton_status status)
{
    if (r->status == BATON_OK && status != BATON_OK)
        r->status = r->err ? bt_error_prepend(r->err, "in \"%s\"", key) : status;
}

/* ---- members of any kind ---- */

static const struct bt_json *take(struct reader *r, const char *key, enum bt_json_kind kind)
{
    static const struct bt_json nothing = {.kind = BT_JSON_ARRAY};
    const struct bt_json *found = &nothing;
    if (r->status == BATON_OK)
        note(r, bt_json_need(r->object, key, kind, &found, r->err));
    return r->status == BATON_OK ? found : &nothing;
}

static struct reader inside(struct reader *r, const struct bt_json *object)
{
    return (struct reader){object, r->arena, r->err, r->status};
}

static struct reader enter(struct reader *r, const char *key)
{
    const struct bt_json *object = take(r, key, BT_JSON_OBJECT);
    return inside(r, object);
}

static uint64_t take_u64(struct reader *r, const char *key)
{
    uint64_t value = 0;
    const struct bt_json *number = take(r, key, BT_JSON_NUMBER);
    if (r->status == BATON_OK)
        note_in(r, key, bt_json_u64(number, &value, r->err));
    return value;
}

static uint64_t take_version_number(struct reader *r, const char *key)
{
    uint64_t version = take_u64(r, key);
    if (r->status == BATON_OK && (version == 0 || version > BT_VERSION_MAX))
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\": there is no version %llu", key,
                        (unsigned long long)version));
    return version;
}

/* ---- texts ---- */

static const char *take_lines(struct reader *r, const char *key)
{
    const char *text = "";
    if (r->status == BATON_OK)
        note(r, bt_json_need_str(r->object, key, r->arena, &text, r->err));
    if (r->status == BATON_OK && strlen(text) > BT_SAID_TEXT_MAX)
        note(r, bt_fail(r->err, BATON_ERR_LIMIT, "\"%s\" is longer than %zu bytes", key,
                        BT_SAID_TEXT_MAX));
    return text;
}

static const char *take_str(struct reader *r, const char *key)
{
    const char *text = take_lines(r, key);
    if (r->status == BATON_OK && bt_text_has_control(text))
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" holds a control character", key));
    return text;
}

/* Not empty. */
static const char *take_word(struct reader *r, const char *key)
{
    const char *text = take_str(r, key);
    if (r->status == BATON_OK && !*text)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" is empty", key));
    return text;
}

/* What a member says behind `prefix`. */
static const char *take_behind(struct reader *r, const char *key, const char *prefix)
{
    const char *text = take_str(r, key);
    size_t len = strlen(prefix);
    if (r->status == BATON_OK && strncmp(text, prefix, len) != 0)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" does not begin with %s", key, prefix));
    return r->status == BATON_OK ? text + len : "";
}

/* Of a model or an alias. */
static const char *take_name(struct reader *r, const char *key, const char *prefix)
{
    const char *name = take_behind(r, key, prefix);
    if (r->status == BATON_OK && bt_model_name_check(name, NULL) != BATON_OK)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" is \"%.160s\", which is not a name", key,
                        name));
    return name;
}

static const char *take_time(struct reader *r, const char *key)
{
    int64_t time = 0;
    const char *text = take_str(r, key);
    if (r->status == BATON_OK && !bt_time_parse(text, &time))
        note(r, bt_fail(r->err, BATON_ERR_INVALID,
                        "\"%s\" is \"%.40s\": expected a time as 2026-11-24T15:04:05Z", key, text));
    return text;
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

static unsigned take_role(struct reader *r, const char *key, const char *name)
{
    unsigned role = 0;
    if (r->status == BATON_OK && bt_roles_parse(name, &role, NULL) != BATON_OK)
        note(r, bt_fail(r->err, BATON_ERR_INVALID,
                        "\"%s\" is \"%.40s\": expected author, validator, operator or auditor", key,
                        name));
    if (role & (role - 1))
        note(r,
             bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" is %.80s: expected one role", key, name));
    return role;
}

/* ---- digests and lists ---- */

static void take_hex(struct reader *r, const char *key, struct bt_bytes hex, struct bt_digest *ret)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_DIGEST_BYTES);
    if (r->status != BATON_OK)
        return;
    if (!bt_hex_parse(hex, &bytes) || bytes.len != BT_DIGEST_BYTES)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\": expected 64 small hexadecimal digits",
                        key));
    else
        memcpy(ret->bytes, bytes.data, sizeof ret->bytes);
}

/* "digest":{"sha256":HEX} */
static void take_digest(struct reader *r, struct bt_digest *ret)
{
    struct reader set = enter(r, "digest");
    const struct bt_json *hex = take(&set, "sha256", BT_JSON_STRING);
    take_hex(&set, "sha256", hex->text, ret);
    note(r, set.status);
}

static const struct bt_json *take_list(struct reader *r, const char *key, size_t *ret_count)
{
    const struct bt_json *list = take(r, key, BT_JSON_ARRAY);
    if (list->count > BT_SAID_LIST_MAX)
        note(r, bt_fail(r->err, BATON_ERR_LIMIT, "\"%s\" has %zu entries: the limit is %zu", key,
                        list->count, BT_SAID_LIST_MAX));
    *ret_count = r->status == BATON_OK ? list->count : 0;
    return list;
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
    size_t count = 0;
    const struct bt_json *list = take_list(r, key, &count);
    struct bt_digest *digests = make(r, count, sizeof *digests);
    for (size_t i = 0; digests && i < count; i++) {
        struct reader item = inside(r, &list->items[i]);
        if (objects)
            take_digest(&item, &digests[i]);
        else
            take_hex(&item, "item", list->items[i].text, &digests[i]);
        note_in(r, key, item.status);
    }
    said->digests = digests;
    said->digest_count = digests ? count : 0;
}

static baton_verdict take_verdict(struct reader *r, const char *key)
{
    const char *name = take_str(r, key);
    for (unsigned v = BATON_IDENTICAL; r->status == BATON_OK && v <= BATON_DIFFERS; v++)
        if (strcmp(baton_verdict_name((baton_verdict)v), name) == 0)
            return (baton_verdict)v;
    if (r->status == BATON_OK)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"%s\" is \"%.40s\", which is not a verdict",
                        key, name));
    return BATON_DIFFERS;
}

static void take_checks(struct reader *r, const char *key, struct bt_said *said)
{
    size_t count = 0;
    const struct bt_json *list = take_list(r, key, &count);
    struct bt_check *checks = make(r, count, sizeof *checks);
    for (size_t i = 0; checks && i < count; i++) {
        struct reader row = inside(r, &list->items[i]);
        checks[i].what = take_word(&row, "check");
        checks[i].detail = take_str(&row, "detail");
        checks[i].verdict = take_verdict(&row, "verdict");
        note_in(r, key, row.status);
    }
    said->checks = checks;
    said->check_count = checks ? count : 0;
}

/* ---- the kinds ---- */

static void take_version(struct reader *r, struct bt_said *said)
{
    said->ledger = take_word(r, "ledger");
    said->model = take_name(r, "model", "");
    take_digests(r, "parents", false, said);
    said->time = take_time(r, "time");
    said->version = take_version_number(r, "version");
}

static void take_handoff(struct reader *r, struct bt_said *said)
{
    said->ledger = take_word(r, "ledger");
    said->model = take_name(r, "model", "");
    said->note = take_str(r, "note");
    said->time = take_time(r, "time");
    unsigned to = take_role(r, "to", take_str(r, "to"));
    if (to)
        said->to = (enum bt_role)to;
}

static void take_test(struct reader *r, struct bt_said *said)
{
    take_checks(r, "baton_checks", said);
    said->model = take_name(r, "baton_model", "");
    said->numerics = take_word(r, "baton_numerics");
    said->time = take_time(r, "baton_time");
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
    struct reader verifier = enter(r, "verifier");
    const char *id = take_behind(&verifier, "id", BT_KEY_URN);
    take_hex(&verifier, "id", bt_bytes_of(id), &said->verifier);
    struct reader version = enter(&verifier, "version");
    said->baton_version = take_word(&version, "baton");
    said->numerics = take_word(&version, "numerics");
    note_in(r, "verifier", version.status);
}

static void take_acceptance(struct reader *r, struct bt_said *said)
{
    take_checks(r, "baton_checks", said);
    take_digests(r, "inputAttestations", true, said);
    struct reader policy = enter(r, "policy");
    take_digest(&policy, &said->policy);
    note_in(r, "policy", policy.status);
    said->model = take_name(r, "resourceUri", BT_MODEL_URN);
    said->time = take_time(r, "timeVerified");
    said->good = take_either(r, "verificationResult", "PASSED", "FAILED");
    take_levels(r, said);
    take_verifier(r, said);
}

static void take_alias(struct reader *r, struct bt_said *said)
{
    said->good = take_either(r, "action", "promote", "rollback");
    said->alias = take_name(r, "alias", "");
    take_checks(r, "gates", said);
    said->ledger = take_word(r, "ledger");
    said->model = take_name(r, "model", "");
    said->has_previous = bt_json_find(r->object, "previous") != NULL;
    if (said->has_previous)
        said->previous = take_u64(r, "previous");
    said->note = take_str(r, "reason");
    said->time = take_time(r, "time");
    said->version = take_version_number(r, "version");
}

static void take_retirement(struct reader *r, struct bt_said *said)
{
    said->ledger = take_word(r, "ledger");
    said->model = take_name(r, "model", "");
    said->note = take_str(r, "reason");
    said->time = take_time(r, "time");
}

static void take_roles(struct reader *r, struct bt_said *said)
{
    size_t count = 0;
    const struct bt_json *list = take_list(r, "roles", &count);
    for (size_t i = 0; i < count; i++) {
        struct bt_bytes text = list->items[i].text;
        const char *name = bt_arena_strndup(r->arena, (const char *)text.ptr, text.len);
        if (!name)
            note(r, bt_fail_no_memory(r->err, "a statement"));
        else
            said->roles |= take_role(r, "roles", name);
    }
    if (r->status == BATON_OK && !said->roles)
        note(r, bt_fail(r->err, BATON_ERR_INVALID, "\"roles\" is empty"));
}

static void take_key(struct reader *r, struct bt_said *said)
{
    said->good = take_either(r, "action", "trust", "revoke");
    said->ledger = take_word(r, "ledger");
    said->name = take_word(r, "name");
    if (said->good) {
        said->public_key = take_lines(r, "publicKey");
        take_roles(r, said);
    } else {
        said->note = take_str(r, "reason");
    }
    said->time = take_time(r, "time");
}

static void take_policy(struct reader *r, struct bt_said *said)
{
    said->ledger = take_word(r, "ledger");
    const struct bt_json *policy = take(r, "policy", BT_JSON_OBJECT);
    if (r->status == BATON_OK)
        note_in(r, "policy", bt_policy_parse(policy, r->arena, &said->policy_text, r->err));
    said->time = take_time(r, "time");
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
            return bt_fail(err, BATON_ERR_INVALID, "the statement lacks the key \"predicate\"");
        take_predicate(&r, &said);
        BT_TRY(r.status);
        BT_TRY(bt_said_check_form(&said, message->payload, err));
    }
    *ret = said;
    return BATON_OK;
}

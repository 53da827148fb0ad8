/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of every kind: written, read back, and held against tests/golden/statements. Then each
 * is edited in every place and every way of a table, and has to be refused with the key in the
 * message, or to be on the list of edits that say something else.
 */
#include "unit/unit.h"

#include <stdio.h>

#include "base/fs.h"
#include "registry/said.h"

#define DIGEST(byte)                                                                               \
    {                                                                                              \
        {                                                                                          \
            byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte,    \
                byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte,      \
                byte, byte, byte, byte, byte                                                       \
        }                                                                                          \
    }
#define WITNESSES                                                                                  \
    "witness w1 w1.example+280a4f24+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\nquorum w1\n"
#define TIME "2026-11-24T15:04:05Z"
#define OF_A_BUNDLE .subject = DIGEST(0x1b), .model = "risk/credit", .time = TIME
#define OF_OURS OF_A_BUNDLE, .ledger = "ledger-0123456789abcdef"
#define OF_A_KEY                                                                                   \
    .kind = BT_SAID_KEY, .subject = DIGEST(0x1b), .time = TIME,                                    \
    .ledger = "ledger-0123456789abcdef", .name = "bob"

static const struct bt_digest parents[] = {DIGEST(0x1c), DIGEST(0x1d)};
static const struct bt_digest inputs[] = {DIGEST(0x2a)};
static const struct bt_check failed[] = {
    {"case a", BATON_IDENTICAL, "12 of 12 outputs, bit for bit"},
    {"case b", BATON_DIFFERS, "row 7: 0.5 \xe2\x80\x93 0.25 > 1e-6"}};
static const struct bt_check passed[] = {
    {"case a", BATON_IDENTICAL, "12 of 12 outputs, bit for bit"},
    {"case b", BATON_WITHIN_CONTRACT, "at most 1 ULP"}};
static const struct bt_check gates[] = {
    {"moved by", BATON_IDENTICAL, "carol; it takes the role operator"}};
static const struct bt_policy_need needs[] = {{BT_SAYS_HANDOFF, BT_ROLE_AUTHOR, 1},
                                              {BT_SAYS_ACCEPTANCE, BT_ROLE_VALIDATOR, 2}};
static const struct bt_policy_rule rules[] = {
    {.model = "risk/credit",
     .alias = "production",
     .max_age_days = 90,
     .moved_by = BT_ROLE_OPERATOR,
     .needs = needs,
     .need_count = 2},
    {.model = "*", .alias = "*", .author_may_approve = true, .moved_by = BT_ROLE_AUDITOR}};
static const struct bt_digest root_keys[] = {DIGEST(0xa1), DIGEST(0xa2)};

static const struct sample {
    const char *name; /* of its golden file */
    struct bt_said said;
} samples[] = {
    {"version",
     {.kind = BT_SAID_VERSION, OF_OURS, .digests = parents, .digest_count = 2, .version = 7}},
    {"handoff",
     {.kind = BT_SAID_HANDOFF,
      OF_OURS,
      .note = "retrained on \"October\" \xc3\xa9",
      .to = BT_ROLE_VALIDATOR}},
    {"test",
     {.kind = BT_SAID_TEST,
      OF_A_BUNDLE,
      .numerics = "exact/1",
      .checks = failed,
      .check_count = 2}},
    {"acceptance",
     {.kind = BT_SAID_ACCEPTANCE,
      OF_A_BUNDLE,
      .digests = inputs,
      .digest_count = 1,
      .good = true,
      .level = BATON_WITHIN_CONTRACT,
      .verifier = DIGEST(0x2c),
      .policy = DIGEST(0x2b),
      .baton_version = "0.3.0",
      .numerics = "exact/1",
      .checks = passed,
      .check_count = 2}},
    {"refusal",
     {.kind = BT_SAID_ACCEPTANCE,
      OF_A_BUNDLE,
      .digests = inputs,
      .digest_count = 1,
      .level = BATON_WITHIN_CONTRACT,
      .verifier = DIGEST(0x2c),
      .policy = DIGEST(0x2b),
      .baton_version = "0.3.0",
      .numerics = "exact/1",
      .checks = failed,
      .check_count = 2}},
    {"promotion",
     {.kind = BT_SAID_ALIAS,
      OF_OURS,
      .good = true,
      .alias = "production",
      .checks = gates,
      .check_count = 1,
      .note = "complaints",
      .version = 7}},
    {"rollback",
     {.kind = BT_SAID_ALIAS,
      OF_OURS,
      .alias = "production",
      .checks = gates,
      .check_count = 1,
      .has_previous = true,
      .previous = 41,
      .note = "complaints",
      .version = 7}},
    {"retirement", {.kind = BT_SAID_RETIREMENT, OF_OURS, .note = "wrong year"}},
    {"trust",
     {OF_A_KEY, .good = true, .roles = BT_ROLE_AUTHOR | BT_ROLE_VALIDATOR,
      .public_key = "-----BEGIN PUBLIC KEY-----\n"
                    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                    "-----END PUBLIC KEY-----\n"}},
    {"revocation", {OF_A_KEY, .note = "laptop stolen"}},
    {"policy",
     {.kind = BT_SAID_POLICY,
      .subject = DIGEST(0x1b),
      .time = TIME,
      .ledger = "ledger-0123456789abcdef",
      .policy_text = {.rules = rules,
                      .rule_count = 2,
                      .root_keys = root_keys,
                      .root_key_count = 2,
                      .threshold = 2,
                      .witnesses = {.text = WITNESSES, .max_age_hours = 24}}}},
};
#define SAMPLE_COUNT (sizeof samples / sizeof samples[0])

static baton_status read_payload(struct bt_bytes payload, struct bt_arena *arena,
                                 struct bt_said *ret, struct baton_error *err)
{
    const struct bt_dsse_message message = {bt_bytes_of(BT_DSSE_IN_TOTO), payload};
    return bt_said_read(&message, arena, ret, err);
}

/* ---- written and read ---- */

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a)
        assert_string_equal(a, b);
}

static void assert_same_lists(const struct bt_said *a, const struct bt_said *b)
{
    assert_int_equal(a->digest_count, b->digest_count);
    for (size_t i = 0; i < a->digest_count; i++)
        assert_true(bt_digest_equal(&a->digests[i], &b->digests[i]));
    assert_int_equal(a->check_count, b->check_count);
    for (size_t i = 0; i < a->check_count; i++) {
        assert_string_equal(a->checks[i].what, b->checks[i].what);
        assert_string_equal(a->checks[i].detail, b->checks[i].detail);
        assert_int_equal(a->checks[i].verdict, b->checks[i].verdict);
    }
}

static void assert_same_policy(const struct bt_policy *a, const struct bt_policy *b)
{
    assert_int_equal(a->threshold, b->threshold);
    assert_same_text(a->witnesses.text, b->witnesses.text);
    assert_int_equal(a->witnesses.max_age_hours, b->witnesses.max_age_hours);
    assert_int_equal(a->root_key_count, b->root_key_count);
    assert_int_equal(a->rule_count, b->rule_count);
    for (size_t i = 0; i < a->root_key_count; i++)
        assert_true(bt_digest_equal(&a->root_keys[i], &b->root_keys[i]));
    for (size_t i = 0; i < a->rule_count; i++) {
        assert_string_equal(a->rules[i].model, b->rules[i].model);
        assert_string_equal(a->rules[i].alias, b->rules[i].alias);
        assert_int_equal(a->rules[i].author_may_approve, b->rules[i].author_may_approve);
        assert_int_equal(a->rules[i].max_age_days, b->rules[i].max_age_days);
        assert_int_equal(a->rules[i].moved_by, b->rules[i].moved_by);
        assert_int_equal(a->rules[i].need_count, b->rules[i].need_count);
        for (size_t k = 0; k < a->rules[i].need_count; k++) {
            assert_int_equal(a->rules[i].needs[k].says, b->rules[i].needs[k].says);
            assert_int_equal(a->rules[i].needs[k].role, b->rules[i].needs[k].role);
            assert_int_equal(a->rules[i].needs[k].count, b->rules[i].needs[k].count);
        }
    }
}

static void assert_same(const struct bt_said *a, const struct bt_said *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(bt_digest_equal(&a->subject, &b->subject));
    assert_same_text(a->time, b->time);
    assert_same_text(a->ledger, b->ledger);
    assert_same_text(a->model, b->model);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->to, b->to);
    assert_same_text(a->note, b->note);
    assert_int_equal(a->good, b->good);
    assert_int_equal(a->level, b->level);
    assert_true(bt_digest_equal(&a->verifier, &b->verifier));
    assert_true(bt_digest_equal(&a->policy, &b->policy));
    assert_same_text(a->baton_version, b->baton_version);
    assert_same_text(a->numerics, b->numerics);
    assert_same_text(a->alias, b->alias);
    assert_int_equal(a->has_previous, b->has_previous);
    assert_int_equal(a->previous, b->previous);
    assert_same_text(a->name, b->name);
    assert_int_equal(a->roles, b->roles);
    assert_same_text(a->public_key, b->public_key);
    assert_same_lists(a, b);
    assert_same_policy(&a->policy_text, &b->policy_text);
}

static void every_kind_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct bt_said said;
        assert_ok(bt_said_write(&samples[i].said, &text, &err), err);
        assert_ok(read_payload(bt_buf_bytes(&text), &arena, &said, &err), err);
        assert_same(&said, &samples[i].said);
    }
}

static void every_kind_is_written_as_ever(void **state)
{
    const char *source = getenv("BATON_TEST_SOURCE");
    (void)state;
    assert_non_null(source);
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
        BT_AUTO_BUF path = BT_BUF_INIT(4096);
        BT_AUTO_MAP golden = BT_MAP_INIT;
        bt_buf_printf(&path, "%s/tests/golden/statements/%s.json", source, samples[i].name);
        assert_ok(bt_map_user_file(bt_buf_str(&path), 1 << 20, &golden, &err), err);
        assert_ok(bt_said_write(&samples[i].said, &text, &err), err);
        if (!bt_bytes_equal(bt_buf_bytes(&text), (struct bt_bytes){golden.ptr, golden.len}))
            fail_msg("%s: %s", samples[i].name, bt_buf_str(&text));
    }
}

/* ---- edits ---- */

enum edit {
    DROPPED,
    TWICE,
    UNKNOWN_MEMBER,
    EMPTY,
    LONG,
    CONTROL,
    NUL,
    C1_CONTROL,
    BAD_UTF8,
    UPPER_CASE,
    SHORTER,
    NO_SUCH_WORD,
    NO_SUCH_DAY,
    TIME_WITH_OFFSET,
    TIME_WITH_FRACTION,
    TIME_WITH_BLANK,
    NEGATIVE,
    FRACTION,
    EXPONENT,
    HUGE_NUMBER,
    ABOVE_2_53,
    A_NULL,
    A_BOOL,
    A_NUMBER,
    A_STRING,
    A_LIST,
    AN_OBJECT,
    EDIT_COUNT
};

static const char *const edit_names[EDIT_COUNT] = {
    [DROPPED] = "dropped",
    [TWICE] = "twice",
    [UNKNOWN_MEMBER] = "an unknown member",
    [EMPTY] = "empty",
    [LONG] = "long",
    [CONTROL] = "a control character",
    [NUL] = "a NUL",
    [C1_CONTROL] = "a control character of two bytes",
    [BAD_UTF8] = "no UTF-8",
    [UPPER_CASE] = "upper case",
    [SHORTER] = "shorter",
    [NO_SUCH_WORD] = "another word",
    [NO_SUCH_DAY] = "no such day",
    [TIME_WITH_OFFSET] = "a time with an offset",
    [TIME_WITH_FRACTION] = "a time with a fraction",
    [TIME_WITH_BLANK] = "a time with a blank",
    [NEGATIVE] = "negative",
    [FRACTION] = "a fraction",
    [EXPONENT] = "an exponent",
    [HUGE_NUMBER] = "huge",
    [ABOVE_2_53] = "above 2^53",
    [A_NULL] = "null",
    [A_BOOL] = "true",
    [A_NUMBER] = "a number",
    [A_STRING] = "a string",
    [A_LIST] = "a list",
    [AN_OBJECT] = "an object",
};

/* Sorted behind every key that there is. */
#define UNKNOWN_KEY "zz"

/* What the value is replaced with; NULL: it is edited otherwise. */
static const char *const replacements[EDIT_COUNT] = {
    [EMPTY] = "\"\"",
    [NO_SUCH_WORD] = "\"PERHAPS\"",
    [NO_SUCH_DAY] = "\"2026-02-29T15:04:05Z\"",
    [TIME_WITH_OFFSET] = "\"2026-11-24T15:04:05+00:00\"",
    [TIME_WITH_FRACTION] = "\"2026-11-24T15:04:05.0Z\"",
    [TIME_WITH_BLANK] = "\"2026-11-24 15:04:05Z\"",
    [NEGATIVE] = "-1",
    [FRACTION] = "1.5",
    [EXPONENT] = "1e0",
    [HUGE_NUMBER] = "18446744073709551617",
    [ABOVE_2_53] = "9007199254740993",
    [A_NULL] = "null",
    [A_BOOL] = "true",
    [A_NUMBER] = "3",
    [A_STRING] = "\"3\"",
    [A_LIST] = "[]",
    [AN_OBJECT] = "{}",
};

/* What a string's text gets in front. */
static const char *const insertions[EDIT_COUNT] = {
    [CONTROL] = "\\u001b",
    [NUL] = "\\u0000",
    [C1_CONTROL] = "\xc2\x9b",
    [BAD_UTF8] = "\xc3(",
};

/* One of a few words, or a name. */
static bool is_word(const struct bt_json *value)
{
    static const char *const keys[] = {"_type",   "action",     "result", "verificationResult",
                                       "verdict", "to",         "format", "movedBy",
                                       "role",    "says",       "uri",    "model",
                                       "alias",   "baton_model"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (bt_bytes_equal(value->key, bt_bytes_of(keys[i])))
            return true;
    return false;
}

static bool ends_in_digest(const struct bt_json *value)
{
    size_t digits = 0;
    while (digits < value->text.len &&
           strchr("0123456789abcdef", value->text.ptr[value->text.len - 1 - digits]))
        digits++;
    return digits >= 64;
}

static bool is_string_edit(enum edit edit)
{
    return edit == EMPTY || edit == LONG || edit == CONTROL || edit == NUL || edit == C1_CONTROL ||
           edit == BAD_UTF8;
}

static bool applies_to_string(enum edit edit, const struct bt_json *value)
{
    int64_t time = 0;
    bool is_time = value->text.len == strlen(TIME) && memcmp(value->text.ptr, TIME, 20) == 0 &&
                   bt_time_parse(TIME, &time);
    if (edit == UPPER_CASE || edit == SHORTER)
        return ends_in_digest(value);
    if (edit >= NO_SUCH_DAY && edit <= TIME_WITH_BLANK)
        return is_time;
    return edit == NO_SUCH_WORD ? is_word(value) : is_string_edit(edit);
}

static bool applies(enum edit edit, const struct bt_json *value)
{
    static const enum edit of_kind[] = {
        [BT_JSON_NULL] = A_NULL,     [BT_JSON_FALSE] = A_BOOL,    [BT_JSON_TRUE] = A_BOOL,
        [BT_JSON_NUMBER] = A_NUMBER, [BT_JSON_STRING] = A_STRING, [BT_JSON_ARRAY] = A_LIST,
        [BT_JSON_OBJECT] = AN_OBJECT};
    if (edit >= A_NULL)
        return edit != of_kind[value->kind];
    if (edit == DROPPED || edit == TWICE)
        return value->key.len > 0;
    if (edit == UNKNOWN_MEMBER)
        return value->kind == BT_JSON_OBJECT;
    if (edit >= NEGATIVE)
        return value->kind == BT_JSON_NUMBER;
    return value->kind == BT_JSON_STRING && applies_to_string(edit, value);
}

struct writer {
    struct bt_buf *out;
    const struct bt_json *target; /* where the edit is */
    enum edit edit;
};

static void put_quoted(struct bt_buf *out, struct bt_bytes text)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_json_put_bytes(&w, text);
}

/* A string that is edited and not replaced. */
static void put_edited_string(struct writer *w, const struct bt_json *value)
{
    BT_AUTO_BUF quoted = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    struct bt_bytes text = value->text;
    if (w->edit == SHORTER)
        text.len--;
    put_quoted(&quoted, text);
    bt_buf_printf(w->out, "\"%s", insertions[w->edit] ? insertions[w->edit] : "");
    for (size_t i = 0; w->edit == LONG && i <= BT_SAID_TEXT_MAX; i++)
        bt_buf_put_byte(w->out, 'x');
    for (size_t i = 1; i < quoted.len; i++) {
        uint8_t byte = quoted.data[i];
        bool is_digit = byte >= 'a' && byte <= 'f' && i + 65 >= quoted.len;
        bt_buf_put_byte(w->out, w->edit == UPPER_CASE && is_digit ? (uint8_t)(byte - 32) : byte);
    }
}

static void put_value(struct writer *w, const struct bt_json *value);

/* NOLINTNEXTLINE(misc-no-recursion): the samples are ours, and six levels deep. */
static void put_items(struct writer *w, const struct bt_json *value)
{
    bool is_object = value->kind == BT_JSON_OBJECT;
    const char *comma = "";
    bt_buf_put_str(w->out, is_object ? "{" : "[");
    for (size_t i = 0; i < value->count; i++) {
        const struct bt_json *item = &value->items[i];
        bool here = item == w->target;
        for (int n = here && w->edit == DROPPED ? 0 : here && w->edit == TWICE ? 2 : 1; n; n--) {
            bt_buf_put_str(w->out, comma);
            if (is_object) {
                put_quoted(w->out, item->key);
                bt_buf_put_str(w->out, ":");
            }
            put_value(w, item);
            comma = ",";
        }
    }
    if (value == w->target && w->edit == UNKNOWN_MEMBER)
        bt_buf_printf(w->out, "%s\"" UNKNOWN_KEY "\":1", comma);
    bt_buf_put_str(w->out, is_object ? "}" : "]");
}

/* NOLINTNEXTLINE(misc-no-recursion): as above. */
static void put_value(struct writer *w, const struct bt_json *value)
{
    static const char *const words[] = {"null", "false", "true"};
    const char *instead = value == w->target ? replacements[w->edit] : NULL;
    if (instead)
        bt_buf_put_str(w->out, instead);
    else if (value->kind == BT_JSON_OBJECT || value->kind == BT_JSON_ARRAY)
        put_items(w, value);
    else if (value->kind == BT_JSON_STRING && value == w->target && w->edit > UNKNOWN_MEMBER)
        put_edited_string(w, value);
    else if (value->kind == BT_JSON_STRING)
        put_quoted(w->out, value->text);
    else if (value->kind == BT_JSON_NUMBER)
        bt_buf_put(w->out, value->text.ptr, value->text.len);
    else
        bt_buf_put_str(w->out, words[value->kind]);
}

/* Edits that make another statement of it, which baton must take: docs/formats/statement.md. */
static const struct {
    const char *sample; /* NULL: any */
    const char *key;
    enum edit edit;
} allowed[] = {
    {NULL, "detail", EMPTY},             /* of a check: nothing more to say */
    {NULL, "note", EMPTY},               /* of a handoff */
    {NULL, "reason", EMPTY},             /* of an alias, a retirement, a revocation */
    {NULL, "publicKey", EMPTY},          /* read as any text; judged to be no key */
    {NULL, "publicKey", CONTROL},        /* PEM has line ends, which are control characters */
    {NULL, "publicKey", C1_CONTROL},     /* */
    {"rollback", "previous", DROPPED},   /* the alias stood nowhere */
    {NULL, "predicateType", C1_CONTROL}, /* somebody else's predicate */
    {NULL, "predicateType", CONTROL},
    {NULL, "predicateType", LONG},
};

static bool is_allowed(const char *sample, struct bt_bytes key, enum edit edit)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if ((!allowed[i].sample || strcmp(allowed[i].sample, sample) == 0) &&
            bt_bytes_equal(bt_bytes_of(allowed[i].key), key) && allowed[i].edit == edit)
            return true;
    return false;
}

struct trial {
    const struct sample *sample;
    const struct bt_json *root;
    struct bt_bytes original;
    size_t tried;
    size_t bad;
};

/* What the message must contain. */
static void expected_word(struct bt_bytes key, enum edit edit, char word[128])
{
    (void)snprintf(word, 128, "\"%.*s\"", (int)key.len, (const char *)key.ptr);
    if (!key.len)
        (void)snprintf(word, 128, "an object");
    if (edit == UNKNOWN_MEMBER)
        (void)snprintf(word, 128, "\"" UNKNOWN_KEY "\"");
    if (edit == BAD_UTF8)
        (void)snprintf(word, 128, "is not UTF-8");
}

static void check_edited(struct trial *trial, struct bt_bytes key, enum edit edit,
                         struct bt_bytes text)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_said said;
    char word[128];
    bool taken = read_payload(text, &arena, &said, &err) == BATON_OK;
    bool expected = is_allowed(trial->sample->name, key, edit);
    expected_word(key, edit, word);
    trial->tried++;
    if (taken == expected && (taken || strstr(err.text, word)))
        return;
    trial->bad++;
    print_error("%s: %.*s %s: %s\n", trial->sample->name, (int)key.len, (const char *)key.ptr,
                edit_names[edit], taken ? "accepted" : err.text);
}

/* `key` is that of the value, or of the list that it is in. */
static void try_edits(struct trial *trial, const struct bt_json *value, struct bt_bytes key)
{
    for (unsigned edit = 0; edit < EDIT_COUNT; edit++) {
        BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
        struct writer w = {&text, value, (enum edit)edit};
        if (!applies((enum edit)edit, value))
            continue;
        put_value(&w, trial->root);
        assert_false(bt_bytes_equal(bt_buf_bytes(&text), trial->original));
        check_edited(trial, key, (enum edit)edit, bt_buf_bytes(&text));
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as above. */
static void try_below(struct trial *trial, const struct bt_json *value, struct bt_bytes key)
{
    for (size_t i = 0; i < value->count; i++) {
        const struct bt_json *item = &value->items[i];
        struct bt_bytes its = item->key.len ? item->key : key;
        try_edits(trial, item, its);
        try_below(trial, item, its);
    }
}

static void no_edit_goes_unnoticed(void **state)
{
    size_t bad = 0;
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
        BT_AUTO_BUF again = BT_BUF_INIT(BT_SAID_BYTES_MAX);
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct trial trial = {.sample = &samples[i]};
        assert_ok(bt_said_write(&samples[i].said, &text, &err), err);
        trial.original = bt_buf_bytes(&text);
        assert_ok(bt_json_parse(trial.original, "a sample", NULL, &arena, &trial.root, &err), err);
        struct writer w = {&again, NULL, DROPPED};
        put_value(&w, trial.root);
        assert_true(bt_bytes_equal(bt_buf_bytes(&again), trial.original));
        try_edits(&trial, trial.root, bt_bytes_of(""));
        try_below(&trial, trial.root, bt_bytes_of(""));
        assert_true(trial.tried > 100);
        bad += trial.bad;
    }
    assert_int_equal(bad, 0);
}

/* ---- what it is called ---- */

/* The text of one kind under the type of another. */
static void assert_of_another_kind(const struct sample *sample, enum bt_said_kind kind)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_BUF edited = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_said said;
    const char *type = bt_said_predicate_type(sample->said.kind);
    assert_ok(bt_said_write(&sample->said, &text, &err), err);
    const char *from = bt_buf_str(&text);
    const char *at = strstr(from, type);
    bt_buf_printf(&edited, "%.*s%s%s", (int)(at - from), from, bt_said_predicate_type(kind),
                  at + strlen(type));
    baton_status status = read_payload(bt_buf_bytes(&edited), &arena, &said, &err);
    if (status != BATON_ERR_INVALID || !strchr(err.text, '"'))
        fail_msg("%s as %s: %s", sample->name, bt_said_kind_name(kind), err.text);
}

static void a_predicate_under_another_type_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++)
        for (unsigned kind = 0; kind < BT_SAID_SIGNING; kind++)
            if (kind != samples[i].said.kind)
                assert_of_another_kind(&samples[i], (enum bt_said_kind)kind);
}

static void only_the_payload_type_of_statements_is_read(void **state)
{
    static const char *const types[] = {"", "application/json", "application/vnd.in-toto+json ",
                                        "Application/vnd.in-toto+json",
                                        "application/vnd.in-toto+jso"};
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF text = BT_BUF_INIT(BT_SAID_BYTES_MAX);
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)state;
    assert_ok(bt_said_write(&samples[0].said, &text, &err), err);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct bt_dsse_message message = {bt_bytes_of(types[i]), bt_buf_bytes(&text)};
        struct bt_said said;
        assert_int_equal(bt_said_read(&message, &arena, &said, &err), BATON_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "expected application/vnd.in-toto+json"));
    }
}

static void somebody_elses_predicate_is_none_of_ours(void **state)
{
    static const char text[] =
        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"urn:baton:version:v2\","
        "\"subject\":[{\"digest\":{\"sha256\":"
        "\"1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b\"}}]}";
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_said said;
    (void)state;
    assert_ok(read_payload(bt_bytes_of(text), &arena, &said, &err), err);
    assert_int_equal(said.kind, BT_SAID_OTHER);
}

UNIT_MAIN(cmocka_unit_test(every_kind_is_read_as_it_was_written),
          cmocka_unit_test(every_kind_is_written_as_ever), cmocka_unit_test(no_edit_goes_unnoticed),
          cmocka_unit_test(a_predicate_under_another_type_is_refused),
          cmocka_unit_test(only_the_payload_type_of_statements_is_read),
          cmocka_unit_test(somebody_elses_predicate_is_none_of_ours))

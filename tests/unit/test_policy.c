/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as text: the one form in and out, everything that could be misread refused; and which
 * rule of several an alias is under. */
#include "unit/unit.h"

#include <stdio.h>

#include "registry/policy.h"

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define NEED "{\"count\":2,\"role\":\"validator\",\"says\":\"acceptance\"}"
#define RULE                                                                                       \
    "{\"alias\":\"production\",\"authorMayApprove\":false,\"maxAgeDays\":90,\"model\":\"credit\"," \
    "\"movedBy\":\"operator\",\"needs\":[" NEED "]}"
#define ROOT "{\"keys\":[\"" KEY_A "\",\"" KEY_B "\"],\"threshold\":2}"
#define KEY_W "example.com/witness+00361d1a+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define NOBODY "{\"maxAgeHours\":0,\"quorum\":\"\"}"
#define WITNESSES "{\"maxAgeHours\":24,\"quorum\":\"witness w " KEY_W "\\nquorum w\\n\"}"
#define POLICY                                                                                     \
    "{\"aliases\":[" RULE "],\"format\":\"baton/policy/1\",\"root\":" ROOT                         \
    ",\"witnesses\":" WITNESSES "}"
#define NOBODYS ",\"witnesses\":" NOBODY "}"

static baton_status parse(const char *text, struct bt_arena *arena, struct bt_policy *ret,
                          struct baton_error *err)
{
    const struct bt_json *json = NULL;
    BT_TRY(bt_json_parse(bt_bytes_of(text), "the policy", NULL, arena, &json, err));
    return bt_policy_parse(json, arena, ret, err);
}

static void assert_written(const struct bt_policy *policy, const char *text)
{
    BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_policy_put(policy, &w);
    assert_string_equal(bt_buf_str(&out), text);
}

static void a_policy_is_written_as_it_was_read(void **state)
{
    static const char *const texts[] = {
        POLICY,
        "{\"aliases\":[],\"format\":\"baton/policy/1\",\"root\":{\"keys\":[\"" KEY_A
        "\"],\"threshold\":1}" NOBODYS,
        "{\"aliases\":[{\"alias\":\"*\",\"authorMayApprove\":true,\"maxAgeDays\":0,\"model\":\"*\","
        "\"movedBy\":\"auditor\",\"needs\":[]}],\"format\":\"baton/policy/1\",\"root\":" ROOT
            NOBODYS,
        "{\"aliases\":[{\"alias\":\"a\",\"authorMayApprove\":true,\"maxAgeDays\":36500,"
        "\"model\":\"team/credit\",\"movedBy\":\"author\",\"needs\":["
        "{\"count\":1,\"role\":\"author\",\"says\":\"handoff\"},"
        "{\"count\":32,\"role\":\"auditor\",\"says\":\"test\"}]}],"
        "\"format\":\"baton/policy/1\",\"root\":" ROOT NOBODYS,
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct bt_policy policy;
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        assert_ok(parse(texts[i], &arena, &policy, &err), err);
        assert_written(&policy, texts[i]);
    }
}

static void every_field_is_read(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_policy policy;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)state;
    assert_ok(parse(POLICY, &arena, &policy, &err), err);
    assert_int_equal(policy.threshold, 2);
    assert_int_equal(policy.root_key_count, 2);
    assert_int_equal(policy.root_keys[1].bytes[0], 0xff);
    assert_int_equal(policy.rule_count, 1);
    const struct bt_policy_rule *rule = &policy.rules[0];
    assert_string_equal(rule->model, "credit");
    assert_string_equal(rule->alias, "production");
    assert_false(rule->author_may_approve);
    assert_int_equal(rule->max_age_days, 90);
    assert_int_equal(rule->moved_by, BT_ROLE_OPERATOR);
    assert_int_equal(rule->need_count, 1);
    assert_int_equal(rule->needs[0].says, BT_SAYS_ACCEPTANCE);
    assert_int_equal(rule->needs[0].role, BT_ROLE_VALIDATOR);
    assert_int_equal(rule->needs[0].count, 2);
    assert_int_equal(policy.witnesses.max_age_hours, 24);
    assert_int_equal(policy.witnesses.quorum->witness_count, 1);
    assert_string_equal(policy.witnesses.quorum->witnesses[0].name, "example.com/witness");
}

/* POLICY with its first `from` turned into `to`. */
static const char *edited(const char *from, const char *to, struct bt_arena *arena)
{
    const char *at = strstr(POLICY, from);
    BT_AUTO_BUF text = BT_BUF_INIT(1 << 20);
    if (!at)
        fail_msg("POLICY has no %s", from);
    bt_buf_printf(&text, "%.*s%s%s", (int)(at - POLICY), POLICY, to, at + strlen(from));
    return bt_arena_strndup(arena, bt_buf_str(&text), text.len);
}

static const struct {
    const char *from;
    const char *to;
    baton_status status;
} edits[] = {
    {POLICY, "[]", BATON_ERR_INVALID},
    {POLICY, "null", BATON_ERR_INVALID},
    {"baton/policy/1", "baton/policy/2", BATON_ERR_UNSUPPORTED},
    {"\"baton/policy/1\"", "1", BATON_ERR_UNSUPPORTED},
    {"\"format\":\"baton/policy/1\",", "", BATON_ERR_UNSUPPORTED},
    {"\"format\":", "\"format\":\"baton/policy/1\",\"format\":", BATON_ERR_INVALID},
    {"\"format\":", "\"expires\":1,\"format\":", BATON_ERR_INVALID},
    {"\"aliases\":[" RULE "],", "", BATON_ERR_INVALID},
    {"[" RULE "]", RULE, BATON_ERR_INVALID},
    {RULE, RULE "," RULE, BATON_ERR_INVALID},
    {RULE, "1", BATON_ERR_INVALID},
    {"\"model\":", "\"Model\":", BATON_ERR_INVALID},
    {"\"model\":", "\"model\":\"a\",\"model\":", BATON_ERR_INVALID},
    {"\"model\":", "\"note\":\"\",\"model\":", BATON_ERR_INVALID},
    {"\"model\":\"credit\"", "\"model\":\"Credit\"", BATON_ERR_INVALID},
    {"\"model\":\"credit\"", "\"model\":\"cre*\"", BATON_ERR_INVALID},
    {"\"model\":\"credit\"", "\"model\":\"\"", BATON_ERR_INVALID},
    {"\"model\":\"credit\"", "\"model\":\"a\\u0000b\"", BATON_ERR_INVALID},
    {"\"model\":\"credit\"", "\"model\":7", BATON_ERR_INVALID},
    {"\"production\"", "\"../x\"", BATON_ERR_INVALID},
    {"\"alias\":\"production\",", "", BATON_ERR_INVALID},
    {"false", "\"false\"", BATON_ERR_INVALID},
    {"false", "0", BATON_ERR_INVALID},
    {"\"authorMayApprove\":false,", "", BATON_ERR_INVALID},
    {":90", ":-1", BATON_ERR_INVALID},
    {":90", ":1.5", BATON_ERR_INVALID},
    {":90", ":36501", BATON_ERR_INVALID},
    {":90", ":18446744073709551616", BATON_ERR_INVALID},
    {":90", ":\"90\"", BATON_ERR_INVALID},
    {"\"maxAgeDays\":90,", "", BATON_ERR_INVALID},
    {"\"operator\"", "\"root\"", BATON_ERR_INVALID},
    {"\"operator\"", "\"author,operator\"", BATON_ERR_INVALID},
    {"\"operator\"", "\"\"", BATON_ERR_INVALID},
    {",\"needs\":[" NEED "]", "", BATON_ERR_INVALID},
    {NEED, "true", BATON_ERR_INVALID},
    {"\"count\":2", "\"count\":0", BATON_ERR_INVALID},
    {"\"count\":2", "\"count\":33", BATON_ERR_INVALID},
    {"\"count\":2,", "", BATON_ERR_INVALID},
    {"\"count\":2", "\"count\":2,\"by\":\"me\"", BATON_ERR_INVALID},
    {"\"validator\"", "\"Validator\"", BATON_ERR_INVALID},
    {"\"acceptance\"", "\"refusal\"", BATON_ERR_INVALID},
    {"\"acceptance\"", "3", BATON_ERR_INVALID},
    {ROOT, "{}", BATON_ERR_INVALID},
    {ROOT, "[]", BATON_ERR_INVALID},
    {",\"root\":" ROOT, "", BATON_ERR_INVALID},
    {"\"threshold\":2", "\"threshold\":0", BATON_ERR_INVALID},
    {"\"threshold\":2", "\"threshold\":3", BATON_ERR_INVALID},
    {"\"threshold\":2", "\"threshold\":2,\"also\":1", BATON_ERR_INVALID},
    {KEY_B, KEY_A, BATON_ERR_INVALID},
    {KEY_B, "", BATON_ERR_INVALID},
    {"\"" KEY_B "\"", "1", BATON_ERR_INVALID},
    {"00112233", "0011223", BATON_ERR_INVALID},
    {"\"" KEY_A "\",\"" KEY_B "\"", "", BATON_ERR_INVALID},
    {",\"witnesses\":" WITNESSES, "", BATON_ERR_INVALID},
    {WITNESSES, "null", BATON_ERR_INVALID},
    {WITNESSES, "{\"maxAgeHours\":24,\"quorum\":\"\"}", BATON_ERR_INVALID},
    {WITNESSES, "{\"maxAgeHours\":0}", BATON_ERR_INVALID},
    {"\"maxAgeHours\":24", "\"maxAgeHours\":876001", BATON_ERR_INVALID},
    {"\"maxAgeHours\":24", "\"maxAgeHours\":-1", BATON_ERR_INVALID},
    {"\"maxAgeHours\":24", "\"maxAgeHours\":0.5", BATON_ERR_INVALID},
    {"\"maxAgeHours\":24", "\"maxAgeHours\":24,\"maxAgeDays\":1", BATON_ERR_INVALID},
    {"\"maxAgeHours\":24,", "", BATON_ERR_INVALID},
    {"witness w ", "witness v ", BATON_ERR_INVALID},
    {"witness w ", "witness w", BATON_ERR_INVALID},
    {"witness w ", "log ", BATON_ERR_INVALID},
    {"witness w ", "\\u0000witness w ", BATON_ERR_INVALID},
    {"witness w ", "witness w\\r ", BATON_ERR_INVALID},
    {"quorum w", "quorum none", BATON_ERR_INVALID},
    {"quorum w", "quorum W", BATON_ERR_INVALID},
    {"quorum w\\n", "quorum w", BATON_ERR_INVALID},
    {"quorum w\\n", "quorum w\\nquorum w\\n", BATON_ERR_INVALID},
    {"quorum w\\n", "group g 2 w w\\nquorum g\\n", BATON_ERR_INVALID},
    {"quorum w\\n", "", BATON_ERR_INVALID},
    {KEY_W, KEY_W "A", BATON_ERR_INVALID},
};

static void whatever_could_be_misread_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct bt_policy policy;
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        const char *text = edited(edits[i].from, edits[i].to, &arena);
        baton_status status = parse(text, &arena, &policy, &err);
        if (status != edits[i].status || !err.text[0])
            fail_msg("%s for %s: status %d (%s)", edits[i].to, edits[i].from, (int)status,
                     err.text);
    }
}

/* `count` times `item`, with a number in it, and commas between. */
static const char *many(const char *before, const char *after, size_t count, struct bt_arena *arena)
{
    BT_AUTO_BUF text = BT_BUF_INIT(1 << 20);
    for (size_t i = 0; i < count; i++)
        bt_buf_printf(&text, "%s%s%064zx%s", i ? "," : "", before, i, after);
    return bt_arena_strndup(arena, bt_buf_str(&text), text.len);
}

static void each_list_has_its_limit(void **state)
{
    static const struct {
        const char *from;
        const char *before;
        const char *after;
        size_t max;
    } lists[] = {
        {RULE, "{\"alias\":\"a",
         "\",\"authorMayApprove\":true,\"maxAgeDays\":0,\"model\":\"*\",\"movedBy\":\"author\","
         "\"needs\":[]}",
         BT_POLICY_RULES_MAX},
        {"\"" KEY_A "\",\"" KEY_B "\"", "\"", "\"", BT_POLICY_ROOT_KEYS_MAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct baton_error err = BATON_ERROR_INIT;
        struct bt_policy policy;
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        const char *most = many(lists[i].before, lists[i].after, lists[i].max, &arena);
        const char *over = many(lists[i].before, lists[i].after, lists[i].max + 1, &arena);
        assert_ok(parse(edited(lists[i].from, most, &arena), &arena, &policy, &err), err);
        assert_int_equal(parse(edited(lists[i].from, over, &arena), &arena, &policy, &err),
                         BATON_ERR_LIMIT);
    }
}

static void the_most_particular_rule_holds(void **state)
{
    static const struct bt_policy_rule rules[] = {
        {.model = "*", .alias = "*"},
        {.model = "*", .alias = "production"},
        {.model = "credit", .alias = "*"},
        {.model = "credit", .alias = "production"},
    };
    static const struct {
        const char *model;
        const char *alias;
        size_t expected[5]; /* when only the first 0, 1, … rules are there; 9: none */
    } cases[] = {
        {"credit", "production", {9, 0, 1, 2, 3}},
        {"credit", "canary", {9, 0, 0, 2, 2}},
        {"fraud", "production", {9, 0, 1, 1, 1}},
        {"fraud", "canary", {9, 0, 0, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t count = 0; count <= 4; count++) {
            struct bt_policy policy = {.rules = rules, .rule_count = count};
            const struct bt_policy_rule *found =
                bt_policy_find(&policy, cases[i].model, cases[i].alias);
            const struct bt_policy_rule *expected =
                cases[i].expected[count] == 9 ? NULL : &rules[cases[i].expected[count]];
            assert_ptr_equal(found, expected);
        }
}

static void a_model_named_like_the_star_is_no_star(void **state)
{
    static const struct bt_policy_rule rules[] = {{.model = "credit", .alias = "production"}};
    struct bt_policy policy = {.rules = rules, .rule_count = 1};
    (void)state;
    assert_null(bt_policy_find(&policy, "*", "production"));
    assert_null(bt_policy_find(&policy, "credit", "*"));
    assert_null(bt_policy_find(&policy, "credit2", "production"));
    assert_null(bt_policy_find(&policy, "production", "credit"));
}

static void the_two_that_come_along_can_be_read_and_keep_the_root(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_policy from;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    (void)state;
    assert_ok(parse(POLICY, &arena, &from, &err), err);
    struct bt_policy two[] = {bt_policy_lone(&from), bt_policy_team(&from)};
    for (size_t i = 0; i < 2; i++) {
        BT_AUTO_BUF out = BT_BUF_INIT(1 << 16);
        struct bt_json_writer w = bt_json_writer(&out, 0);
        struct bt_policy again;
        bt_policy_put(&two[i], &w);
        assert_ok(parse(bt_buf_str(&out), &arena, &again, &err), err);
        assert_written(&again, bt_buf_str(&out));
        assert_int_equal(again.threshold, 2);
        assert_true(bt_policy_is_root(&again, &from.root_keys[0]));
        assert_true(bt_policy_is_root(&again, &from.root_keys[1]));
        assert_non_null(bt_policy_find(&again, "any", "thing"));
    }
    assert_true(two[0].rules[0].author_may_approve);
    assert_false(two[1].rules[0].author_may_approve);
    struct bt_digest other = from.root_keys[0];
    other.bytes[31] ^= 1;
    assert_false(bt_policy_is_root(&from, &other));
}

static void roles_are_one_name_or_several(void **state)
{
    static const char *const wrong[] = {
        "",       ",",       "author,",           ",author", "author ",
        "Author", "authors", "author,,validator", "all",     "operator;author"};
    struct baton_error err = BATON_ERROR_INIT;
    (void)state;
    for (unsigned roles = 1; roles <= BT_ROLES_ALL; roles++) {
        BT_AUTO_BUF text = BT_BUF_INIT(256);
        unsigned again = 0;
        bt_roles_format(roles, &text);
        assert_ok(bt_roles_parse(bt_buf_str(&text), &again, &err), err);
        assert_int_equal(again, roles);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned roles = 77;
        assert_int_equal(bt_roles_parse(wrong[i], &roles, &err), BATON_ERR_USAGE);
        assert_int_equal(roles, 77);
    }
}

UNIT_MAIN(cmocka_unit_test(a_policy_is_written_as_it_was_read),
          cmocka_unit_test(every_field_is_read),
          cmocka_unit_test(whatever_could_be_misread_is_refused),
          cmocka_unit_test(each_list_has_its_limit),
          cmocka_unit_test(the_most_particular_rule_holds),
          cmocka_unit_test(a_model_named_like_the_star_is_no_star),
          cmocka_unit_test(the_two_that_come_along_can_be_read_and_keep_the_root),
          cmocka_unit_test(roles_are_one_name_or_several))

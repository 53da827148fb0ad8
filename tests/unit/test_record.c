/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves of the decision log, and what a decision is called. */
#include "unit/unit.h"

#include "decision/id.h"
#include "decision/record.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define DECISION                                                                                   \
    "{\"alias\":\"live\",\"bundle\":\"sha256:ab\",\"engine\":\"baton\",\"fields\":\"" HEX64        \
    "\",\"kind\":\"decision\",\"model\":\"\u00f6 \\\"m\\\"\",\"status\":200,"                      \
    "\"time\":1764025274000000,\"took\":12,\"version\":\"3\"}"

static baton_status parse(const char *leaf, struct bt_buf *again)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_record record;
    baton_status status = bt_record_parse(bt_bytes_of(leaf), &arena, &record, &err);
    if (status != BATON_OK) {
        assert_int_equal(err.status, status);
        return status;
    }
    bt_record_format(&record, again);
    return bt_buf_finish(again, "a record", &err);
}

static void what_is_parsed_is_written_as_it_was(void **state)
{
    static const char *const leaves[] = {
        DECISION,
        "{\"engine\":\"baton\",\"kind\":\"start\",\"time\":1}",
        "{\"kind\":\"stop\",\"time\":1}",
        "{\"kind\":\"void\",\"time\":1}",
        "{\"kind\":\"gap\",\"lost\":7,\"reason\":\"r\",\"time\":1}",
        "{\"kind\":\"gap\",\"reason\":\"r\",\"time\":1}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        BT_AUTO_BUF again = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        assert_int_equal(parse(leaves[i], &again), BATON_OK);
        assert_string_equal(bt_buf_str(&again), leaves[i]);
    }
}

static void what_is_no_record_is_refused(void **state)
{
    static const char *const leaves[] = {
        "",
        "{}",
        "[]",
        "{\"kind\":\"stop\"}",
        "{\"kind\":\"stop\",\"time\":-1}",
        "{\"kind\":\"stop\",\"time\":1.5}",
        "{\"kind\":\"stop\",\"time\":1,\"time\":1}",
        "{\"kind\":\"other\",\"time\":1}",
        "{\"kind\":1,\"time\":1}",
        /* Not canonical. */
        " {\"kind\":\"stop\",\"time\":1}",
        "{\"kind\":\"stop\",\"time\":1}\n",
        "{\"time\":1,\"kind\":\"stop\"}",
        "{\"kind\":\"st\\u006fp\",\"time\":1}",
        /* What this kind does not have, or must. */
        "{\"kind\":\"stop\",\"lost\":1,\"time\":1}",
        "{\"kind\":\"gap\",\"lost\":0,\"reason\":\"r\",\"time\":1}",
        "{\"kind\":\"gap\",\"lost\":1,\"time\":1}",
        "{\"kind\":\"start\",\"time\":1}",
        "{\"fields\":\"" HEX64 "\",\"kind\":\"decision\",\"time\":1}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        BT_AUTO_BUF again = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        if (parse(leaves[i], &again) == BATON_OK)
            fail_msg("taken: %s", leaves[i]);
    }
}

static void every_flip_and_cut_of_a_decision_is_refused_or_another(void **state)
{
    char leaf[] = DECISION;
    (void)state;
    for (size_t bit = 0; bit < 8 * (sizeof leaf - 1); bit++) {
        BT_AUTO_BUF again = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        leaf[bit / 8] ^= (char)(1 << bit % 8);
        if (parse(leaf, &again) == BATON_OK)
            assert_string_equal(bt_buf_str(&again), leaf);
        leaf[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t cut = sizeof leaf - 2; cut > 0; cut--) {
        BT_AUTO_BUF again = BT_BUF_INIT(BT_LOG_LEAF_MAX);
        leaf[cut] = '\0';
        assert_int_not_equal(parse(leaf, &again), BATON_OK);
    }
}

static void events_have_no_fields(void **state)
{
    struct baton_error err = BATON_ERROR_INIT;
    (void)state;
    struct bt_bytes stop = bt_bytes_of("{\"kind\":\"stop\",\"time\":1}");
    assert_ok(bt_record_binding(stop, bt_bytes_of(""), &err), err);
    assert_int_equal(bt_record_binding(stop, bt_bytes_of("x"), &err), BATON_ERR_DIFFERS);
    assert_int_equal(bt_record_binding(bt_bytes_of(DECISION), bt_bytes_of(""), &err),
                     BATON_ERR_DIFFERS);
}

static void names_of_decisions_come_back(void **state)
{
    static const struct bt_decision_id ids[] = {{"serve", 17, 0x9f3c2a1b},
                                                {"a", 0, 0},
                                                {"a-b-7", 999999999999999, 0xffffffff},
                                                {"abcdefghijklmnopqrstuvwxyz012345", 1, 1},
                                                {"a-", 1, 1}};
    struct baton_error err = BATON_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[BT_DECISION_ID_MAX];
        struct bt_decision_id again;
        bt_decision_id_format(&ids[i], text);
        assert_ok(bt_decision_id_parse(text, &again, &err), err);
        assert_string_equal(again.instance, ids[i].instance);
        assert_true(again.index == ids[i].index && again.check == ids[i].check);
    }
}

static void what_is_no_name_of_a_decision_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "--",
                                        "serve",
                                        "serve-17",
                                        "serve-17-",
                                        "serve--9f3c2a1b",
                                        "17-9f3c2a1b",
                                        "-17-9f3c2a1b",
                                        "-serve-17-9f3c2a1b",
                                        "serve-17-9f3c2a1",
                                        "serve-17-9f3c2a1bb",
                                        "serve-17-9F3C2A1B",
                                        "serve-017-9f3c2a1b",
                                        "serve-1 7-9f3c2a1b",
                                        "serve-+17-9f3c2a1b",
                                        "serve-17-0x3c2a1b",
                                        "serve-17-9f3c2a1b ",
                                        " serve-17-9f3c2a1b",
                                        "serve-17-9f3c2a1b\n",
                                        "Serve-17-9f3c2a1b",
                                        "../x-17-9f3c2a1b",
                                        "a/b-17-9f3c2a1b",
                                        "serve-1000000000000000-9f3c2a1b",
                                        "abcdefghijklmnopqrstuvwxyz0123456-1-00000001",
                                        "s\xc3\xb6-17-9f3c2a1b"};
    struct baton_error err = BATON_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct bt_decision_id id;
        if (bt_decision_id_parse(texts[i], &id, &err) != BATON_ERR_USAGE)
            fail_msg("taken: %s", texts[i]);
    }
}

UNIT_MAIN(cmocka_unit_test(what_is_parsed_is_written_as_it_was),
          cmocka_unit_test(what_is_no_record_is_refused),
          cmocka_unit_test(every_flip_and_cut_of_a_decision_is_refused_or_another),
          cmocka_unit_test(events_have_no_fields), cmocka_unit_test(names_of_decisions_come_back),
          cmocka_unit_test(what_is_no_name_of_a_decision_is_refused))

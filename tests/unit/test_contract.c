/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <math.h>

#include "bundle/contract.h"
#include "codec/text/rule.h"

static const struct bt_port ports[] = {{.name = "label"}, {.name = "probabilities"}};

static struct bt_contract contract_of(struct bt_arena *arena)
{
    struct bt_contract contract;
    struct baton_error err = BATON_ERROR_INIT;
    assert_ok(bt_contract_default((struct bt_ports){ports, 2}, arena, &contract, &err), err);
    return contract;
}

static void the_stored_form_is_canonical_and_reads_back(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT(4096);
    BT_AUTO_BUF twice = BT_BUF_INIT(4096);
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_contract contract = contract_of(&arena);
    assert_ok(bt_contract_apply_rule("probabilities=ulp:2", &contract, &err), err);
    assert_ok(bt_contract_apply_gate("accuracy=0.9", &contract, &err), err);
    assert_ok(bt_contract_format(&contract, &once, &err), err);
    assert_string_equal(bt_buf_str(&once),
                        "{\"engine\":\"exact\",\"format\":\"baton/contract/1\",\"metrics\":"
                        "{\"accuracy\":\"0x1.ccccccccccccdp-1\"},\"numerics\":\"exact/1\","
                        "\"outputs\":{\"label\":\"bits\",\"probabilities\":\"ulp:2\"}}");
    struct bt_contract again = contract_of(&arena);
    assert_ok(bt_contract_apply_json(bt_buf_bytes(&once), "c", &again, &err), err);
    assert_ok(bt_contract_format(&again, &twice, &err), err);
    assert_string_equal(bt_buf_str(&twice), bt_buf_str(&once));
}

static void what_it_does_not_know_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        {"{\"outputs\":{\"labl\":\"bits\"}}",
         "c: \"labl\" is not an output of the model (first: \"label\")"},
        {"{\"outputs\":{\"label\":\"close\"}}",
         "c: \"close\" is not a rule of comparison: expected bits, ulp:N, abs:A,rel:R, argmax or "
         "topk:K"},
        {"{\"numerics\":\"exact/9\"}",
         "c: \"numerics\" is \"exact/9\": this baton knows \"exact/1\"; a newer one may know it"},
        {"{\"metrics\":{\"accuracy\":true}}",
         "c: metrics: \"accuracy\": the bound must be a number"},
        {"{\"outputs\":[]}", "c: \"outputs\" must be an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct bt_contract contract = contract_of(&arena);
        struct baton_error err = BATON_ERROR_INIT;
        assert_int_not_equal(
            bt_contract_apply_json(bt_bytes_of(cases[i].json), "c", &contract, &err), BATON_OK);
        assert_string_equal(err.text, cases[i].text);
    }
}

static void nothing_is_missing_in_the_stored_form(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        {"{}", "baton/contract.json: the contract lacks \"engine\""},
        {"{\"engine\":\"exact\",\"format\":\"baton/contract/1\",\"metrics\":{},\"outputs\":{}}",
         "baton/contract.json: the contract lacks \"numerics\""},
        {"{\"engine\":\"exact\",\"format\":\"baton/contract/1\",\"metrics\":{},"
         "\"numerics\":\"exact/1\",\"outputs\":{\"label\":\"bits\"}}",
         "baton/contract.json: the contract has no rule for output \"probabilities\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_ARENA arena = BT_ARENA_INIT;
        struct bt_contract contract;
        struct baton_error err = BATON_ERROR_INIT;
        assert_int_equal(bt_contract_parse(bt_bytes_of(cases[i].json), (struct bt_ports){ports, 2},
                                           &arena, &contract, &err),
                         BATON_ERR_INVALID);
        assert_string_equal(err.text, cases[i].text);
    }
}

/* The written form is one of those that are read, whichever way it was given. */
static void every_tolerance_reads_back(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        const char *written;
    } cases[] = {{"abs:1e15,rel:0", "abs:1000000000000000,rel:0"},
                 {"abs:999999999999999e15,rel:1e30", "abs:9.99999999999999e+29,rel:1e+30"},
                 {"abs:1e-30,rel:123456789012345e-30", "abs:1e-30,rel:1.23456789012345e-16"},
                 {"abs:.5,rel:00.10e+01", "abs:0.5,rel:1"}};
    static const char *const refused[] = {"abs:1e31,rel:0", "abs:10e30,rel:0", "abs:1e-31,rel:0",
                                          "abs:1e+,rel:0", "abs:-1,rel:0"};
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_rule rule;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BT_AUTO_BUF once = BT_BUF_INIT(256);
        BT_AUTO_BUF twice = BT_BUF_INIT(256);
        assert_ok(bt_rule_parse(cases[i].given, &rule, &err), err);
        bt_rule_format(&rule, &once);
        assert_string_equal(bt_buf_str(&once), cases[i].written);
        assert_ok(bt_rule_parse(cases[i].written, &rule, &err), err);
        bt_rule_format(&rule, &twice);
        assert_string_equal(bt_buf_str(&twice), cases[i].written);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(bt_rule_parse(refused[i], &rule, &err), BATON_ERR_USAGE);
}

static void bounds_are_minima_or_maxima(void **state)
{
    (void)state;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_contract contract = contract_of(&arena);
    struct bt_metrics m = {.known = {[BT_METRIC_ACCURACY] = true, [BT_METRIC_LOG_LOSS] = true}};
    enum bt_metric first = BT_METRIC_COUNT;
    assert_ok(bt_contract_apply_gate("accuracy=0.5", &contract, &err), err);
    assert_ok(bt_contract_apply_gate("log_loss=0.5", &contract, &err), err);
    m.value[BT_METRIC_ACCURACY] = 0.5;
    m.value[BT_METRIC_LOG_LOSS] = 0.5;
    assert_true(bt_contract_metrics_hold(&contract, &m, &first));
    m.value[BT_METRIC_LOG_LOSS] = 0.50001;
    assert_false(bt_contract_metrics_hold(&contract, &m, &first));
    assert_int_equal(first, BT_METRIC_LOG_LOSS);
    m.known[BT_METRIC_ACCURACY] = false;
    assert_false(bt_contract_metrics_hold(&contract, &m, &first));
    assert_int_equal(first, BT_METRIC_ACCURACY);
}

static void hexadecimal_floats_are_exact(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{1.0, "0x1p+0"},
                 {-0.0, "-0x0p+0"},
                 {0.1, "0x1.999999999999ap-4"},
                 {0x1p-1074, "0x0.0000000000001p-1022"},
                 {(double)INFINITY, "inf"},
                 {0x1.fffffffffffffp1023, "0x1.fffffffffffffp+1023"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[BT_HEX_FLOAT_MAX];
        double back = 0;
        bt_hex_float_format(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
        assert_true(bt_f64_parse(bt_bytes_of(text), &back));
        assert_memory_equal(&back, &cases[i].value, sizeof back);
    }
}

UNIT_MAIN(cmocka_unit_test(the_stored_form_is_canonical_and_reads_back),
          cmocka_unit_test(what_it_does_not_know_is_refused),
          cmocka_unit_test(nothing_is_missing_in_the_stored_form),
          cmocka_unit_test(every_tolerance_reads_back),
          cmocka_unit_test(bounds_are_minima_or_maxima),
          cmocka_unit_test(hexadecimal_floats_are_exact))

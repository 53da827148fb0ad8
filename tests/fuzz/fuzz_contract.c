/* SPDX-License-Identifier: Apache-2.0 */
/* What a person's file makes of a contract has a stored form; the stored form is strict and reads
 * back to the same bytes. */
#include "fuzz/fuzz.h"

#include "bundle/contract.h"

static const struct bt_port ports[] = {{.name = "label"}, {.name = "probabilities"}};
static const struct bt_ports outputs = {ports, 2};

static void check_stored_form(const struct bt_contract *contract)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT(1 << 16);
    BT_AUTO_BUF twice = BT_BUF_INIT(1 << 16);
    struct bt_contract again;
    FUZZ_CHECK(bt_contract_format(contract, &once, NULL) == BATON_OK);
    FUZZ_CHECK(bt_contract_parse(bt_buf_bytes(&once), outputs, &arena, &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_contract_format(&again, &twice, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_bytes json = {bytes, len};
    struct bt_contract contract;
    if (bt_contract_parse(json, outputs, &arena, &contract, NULL) == BATON_OK)
        check_stored_form(&contract);
    FUZZ_CHECK(bt_contract_default(outputs, &arena, &contract, NULL) == BATON_OK);
    if (bt_contract_apply_json(json, "fuzz", &contract, NULL) == BATON_OK)
        check_stored_form(&contract);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that is read is written in one form, which reads back to the same bytes; and whatever it
 * says of witnesses asks for somebody or for nobody, but not for somebody who cannot sign. */
#include "fuzz/fuzz.h"

#include "registry/policy.h"

static bool read_policy(struct bt_bytes bytes, struct bt_arena *arena, struct bt_policy *ret)
{
    const struct bt_json *json = NULL;
    return bt_json_parse(bytes, "fuzz", NULL, arena, &json, NULL) == BATON_OK &&
           bt_policy_parse(json, arena, ret, NULL) == BATON_OK;
}

static void write_policy(const struct bt_policy *policy, struct bt_buf *out)
{
    struct bt_json_writer w = bt_json_writer(out, 0);
    bt_policy_put(policy, &w);
    FUZZ_CHECK(bt_buf_finish(out, "a policy", NULL) == BATON_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_BUF once = BT_BUF_INIT((size_t)8 << 20);
    BT_AUTO_BUF twice = BT_BUF_INIT((size_t)8 << 20);
    struct bt_policy policy;
    struct bt_policy again;
    if (!read_policy((struct bt_bytes){bytes, len}, &arena, &policy))
        return 0;
    const struct bt_policy_witnesses *witnesses = &policy.witnesses;
    FUZZ_CHECK(policy.threshold >= 1 && policy.threshold <= policy.root_key_count);
    FUZZ_CHECK(!witnesses->text[0] == !witnesses->quorum);
    FUZZ_CHECK(witnesses->quorum ? witnesses->quorum->quorum != NULL
                                 : witnesses->max_age_hours == 0);
    write_policy(&policy, &once);
    FUZZ_CHECK(read_policy(bt_buf_bytes(&once), &arena, &again));
    write_policy(&again, &twice);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&once), bt_buf_bytes(&twice)));
    return 0;
}

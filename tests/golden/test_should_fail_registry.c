/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry is told: nothing in tests/golden/should-fail/policy is taken for a policy. */
#include "unit/should_fail.h"

#include "registry/policy.h"

static baton_status read_policy(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *json = NULL;
    struct bt_policy policy;
    BT_TRY(bt_json_parse(bytes, what, NULL, &arena, &json, err));
    return bt_policy_parse(json, &arena, &policy, err);
}

static void what_is_no_policy_is_refused(void **state)
{
    (void)state;
    should_fail_folder("policy", "json", read_policy);
}

UNIT_MAIN(cmocka_unit_test(what_is_no_policy_is_refused))

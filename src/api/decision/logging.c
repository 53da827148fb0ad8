/* SPDX-License-Identifier: Apache-2.0 */
#include "api/decision/logging.h"

#include <string.h>

#include "api/api_int.h"
#include "codec/text/number.h"

static baton_status parse_how(const char *how, struct bt_logging *ret, struct baton_error *err)
{
    double share = 0;
    bool is_sync = strcmp(how, "sync") == 0;
    ret->durability = is_sync ? BT_DURABILITY_SYNC : BT_DURABILITY_ASYNC;
    if (is_sync || strcmp(how, "async") == 0)
        share = 1;
    else if (strcmp(how, "off") != 0 &&
             (!bt_f64_parse(bt_bytes_of(how), &share) || !(share > 0) || share > 1))
        return bt_fail(err, BATON_ERR_USAGE,
                       "decisions are logged sync, async, off, or a share of them, such as 0.1; "
                       "not \"%.60s\"",
                       how);
    ret->share = share;
    return BATON_OK;
}

baton_status bt_logging_of(baton_strings rules, const char *model, struct bt_logging *ret,
                           struct baton_error *err)
{
    size_t len = strlen(model);
    *ret = (struct bt_logging){.share = 1, .durability = BT_DURABILITY_SYNC};
    for (size_t i = 0; i < bt_strings_count(rules); i++) {
        const char *how = strchr(rules[i], '=');
        struct bt_logging parsed;
        BT_TRY(parse_how(how ? how + 1 : rules[i], &parsed, err));
        if (!how || ((size_t)(how - rules[i]) == len && memcmp(rules[i], model, len) == 0))
            *ret = parsed;
    }
    return BATON_OK;
}

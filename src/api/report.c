/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_int.h"

#include <string.h>

baton_status bt_report_finish(struct bt_buf *out, baton_verdict verdict, struct baton_report *ret,
                              struct baton_error *err)
{
    bt_buf_put_byte(out, '\n');
    BT_TRY(bt_buf_finish(out, "the report", err));
    char *json = bt_strdup(bt_buf_str(out));
    if (!json)
        return bt_fail_no_memory(err, "the report");
    *ret = (struct baton_report){verdict, json};
    return BATON_OK;
}

void bt_report_member_digest(struct bt_json_writer *w, const char *key,
                             const struct bt_digest *digest)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(digest, text);
    bt_json_member_str(w, key, text);
}

void bt_report_member_hex(struct bt_json_writer *w, const char *key, const struct bt_digest *digest)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(digest, text);
    bt_json_member_str(w, key, bt_digest_hex(text));
}

baton_status bt_report_member_key_id(struct bt_json_writer *w, const char *key,
                                     const struct bt_public_key *public, struct baton_error *err)
{
    struct bt_digest id;
    BT_TRY(bt_key_id(public, &id, err));
    bt_report_member_hex(w, key, &id);
    return BATON_OK;
}

baton_status bt_options_take(void *ours, size_t ours_size, const void *theirs,
                             struct baton_error *err)
{
    size_t size = 0;
    if (!theirs)
        return BATON_OK;
    memcpy(&size, theirs, sizeof size);
    if (size < sizeof size || size > ours_size)
        return bt_fail(err, BATON_ERR_USAGE,
                       "options of %zu bytes: this library knows %zu; start them with their _INIT "
                       "macro, and let caller and library fit",
                       size, ours_size);
    memcpy(ours, theirs, size);
    return BATON_OK;
}

size_t bt_strings_count(baton_strings strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    return count;
}

const char *baton_version(void)
{
    return BATON_VERSION;
}

const char *baton_numerics_version(void)
{
    return BT_NUMERICS_VERSION;
}

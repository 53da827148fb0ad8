/* SPDX-License-Identifier: Apache-2.0 */
#include "decision/decisions_int.h"

#define GROUP_BYTES_MAX ((size_t)128 << 20)
#define ENTRIES_BYTES_MAX ((size_t)16 << 20)

baton_status bt_decision_group_init(struct bt_decision_group *group, struct baton_error *err)
{
    *group = (struct bt_decision_group){.bytes = BT_BUF_INIT(GROUP_BYTES_MAX),
                                        .entries = BT_BUF_INIT(ENTRIES_BYTES_MAX),
                                        .hash = BT_FIELDS_HASH_INIT};
    return bt_fields_hash_init(&group->hash, err);
}

void bt_decision_group_release(struct bt_decision_group *group)
{
    bt_buf_release(&group->bytes);
    bt_buf_release(&group->entries);
    bt_fields_hash_release(&group->hash);
}

void bt_decision_group_clear(struct bt_decision_group *group)
{
    bt_buf_clear(&group->bytes);
    bt_buf_clear(&group->entries);
    group->count = 0;
}

const struct bt_decision_entry *bt_decision_entries(const struct bt_decision_group *group)
{
    return (const struct bt_decision_entry *)(const void *)group->entries.data;
}

/* What did not fit in whole is taken back. */
static baton_status count_or_not(struct bt_decision_group *group, size_t bytes, size_t count,
                                 struct baton_error *err)
{
    baton_status status = bt_buf_finish(&group->bytes, "decisions", err);
    if (status == BATON_OK)
        status = bt_buf_finish(&group->entries, "decisions", err);
    if (status == BATON_OK) {
        group->count += count;
        return BATON_OK;
    }
    group->bytes.len = bytes;
    group->entries.len = group->count * sizeof(struct bt_decision_entry);
    group->bytes.state = group->entries.state = BT_BUF_GOOD;
    return status;
}

baton_status bt_decision_group_add(struct bt_decision_group *group, const struct bt_record *record,
                                   struct bt_bytes content, enum bt_durability durability,
                                   struct baton_error *err)
{
    size_t start = group->bytes.len;
    if (content.len > BT_LOG_CONTENT_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a decision of %zu bytes: the limit of the log is %zu",
                       content.len, BT_LOG_CONTENT_MAX);
    bt_record_format(record, &group->bytes);
    if (group->bytes.len - start > BT_LOG_LEAF_MAX) {
        group->bytes.len = start;
        return bt_fail(err, BATON_ERR_LIMIT, "a record of more than %zu bytes", BT_LOG_LEAF_MAX);
    }
    const struct bt_decision_entry entry = {
        .leaf_len = (uint32_t)(group->bytes.len - start),
        .content_len = (uint32_t)content.len,
        .check = bt_decision_check(&record->fields),
        .is_sync = durability == BT_DURABILITY_SYNC,
    };
    bt_buf_put(&group->bytes, content.ptr, content.len);
    bt_buf_put(&group->entries, &entry, sizeof entry);
    return count_or_not(group, start, 1, err);
}

void bt_decision_group_take_back(struct bt_decision_group *group)
{
    const struct bt_decision_entry *entry = &bt_decision_entries(group)[--group->count];
    group->bytes.len -= (size_t)entry->leaf_len + entry->content_len;
    group->entries.len -= sizeof *entry;
}

baton_status bt_decision_group_join(struct bt_decision_group *group,
                                    const struct bt_decision_group *other, struct baton_error *err)
{
    size_t start = group->bytes.len;
    bt_buf_put(&group->bytes, other->bytes.data, other->bytes.len);
    bt_buf_put(&group->entries, other->entries.data, other->entries.len);
    return count_or_not(group, start, other->count, err);
}

bool bt_decision_group_is_sync(const struct bt_decision_group *group)
{
    const struct bt_decision_entry *entries = bt_decision_entries(group);
    for (size_t i = 0; i < group->count; i++)
        if (entries[i].is_sync)
            return true;
    return false;
}

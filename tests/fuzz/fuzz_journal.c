/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a bundle of entries; a page of a journal as head, and all of it as record. No fuzzer
 * finds a digest, so the one that fits is put in first. What is accepted has its parts inside of
 * the bytes, as many entries as it says, and is what its own form is parsed to.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "crypto/digest.h"
#include "ledger/log/journal_int.h"
#include "ledger/log/tiles_int.h"

#define BYTES_MAX ((size_t)64 << 10)
#define DIGEST_AT (BT_JOURNAL_RECORD_HEAD - BT_DIGEST_BYTES)

static void check_head(uint8_t *page)
{
    struct bt_journal_head head;
    struct bt_journal_head again;
    struct bt_digest digest;
    BT_AUTO_BUF written = BT_BUF_INIT(BT_JOURNAL_PAGE);
    size_t len = BT_JOURNAL_PAGE - BT_DIGEST_BYTES;
    FUZZ_CHECK(bt_sha256_bytes((struct bt_bytes){page, len}, &digest, NULL) == BATON_OK);
    memcpy(page + len, digest.bytes, sizeof digest.bytes);
    if (bt_journal_head_parse((struct bt_bytes){page, BT_JOURNAL_PAGE}, &head, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(head.active < 2 && head.area_bytes % BT_JOURNAL_PAGE == 0);
    FUZZ_CHECK(bt_journal_head_format(&head, &written, NULL) == BATON_OK);
    FUZZ_CHECK(bt_journal_head_parse(bt_buf_bytes(&written), &again, NULL) == BATON_OK);
    FUZZ_CHECK(again.sequence == head.sequence && again.areas[1].salt == head.areas[1].salt);
}

static void check_items(struct bt_bytes items, unsigned prefix, uint32_t count)
{
    size_t bytes = 0;
    FUZZ_CHECK(bt_items_measure(items, prefix, count, &bytes) && bytes == items.len);
}

static void check_record(uint8_t *bytes, size_t len)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_AUTO_BUF written = BT_BUF_INIT(2 * BYTES_MAX);
    struct bt_digest digest;
    struct bt_journal_record record;
    struct bt_journal_record again;
    uint64_t salt = bt_be_load(bytes + 8, 8);
    FUZZ_CHECK(bt_sha256_init(&hash, NULL) == BATON_OK);
    bt_sha256_update(&hash, bytes, DIGEST_AT);
    bt_sha256_update(&hash, bytes + BT_JOURNAL_RECORD_HEAD, len - BT_JOURNAL_RECORD_HEAD);
    FUZZ_CHECK(bt_sha256_final(&hash, &digest, NULL) == BATON_OK);
    memcpy(bytes + DIGEST_AT, digest.bytes, sizeof digest.bytes);
    if (bt_journal_record_parse((struct bt_bytes){bytes, len}, salt, &record, NULL) != BATON_OK)
        return;
    FUZZ_CHECK(bt_journal_record_bytes(&record) == len);
    FUZZ_CHECK(record.contents.ptr + record.contents.len <= bytes + len);
    check_items(record.leaves, BT_LEAF_PREFIX, record.count);
    check_items(record.contents, BT_CONTENT_PREFIX, record.count);
    FUZZ_CHECK(bt_journal_record_format(&record, &written, NULL) == BATON_OK);
    FUZZ_CHECK(bt_journal_record_parse(bt_buf_bytes(&written), salt, &again, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(again.leaves, record.leaves));
}

/* Walking over items and measuring them agree, whatever the bytes are. */
static void check_bundle(struct bt_bytes bundle, unsigned prefix)
{
    struct bt_bytes rest = bundle;
    struct bt_bytes item;
    size_t count = 0;
    size_t measured = 0;
    for (; bt_items_next(&rest, prefix, &item); count++)
        FUZZ_CHECK(item.ptr + item.len == rest.ptr);
    FUZZ_CHECK(bt_items_measure(bundle, prefix, count, &measured));
    FUZZ_CHECK(measured == bundle.len - rest.len);
    FUZZ_CHECK(!bt_items_measure(bundle, prefix, count + 1, &measured));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
    static uint8_t pages[BYTES_MAX];
    check_bundle((struct bt_bytes){input, len}, BT_LEAF_PREFIX);
    check_bundle((struct bt_bytes){input, len}, BT_CONTENT_PREFIX);
    if (len > sizeof pages)
        return 0;
    size_t whole = (len / BT_JOURNAL_PAGE + 1) * BT_JOURNAL_PAGE;
    if (whole > sizeof pages)
        return 0;
    memset(pages, 0, whole);
    memcpy(pages, input, len);
    check_record(pages, whole);
    check_head(pages);
    return 0;
}

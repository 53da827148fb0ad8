/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: one file, written in place.
 *
 *     page 0, page 1    the head, twice; the one with the higher sequence holds
 *     area 0, area 1    records, one after the other from the start; one area is active
 *
 * Records start at pages: writing one cannot tear what is durable before it. Each carries its
 * area's salt, a random number that changes whenever an area is begun anew. So what an area held
 * before is no record any more, and nobody who gets bytes of his choice into an entry can make them
 * look like one. All of a record is under its SHA-256, padding included.
 *
 * The file has its whole length from the start and is full of holes; a page that was written once
 * is overwritten later without a change of metadata, which is what fdatasync is quick at.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ledger/log/journal_int.h"
#include "ledger/log/tiles_int.h"

#define HEAD_MAGIC "BTLOGH1\n"
#define RECORD_MAGIC "BTLOGR1\n"
#define MAGIC_BYTES 8
#define AREA_BYTES_MIN ((uint64_t)16 * BT_JOURNAL_PAGE)
#define AREA_BYTES_MAX ((uint64_t)1 << 32)
#define HEADS 2U

/* ---- fields ---- */

/* A sticky position in bytes of a known length. */
struct cursor {
    const uint8_t *at;
};

static uint64_t take(struct cursor *c, size_t bytes)
{
    uint64_t value = bt_be_load(c->at, bytes);
    c->at += bytes;
    return value;
}

static void put(struct bt_buf *out, size_t bytes, uint64_t value)
{
    uint8_t field[8];
    bt_be_store(field, bytes, value);
    bt_buf_put(out, field, bytes);
}

static void put_zeros(struct bt_buf *out, size_t count)
{
    static const uint8_t zeros[BT_JOURNAL_PAGE];
    bt_buf_put(out, zeros, count);
}

static size_t whole_pages(size_t bytes)
{
    return (bytes + BT_JOURNAL_PAGE - 1) / BT_JOURNAL_PAGE * BT_JOURNAL_PAGE;
}

static uint64_t area_at(const struct bt_journal_head *head, unsigned area)
{
    return HEADS * BT_JOURNAL_PAGE + area * head->area_bytes;
}

/* ---- the head ---- */

static void put_tree(struct bt_buf *out, const struct bt_journal_area *area)
{
    put(out, 8, area->salt);
    put(out, 8, area->base.size);
    bt_buf_put(out, area->base.root.bytes, BT_DIGEST_BYTES);
}

static void take_tree(struct cursor *c, struct bt_journal_area *area)
{
    area->salt = take(c, 8);
    area->base.size = take(c, 8);
    memcpy(area->base.root.bytes, c->at, BT_DIGEST_BYTES);
    c->at += BT_DIGEST_BYTES;
}

/* The digest is the page's last bytes. */
static baton_status digest_head(const uint8_t *page, struct bt_digest *ret, struct baton_error *err)
{
    return bt_sha256_bytes((struct bt_bytes){page, BT_JOURNAL_PAGE - BT_DIGEST_BYTES}, ret, err);
}

baton_status bt_journal_head_format(const struct bt_journal_head *head, struct bt_buf *out,
                                    struct baton_error *err)
{
    struct bt_digest digest;
    bt_buf_clear(out);
    bt_buf_put(out, HEAD_MAGIC, MAGIC_BYTES);
    put(out, 8, head->sequence);
    put(out, 8, head->area_bytes);
    bt_buf_put(out, head->boot, sizeof head->boot);
    put(out, 2, head->active);
    put(out, 2, head->both);
    put_tree(out, &head->areas[0]);
    put_tree(out, &head->areas[1]);
    put_zeros(out, BT_JOURNAL_PAGE - BT_DIGEST_BYTES - out->len);
    BT_TRY(bt_buf_finish(out, "the head of the journal", err));
    BT_TRY(digest_head(out->data, &digest, err));
    bt_buf_put(out, digest.bytes, sizeof digest.bytes);
    return bt_buf_finish(out, "the head of the journal", err);
}

static baton_status bad_head(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CORRUPT, "not the head of a ledger's journal: %s", what);
}

static bool is_sane(const struct bt_journal_head *head)
{
    return head->area_bytes >= AREA_BYTES_MIN && head->area_bytes <= AREA_BYTES_MAX &&
           head->area_bytes % BT_JOURNAL_PAGE == 0 && head->active < 2;
}

baton_status bt_journal_head_parse(struct bt_bytes bytes, struct bt_journal_head *ret,
                                   struct baton_error *err)
{
    struct bt_digest digest;
    if (bytes.len != BT_JOURNAL_PAGE || memcmp(bytes.ptr, HEAD_MAGIC, MAGIC_BYTES) != 0)
        return bad_head("it does not start as one", err);
    BT_TRY(digest_head(bytes.ptr, &digest, err));
    if (memcmp(digest.bytes, bytes.ptr + BT_JOURNAL_PAGE - BT_DIGEST_BYTES, BT_DIGEST_BYTES) != 0)
        return bad_head("its digest is another", err);
    struct cursor c = {bytes.ptr + MAGIC_BYTES};
    struct bt_journal_head head;
    head.sequence = take(&c, 8);
    head.area_bytes = take(&c, 8);
    memcpy(head.boot, c.at, sizeof head.boot);
    c.at += sizeof head.boot;
    head.active = (unsigned)take(&c, 2);
    head.both = take(&c, 2) != 0;
    take_tree(&c, &head.areas[0]);
    take_tree(&c, &head.areas[1]);
    if (!is_sane(&head))
        return bad_head("its numbers make no sense", err);
    *ret = head;
    return BATON_OK;
}

/* ---- records ---- */

static size_t record_content_bytes(const struct bt_journal_record *record)
{
    return record->checkpoint.len + record->leaves.len + record->contents.len;
}

size_t bt_journal_record_bytes(const struct bt_journal_record *record)
{
    return whole_pages(BT_JOURNAL_RECORD_HEAD + record_content_bytes(record));
}

/* Everything but the digest, which ends the record's head. */
static baton_status digest_record(struct bt_bytes record, struct bt_digest *ret,
                                  struct baton_error *err)
{
    BT_AUTO_SHA256 hash = BT_SHA256_INIT;
    BT_TRY(bt_sha256_init(&hash, err));
    bt_sha256_update(&hash, record.ptr, BT_JOURNAL_RECORD_HEAD - BT_DIGEST_BYTES);
    bt_sha256_update(&hash, record.ptr + BT_JOURNAL_RECORD_HEAD,
                     record.len - BT_JOURNAL_RECORD_HEAD);
    return bt_sha256_final(&hash, ret, err);
}

baton_status bt_journal_record_format(const struct bt_journal_record *record, struct bt_buf *out,
                                      struct baton_error *err)
{
    struct bt_digest digest;
    bt_buf_clear(out);
    bt_buf_put(out, RECORD_MAGIC, MAGIC_BYTES);
    put(out, 8, record->salt);
    put(out, 8, record->first);
    put(out, 4, record->count);
    put(out, 4, record->checkpoint.len);
    put(out, 8, record->leaves.len);
    put(out, 8, record->contents.len);
    put_zeros(out, BT_DIGEST_BYTES);
    bt_buf_put(out, record->checkpoint.ptr, record->checkpoint.len);
    bt_buf_put(out, record->leaves.ptr, record->leaves.len);
    bt_buf_put(out, record->contents.ptr, record->contents.len);
    put_zeros(out, bt_journal_record_bytes(record) - out->len);
    BT_TRY(bt_buf_finish(out, "a record of the journal", err));
    BT_TRY(digest_record(bt_buf_bytes(out), &digest, err));
    memcpy(out->data + BT_JOURNAL_RECORD_HEAD - BT_DIGEST_BYTES, digest.bytes, BT_DIGEST_BYTES);
    return BATON_OK;
}

/* What a record's head says; only the bytes of the head are looked at. */
struct numbers {
    uint64_t salt;
    uint64_t first;
    uint32_t count;
    uint64_t lens[3];
};

static bool parse_numbers(const uint8_t *bytes, struct numbers *ret)
{
    struct cursor c = {bytes + MAGIC_BYTES};
    if (memcmp(bytes, RECORD_MAGIC, MAGIC_BYTES) != 0)
        return false;
    ret->salt = take(&c, 8);
    ret->first = take(&c, 8);
    ret->count = (uint32_t)take(&c, 4);
    ret->lens[0] = take(&c, 4);
    ret->lens[1] = take(&c, 8);
    ret->lens[2] = take(&c, 8);
    return true;
}

/* Whole pages; 0 when it is more than any record has. */
static size_t measure(const struct numbers *numbers)
{
    uint64_t sum = BT_JOURNAL_RECORD_HEAD;
    for (size_t i = 0; i < 3; i++) {
        if (numbers->lens[i] > BT_JOURNAL_RECORD_MAX)
            return 0;
        sum += numbers->lens[i];
    }
    return sum > BT_JOURNAL_RECORD_MAX ? 0 : whole_pages((size_t)sum);
}

static baton_status bad_record(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_CORRUPT, "a record of the ledger's journal %s", what);
}

static bool are_items(struct bt_bytes items, unsigned prefix, uint32_t count, size_t len_min,
                      size_t len_max)
{
    struct bt_bytes item;
    for (uint32_t i = 0; i < count; i++)
        if (!bt_items_next(&items, prefix, &item) || item.len < len_min || item.len > len_max)
            return false;
    return items.len == 0;
}

static struct bt_bytes next_part(const uint8_t **at, uint64_t len)
{
    struct bt_bytes part = {*at, (size_t)len};
    *at += len;
    return part;
}

/* What the digest has vouched for. */
static baton_status check_record(const struct bt_journal_record *record, struct baton_error *err)
{
    if (record->count == 0 || record->first > INT64_MAX - (uint64_t)record->count)
        return bad_record("has numbers that make no sense", err);
    if (!are_items(record->leaves, BT_LEAF_PREFIX, record->count, 1, BT_LOG_LEAF_MAX))
        return bad_record("has other leaves than it says", err);
    if (!are_items(record->contents, BT_CONTENT_PREFIX, record->count, 0, BT_LOG_CONTENT_MAX))
        return bad_record("has other contents than it says", err);
    return BATON_OK;
}

baton_status bt_journal_record_parse(struct bt_bytes bytes, uint64_t salt,
                                     struct bt_journal_record *ret, struct baton_error *err)
{
    struct numbers numbers;
    struct bt_digest digest;
    if (bytes.len < BT_JOURNAL_RECORD_HEAD || !parse_numbers(bytes.ptr, &numbers) ||
        numbers.salt != salt)
        return bt_fail(err, BATON_ERR_NOT_FOUND, "no record of the ledger's journal starts here");
    size_t len = measure(&numbers);
    if (len == 0 || len > bytes.len)
        return bad_record("is cut short", err);
    BT_TRY(digest_record((struct bt_bytes){bytes.ptr, len}, &digest, err));
    if (memcmp(digest.bytes, bytes.ptr + BT_JOURNAL_RECORD_HEAD - BT_DIGEST_BYTES,
               BT_DIGEST_BYTES) != 0)
        return bad_record("has another digest", err);
    const uint8_t *at = bytes.ptr + BT_JOURNAL_RECORD_HEAD;
    struct bt_journal_record record = {salt, numbers.first, numbers.count,
                                       .checkpoint = next_part(&at, numbers.lens[0])};
    record.leaves = next_part(&at, numbers.lens[1]);
    record.contents = next_part(&at, numbers.lens[2]);
    BT_TRY(check_record(&record, err));
    *ret = record;
    return BATON_OK;
}

/* ---- the file ---- */

void bt_journal_boot_now(char boot[BT_JOURNAL_BOOT_BYTES])
{
    BT_AUTO_FD fd = BT_FD_INIT;
    memset(boot, 0, BT_JOURNAL_BOOT_BYTES);
    if (bt_fs_open_user("/proc/sys/kernel/random/boot_id", O_RDONLY, 0, &fd, NULL) != BATON_OK)
        return;
    if (read(fd.fd, boot, BT_JOURNAL_BOOT_BYTES) != BT_JOURNAL_BOOT_BYTES)
        memset(boot, 0, BT_JOURNAL_BOOT_BYTES);
}

baton_status bt_journal_new_salt(uint64_t *ret, struct baton_error *err)
{
    uint64_t salt = 0;
    if (getrandom(&salt, sizeof salt, 0) != (ssize_t)sizeof salt)
        return bt_fail_os(err, errno, "no random bytes for the ledger's journal");
    *ret = salt;
    return BATON_OK;
}

/* The write(2) family may do part of it. */
static baton_status write_at(int fd, uint64_t offset, struct bt_bytes bytes,
                             struct baton_error *err)
{
    while (bytes.len) {
        ssize_t put_now = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);
        if (put_now < 0 && errno == EINTR)
            continue;
        if (put_now < 0)
            return bt_fail_os(err, errno, "cannot write " BT_LOG_JOURNAL);
        bytes.ptr += put_now;
        bytes.len -= (size_t)put_now;
        offset += (uint64_t)put_now;
    }
    return BATON_OK;
}

static baton_status write_head(int fd, const struct bt_journal_head *head, struct baton_error *err)
{
    BT_AUTO_BUF page = BT_BUF_INIT(BT_JOURNAL_PAGE);
    BT_TRY(bt_journal_head_format(head, &page, err));
    uint64_t offset = head->sequence % HEADS * BT_JOURNAL_PAGE;
    return write_at(fd, offset, bt_buf_bytes(&page), err);
}

baton_status bt_journal_create(int dir_fd, uint64_t area_bytes, struct baton_error *err)
{
    static const char temporary[] = BT_LOG_JOURNAL ".new";
    struct bt_journal_head head = {.area_bytes = area_bytes};
    BT_AUTO_FD fd = BT_FD_INIT;
    int flags = O_RDWR | O_CREAT | O_TRUNC;
    bt_journal_boot_now(head.boot);
    BT_TRY(bt_journal_new_salt(&head.areas[0].salt, err));
    BT_TRY(bt_sha256_bytes(bt_bytes_of(""), &head.areas[0].base.root, err));
    BT_TRY(bt_fs_open_beneath(dir_fd, temporary, flags, 0600, &fd, err));
    for (; head.sequence < HEADS; head.sequence++)
        BT_TRY(write_head(fd.fd, &head, err));
    if (ftruncate(fd.fd, (off_t)area_at(&head, 2)) != 0)
        return bt_fail_os(err, errno, "cannot write " BT_LOG_JOURNAL);
    BT_TRY(bt_fs_sync(fd.fd, BT_LOG_JOURNAL, err));
    baton_status status = bt_fs_rename_new(dir_fd, temporary, BT_LOG_JOURNAL, err);
    if (status != BATON_OK) {
        (void)unlinkat(dir_fd, temporary, 0);
        return status == BATON_ERR_EXISTS ? BATON_OK : status;
    }
    return bt_fs_sync(dir_fd, "the ledger's folder", err);
}

baton_status bt_journal_open(int dir_fd, struct bt_journal *ret, struct baton_error *err)
{
    uint64_t bytes = 0;
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_beneath(dir_fd, BT_LOG_JOURNAL, O_RDWR | O_NONBLOCK, 0, &fd, err));
    BT_TRY(bt_fs_regular_size(fd.fd, BT_LOG_JOURNAL, &bytes, err));
    ret->fd.fd = bt_fd_steal(&fd);
    return BATON_OK;
}

void bt_journal_release(struct bt_journal *journal)
{
    bt_fd_release(&journal->fd);
}

/* Open-file-description locks, as store/lock.c has them and for the same reasons. */
static int set_lock(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    return fcntl(fd, F_OFD_SETLKW, &lock);
}

baton_status bt_journal_lock(const struct bt_journal *journal, struct baton_error *err)
{
    while (set_lock(journal->fd.fd, F_WRLCK) != 0)
        if (errno != EINTR)
            return bt_fail_os(err, errno, "cannot lock " BT_LOG_JOURNAL);
    return BATON_OK;
}

void bt_journal_unlock(const struct bt_journal *journal)
{
    (void)set_lock(journal->fd.fd, F_UNLCK);
}

static baton_status read_page(int fd, uint64_t offset, uint8_t page[BT_JOURNAL_PAGE],
                              struct baton_error *err)
{
    struct bt_file_part part = {fd, offset, BT_JOURNAL_PAGE};
    size_t len = BT_JOURNAL_PAGE;
    return bt_fs_read_part(&part, BT_LOG_JOURNAL, 0, page, &len, err);
}

baton_status bt_journal_read_head(const struct bt_journal *journal, struct bt_journal_head *ret,
                                  struct baton_error *err)
{
    uint8_t page[BT_JOURNAL_PAGE];
    struct bt_bytes bytes = {page, sizeof page};
    struct bt_journal_head found[HEADS];
    size_t count = 0;
    for (unsigned i = 0; i < HEADS; i++) {
        BT_TRY(read_page(journal->fd.fd, i * BT_JOURNAL_PAGE, page, err));
        count += bt_journal_head_parse(bytes, &found[count], NULL) == BATON_OK;
    }
    if (count == 0)
        return bt_fail(err, BATON_ERR_CORRUPT,
                       BT_LOG_JOURNAL " is damaged: neither of its two heads is intact");
    bool second = count == 2 && found[1].sequence > found[0].sequence;
    *ret = found[second ? 1 : 0];
    return BATON_OK;
}

baton_status bt_journal_write_head(struct bt_journal *journal, const struct bt_journal_head *head,
                                   struct baton_error *err)
{
    struct bt_journal_head next = *head;
    next.sequence++;
    BT_TRY(write_head(journal->fd.fd, &next, err));
    journal->head = next;
    return BATON_OK;
}

bool bt_journal_peek(const struct bt_journal *journal, unsigned area, uint64_t offset,
                     uint64_t *ret_bytes, uint64_t *ret_end)
{
    uint8_t bytes[BT_JOURNAL_RECORD_HEAD];
    struct numbers numbers;
    const struct bt_journal_head *head = &journal->head;
    if (offset >= head->area_bytes)
        return false;
    ssize_t got = pread(journal->fd.fd, bytes, sizeof bytes, (off_t)(area_at(head, area) + offset));
    if (got != (ssize_t)sizeof bytes || !parse_numbers(bytes, &numbers) ||
        numbers.salt != head->areas[area].salt)
        return false;
    size_t len = measure(&numbers);
    if (len == 0 || len > head->area_bytes - offset)
        return false;
    *ret_bytes = len;
    *ret_end = numbers.first + numbers.count;
    return true;
}

baton_status bt_journal_read_record(const struct bt_journal *journal, unsigned area,
                                    uint64_t offset, struct bt_map *map,
                                    struct bt_journal_record *ret, struct baton_error *err)
{
    const struct bt_journal_head *head = &journal->head;
    struct bt_file_part part = {journal->fd.fd, area_at(head, area) + offset, 0};
    struct bt_bytes bytes = {NULL, 0};
    uint64_t len = 0;
    uint64_t end = 0;
    bt_map_release(map);
    if (bt_journal_peek(journal, area, offset, &len, &end)) {
        part.bytes = len;
        BT_TRY(bt_map_part(&part, BT_LOG_JOURNAL, map, &bytes, err));
    }
    return bt_journal_record_parse(bytes, head->areas[area].salt, ret, err);
}

baton_status bt_journal_write_record(const struct bt_journal *journal, uint64_t offset,
                                     struct bt_bytes record, struct baton_error *err)
{
    const struct bt_journal_head *head = &journal->head;
    return write_at(journal->fd.fd, area_at(head, head->active) + offset, record, err);
}

baton_status bt_journal_sync(const struct bt_journal *journal, struct baton_error *err)
{
    if (fdatasync(journal->fd.fd) != 0)
        return bt_fail_os(err, errno, "cannot make " BT_LOG_JOURNAL " durable");
    return BATON_OK;
}

baton_status bt_journal_find_behind(const struct bt_journal *journal, unsigned area,
                                    uint64_t offset, bool *ret, struct baton_error *err)
{
    const struct bt_journal_head *head = &journal->head;
    struct bt_file_part part = {journal->fd.fd, area_at(head, area), head->area_bytes};
    struct bt_bytes bytes;
    struct bt_journal_record record;
    BT_AUTO_MAP map = BT_MAP_INIT;
    BT_TRY(bt_map_part(&part, BT_LOG_JOURNAL, &map, &bytes, err));
    bool found = false;
    for (uint64_t at = offset; at < bytes.len && !found; at += BT_JOURNAL_PAGE) {
        struct bt_bytes rest = {bytes.ptr + at, bytes.len - (size_t)at};
        found = bt_journal_record_parse(rest, head->areas[area].salt, &record, NULL) == BATON_OK;
    }
    *ret = found;
    return BATON_OK;
}

/* ---- auditing ---- */

/* Good records from the area's base to `ret_end`, each where the one before ends. */
static baton_status audit_area(const struct bt_journal *journal, unsigned area, uint64_t *ret_end,
                               struct baton_error *err)
{
    uint64_t end = journal->head.areas[area].base.size;
    uint64_t offset = 0;
    BT_AUTO_MAP map = BT_MAP_INIT;
    struct bt_journal_record record;
    for (;; offset += bt_journal_record_bytes(&record)) {
        baton_status status = bt_journal_read_record(journal, area, offset, &map, &record, err);
        *ret_end = end;
        /* A torn record is an end, too; whether it came too early is asked below. */
        if (status == BATON_ERR_NOT_FOUND || status == BATON_ERR_CORRUPT)
            return BATON_OK;
        if (status != BATON_OK)
            return status;
        if (record.first != end)
            return bad_record("does not start where the one before ends", err);
        end += record.count;
    }
}

static baton_status audit_areas(const struct bt_journal *journal, uint64_t size,
                                struct baton_error *err)
{
    const struct bt_journal_head *head = &journal->head;
    uint64_t end = head->areas[head->active].base.size;
    if (head->both)
        BT_TRY(audit_area(journal, 1 - head->active, &end, err));
    if (end != head->areas[head->active].base.size)
        return bad_record("is missing or damaged before its second area", err);
    BT_TRY(audit_area(journal, head->active, &end, err));
    return end >= size ? BATON_OK : bad_record("is missing or damaged before the checkpoint", err);
}

baton_status bt_journal_audit(int dir_fd, uint64_t size, struct baton_error *err)
{
    BT_CLEANUP(bt_journal_release) struct bt_journal journal = {.fd = BT_FD_INIT};
    BT_TRY(bt_journal_open(dir_fd, &journal, err));
    BT_TRY(bt_journal_lock(&journal, err));
    BT_TRY(bt_journal_read_head(&journal, &journal.head, err));
    return audit_areas(&journal, size, err);
}

baton_status bt_journal_wipe(const struct bt_journal *journal, struct baton_error *err)
{
    static const uint8_t zeros[1 << 16];
    const struct bt_journal_head *head = &journal->head;
    off_t from = (off_t)area_at(head, 0);
    off_t end = (off_t)(area_at(head, 1) + head->area_bytes);
    /* Where the file system cannot make a hole, zeros do. */
    if (fallocate(journal->fd.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, end - from) !=
        0)
        for (; from < end; from += (off_t)sizeof zeros)
            if (pwrite(journal->fd.fd, zeros, sizeof zeros, from) != (ssize_t)sizeof zeros)
                return bt_fail_os(err, errno, "cannot wipe " BT_LOG_JOURNAL);
    return bt_journal_sync(journal, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_ZIP_H
#define BT_CODEC_ZIP_H
/*
 * ZIP archives in memory (PKWARE APPNOTE 6.3.10): those that hold data, not everything ZIP can be.
 *
 * Read: stored and deflated members, ZIP64. Refused: encryption, other methods, several disks, a
 * comment after the end record, links and directories, duplicate or unsafe names (see
 * codec/text/names.h), members out of order or overlapping, central and local headers that
 * disagree, and whatever exceeds the limits. Every read checks length and CRC.
 *
 * Written: stored members in the caller's order, 1980-01-01, no extra fields, members and archive
 * below 4 GiB; the bytes depend on names and contents only.
 */
#include "base/alloc.h"
#include "base/buf.h"

struct bt_zip_limits {
    size_t entries_max;
    uint64_t member_bytes_max; /* unpacked */
    uint64_t total_bytes_max;  /* unpacked, all members together */
    uint64_t ratio_max;        /* unpacked to packed; deflate itself ends at 1032 */
};

#define BT_ZIP_LIMITS_DEFAULT                                                                      \
    {                                                                                              \
        .entries_max = 65536, .member_bytes_max = (uint64_t)4 << 30,                               \
        .total_bytes_max = (uint64_t)16 << 30, .ratio_max = 1100                                   \
    }

struct bt_zip_entry {
    struct bt_bytes name; /* in the archive, not NUL-terminated */
    struct bt_bytes packed;
    uint64_t size; /* unpacked */
    uint32_t crc;
    bool deflated;
};

struct bt_zip {
    const struct bt_zip_entry *entries; /* in the arena; they point into the archive */
    size_t count;
};

/* `what` names the archive in messages; `limits` may be NULL. `bytes` must outlive `ret`. */
BT_CHECK baton_status bt_zip_open(struct bt_bytes bytes, const char *what,
                                  const struct bt_zip_limits *limits, struct bt_arena *arena,
                                  struct bt_zip *ret, struct baton_error *err);
/* The contents of a member: in the archive itself when stored, else unpacked into `room`, which is
 * emptied first. */
BT_CHECK baton_status bt_zip_read(const struct bt_zip_entry *entry, struct bt_buf *room,
                                  struct bt_bytes *ret, struct baton_error *err);

struct bt_zip_writer {
    struct bt_buf *out;
    struct bt_buf central;
    size_t start; /* of the archive in `out` */
    size_t entries;
};

#define BT_AUTO_ZIP_WRITER BT_CLEANUP(bt_zip_writer_release) struct bt_zip_writer

struct bt_zip_writer bt_zip_writer(struct bt_buf *out);
void bt_zip_writer_release(struct bt_zip_writer *writer);
/* The caller gives each name once. */
BT_CHECK baton_status bt_zip_add(struct bt_zip_writer *writer, const char *name,
                                 struct bt_bytes contents, struct baton_error *err);
BT_CHECK baton_status bt_zip_finish(struct bt_zip_writer *writer, struct baton_error *err);

#endif

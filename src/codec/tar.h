/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TAR_H
#define BT_CODEC_TAR_H
/*
 * tar as POSIX.1-2001 has it (ustar, with pax headers where ustar has no room), streaming both
 * ways: a member of any size needs a few kilobytes of memory.
 *
 * Written: regular files only, mode 0644, owner 0, time 0, in the caller's order, two zero blocks
 * at the end and no other padding; the bytes depend on names and contents only.
 *
 * Read: regular files and directories. Refused: links, devices and pipes, sparse files, GNU long
 * names, global pax headers, unsafe or duplicate names (codec/text/names.h; a leading "./" is
 * dropped first), wrong checksums, anything but zeros after the end.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "codec/text/names.h"

#define BT_TAR_BLOCK 512

/* ---- writing ---- */

typedef baton_status bt_tar_sink(void *user, const void *bytes, size_t len,
                                 struct baton_error *err);

struct bt_tar_writer {
    bt_tar_sink *sink;
    void *user;
    uint64_t left; /* of the current member */
    unsigned padding;
};

struct bt_tar_writer bt_tar_writer(bt_tar_sink *sink, void *user);
/* The next member of exactly `size` bytes; the caller gives each name once. */
BT_CHECK baton_status bt_tar_begin(struct bt_tar_writer *w, const char *name, uint64_t size,
                                   struct baton_error *err);
BT_CHECK baton_status bt_tar_put(struct bt_tar_writer *w, const void *bytes, size_t len,
                                 struct baton_error *err);
BT_CHECK baton_status bt_tar_finish(struct bt_tar_writer *w, struct baton_error *err);

/* ---- reading ---- */

/* Fills `bytes` with up to `len` bytes; *ret_len is 0 only at the end. */
typedef baton_status bt_tar_source(void *user, void *bytes, size_t len, size_t *ret_len,
                                   struct baton_error *err);

/* Moves on by `len` bytes without giving them; past the end of the archive it may do anything but
 * give bytes afterwards. */
typedef baton_status bt_tar_skip(void *user, uint64_t len, struct baton_error *err);

struct bt_tar_limits {
    size_t entries_max;
    size_t pax_bytes_max; /* of one extended header */
    uint64_t member_bytes_max;
    uint64_t total_bytes_max; /* all members together */
};

#define BT_TAR_LIMITS_DEFAULT                                                                      \
    {                                                                                              \
        .entries_max = (size_t)1 << 20, .pax_bytes_max = 65536,                                    \
        .member_bytes_max = (uint64_t)1 << 40, .total_bytes_max = (uint64_t)1 << 42                \
    }

struct bt_tar_entry {
    const char *name; /* without "./" in front or "/" at the end; lives as long as the reader */
    uint64_t size;
    bool is_folder;
};

struct bt_tar_reader {
    bt_tar_source *source;
    bt_tar_skip *skip; /* set it after bt_tar_reader() when the source can seek; else NULL */
    void *user;
    const char *what;
    struct bt_tar_limits limits;
    struct bt_names names;
    struct bt_arena arena;
    uint64_t offset; /* in the archive; after bt_tar_next(), of the member's first byte */
    uint64_t left;   /* unread bytes of the current member */
    uint64_t total;
    size_t entries;
    unsigned padding;
    bool ended;
};

#define BT_AUTO_TAR_READER BT_CLEANUP(bt_tar_reader_release) struct bt_tar_reader

/* `what` names the archive in messages and must outlive the reader; `limits` may be NULL. */
struct bt_tar_reader bt_tar_reader(bt_tar_source *source, void *user, const char *what,
                                   const struct bt_tar_limits *limits);
void bt_tar_reader_release(struct bt_tar_reader *r);
/* Skips what is left of the current member. *ret_more is false at the end, which has then been
 * checked to the last byte. */
BT_CHECK baton_status bt_tar_next(struct bt_tar_reader *r, struct bt_tar_entry *ret, bool *ret_more,
                                  struct baton_error *err);
/* Up to `len` bytes of the current member; *ret_len is 0 only at its end. */
BT_CHECK baton_status bt_tar_read(struct bt_tar_reader *r, void *bytes, size_t len, size_t *ret_len,
                                  struct baton_error *err);

#endif

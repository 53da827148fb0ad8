/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BASE_ALLOC_H
#define BT_BASE_ALLOC_H
/*
 * The only door to the heap (tools/lint refuses malloc and friends elsewhere).
 *
 * Sizes come as count and element size, so that no caller multiplies. NULL means no memory or a
 * product that does not fit; it is returned for nothing else: a request for zero bytes gives a
 * unique pointer. Memory is zeroed.
 *
 * `struct bt_arena` is for everything that lives as long as one operation: allocate freely, release
 * once. It never moves what it gave out. Not thread-safe; one arena, one thread.
 */
#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

void *bt_calloc(size_t count, size_t size);
/* Grow to `count` elements; new bytes are not zeroed. On NULL the old block is still owned. */
void *bt_realloc(void *ptr, size_t count, size_t size);
/* Zeroed and aligned for vector loads (64 bytes). Release with bt_free(). */
void *bt_calloc_aligned(size_t count, size_t size);
/* As above, not zeroed: for large outputs that are written in full. */
void *bt_alloc_aligned(size_t count, size_t size);
void bt_free(void *ptr);
char *bt_strdup(const char *text);

struct bt_arena_block;

struct bt_arena {
    struct bt_arena_block *head;
    size_t used_bytes; /* what callers asked for */
    size_t bytes_max;  /* 0: no limit of its own */
};

#define BT_ARENA_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }

void bt_arena_release(struct bt_arena *arena);
/* Zeroed, 16-byte aligned. NULL: no memory, overflow, or over bytes_max. */
void *bt_arena_calloc(struct bt_arena *arena, size_t count, size_t size);
char *bt_arena_strndup(struct bt_arena *arena, const char *text, size_t len);
char *bt_arena_printf(struct bt_arena *arena, const char *fmt, ...) BT_PRINTF(2, 3);

#define BT_AUTO_ARENA BT_CLEANUP(bt_arena_release) struct bt_arena

/* The standard message for a NULL from this header. */
baton_status bt_fail_no_memory(struct baton_error *err, const char *what);
#define bt_fail_no_memory(...) bt_not_ok(bt_fail_no_memory(__VA_ARGS__))

#endif

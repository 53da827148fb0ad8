/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define VECTOR_ALIGN ((size_t)64)
#define ARENA_ALIGN ((size_t)16)
#define ARENA_FIRST_BYTES ((size_t)1024)
#define ARENA_BLOCK_BYTES ((size_t)65536)

void *bt_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (!bt_mul(count, size, &bytes))
        return NULL;
    return calloc(1, bytes ? bytes : 1);
}

void *bt_realloc(void *ptr, size_t count, size_t size)
{
    size_t bytes;
    if (!bt_mul(count, size, &bytes))
        return NULL;
    return realloc(ptr, bytes ? bytes : 1);
}

void *bt_alloc_aligned(size_t count, size_t size)
{
    size_t bytes;
    size_t padded;
    if (!bt_mul(count, size, &bytes) || !bt_add(bytes, VECTOR_ALIGN - 1, &padded))
        return NULL;
    padded = bt_max(padded & ~(VECTOR_ALIGN - 1), VECTOR_ALIGN);
    return aligned_alloc(VECTOR_ALIGN, padded);
}

void *bt_calloc_aligned(size_t count, size_t size)
{
    void *ptr = bt_alloc_aligned(count, size);
    if (ptr)
        memset(ptr, 0, count * size);
    return ptr;
}

void bt_free(void *ptr)
{
    free(ptr);
}

char *bt_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = bt_calloc(bytes, 1);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

struct bt_arena_block {
    struct bt_arena_block *next;
    size_t size;
    size_t used;
    bool zeroed; /* all of it, when it was made */
    _Alignas(16) unsigned char bytes[];
};

void bt_arena_release(struct bt_arena *arena)
{
    struct bt_arena_block *block = arena->head;
    while (block) {
        struct bt_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->head = NULL;
    arena->used_bytes = 0;
}

/* Small at first, since most arenas hold little; then each as large as all before. What asks for a
 * block of its own may be large, and is zeroed by the system. */
static struct bt_arena_block *add_block(struct bt_arena *arena, size_t bytes)
{
    size_t total;
    size_t size = bt_min(bt_max(arena->used_bytes, ARENA_FIRST_BYTES), ARENA_BLOCK_BYTES);
    bool is_own = bytes > size;
    if (!bt_add(is_own ? bytes : size, sizeof(struct bt_arena_block), &total))
        return NULL;
    struct bt_arena_block *block = is_own ? calloc(1, total) : malloc(total);
    if (!block)
        return NULL;
    block->size = is_own ? bytes : size;
    block->used = 0;
    block->zeroed = is_own;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *bt_arena_calloc(struct bt_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    size_t rounded;
    size_t total;
    if (!bt_mul(count, size, &bytes) || !bt_add(bytes, ARENA_ALIGN - 1, &rounded))
        return NULL;
    rounded &= ~(ARENA_ALIGN - 1);
    if (!bt_add(arena->used_bytes, rounded, &total))
        return NULL;
    if (arena->bytes_max && total > arena->bytes_max)
        return NULL;

    struct bt_arena_block *block = arena->head;
    if (!block || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    if (!block)
        return NULL;
    void *ptr = block->bytes + block->used;
    if (!block->zeroed)
        memset(ptr, 0, rounded);
    block->used += rounded;
    arena->used_bytes = total;
    return ptr;
}

char *bt_arena_strndup(struct bt_arena *arena, const char *text, size_t len)
{
    size_t bytes;
    if (!bt_add(len, 1, &bytes))
        return NULL;
    char *copy = bt_arena_calloc(arena, bytes, 1);
    if (copy && len)
        memcpy(copy, text, len);
    return copy;
}

char *bt_arena_printf(struct bt_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = len < 0 ? NULL : bt_arena_calloc(arena, (size_t)len + 1, 1);
    if (text)
        (void)vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

baton_status(bt_fail_no_memory)(struct baton_error *err, const char *what)
{
    return bt_fail(err, BATON_ERR_NO_MEMORY, "not enough memory for %s", what);
}

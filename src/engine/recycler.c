/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for values. Which value is alive when is the same in every run with the same shapes, so
 * after the first run every request finds the block it had before and the heap is left alone.
 * A block serves a request when it is at most twice as large: that bounds the waste without a plan
 * for shapes that are known at run time only.
 */
#include "engine/session_int.h"

#include "base/checked.h"

#define SMALL_BYTES 4096u

static void give_back(struct bt_storage *storage, void *user)
{
    struct bt_recycler *recycler = user;
    recycler->live_bytes -= storage->bytes;
    if (recycler->count == recycler->capacity) {
        size_t capacity = recycler->capacity ? recycler->capacity * 2 : 32;
        struct bt_free_block *blocks = bt_realloc(recycler->blocks, capacity, sizeof *blocks);
        if (!blocks) {
            bt_free(storage->data);
            bt_free(storage);
            return;
        }
        recycler->blocks = blocks;
        recycler->capacity = capacity;
    }
    recycler->blocks[recycler->count++] =
        (struct bt_free_block){.storage = storage, .run = recycler->run};
}

static struct bt_storage *new_block(struct bt_recycler *recycler, size_t bytes)
{
    struct bt_storage *storage = bt_calloc(1, sizeof *storage);
    if (!storage)
        return NULL;
    storage->data = bt_alloc_aligned(bytes, 1);
    if (!storage->data) {
        bt_free(storage);
        return NULL;
    }
    storage->bytes = bytes;
    storage->recycle = give_back;
    storage->user = recycler;
    return storage;
}

/* The smallest free block that fits, or `count`. */
static size_t best_fit(const struct bt_recycler *recycler, size_t bytes)
{
    size_t best = recycler->count;
    for (size_t i = 0; i < recycler->count; i++) {
        size_t size = recycler->blocks[i].storage->bytes;
        if (size < bytes || size / 2 > bytes)
            continue;
        if (best == recycler->count || size < recycler->blocks[best].storage->bytes)
            best = i;
    }
    return best;
}

struct bt_storage *bt_recycler_take(struct bt_recycler *recycler, size_t bytes)
{
    size_t wanted = bt_max(bytes, SMALL_BYTES);
    size_t i = best_fit(recycler, wanted);
    struct bt_storage *storage = NULL;
    if (i < recycler->count) {
        storage = recycler->blocks[i].storage;
        recycler->blocks[i] = recycler->blocks[--recycler->count];
    } else {
        storage = new_block(recycler, wanted);
    }
    if (!storage)
        return NULL;
    atomic_store_explicit(&storage->refs, 1, memory_order_relaxed);
    recycler->live_bytes += storage->bytes;
    recycler->peak_bytes = bt_max(recycler->peak_bytes, recycler->live_bytes);
    return storage;
}

void bt_recycler_let_go(struct bt_recycler *recycler, struct bt_storage *storage)
{
    if (storage->recycle != give_back)
        return;
    recycler->live_bytes -= storage->bytes;
    storage->recycle = NULL;
    storage->user = NULL;
}

static void free_block(struct bt_recycler *recycler, size_t i)
{
    struct bt_storage *storage = recycler->blocks[i].storage;
    recycler->blocks[i] = recycler->blocks[--recycler->count];
    bt_free(storage->data);
    bt_free(storage);
}

void bt_recycler_end_run(struct bt_recycler *recycler)
{
    for (size_t i = recycler->count; i-- > 0;)
        if (recycler->blocks[i].run != recycler->run)
            free_block(recycler, i);
    recycler->run++;
}

void bt_recycler_release(struct bt_recycler *recycler)
{
    while (recycler->count)
        free_block(recycler, recycler->count - 1);
    bt_free(recycler->blocks);
}

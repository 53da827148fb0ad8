/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access/failures.h"

#include <arpa/inet.h>
#include <string.h>

static uint64_t prefix_of(const char *peer)
{
    struct in_addr four;
    struct in6_addr six;
    uint64_t prefix = 0;
    if (inet_pton(AF_INET, peer, &four) == 1)
        return four.s_addr;
    if (inet_pton(AF_INET6, peer, &six) != 1)
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&six))
        memcpy(&prefix, six.s6_addr + 12, 4);
    else
        memcpy(&prefix, six.s6_addr, sizeof prefix);
    return prefix;
}

/* The finalizer of splitmix64: a bijection: no two prefixes look like one peer. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static struct bt_failure *place_of(struct bt_failures *failures, uint64_t peer)
{
    return &failures->places[peer % BT_FAILURES_PLACES];
}

static uint64_t peer_of(const struct bt_failures *failures, const char *peer)
{
    return mix(prefix_of(peer) ^ failures->seed);
}

static bool is_recent(const struct bt_failure *place, uint64_t peer, int64_t now_s)
{
    return place->peer == peer && now_s - place->since_s < BT_FAILURES_SPAN_S;
}

bool bt_failures_are_over(struct bt_failures *failures, const char *peer, int64_t now_s)
{
    uint64_t key = peer_of(failures, peer);
    (void)pthread_mutex_lock(&failures->mutex);
    const struct bt_failure *place = place_of(failures, key);
    bool over = is_recent(place, key, now_s) && place->count >= BT_FAILURES_MAX;
    (void)pthread_mutex_unlock(&failures->mutex);
    return over;
}

void bt_failures_add(struct bt_failures *failures, const char *peer, int64_t now_s)
{
    uint64_t key = peer_of(failures, peer);
    (void)pthread_mutex_lock(&failures->mutex);
    struct bt_failure *place = place_of(failures, key);
    if (!is_recent(place, key, now_s))
        *place = (struct bt_failure){.peer = key, .since_s = now_s};
    place->count++;
    (void)pthread_mutex_unlock(&failures->mutex);
}

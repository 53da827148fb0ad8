/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections an address has, so that one cannot take the places of all. Addresses share
 * counters by a number that is chosen at the start and that nobody outside knows: with as many
 * counters as there are connections, a stranger is hardly ever counted together with a crowd, and
 * nobody can arrange it.
 */
#include "net/server_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>

baton_status bt_places_init(struct bt_places *places, unsigned most, struct baton_error *err)
{
    places->most = most ? most : 256;
    places->loopback_is_free = most == 0;
    if (getrandom(&places->secret, sizeof places->secret, 0) != sizeof places->secret)
        return bt_fail_os(err, errno, "no random number");
    places->secret |= 1;
    return BATON_OK;
}

/* What one customer of the network has: an IPv4 address, or 64 bits of IPv6. */
static uint64_t owner_of(const struct sockaddr_storage *from, bool *ret_loopback)
{
    struct in6_addr at = IN6ADDR_ANY_INIT;
    uint64_t upper = 0;
    uint32_t v4 = 0;
    if (from->ss_family == AF_INET6) {
        memcpy(&at, &((const struct sockaddr_in6 *)from)->sin6_addr, sizeof at);
        if (!IN6_IS_ADDR_V4MAPPED(&at)) {
            *ret_loopback = IN6_IS_ADDR_LOOPBACK(&at);
            memcpy(&upper, &at, sizeof upper);
            return upper;
        }
        memcpy(&v4, (const uint8_t *)&at + 12, sizeof v4);
    } else {
        v4 = ((const struct sockaddr_in *)from)->sin_addr.s_addr;
    }
    *ret_loopback = (ntohl(v4) >> 24) == 127;
    return v4;
}

bool bt_places_take(struct bt_places *places, const struct sockaddr_storage *from, size_t *ret)
{
    bool is_loopback = false;
    uint64_t owner = owner_of(from, &is_loopback);
    uint64_t mixed = (owner ^ places->secret) * places->secret;
    *ret = BT_PLACE_NONE;
    if (is_loopback && places->loopback_is_free)
        return true;
    mixed ^= mixed >> 32;
    size_t at = (size_t)((mixed * places->secret) >> (64 - BT_PLACES_BITS));
    if (atomic_fetch_add(&places->counters[at], 1) >= places->most) {
        atomic_fetch_sub(&places->counters[at], 1);
        return false;
    }
    *ret = at;
    return true;
}

void bt_places_leave(struct bt_places *places, size_t place)
{
    if (place != BT_PLACE_NONE)
        atomic_fetch_sub(&places->counters[place], 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who can reach a server, and who may ask it. */
#include <string.h>

#include "api/serving.h"

/* Addresses are numbers here, so their texts tell. */
static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0;
}

/* Whoever can reach another address can ask anything, and read what others are answered. */
static baton_status need_safe(const char *listen, const struct baton_serve_options *o,
                              struct baton_error *err)
{
    if (is_loopback(listen))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_REFUSED,
                   "%s is not on this machine's loopback: without TLS, which baton does not have "
                   "yet, it serves 127.0.0.1 and [::1] only; put a proxy that has it in front",
                   listen);
}

baton_status bt_serving_admit(struct bt_serving *s, const char *listen, struct baton_error *err)
{
    const struct baton_serve_options *o = s->options;
    int folder = bt_store_folder(s->store->store);
    BT_TRY(need_safe(listen, o, err));
    if (!o->authenticate)
        return BATON_OK;
    if (folder < 0)
        return bt_fail(err, BATON_ERR_USAGE,
                       "an archive does not say who may ask: give a store that is a folder");
    return bt_access_open(folder, s->loops, &s->access, err);
}

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
    if (!o->tls_certificate != !o->tls_key)
        return bt_fail(err, BATON_ERR_USAGE, "a certificate and its key go together: give both");
    if (o->client_ca && !o->tls_certificate)
        return bt_fail(err, BATON_ERR_USAGE,
                       "certificates of clients come by TLS: give a certificate and its key, too");
    if (is_loopback(listen) || (o->tls_certificate && o->authenticate))
        return BATON_OK;
    return bt_fail(err, BATON_ERR_REFUSED,
                   "%s is not on this machine's loopback: to be served there, give --tls-cert, "
                   "--tls-key and --auth, or put a proxy that has TLS and authentication in front",
                   listen);
}

static baton_status open_tls(const struct baton_serve_options *o, struct bt_tls **ret,
                             struct baton_error *err)
{
    const struct bt_tls_files files = {
        .certificate = o->tls_certificate,
        .key = o->tls_key,
        .client_ca = o->client_ca,
        /* With --auth, who has none may have a token. */
        .needs_client = !o->authenticate,
    };
    return files.certificate ? bt_tls_open(&files, ret, err) : BATON_OK;
}

baton_status bt_serving_admit(struct bt_serving *s, const char *listen, struct baton_error *err)
{
    const struct baton_serve_options *o = s->options;
    int folder = bt_store_folder(s->store->store);
    BT_TRY(need_safe(listen, o, err));
    BT_TRY(open_tls(o, &s->tls, err));
    if (!o->authenticate)
        return BATON_OK;
    if (folder < 0)
        return bt_fail(err, BATON_ERR_USAGE,
                       "an archive does not say who may ask: give a store that is a folder");
    return bt_access_open(folder, s->loops, &s->access, err);
}

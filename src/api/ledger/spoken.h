/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_API_SPOKEN_H
#define BT_API_SPOKEN_H
/*
 * What the verbs that say something share: the registry, the key, the version that is spoken of,
 * and the statements that were entered.
 */
#include "api/ledger/identity.h"
#include "api/ledger/seen.h"

#define BT_SPOKEN_MAX 4

struct bt_spoken {
    struct bt_arena arena;
    const baton_store *store;
    struct bt_registry *registry;
    struct bt_secret_key secret;
    struct bt_row version; /* the statement that numbered the bundle; its subject is the bundle */
    struct bt_row entered[BT_SPOKEN_MAX];
    size_t count;
};

#define BT_SPOKEN_INIT                                                                             \
    {                                                                                              \
        .arena = BT_ARENA_INIT                                                                     \
    }
#define BT_AUTO_SPOKEN BT_CLEANUP(bt_spoken_release) struct bt_spoken

void bt_spoken_release(struct bt_spoken *spoken);
/* `who` NULL-able as everywhere; the default identity. */
BT_CHECK baton_status bt_spoken_open(const baton_store *store, const struct baton_identity *who,
                                     struct bt_spoken *ret, struct baton_error *err);
/* A reference in a registry that is open; NULL: the store has none. */
BT_CHECK baton_status bt_name_in(const baton_store *store, const struct bt_registry *registry,
                                 const char *ref, struct bt_named *ret, struct baton_error *err);
/* Which version of a model `ref` is; one that the registry does not know is BATON_ERR_NOT_FOUND. */
BT_CHECK baton_status bt_spoken_of(struct bt_spoken *spoken, const char *ref,
                                   struct baton_error *err);
/* Sign and enter, in a turn of its own. The row is remembered for the report. */
BT_CHECK baton_status bt_spoken_say(struct bt_spoken *spoken, const struct bt_said *said,
                                    struct baton_error *err);
/* The same inside a turn. */
BT_CHECK baton_status bt_spoken_enter(struct bt_spoken *spoken, const struct bt_said *said,
                                      struct baton_error *err);
/* Whether a statement on a key is about the one that people call `name`, by name or id. */
bool bt_row_is_key(const struct bt_row *row, const char *name);
/* "statements":[…] */
void bt_spoken_put(const struct bt_spoken *spoken, struct bt_json_writer *w);
/* "ref":"credit:3" */
void bt_spoken_put_ref(const struct bt_row *version, const char *key, struct bt_json_writer *w);

/* "credit@production" into its parts, in `arena`; false when it is not that. */
BT_CHECK baton_status bt_alias_parse(const char *text, struct bt_arena *arena,
                                     const char **ret_model, const char **ret_alias,
                                     struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_BUNDLE_UNPACK_H
#define BT_BUNDLE_UNPACK_H
/*
 * A bundle's parts as files, under their paths: for people, and for tools that verify or run files.
 *
 * The folder is made, or is empty; what was there is never touched. Every byte is hashed on its
 * way, and a file gets its name only when it is whole and on the disk. When something fails, or
 * Ctrl-C is pressed, all that was made is removed again; a killed process leaves whole files, and
 * perhaps one under BT_UNPACK_TEMPORARY.
 */
#include "bundle/bundle.h"

#define BT_UNPACK_TEMPORARY ".baton-unpack"

/* `folder` is a path of the user's. `ret_bytes`: of all files. BATON_ERR_EXISTS when it is not
 * empty. */
BT_CHECK baton_status bt_bundle_unpack(const struct bt_bundle *bundle, const char *folder,
                                       const struct baton_progress *progress, uint64_t *ret_bytes,
                                       struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_DECISION_ASIDE_H
#define BT_DECISION_ASIDE_H
/*
 * Values that are too large for the log lie aside, in files of STORE/decisions/INSTANCE/aside that
 * are named by the salts of their fields. The field says how long they are and what their SHA-256
 * is.
 */
#include "decision/fields.h"

#define BT_ASIDE_FOLDER "aside"
/* From this on; several of less must fit one record. */
#define BT_ASIDE_BYTES ((size_t)64 << 10)
#define BT_ASIDE_BYTES_MAX ((size_t)1 << 30)
#define BT_ASIDE_DESCRIPTION_BYTES 40

/* Put `bytes` aside as the field KIND NAME of `fields`, durably. `dir_fd` is the instance's folder.
 */
BT_CHECK baton_status bt_aside_put(int dir_fd, struct bt_fields *fields, const char *kind,
                                   const char *name, struct bt_bytes bytes,
                                   struct baton_error *err);
/* The bytes of a field, wherever they are; `file` is kept for its memory. BATON_ERR_CANNOT_TELL
 * when they are erased or the file is missing, BATON_ERR_CORRUPT when it is not what it must be. */
BT_CHECK baton_status bt_field_bytes(int dir_fd, const struct bt_field *field, struct bt_buf *file,
                                     struct bt_bytes *ret, struct baton_error *err);
/* The file of a field that is to be erased; one that is gone already is no error. */
BT_CHECK baton_status bt_aside_remove(int dir_fd, const struct bt_field *field,
                                      struct baton_error *err);

#endif

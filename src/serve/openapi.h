/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_OPENAPI_H
#define BT_SERVE_OPENAPI_H
/*
 * All routes as an OpenAPI 3.1 document, made from the table in routes.h: what is not in the table
 * is not in the document, and the reverse.
 */
#include "base/buf.h"

void bt_openapi_put(struct bt_buf *out);

/* ---- openapi_schemas.c ---- */
struct bt_openapi_schema {
    const char *name;
    const char *json;
};
extern const struct bt_openapi_schema bt_openapi_schemas[]; /* ends with a NULL name */
extern const char bt_openapi_responses[];
extern const char bt_openapi_security[];

#endif

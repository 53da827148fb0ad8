/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_EMBEDDED_H
#define BT_CLI_EMBEDDED_H
/* The files of the tour, as tools/embed makes them from examples/. */
#include <stddef.h>

struct embedded_file {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

extern const struct embedded_file embedded_files[]; /* ends with a NULL name */

#endif

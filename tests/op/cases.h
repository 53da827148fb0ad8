/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_TESTS_OP_CASES_H
#define BT_TESTS_OP_CASES_H
/*
 * One operator, one line of text:
 *
 *     TYPES OP OPSET [ATTRIBUTE...] | INPUT ; INPUT ... => OUTPUT ; OUTPUT ...
 *     TYPES OP OPSET [ATTRIBUTE...] | INPUT ; INPUT ... => ! text that the error contains
 *
 *   TYPES      all, number, int, float, or the name of one type: the line is run once for each
 *   ATTRIBUTE  name=5 (int), name=1.5 (float), name=word (string), name=1,2,3 (ints; one of them
 *              is "1," and none is nothing), name=[2]7,8 or name=int64[2]7,8 (tensor)
 *   INPUT      [2,3] 1 2 3 4 5 6    a tensor of the line's type; "0..5" is 0 1 2 3 4 5
 *              int64[2] 1 2         a tensor of that type
 *              -                    absent
 *
 * In a string tensor 7 is "7", in a bool tensor it is 7 mod 2. Empty lines and # are skipped.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Runs a line (NUL-terminated, scribbled on). *ret_runs counts types. Fails with the difference. */
BT_CHECK baton_status bt_case_run(char *line, size_t *ret_runs, struct baton_error *err);

#endif

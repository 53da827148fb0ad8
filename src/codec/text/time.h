/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CODEC_TEXT_TIME_H
#define BT_CODEC_TEXT_TIME_H
/* RFC 3339 in UTC, to the second: "2026-11-24T15:04:05Z". */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define BT_TIME_TEXT_MAX 80

void bt_time_format(int64_t unix_seconds, char text[BT_TIME_TEXT_MAX]);
BT_CHECK bool bt_time_parse(const char *text, int64_t *ret_unix_seconds);

#endif

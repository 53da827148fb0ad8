/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void bt_time_format(int64_t unix_seconds, char text[BT_TIME_TEXT_MAX])
{
    time_t seconds = (time_t)unix_seconds;
    struct tm utc;
    text[0] = '\0';
    if (gmtime_r(&seconds, &utc))
        (void)snprintf(text, BT_TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* Where "2026-11-24T15:04:05Z" has its numbers. */
static int two_digits(const char *text)
{
    bool are_digits = text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
    return are_digits ? (text[0] - '0') * 10 + (text[1] - '0') : -1;
}

bool bt_time_parse(const char *text, int64_t *ret_unix_seconds)
{
    char again[BT_TIME_TEXT_MAX];
    if (strlen(text) != 20)
        return false;
    struct tm utc = {.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900,
                     .tm_mon = two_digits(text + 5) - 1,
                     .tm_mday = two_digits(text + 8),
                     .tm_hour = two_digits(text + 11),
                     .tm_min = two_digits(text + 14),
                     .tm_sec = two_digits(text + 17)};
    time_t seconds = timegm(&utc);
    /* What was no digit, no separator or no day reads otherwise then. */
    bt_time_format((int64_t)seconds, again);
    if (strcmp(again, text) != 0)
        return false;
    *ret_unix_seconds = (int64_t)seconds;
    return true;
}

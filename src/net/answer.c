/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server_int.h"

#include <time.h>

static const char *reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {400, "Bad Request"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {413, "Content Too Large"},
                   {422, "Unprocessable Content"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

/* RFC 9110 section 5.6.7, in English whatever the locale. */
static void put_date(uint64_t now_s, struct bt_buf *out)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = (time_t)now_s;
    struct tm tm;
    if (!gmtime_r(&now, &tm))
        return;
    bt_buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                  days + 3 * (size_t)tm.tm_wday, tm.tm_mday, months + 3 * (size_t)tm.tm_mon,
                  tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void bt_answer_format(const struct bt_server_answer *answer, uint64_t now_s, bool keep_alive,
                      bool without_body, struct bt_buf *out)
{
    bt_buf_printf(out, "HTTP/1.1 %u %s\r\n", answer->status, reason_of(answer->status));
    put_date(now_s, out);
    bt_buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n",
                  answer->content_type, answer->body->len, keep_alive ? "keep-alive" : "close");
    if (!without_body)
        bt_buf_put(out, answer->body->data, answer->body->len);
}

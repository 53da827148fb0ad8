/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server_int.h"

#include <stdio.h>
#include <time.h>

static const char *reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {415, "Unsupported Media Type"},
                   {417, "Expectation Failed"},
                   {421, "Misdirected Request"},
                   {422, "Unprocessable Content"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {503, "Service Unavailable"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

void bt_date_format(uint64_t now_s, char ret[BT_DATE_TEXT_MAX])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = (time_t)now_s;
    struct tm tm;
    ret[0] = '\0';
    if (gmtime_r(&now, &tm))
        (void)snprintf(ret, BT_DATE_TEXT_MAX, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                       days + 3 * (size_t)tm.tm_wday, tm.tm_mday, months + 3 * (size_t)tm.tm_mon,
                       tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void bt_server_answer_put(struct bt_server_answer *answer, const char *name, const char *value)
{
    bt_buf_put_str(&answer->fields, name);
    bt_buf_put_str(&answer->fields, ": ");
    bt_buf_put_str(&answer->fields, value);
    bt_buf_put_str(&answer->fields, "\r\n");
}

/* printf would be a tenth of what a small request costs. */
void bt_answer_format(const struct bt_server_answer *answer, const char *date, bool keep_alive,
                      struct bt_buf *out)
{
    bt_buf_put_str(out, "HTTP/1.1 ");
    bt_buf_put_u64(out, answer->status);
    bt_buf_put_byte(out, ' ');
    bt_buf_put_str(out, reason_of(answer->status));
    bt_buf_put_str(out, "\r\nDate: ");
    bt_buf_put_str(out, date);
    bt_buf_put_str(out, "\r\nContent-Type: ");
    bt_buf_put_str(out, answer->content_type);
    bt_buf_put_str(out, "\r\nContent-Length: ");
    bt_buf_put_u64(out, answer->body.len);
    bt_buf_put_str(out,
                   keep_alive ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n");
    bt_buf_put(out, answer->fields.data, answer->fields.len);
    bt_buf_put_str(out, "\r\n");
}

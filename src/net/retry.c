/* SPDX-License-Identifier: Apache-2.0 */
#include "net/retry.h"

#include <sys/random.h>
#include <time.h>

#include "codec/text/number.h"

#define FIRST_MS ((uint64_t)250)
#define LONGEST_MS ((uint64_t)30000)
#define BELIEVED_S ((int64_t)120)
#define SLICE_MS ((uint64_t)50)

static bool is_passing(unsigned status)
{
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

bool bt_retry_wanted(const struct bt_retry *retry, baton_status status,
                     const struct bt_http_answer *answer)
{
    bool passing = status == BATON_OK ? is_passing(answer->status)
                                      : status == BATON_ERR_NETWORK && answer->transient;
    return passing && retry->failures < BT_RETRY_MAX;
}

/* The form with a date is not worth a clock that may be wrong: it counts as no header. */
uint64_t bt_retry_delay_ms(unsigned failures, const char *after, uint64_t random)
{
    int64_t seconds = 0;
    uint64_t delay = failures < 16 ? FIRST_MS << failures : LONGEST_MS;
    if (delay > LONGEST_MS)
        delay = LONGEST_MS;
    delay = delay / 2 + random % (delay / 2 + 1);
    if (!after || !bt_i64_parse(bt_bytes_of(after), &seconds) || seconds < 0)
        return delay;
    uint64_t asked = (uint64_t)(seconds < BELIEVED_S ? seconds : BELIEVED_S) * 1000;
    return asked > delay ? asked : delay;
}

static uint64_t any_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        return 0;
    return number;
}

baton_status bt_retry_wait(struct bt_retry *retry, const struct bt_http_answer *answer,
                           const volatile sig_atomic_t *stop, struct baton_error *err)
{
    static const struct timespec slice = {0, (long)SLICE_MS * 1000000};
    const struct baton_progress progress = {NULL, NULL, stop};
    uint64_t left =
        bt_retry_delay_ms(retry->failures, bt_http_field(answer, "retry-after"), any_number());
    retry->failures++;
    for (; left > 0; left -= left < SLICE_MS ? left : SLICE_MS) {
        BT_TRY(bt_progress_check(&progress, "waiting to try again", err));
        (void)nanosleep(&slice, NULL);
    }
    return BATON_OK;
}

void bt_retry_progress(struct bt_retry *retry)
{
    retry->failures = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is read is written as it was, and a witness that knows no log signs none. */
#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "ledger/witness.h"

static void check_answer(struct bt_bytes input)
{
    BT_AUTO_BUF body = BT_BUF_INIT(1024);
    struct bt_witness witness = {.dir_fd = open("/proc/self", O_RDONLY | O_DIRECTORY)};
    enum bt_witness_code code = BT_WITNESS_SIGNED;
    FUZZ_CHECK(witness.dir_fd >= 0);
    FUZZ_CHECK(bt_witness_answer(&witness, input, 1, &code, &body, NULL) == BATON_OK);
    FUZZ_CHECK(code == BT_WITNESS_MALFORMED || code == BT_WITNESS_UNKNOWN_LOG);
    (void)close(witness.dir_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    struct bt_witness_request request;
    BT_AUTO_BUF written = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX);
    check_answer(input);
    if (bt_witness_request_parse(input, &request, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(bt_witness_request_format(&request, &written, NULL) == BATON_OK);
    FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&written), input));
    return 0;
}

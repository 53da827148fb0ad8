/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes of a client, through all that answers it: the reading of requests, the routes, and a
 * model; without a socket. Whatever is a request is answered in the form that the protocol has. */
#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "api/api_int.h" /* IWYU pragma: keep: what a store holds */
#include "baton/baton.h"
#include "net/server_int.h"
#include "serve/metrics.h"
#include "serve/routes.h"

#define REQUESTS_MAX 16

static const struct bt_server_limits limits = {.head_bytes = 4096, .body_bytes = 65536};
static struct bt_loop loop;
static struct bt_server server = {.loops = &loop, .loops_made = 1};
static struct bt_tally *tally;
static baton_store *store;
static struct bt_served *served;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)kind, (void)where;
    return remove(path);
}

/* What is open of the store stays when its files are gone. */
static void prepare(void)
{
    static char folder[] = "/tmp/baton-fuzz-XXXXXX";
    char path[64];
    struct baton_pack_options options = BATON_PACK_OPTIONS_INIT;
    struct baton_report report = BATON_REPORT_INIT;
    const struct bt_served_name name = {.ref = "mlp", .model = "mlp", .version = "1"};
    FUZZ_CHECK(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/store", folder);
    options.name = "mlp";
    options.random_cases = 1;
    FUZZ_CHECK(baton_store_init(path, NULL) == BATON_OK);
    FUZZ_CHECK(baton_store_open(path, &store, NULL) == BATON_OK);
    FUZZ_CHECK(baton_pack(store, FUZZ_MODEL, &options, &report, NULL) == BATON_OK);
    baton_report_release(&report);
    FUZZ_CHECK(bt_served_open(store->store, &name, 1, &served, NULL) == BATON_OK);
    FUZZ_CHECK(bt_tally_new(1, &tally, NULL) == BATON_OK);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void check_answer(const struct bt_server_answer *answer)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_json *root = NULL;
    size_t json_len = answer->body.len;
    FUZZ_CHECK(answer->body.state == BT_BUF_GOOD && answer->fields.state == BT_BUF_GOOD);
    FUZZ_CHECK(answer->status >= 200 && answer->status < 600 && answer->status != 500);
    /* No line of the head is a client's. */
    FUZZ_CHECK(!answer->fields.len || answer->fields.data[answer->fields.len - 1] == '\n');
    if (answer->status >= 400)
        FUZZ_CHECK(bt_json_parse((struct bt_bytes){answer->body.data, json_len}, "the answer", NULL,
                                 &arena, &root, NULL) == BATON_OK);
}

static void answer_request(const struct bt_server_request *request)
{
    const struct bt_served *models[] = {served};
    const struct bt_serve_self self = {.metrics = tally, .server = &server};
    struct bt_server_answer answer = {.status = 200,
                                      .body = BT_BUF_INIT((size_t)1 << 24),
                                      .fields = BT_BUF_INIT((size_t)8 << 10)};
    struct bt_call call = {
        .request = request,
        .answer = &answer,
        .self = &self,
        .models = models,
        .model_count = 1,
        .inference = {.arena = BT_ARENA_INIT, .inputs = BT_VALUES_INIT, .outputs = BT_VALUES_INIT}};
    FUZZ_CHECK(bt_route_call(&call, NULL) == BATON_OK);
    check_answer(&answer);
    bt_values_release(&call.inference.inputs);
    bt_values_release(&call.inference.outputs);
    bt_arena_release(&call.inference.arena);
    bt_buf_release(&answer.body);
    bt_buf_release(&answer.fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_receiver receiver;
    size_t taken = 0;
    if (!served)
        prepare();
    bt_receiver_init(&receiver, &limits);
    for (size_t i = 0; i < REQUESTS_MAX && taken < len; i++) {
        taken += bt_receiver_take(&receiver, (struct bt_bytes){bytes + taken, len - taken});
        if (receiver.state != BT_RECEIVE_DONE)
            break;
        answer_request(&receiver.request);
        bt_receiver_reset(&receiver);
    }
    bt_receiver_release(&receiver);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/logged.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "codec/text/base64.h"
#include "decision/aside.h"
#include "decision/receipt.h"
#include "tensor/canonical.h"

#define OPEN_BYTES_MAX ((size_t)1 << 20)
#define ENGINE_TEXT_MAX 64
/* What comes behind this much of a record lies aside, whatever it is. */
#define RECORD_BYTES_GOOD (BT_LOG_CONTENT_MAX / 2)
#define RECEIPT_FIELD "Baton-Receipt"
#define NOT_LOGGED "the decision could not be logged, so it is not given; try again"

/* An answer that waits, and whether it may go out all the same when it could not be logged. */
struct open_answer {
    struct bt_server_answer *answer;
    bool may_answer;
    bool wants_receipt;
    struct bt_digest leaf; /* where a receipt is wanted */
};

/* What one loop has decided in this turn. */
struct turn {
    struct bt_decision_group group;
    struct bt_buf answers; /* struct open_answer, one for each of the group */
    struct bt_buf fields;  /* of one decision; kept for its memory */
};

struct bt_logged {
    struct bt_decisions *decisions; /* NULL: nothing is logged */
    const char *instance;
    struct turn *turns; /* one for each loop */
    unsigned loops;
    char engine[ENGINE_TEXT_MAX];
};

/* ---- one decision ---- */

static void put_bytes(void *user, const void *bytes, size_t len)
{
    bt_buf_put(user, bytes, len);
}

static baton_status put_large(int folder, struct bt_fields *fields, const char *kind,
                              const struct bt_named_value *value, struct baton_error *err)
{
    BT_AUTO_BUF bytes = BT_BUF_INIT(BT_ASIDE_BYTES_MAX);
    bt_value_canonical(&value->value, put_bytes, &bytes);
    BT_TRY(bt_buf_finish(&bytes, value->name, err));
    return bt_aside_put(folder, fields, kind, value->name, bt_buf_bytes(&bytes), err);
}

static void count_bytes(void *user, const void *bytes, size_t len)
{
    size_t *sum = user;
    *sum += len;
}

/* Numbers can be counted without a look at each. */
static size_t canonical_bytes(const struct bt_value *value)
{
    size_t bytes = 0;
    if (value->kind == BT_VALUE_TENSOR && value->tensor.dtype != BT_STRING)
        return bt_tensor_bytes(&value->tensor);
    bt_value_canonical(value, count_bytes, &bytes);
    return bytes;
}

static baton_status put_values(int folder, struct bt_fields *fields, const char *kind,
                               const struct bt_values *values, struct baton_error *err)
{
    for (size_t i = 0; i < values->count; i++) {
        const struct bt_named_value *value = &values->items[i];
        if (canonical_bytes(&value->value) >= BT_ASIDE_BYTES ||
            fields->out->len >= RECORD_BYTES_GOOD) {
            BT_TRY(put_large(folder, fields, kind, value, err));
            continue;
        }
        bt_field_begin(fields, kind, value->name);
        bt_value_canonical(&value->value, put_bytes, fields->out);
        bt_field_end(fields);
    }
    return BATON_OK;
}

static baton_status put_fields(const struct bt_logged *logged, struct bt_fields *fields,
                               const struct bt_call *call, struct baton_error *err)
{
    int folder = bt_decisions_folder(logged->decisions);
    const struct bt_inference *i = &call->inference;
    bt_fields_put(fields, "caller", bt_bytes_of(call->caller.who));
    bt_fields_put(fields, "peer", bt_bytes_of(call->request->peer));
    if (call->why.status != BATON_OK)
        bt_fields_put(fields, "error", bt_bytes_of(call->why.text));
    BT_TRY(put_values(folder, fields, "input.", &i->inputs, err));
    BT_TRY(put_values(folder, fields, "output.", &i->outputs, err));
    if (i->id)
        bt_fields_put(fields, "request", bt_bytes_of(i->id));
    return BATON_OK;
}

/* Of the newest of the group. */
static baton_status hash_leaf(struct bt_decision_group *group, struct bt_digest *ret,
                              struct baton_error *err)
{
    const struct bt_decision_entry *entry = &bt_decision_entries(group)[group->count - 1];
    size_t start = group->bytes.len - entry->content_len - entry->leaf_len;
    const struct bt_bytes leaf = {group->bytes.data + start, entry->leaf_len};
    return bt_merkle_leaf(&group->hash.one, leaf, ret, err);
}

static baton_status add(struct bt_logged *logged, const struct bt_call *call, uint64_t began_us,
                        struct baton_error *err)
{
    struct turn *turn = &logged->turns[call->request->loop];
    struct bt_record record = {
        .kind = BT_RECORD_DECISION,
        .engine = logged->engine,
        .model = bt_served_model(call->model),
        .version = bt_served_version(call->model),
        .alias = bt_served_alias(call->model),
        .bundle = bt_served_digest(call->model),
        .status = call->answer->status,
    };
    bt_buf_clear(&turn->fields);
    struct bt_fields fields = bt_fields_begin(&turn->fields);
    BT_TRY(put_fields(logged, &fields, call, err));
    BT_TRY(bt_fields_end(&fields, &turn->group.hash, &record.fields, err));
    record.time_us = bt_clock_now_us();
    record.took_us = record.time_us > began_us ? record.time_us - began_us : 0;
    const struct bt_logging logging = bt_served_logging(call->model);
    struct open_answer open = {
        .answer = call->answer,
        .may_answer = logging.may_answer,
        .wants_receipt = bt_server_field(call->request, RECEIPT_FIELD) != NULL,
    };
    BT_TRY(bt_decision_group_add(&turn->group, &record, bt_buf_bytes(&turn->fields),
                                 logging.durability, err));
    baton_status status = open.wants_receipt ? hash_leaf(&turn->group, &open.leaf, err) : BATON_OK;
    bt_buf_put(&turn->answers, &open, sizeof open);
    if (status == BATON_OK)
        status = bt_buf_finish(&turn->answers, "open answers", err);
    if (status != BATON_OK)
        bt_decision_group_take_back(&turn->group);
    return status;
}

static void refuse(struct bt_server_answer *answer)
{
    bt_server_answer_put(answer, "Retry-After", "1");
    bt_call_refuse(answer, 503, NOT_LOGGED);
}

static bool is_chosen(double share)
{
    uint32_t random;
    if (share <= 0 || share >= 1)
        return share >= 1;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return true;
    return random < share * 0x1p32;
}

void bt_logged_add(struct bt_logged *logged, const struct bt_call *call, uint64_t began_us)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (!logged->decisions || !is_chosen(bt_served_logging(call->model).share))
        return;
    if (add(logged, call, began_us, &err) == BATON_OK)
        call->answer->is_open = true;
    else
        refuse(call->answer);
}

/* ---- a turn ---- */

static void give_receipt(const struct bt_logged *logged, const struct bt_decision_id *id,
                         const struct open_answer *open)
{
    struct baton_error err = BATON_ERROR_INIT;
    BT_AUTO_BUF note = BT_BUF_INIT(BT_RECEIPT_BYTES_MAX);
    BT_AUTO_BUF text = BT_BUF_INIT(2 * BT_RECEIPT_BYTES_MAX);
    if (bt_decisions_promise(logged->decisions, id, &open->leaf, &note, &err) != BATON_OK)
        return;
    bt_base64_format(bt_buf_bytes(&note), &text);
    bt_server_answer_put(open->answer, RECEIPT_FIELD, bt_buf_str(&text));
}

static void name_answer(const struct bt_logged *logged, const struct bt_decision_entry *entry,
                        uint64_t index, const struct open_answer *open)
{
    char text[BT_DECISION_ID_MAX];
    struct bt_decision_id id = {.index = index, .check = entry->check};
    (void)snprintf(id.instance, sizeof id.instance, "%s", logged->instance);
    bt_decision_id_format(&id, text);
    bt_server_answer_put(open->answer, "Baton-Decision-Id", text);
    if (open->wants_receipt)
        give_receipt(logged, &id, open);
}

struct outcome {
    baton_status status;
    bool is_taken; /* into the log's queue: places are given out */
    uint64_t first;
};

static void complete(const struct bt_logged *logged, const struct bt_decision_entry *entry,
                     uint64_t index, const struct outcome *outcome, const struct open_answer *open)
{
    if (outcome->status == BATON_OK || (outcome->is_taken && !entry->is_sync))
        name_answer(logged, entry, index, open);
    else if (open->may_answer && !entry->is_sync)
        bt_decisions_lose(logged->decisions, 1);
    else
        refuse(open->answer);
    open->answer->is_open = false;
}

void bt_logged_settle(struct bt_logged *logged, unsigned loop)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct turn *turn = &logged->turns[loop];
    const struct open_answer *answers = (const void *)turn->answers.data;
    const struct bt_decision_entry *entries = bt_decision_entries(&turn->group);
    struct outcome outcome = {.status = BATON_OK};
    if (turn->group.count == 0)
        return;
    outcome.status = bt_decisions_put(logged->decisions, &turn->group, &outcome.first, &err);
    outcome.is_taken = outcome.status != BATON_ERR_LIMIT && outcome.status != BATON_ERR_NO_MEMORY;
    for (size_t i = 0; i < turn->group.count; i++)
        complete(logged, &entries[i], outcome.first + i, &outcome, &answers[i]);
    bt_decision_group_clear(&turn->group);
    bt_buf_clear(&turn->answers);
}

/* ---- opening and closing ---- */

void bt_logged_close(struct bt_logged *logged)
{
    if (!logged)
        return;
    for (unsigned i = 0; logged->turns && i < logged->loops; i++) {
        bt_decision_group_release(&logged->turns[i].group);
        bt_buf_release(&logged->turns[i].answers);
        bt_buf_release(&logged->turns[i].fields);
    }
    bt_free(logged->turns);
    bt_free(logged);
}

static void close_logged(struct bt_logged **logged)
{
    bt_logged_close(*logged);
}

baton_status bt_logged_open(struct bt_decisions *decisions, unsigned loops, struct bt_logged **ret,
                            struct baton_error *err)
{
    BT_CLEANUP(close_logged) struct bt_logged *logged = bt_calloc(1, sizeof *logged);
    if (!logged)
        return bt_fail_no_memory(err, "the log of decisions");
    logged->decisions = decisions;
    logged->instance = decisions ? bt_decisions_instance(decisions) : "";
    logged->loops = loops;
    (void)snprintf(logged->engine, sizeof logged->engine, "baton " BATON_VERSION " %s",
                   bt_isa_name(bt_isa_best()));
    logged->turns = bt_calloc(loops, sizeof *logged->turns);
    if (!logged->turns)
        return bt_fail_no_memory(err, "the log of decisions");
    for (unsigned i = 0; i < loops; i++) {
        logged->turns[i].answers = (struct bt_buf)BT_BUF_INIT(OPEN_BYTES_MAX);
        logged->turns[i].fields = (struct bt_buf)BT_BUF_INIT(BT_LOG_CONTENT_MAX);
        BT_TRY(bt_decision_group_init(&logged->turns[i].group, err));
    }
    *ret = logged;
    logged = NULL;
    return BATON_OK;
}

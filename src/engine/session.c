/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/session_int.h"

#include "base/fpenv.h"

#define VALUE_BYTES_MAX ((uint64_t)1 << 34)

static baton_status make_tables(struct bt_session *session, struct baton_error *err)
{
    size_t values = session->model->graph->value_count;
    session->values = bt_calloc(values, sizeof *session->values);
    session->constant = bt_calloc(values, sizeof *session->constant);
    session->owner = bt_calloc(values, sizeof *session->owner);
    if (!session->values || !session->constant || !session->owner)
        return bt_fail_no_memory(err, "the session");
    return BATON_OK;
}

static baton_status load(struct bt_session *session, struct baton_error *err)
{
    if (!bt_isa_usable(session->options.isa))
        return bt_fail(err, BATON_ERR_UNSUPPORTED, "this machine cannot run instruction level %s",
                       bt_isa_name(session->options.isa));
    bt_kernels_init(&session->kernels, session->options.isa);
    BT_TRY(bt_pool_new(session->options.threads, &session->pool, err));
    BT_TRY(make_tables(session, err));
    BT_TRY(bt_plan_all(session, err));
    BT_TRY(bt_fold(session, err));
    if (!session->options.no_fusion)
        BT_TRY(bt_fuse(session, err));
    return bt_live(session, err);
}

baton_status bt_session_new(const struct bt_model *model, const struct bt_session_options *options,
                            struct bt_session **ret, struct baton_error *err)
{
    struct bt_session *session = bt_calloc(1, sizeof *session);
    if (!session)
        return bt_fail_no_memory(err, "the session");
    session->model = model;
    session->options = *options;
    if (session->options.value_bytes_max == 0)
        session->options.value_bytes_max = VALUE_BYTES_MAX;
    struct bt_fpenv env;
    bt_fpenv_enter(&env);
    baton_status status = load(session, err);
    bt_fpenv_leave(&env);
    if (status != BATON_OK) {
        bt_session_free(session);
        return status;
    }
    /* What folding used and gave back is not the run's working set. */
    bt_recycler_end_run(&session->recycler);
    bt_recycler_end_run(&session->recycler);
    session->recycler.peak_bytes = session->recycler.live_bytes;
    *ret = session;
    return BATON_OK;
}

void bt_session_free(struct bt_session *session)
{
    if (!session)
        return;
    for (size_t v = 0; session->values && v < session->model->graph->value_count; v++)
        bt_value_release(&session->values[v]);
    bt_recycler_release(&session->recycler);
    bt_pool_free(session->pool);
    bt_free(session->scratch);
    bt_free(session->values);
    bt_free(session->constant);
    bt_free(session->owner);
    bt_free(session->plans);
    bt_arena_release(&session->arena);
    bt_free(session);
}

size_t bt_session_peak_bytes(const struct bt_session *session)
{
    return session->recycler.peak_bytes;
}

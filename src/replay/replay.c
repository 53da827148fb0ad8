/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/replay.h"

#include <string.h>

#include "base/alloc.h"
#include "bundle/loaded.h"
#include "decision/aside.h"
#include "tensor/canonical.h"

/* More would be a log of very many versions; those that come later are loaded anew each time their
 * turn comes after another's. */
#define MODELS_MAX 64

struct model {
    char digest[BT_DIGEST_TEXT_MAX];
    struct bt_bundle bundle;
    struct bt_loaded loaded;
    struct bt_session *session;
    baton_status status; /* of loading it */
    struct baton_error err;
};

struct bt_replayer {
    struct bt_replay_options options;
    struct model *models[MODELS_MAX]; /* in the order of their loading */
    size_t count;
};

/* ---- models ---- */

static void free_model(struct model *model)
{
    if (!model)
        return;
    bt_session_free(model->session);
    bt_loaded_release(&model->loaded);
    bt_bundle_release(&model->bundle);
    bt_free(model);
}

static baton_status load(const struct bt_replay_options *options, const char *ref,
                         struct model *model, struct baton_error *err)
{
    const struct bt_session_options session = {.isa = options->isa, .threads = options->threads};
    BT_TRY(bt_bundle_open(options->store, ref, &model->bundle, err));
    BT_TRY(bt_loaded_open_bundle(&model->bundle, &model->loaded, err));
    return bt_session_new(&model->loaded.model, &session, &model->session, err);
}

/* The oldest makes room. */
static void keep(struct bt_replayer *replayer, struct model *model)
{
    if (replayer->count == MODELS_MAX) {
        free_model(replayer->models[0]);
        memmove(replayer->models, replayer->models + 1,
                (MODELS_MAX - 1) * sizeof replayer->models[0]);
        replayer->count--;
    }
    replayer->models[replayer->count++] = model;
}

/* What cannot be loaded is remembered, too: it is asked for again and again. */
static baton_status find_model(struct bt_replayer *replayer, const char *ref, struct model **ret,
                               struct baton_error *err)
{
    for (size_t i = 0; i < replayer->count; i++)
        if (strcmp(replayer->models[i]->digest, ref) == 0) {
            *ret = replayer->models[i];
            return BATON_OK;
        }
    struct model *model = bt_calloc(1, sizeof *model);
    if (!model)
        return bt_fail_no_memory(err, "a model");
    model->bundle = (struct bt_bundle)BT_BUNDLE_INIT;
    model->loaded = (struct bt_loaded)BT_LOADED_INIT;
    model->err = (struct baton_error)BATON_ERROR_INIT;
    (void)memccpy(model->digest, ref, 0, sizeof model->digest - 1);
    model->status = load(&replayer->options, ref, model, &model->err);
    keep(replayer, model);
    *ret = model;
    return BATON_OK;
}

/* ---- decisions ---- */

static bool begins(struct bt_bytes text, const char *with)
{
    size_t len = strlen(with);
    return text.len > len && memcmp(text.ptr, with, len) == 0;
}

static baton_status add_value(int dir_fd, const struct bt_field *field, size_t skip,
                              struct bt_values *ret, struct baton_error *err)
{
    BT_AUTO_VALUE value = BT_VALUE_INIT;
    BT_AUTO_BUF file = BT_BUF_INIT(BT_ASIDE_BYTES_MAX);
    struct bt_bytes bytes;
    char name[BT_FIELD_NAME_MAX + 1];
    size_t len = field->name.len - skip;
    memcpy(name, field->name.ptr + skip, len);
    name[len] = '\0';
    BT_TRY(bt_field_bytes(dir_fd, field, &file, &bytes, err));
    BT_TRY(bt_value_from_canonical(bytes, &value, err));
    return bt_values_add(ret, name, &value, err);
}

baton_status bt_decision_values(int dir_fd, struct bt_bytes fields, const char *kind,
                                enum bt_decision_erased erased, struct bt_values *ret,
                                struct baton_error *err)
{
    struct bt_field field;
    while (fields.len) {
        BT_TRY(bt_field_next(&fields, &field, err));
        bool skip = erased == BT_DECISION_SKIP_ERASED && field.state == BT_FIELD_ERASED;
        if (!skip && begins(field.name, kind))
            BT_TRY(add_value(dir_fd, &field, strlen(kind), ret, err));
    }
    return BATON_OK;
}

static baton_status run(const struct model *model, struct bt_values *inputs, struct bt_values *ret,
                        struct baton_error *err)
{
    BT_TRY(bt_values_bind(inputs, bt_loaded_inputs(&model->loaded), BT_BIND_EXACT, "the decision",
                          err));
    return bt_loaded_run(&model->loaded, model->session, inputs, NULL, ret, err);
}

static void compare(const struct bt_replayer *replayer, const struct bt_values *got,
                    const struct bt_values *expected, struct bt_arena *arena,
                    struct bt_replayed *ret)
{
    static const struct bt_value nothing = BT_VALUE_INIT;
    ret->answer = BT_REPLAY_IDENTICAL;
    for (size_t i = 0; i < expected->count; i++) {
        const char *name = expected->items[i].name;
        const struct bt_value *ours = bt_values_find(got, name);
        if (!bt_values_differ(name, ours ? ours : &nothing, &expected->items[i].value, arena,
                              &ret->difference))
            continue;
        ret->answer = BT_REPLAY_DIFFERS;
        ret->difference.isa = bt_isa_name(replayer->options.isa);
        ret->difference.threads = replayer->options.threads;
        ret->difference.node = "";
        return;
    }
}

/* What another version cannot take is an answer, too: it would have refused. */
static void cannot(struct bt_replayed *ret, struct bt_arena *arena, const struct baton_error *why)
{
    ret->answer = BT_REPLAY_CANNOT_TELL;
    ret->why = bt_arena_printf(arena, "%s", why->text);
}

static baton_status again(const struct bt_replayer *replayer, const struct model *model,
                          struct bt_bytes fields, struct bt_arena *arena, struct bt_replayed *ret,
                          struct baton_error *err)
{
    BT_AUTO_VALUES inputs = BT_VALUES_INIT;
    BT_AUTO_VALUES expected = BT_VALUES_INIT;
    BT_AUTO_VALUES got = BT_VALUES_INIT;
    BT_TRY(bt_decision_values(replayer->options.dir_fd, fields, "input.", BT_DECISION_NEED_ALL,
                              &inputs, err));
    BT_TRY(bt_decision_values(replayer->options.dir_fd, fields, "output.", BT_DECISION_NEED_ALL,
                              &expected, err));
    BT_TRY(run(model, &inputs, &got, err));
    compare(replayer, &got, &expected, arena, ret);
    return BATON_OK;
}

baton_status bt_replay(struct bt_replayer *replayer, const struct bt_record *record,
                       struct bt_bytes fields, struct bt_arena *arena, struct bt_replayed *ret,
                       struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    struct model *model = NULL;
    const char *against = replayer->options.against;
    *ret = (struct bt_replayed){.answer = BT_REPLAY_REFUSED};
    if (record->status != 200) {
        ret->why = bt_arena_printf(arena, "it was refused, with %u", record->status);
        return BATON_OK;
    }
    BT_TRY(find_model(replayer, against ? against : record->bundle, &model, err));
    if (model->status != BATON_OK && against)
        return bt_fail(err, model->status, "%s", model->err.text);
    if (model->status != BATON_OK)
        cannot(ret, arena, &model->err);
    else if (again(replayer, model, fields, arena, ret, &why) != BATON_OK)
        cannot(ret, arena, &why);
    return BATON_OK;
}

/* ---- opening and closing ---- */

baton_status bt_replayer_new(const struct bt_replay_options *options, struct bt_replayer **ret,
                             struct baton_error *err)
{
    struct bt_replayer *replayer = bt_calloc(1, sizeof *replayer);
    if (!replayer)
        return bt_fail_no_memory(err, "a replayer");
    replayer->options = *options;
    *ret = replayer;
    return BATON_OK;
}

void bt_replayer_free(struct bt_replayer *replayer)
{
    if (!replayer)
        return;
    for (size_t i = 0; i < replayer->count; i++)
        free_model(replayer->models[i]);
    bt_free(replayer);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "baton/remote.h"

#include "api/ledger/carry.h"
#include "remote/remote.h"

static baton_status take_options(const struct baton_remote_options *theirs,
                                 struct bt_remote_options *ret, struct baton_error *err)
{
    struct baton_remote_options ours = BATON_REMOTE_OPTIONS_INIT;
    BT_TRY(bt_options_take(&ours, sizeof ours, theirs, err));
    *ret = (struct bt_remote_options){.plain_http = ours.plain_http != 0,
                                      .ca_file = ours.ca_file,
                                      .auth_files = ours.auth_files,
                                      .mount_from = ours.mount_from,
                                      .parallel = ours.parallel,
                                      .progress = ours.progress};
    return BATON_OK;
}

struct done {
    const struct bt_remote_counts *counts;
    const struct bt_digest *digest;
    const char *ref;
    const struct bt_evidence_counts *statements; /* of a pull */
};

static baton_status report(const struct done *done, const char *to, struct baton_report *ret,
                           struct baton_error *err)
{
    const struct bt_remote_counts *counts = done->counts;
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "blobsCopied", counts->blobs_moved);
    bt_json_member_u64(&w, "blobsMounted", counts->blobs_mounted);
    bt_json_member_u64(&w, "blobsPresent", counts->blobs_present);
    bt_json_member_u64(&w, "bytesCopied", counts->bytes_moved);
    bt_json_member_u64(&w, "referrers", counts->referrers);
    bt_json_member_u64(&w, "referrersLeftOut", counts->strays);
    bt_json_key(&w, "refs");
    bt_json_begin_array(&w);
    bt_json_begin_object(&w);
    bt_report_member_digest(&w, "digest", done->digest);
    if (done->ref)
        bt_json_member_str(&w, "ref", done->ref);
    bt_json_end_object(&w);
    bt_json_end_array(&w);
    if (done->statements)
        bt_carry_put(done->statements, &w);
    bt_json_member_str(&w, "to", to);
    bt_json_end_object(&w);
    return bt_report_finish(&out, BATON_IDENTICAL, ret, err);
}

baton_status baton_remote_push(const baton_store *from, const char *ref, const char *address,
                               const struct baton_remote_options *options, struct baton_report *ret,
                               struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_remote_options ours;
    struct bt_remote_counts counts;
    struct bt_store_entry entry;
    BT_TRY(take_options(options, &ours, err));
    struct bt_named named;
    BT_TRY(bt_api_name(from, ref, &named, err));
    BT_TRY(bt_store_resolve(from->store, named.ref, &arena, &entry, err));
    BT_TRY(bt_carry_attach(from, &entry, ours.progress, err));
    BT_TRY(bt_remote_push(from->store, &entry, address, &ours, &counts, err));
    struct done done = {&counts, &entry.blob.digest, entry.ref_name, NULL};
    return report(&done, address, ret, err);
}

/* Referrers first: whoever finds the bundle finds what is said about it. */
static baton_status enter(const struct bt_store_session *session,
                          const struct bt_remote_pulled *pulled, const char *as,
                          struct baton_error *err)
{
    for (size_t i = 1; i < pulled->count; i++)
        BT_TRY(bt_store_tag(session, NULL, &pulled->entries[i], err));
    return bt_store_tag(session, as, &pulled->entries[0], err);
}

baton_status baton_remote_pull(const char *address, const char *as, const baton_store *to,
                               const struct baton_remote_options *options, struct baton_report *ret,
                               struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    struct bt_remote_options ours;
    struct bt_remote_pulled pulled;
    struct bt_evidence_counts statements = {0};
    BT_TRY(take_options(options, &ours, err));
    BT_TRY(bt_store_session_begin(to->store, ours.progress, &session, err));
    BT_TRY(bt_remote_pull(&session, address, &ours, &arena, &pulled, err));
    BT_TRY(enter(&session, &pulled, as, err));
    BT_TRY(bt_carry_enter(to, &pulled.entries[0].blob.digest, &arena, &statements, err));
    struct done done = {&pulled.counts, &pulled.entries[0].blob.digest, as, &statements};
    return report(&done, bt_store_path(to->store), ret, err);
}

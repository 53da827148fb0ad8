/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's own verbs as a small program, for tests that need a process.
 *
 *     store_tool init STORE
 *     store_tool publish STORE MODEL CONFIG_TYPE CONFIG LAYER_TYPE LAYER
 *     store_tool export STORE ARCHIVE           all its entries
 *     store_tool check STORE MODEL LOW HIGH     whole, and LOW to HIGH versions of MODEL
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/blob.h"
#include "store/check.h"
#include "store/copy.h"
#include "tool.h"

static void close_store(struct bt_store **store)
{
    bt_store_close(*store);
}

static baton_status put_file(const struct bt_store_session *session, const char *path,
                             struct bt_blob_id *ret, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_TRY(bt_fs_open_user(path, O_RDONLY, 0, &fd, err));
    return bt_blob_put_fd(session, fd.fd, path, NULL, ret, err);
}

static void put_descriptor(struct bt_json_writer *w, const char *media_type,
                           const struct bt_blob_id *blob)
{
    char digest[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&blob->digest, digest);
    bt_json_begin_object(w);
    bt_json_member_str(w, "mediaType", media_type);
    bt_json_member_str(w, "digest", digest);
    bt_json_member_u64(w, "size", blob->bytes);
    bt_json_end_object(w);
}

static baton_status publish(char **args, struct baton_error *err)
{
    BT_CLEANUP(close_store) struct bt_store *store = NULL;
    struct bt_blob_id config;
    struct bt_blob_id layer;
    struct bt_store_entry entry = {.media_type = BT_MEDIA_MANIFEST};
    uint64_t version = 0;
    BT_AUTO_BUF text = BT_BUF_INIT(65536);
    BT_AUTO_STORE_SESSION session = BT_STORE_SESSION_INIT;
    struct bt_json_writer w = bt_json_writer(&text, 0);
    BT_TRY(bt_store_open(args[0], &store, err));
    BT_TRY(bt_store_session_begin(store, NULL, &session, err));
    BT_TRY(put_file(&session, args[3], &config, err));
    BT_TRY(put_file(&session, args[5], &layer, err));
    bt_json_begin_object(&w);
    bt_json_member_i64(&w, "schemaVersion", 2);
    bt_json_member_str(&w, "mediaType", BT_MEDIA_MANIFEST);
    bt_json_key(&w, "config");
    put_descriptor(&w, args[2], &config);
    bt_json_key(&w, "layers");
    bt_json_begin_array(&w);
    put_descriptor(&w, args[4], &layer);
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    BT_TRY(bt_buf_finish(&text, "the manifest", err));
    BT_TRY(bt_blob_put_bytes(&session, bt_buf_bytes(&text), &entry.blob, err));
    BT_TRY(bt_store_publish(&session, args[1], &entry, &version, err));
    (void)printf("%s:%llu\n", args[1], (unsigned long long)version);
    return BATON_OK;
}

static baton_status check(char **args, struct baton_error *err)
{
    BT_CLEANUP(close_store) struct bt_store *store = NULL;
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    size_t versions = 0;
    struct bt_findings findings;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_TRY(bt_store_open(args[0], &store, err));
    BT_TRY(bt_store_list(store, &arena, &entries, &count, err));
    for (size_t i = 0; i < count; i++)
        versions += entries[i].model && strcmp(entries[i].model, args[1]) == 0;
    BT_TRY(bt_store_fsck(store, NULL, &arena, &findings, err));
    for (size_t i = 0; i < findings.count; i++)
        if (!bt_finding_is_harmless(findings.items[i].kind))
            return bt_fail(err, BATON_ERR_CORRUPT, "%s", findings.items[i].text);
    if (versions < strtoul(args[2], NULL, 10) || versions > strtoul(args[3], NULL, 10))
        return bt_fail(err, BATON_ERR_DIFFERS, "%zu versions of %s: expected %s to %s", versions,
                       args[1], args[2], args[3]);
    return BATON_OK;
}

static baton_status export(char **args, struct baton_error *err)
{
    BT_CLEANUP(close_store) struct bt_store *store = NULL;
    const struct bt_store_entry *entries = NULL;
    size_t count = 0;
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_TRY(bt_store_open(args[0], &store, err));
    BT_TRY(bt_store_list(store, &arena, &entries, &count, err));
    return bt_store_export(store, entries, count, args[1], NULL, err);
}

static baton_status init(char **args, struct baton_error *err)
{
    return bt_store_init(args[0], err);
}

int main(int argc, char **argv)
{
    static const struct tool_verb verbs[] = {{"init", 1, init},
                                             {"publish", 6, publish},
                                             {"export", 2, export},
                                             {"check", 4, check},
                                             {NULL, 0, NULL}};
    return tool_main(argc, argv, verbs, "store_tool init|publish|export|check STORE ...");
}

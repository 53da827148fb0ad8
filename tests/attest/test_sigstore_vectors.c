/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundles of sigstore/sigstore-conformance. All of them are signed with certificates or over
 * files, which are refused here, so none may be taken, whatever its name says. Their entries in
 * Rekor v2 are entries like ours: those are checked against the logs of their trusted roots.
 */
#include "unit/unit.h"

#include <dirent.h>
#include <stdio.h>

#include "attest/sigstore.h"
#include "base/fs.h"
#include "codec/text/base64.h"

struct counts {
    size_t folders;
    size_t unsupported;
    size_t invalid;
    size_t entries_good;
    size_t entries_bad;
};

struct vector {
    const char *folder;
    const char *name;
    struct bt_arena arena;
};

static bool read_text(struct vector *vector, const char *file, struct bt_bytes *ret)
{
    BT_AUTO_MAP map = BT_MAP_INIT;
    const char *path =
        bt_arena_printf(&vector->arena, "%s/%s/%s", vector->folder, vector->name, file);
    assert_non_null(path);
    if (bt_map_user_file(path, 1 << 24, &map, NULL) != BATON_OK)
        return false;
    const char *kept = bt_arena_strndup(&vector->arena, (const char *)map.ptr, map.len);
    assert_non_null(kept);
    *ret = (struct bt_bytes){(const uint8_t *)kept, map.len};
    return true;
}

static const struct bt_json *read_json(struct vector *vector, const char *file)
{
    struct bt_bytes text;
    const struct bt_json *root = NULL;
    if (!read_text(vector, file, &text) ||
        bt_json_parse(text, file, NULL, &vector->arena, &root, NULL) != BATON_OK)
        return NULL;
    return root;
}

static const struct bt_json *find(const struct bt_json *object, const char *key)
{
    return object ? bt_json_find(object, key) : NULL;
}

static bool fails(const struct vector *vector)
{
    size_t len = strlen(vector->name);
    return len > 5 && strcmp(vector->name + len - 5, "_fail") == 0;
}

/* ---- whole bundles ---- */

static void refuse_bundle(struct vector *vector, struct bt_bytes bundle, struct counts *counts)
{
    struct bt_public_key key;
    struct bt_bytes pem;
    struct bt_sigstore_verdict verdict;
    /* One of the keys is none. */
    bool has_key =
        read_text(vector, "key.pub", &pem) && bt_key_parse_pem(pem, &key, NULL) == BATON_OK;
    const struct bt_sigstore_trust trust = {&key, has_key, NULL};
    baton_status status = bt_sigstore_verify(bundle, &trust, &vector->arena, &verdict, NULL);
    counts->unsupported += status == BATON_ERR_UNSUPPORTED;
    counts->invalid += status == BATON_ERR_INVALID;
    if (status != BATON_ERR_UNSUPPORTED && status != BATON_ERR_INVALID)
        fail_msg("%s: %s", vector->name, baton_status_name(status));
}

/* ---- entries of Rekor v2 ---- */

/* The key of a log in a trusted root, when it is Ed25519: its name is the host of its address. */
static bool log_key(const struct bt_json *log, struct bt_note_key *ret)
{
    char address[BT_NOTE_NAME_MAX];
    BT_AUTO_BUF spki = BT_BUF_INIT(4096);
    struct bt_public_key key;
    struct bt_ed25519_public public;
    const struct bt_json *url = find(log, "baseUrl");
    const struct bt_json *raw = find(find(log, "publicKey"), "rawBytes");
    if (!url || !raw || !bt_base64_parse(raw->text, &spki) ||
        bt_key_parse_spki(bt_buf_bytes(&spki), &key, NULL) != BATON_OK ||
        key.algorithm != BT_KEY_ED25519)
        return false;
    (void)snprintf(address, sizeof address, "%.*s", (int)url->text.len,
                   (const char *)url->text.ptr);
    const char *host = strstr(address, "://");
    memcpy(public.bytes, key.spki + key.spki_len - sizeof public.bytes, sizeof public.bytes);
    return host && bt_note_key_make(host + 3, BT_NOTE_ED25519, &public, ret, NULL) == BATON_OK;
}

/* Whether some log of the trusted root has the entry. */
static bool is_logged(struct vector *vector, const struct bt_json *object, const char **ret_why)
{
    static struct baton_error err;
    struct bt_tlog_entry entry;
    struct bt_checkpoint checkpoint;
    *ret_why = err.text;
    const struct bt_json *logs = find(read_json(vector, "trusted_root.json"), "tlogs");
    if (bt_tlog_entry_of_json(object, &vector->arena, &entry, &err) != BATON_OK)
        return false;
    for (size_t i = 0; logs && i < logs->count; i++) {
        struct bt_note_key key;
        if (log_key(&logs->items[i], &key) &&
            bt_tlog_entry_check(&entry, &key, &checkpoint, &err) == BATON_OK)
            return true;
    }
    return false;
}

/* What is wrong with these is not the entry's place in its log: the times, and what it says. */
static bool entry_is_good(const struct vector *vector)
{
    static const char *const elsewhere[] = {"rekor2-timestamp", "rekor2-no-timestamp",
                                            "rekor2-dsse", "trust-root"};
    bool good = !fails(vector);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        good |= strncmp(vector->name, elsewhere[i], strlen(elsewhere[i])) == 0;
    return good;
}

static void check_entry(struct vector *vector, struct counts *counts)
{
    const char *why = "";
    const struct bt_json *material =
        find(read_json(vector, "bundle.sigstore.json"), "verificationMaterial");
    const struct bt_json *entries = find(material, "tlogEntries");
    if (!entries || entries->count != 1)
        return;
    const struct bt_json *version = find(find(entries->items, "kindVersion"), "version");
    if (!version || !bt_json_is_str(version, BT_REKOR_VERSION) ||
        !read_json(vector, "trusted_root.json") ||
        strncmp(vector->name, "intoto", strlen("intoto")) == 0)
        return;
    bool logged = is_logged(vector, entries->items, &why);
    if (logged != entry_is_good(vector))
        fail_msg("%s: %s", vector->name, logged ? "taken" : why);
    counts->entries_good += logged;
    counts->entries_bad += !logged;
}

static void run_vector(const char *folder, const char *name, struct counts *counts)
{
    struct vector vector = {folder, name, BT_ARENA_INIT};
    struct bt_bytes bundle;
    if (read_text(&vector, "bundle.sigstore.json", &bundle)) {
        refuse_bundle(&vector, bundle, counts);
        check_entry(&vector, counts);
        counts->folders++;
    }
    bt_arena_release(&vector.arena);
}

static void the_bundles_of_conformance(void **state)
{
    (void)state;
    const char *data = unit_data_folder();
    unit_skip_without_data(data);
    char folder[4096];
    struct counts counts = {0};
    (void)snprintf(folder, sizeof folder, "%s/vectors/sigstore-bundles", data);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item = readdir(dir); item; item = readdir(dir))
        if (item->d_name[0] != '.')
            run_vector(folder, item->d_name, &counts);
    (void)closedir(dir);
    print_message("# %zu bundles: %zu refused as unsupported, %zu as invalid; entries of Rekor "
                  "v2: %zu good, %zu bad\n",
                  counts.folders, counts.unsupported, counts.invalid, counts.entries_good,
                  counts.entries_bad);
    assert_int_equal(counts.folders, 70);
}

UNIT_MAIN(cmocka_unit_test(the_bundles_of_conformance))

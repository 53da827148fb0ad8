/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write, with keys that are the same every time, one of each thing that others should verify:
 *
 *     make_evidence FOLDER
 *
 *     log.vkey, trusted_root.json       the log, for Go's note package and for Sigstore's clients
 *     ledger/                           its tiles (C2SP tlog-tiles)
 *     p256.pem, ed25519.pem             the signers
 *     handoff-p256.sigstore.json, ...   a signed statement with the log's proof, by each of them
 *     handoff-p256.pae, .sig, .leaf, .tlog-proof      the same in its parts
 *     model/, model.sig                 a model and its signature as model_signing has it
 */
#include "attest/keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "attest/oms.h"
#include "attest/sigstore.h"
#include "attest/trusted_root.h"
#include "base/fs.h"
#include "ledger/log.h"
#include "registry/said.h"
#include "unit/or_die.h"

#define LOG_NAME "example.com/baton-audit"
#define OUT_MAX ((size_t)1 << 20)
#define OTHERS_MAX 300

static struct bt_fd folder = BT_FD_INIT;

static void write_file(const char *name, const char *suffix, struct bt_bytes bytes)
{
    struct bt_fd file = BT_FD_INIT;
    char path[256];
    (void)snprintf(path, sizeof path, "%s%s", name, suffix);
    OR_DIE(bt_fs_open_beneath(folder.fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, &file, &err));
    OR_DIE(bt_fs_write_all(file.fd, path, bytes.ptr, bytes.len, &err));
    bt_fd_release(&file);
}

static void write_buf(const char *name, const char *suffix, struct bt_buf *buf)
{
    OR_DIE(bt_buf_finish(buf, name, &err));
    write_file(name, suffix, bt_buf_bytes(buf));
    bt_buf_release(buf);
}

/* ---- the log ---- */

/* The contents of this log are what the leaves commit to, by construction. */
static baton_status take_any(struct bt_bytes leaf, struct bt_bytes content,
                             struct baton_error *unused)
{
    (void)leaf;
    (void)content;
    (void)unused;
    return BATON_OK;
}

static struct bt_log_signer make_signer(void)
{
    struct bt_log_signer signer;
    struct bt_ed25519_public public;
    for (size_t i = 0; i < sizeof signer.secret.seed; i++)
        signer.secret.seed[i] = (uint8_t)i;
    OR_DIE(bt_ed25519_public_of(&signer.secret, &public, &err));
    OR_DIE(bt_note_key_make(LOG_NAME, BT_NOTE_ED25519, &public, &signer.key, &err));
    return signer;
}

static struct bt_log *make_log(const struct bt_log_signer *signer)
{
    struct bt_log *log = NULL;
    struct bt_buf text = BT_BUF_INIT(OUT_MAX);
    OR_DIE(bt_log_create(folder.fd, signer, &err));
    OR_DIE(bt_log_open_to_append(folder.fd, signer, take_any, &log, &err));
    bt_note_key_format(&signer->key, &text);
    bt_buf_put_str(&text, "\n");
    write_buf("log.vkey", "", &text);
    OR_DIE(bt_trusted_root_format(&signer->key, "2026-01-01T00:00:00Z", &text, &err));
    write_buf("trusted_root", ".json", &text);
    return log;
}

/* Leaves of somebody else's, so that proofs have some length. */
static void append_others(struct bt_log *log, size_t count)
{
    char texts[OTHERS_MAX][32];
    struct bt_log_entry entries[OTHERS_MAX];
    uint64_t first;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "entry %zu\n", i);
        entries[i] = (struct bt_log_entry){bt_bytes_of(texts[i]), bt_bytes_of("")};
    }
    OR_DIE(bt_log_append(log, entries, count, &first, &err));
}

/* ---- statements ---- */

struct handoff {
    const char *name;
    struct bt_secret_key secret;
    struct bt_buf payload;
    struct bt_sigstore_fields fields;
    struct bt_buf leaf;
    uint64_t index;
};

static void write_public_key(const struct handoff *handoff, const char *name)
{
    struct bt_buf pem = BT_BUF_INIT(BT_KEY_PEM_MAX);
    bt_key_format_pem(&handoff->secret.public, &pem);
    write_buf(name, ".pem", &pem);
}

static void sign(struct bt_secret_key *secret, struct bt_bytes payload,
                 struct bt_sigstore_fields *ret)
{
    *ret = (struct bt_sigstore_fields){.message = {bt_bytes_of(BT_DSSE_IN_TOTO), payload},
                                       .key = secret->public};
    OR_DIE(bt_dsse_sign(secret, &ret->message, &ret->signature, &err));
}

static void append_handoff(struct bt_log *log, struct handoff *handoff)
{
    const struct bt_said said = {.kind = BT_SAID_HANDOFF,
                                 .subject = {{0xba, 0x70}},
                                 .time = "2026-11-24T15:04:05Z",
                                 .ledger = LOG_NAME,
                                 .model = "credit",
                                 .to = BT_ROLE_OPERATOR,
                                 .note = ""};
    struct bt_buf pae = BT_BUF_INIT(OUT_MAX);
    OR_DIE(bt_said_write(&said, &handoff->payload, &err));
    sign(&handoff->secret, bt_buf_bytes(&handoff->payload), &handoff->fields);
    OR_DIE(bt_sigstore_leaf(&handoff->fields.message, &handoff->fields.signature,
                            &handoff->secret.public, &handoff->leaf, &err));
    bt_dsse_pae(&handoff->fields.message, &pae);
    const struct bt_log_entry entry = {bt_buf_bytes(&handoff->leaf), bt_buf_bytes(&pae)};
    OR_DIE(bt_log_append(log, &entry, 1, &handoff->index, &err));
    write_file(handoff->name, ".sig", bt_signature_bytes(&handoff->fields.signature));
    write_buf(handoff->name, ".pae", &pae);
}

static void write_evidence(struct bt_log *log, const struct bt_note_key *key,
                           struct handoff *handoff)
{
    struct bt_buf note = BT_BUF_INIT(OUT_MAX);
    struct bt_buf out = BT_BUF_INIT(OUT_MAX);
    struct bt_merkle_head head;
    struct bt_tlog_proof proof = {.extra = bt_bytes_of(""), .index = handoff->index};
    OR_DIE(bt_log_head(log, &head, &err));
    OR_DIE(bt_log_checkpoint(log, &note, &err));
    OR_DIE(bt_log_prove(log, handoff->index, head.size, &proof.path, &err));
    proof.checkpoint = bt_buf_bytes(&note);
    handoff->fields.log = key;
    handoff->fields.proof = &proof;
    OR_DIE(bt_sigstore_format(&handoff->fields, &out, &err));
    write_buf(handoff->name, ".sigstore.json", &out);
    OR_DIE(bt_tlog_proof_format(&proof, &out, &err));
    write_buf(handoff->name, ".tlog-proof", &out);
    write_buf(handoff->name, ".leaf", &handoff->leaf);
    bt_buf_release(&note);
    bt_buf_release(&handoff->payload);
}

/* ---- a model ---- */

static void write_model(struct bt_secret_key *secret)
{
    static const char *const contents[][2] = {
        {"weights.bin", "0123456789"}, {"a-b", "not sorted by component"}, {"a/b", "but by bytes"}};
    struct bt_oms_file files[sizeof contents / sizeof *contents];
    struct bt_buf payload = BT_BUF_INIT(OUT_MAX);
    struct bt_buf out = BT_BUF_INIT(OUT_MAX);
    struct bt_sigstore_fields fields;
    const size_t count = sizeof contents / sizeof *contents;
    if (mkdirat(folder.fd, "model", 0755) != 0 || mkdirat(folder.fd, "model/a", 0755) != 0)
        die("the folders of the model");
    for (size_t i = 0; i < count; i++) {
        struct bt_bytes bytes = bt_bytes_of(contents[i][1]);
        write_file("model/", contents[i][0], bytes);
        files[i].path = bt_bytes_of(contents[i][0]);
        OR_DIE(bt_sha256_bytes(bytes, &files[i].digest, &err));
    }
    OR_DIE(bt_oms_format("model", files, count, &payload, &err));
    sign(secret, bt_buf_bytes(&payload), &fields);
    OR_DIE(bt_sigstore_format(&fields, &out, &err));
    write_buf("model", ".sig", &out);
    bt_buf_release(&payload);
}

int main(int argc, char **argv)
{
    struct handoff handoffs[] = {
        {.name = "handoff-p256", .payload = BT_BUF_INIT(OUT_MAX), .leaf = BT_BUF_INIT(OUT_MAX)},
        {.name = "handoff-ed25519", .payload = BT_BUF_INIT(OUT_MAX), .leaf = BT_BUF_INIT(OUT_MAX)},
    };
    if (argc != 2) {
        (void)fprintf(stderr, "usage: make_evidence FOLDER\n");
        return 2;
    }
    OR_DIE(bt_fs_open_user(argv[1], O_RDONLY | O_DIRECTORY, 0, &folder, &err));
    struct bt_log_signer signer = make_signer();
    struct bt_log *log = make_log(&signer);
    key_of_p256(1, &handoffs[0].secret);
    key_of_byte(1, &handoffs[1].secret);
    write_public_key(&handoffs[0], "p256");
    write_public_key(&handoffs[1], "ed25519");
    append_others(log, OTHERS_MAX);
    append_handoff(log, &handoffs[0]);
    append_handoff(log, &handoffs[1]);
    append_others(log, 7);
    for (size_t i = 0; i < 2; i++)
        write_evidence(log, &signer.key, &handoffs[i]);
    write_model(&handoffs[0].secret);
    bt_log_close(log);
    bt_fd_release(&folder);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence in files: what they are, and a row for each question that can be asked of them.
 *
 * The order within a file is that of docs/formats/statement.md: first the signature, and only a
 * statement whose signature holds is looked into. A row says yes only on the word of a key that was
 * vouched for; where that is missing it says cannot tell, and a row that says no is no whoever
 * signed.
 */
#include "baton/registry.h"

#include <string.h>

#include "api/evidence/evidence_int.h"
#include "attest/oms.h"
#include "attest/sigstore.h"
#include "base/checked.h"

#define FILE_BYTES_MAX BT_SIGSTORE_BYTES_MAX
#define DETAIL_MAX ((size_t)4096)

struct audit {
    struct baton_evidence_options options;
    struct bt_vouched vouched;
    struct bt_about about;
    struct bt_buf entry; /* the log entry that a proof is for; empty: not given */
};

static void release_audit(struct audit *audit)
{
    bt_buf_release(&audit->entry);
    bt_vouched_release(&audit->vouched);
}

/* One file. */
struct piece {
    const struct audit *audit;
    struct bt_arena arena;
    struct bt_checks checks;
    struct bt_bytes bytes;
};

static void release_piece(struct piece *piece)
{
    bt_arena_release(&piece->arena);
}

static baton_status failed(struct piece *p, const char *what, const struct baton_error *why,
                           struct baton_error *err)
{
    return bt_audit_failed(&p->checks, what, why, err);
}

/* ---- statements ---- */

/* Kind, of what, when: as the signer says it. */
static void describe(const struct bt_said *said, struct bt_buf *out)
{
    char text[BT_DIGEST_TEXT_MAX];
    bt_digest_format(&said->subject, text);
    bt_buf_put_str(out, bt_said_kind_name(said->kind));
    if (said->model)
        bt_buf_printf(out, " of %s", said->model);
    if (said->version)
        bt_buf_printf(out, ":%llu", (unsigned long long)said->version);
    if (said->kind == BT_SAID_HANDOFF)
        bt_buf_printf(out, " to %s", bt_role_name(said->to));
    if (said->kind == BT_SAID_TEST || said->kind == BT_SAID_ACCEPTANCE)
        bt_buf_put_str(out, said->good ? ", passed" : ", failed");
    if (said->time)
        bt_buf_printf(out, ", %s", said->time);
    bt_buf_printf(out, ", about %s", text);
}

/* Some types of statement are not ours alone, and others write them in other forms. */
static baton_status read_said(const struct bt_dsse_message *message,
                              const struct bt_statement *statement, struct bt_arena *arena,
                              struct bt_said *ret, struct baton_error *err)
{
    static const char ours[] = "urn:baton:";
    const struct bt_bytes type = statement->predicate_type;
    struct baton_error why = BATON_ERROR_INIT;
    bool is_ours = type.len >= sizeof ours - 1 && memcmp(type.ptr, ours, sizeof ours - 1) == 0;
    baton_status status = bt_said_read(message, arena, ret, &why);
    if (status == BATON_ERR_INVALID && !is_ours)
        status = BATON_ERR_CANNOT_TELL;
    return status == BATON_OK
               ? BATON_OK
               : bt_fail(err, status, "%.*s: %s", (int)type.len, (const char *)type.ptr, why.text);
}

static baton_status read_statement(const struct bt_dsse_message *message, struct bt_arena *arena,
                                   struct bt_buf *detail, struct baton_error *err)
{
    struct bt_statement statement;
    struct bt_said said;
    struct bt_oms oms;
    BT_TRY(bt_statement_open(message, NULL, arena, &statement, err));
    BT_TRY(read_said(message, &statement, arena, &said, err));
    if (said.kind == BT_SAID_SIGNING) {
        BT_TRY(bt_oms_open(message, arena, &oms, err));
        bt_buf_printf(detail, "model signature over %zu files", oms.count);
    } else if (said.kind == BT_SAID_OTHER) {
        bt_buf_printf(detail, "in-toto statement %.*s", (int)statement.predicate_type.len,
                      (const char *)statement.predicate_type.ptr);
    } else {
        describe(&said, detail);
    }
    return BATON_OK;
}

/* Of a message whose signature holds. */
static baton_status audit_statement(struct piece *p, const struct bt_dsse_message *message,
                                    struct baton_error *err)
{
    BT_AUTO_BUF detail = BT_BUF_INIT(DETAIL_MAX);
    struct baton_error why = BATON_ERROR_INIT;
    if (read_statement(message, &p->arena, &detail, &why) != BATON_OK)
        BT_TRY(failed(p, "statement", &why, err));
    else
        BT_TRY(bt_checks_add(&p->checks, "statement", BATON_IDENTICAL, err, "%s",
                             bt_buf_str(&detail)));
    return p->audit->about.of ? bt_about_check(&p->audit->about, message, &p->checks, err)
                              : BATON_OK;
}

/* ---- a Sigstore bundle ---- */

/* The key that is to have signed it. */
struct signer {
    struct bt_public_key key;
    const char *name; /* NULL: nobody vouched for it */
};

/* BATON_ERR_CANNOT_TELL when it is not here. */
static baton_status find_signer(const struct bt_vouched *v, const struct bt_sigstore_bundle *bundle,
                                struct signer *ret, struct baton_error *err)
{
    size_t at = 0;
    ret->name = NULL;
    if (bt_vouched_find(v, bundle->hint, &at, NULL) == BATON_OK) {
        *ret = (struct signer){v->keys[at], v->names[at]};
        return BATON_OK;
    }
    if (bt_sigstore_carried_key(bundle, &ret->key, NULL) == BATON_OK)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_CANNOT_TELL, "by key %.*s, which nobody here vouches for",
                   (int)bt_min(bundle->hint.len, BT_DIGEST_HEX_LEN),
                   (const char *)bundle->hint.ptr);
}

static baton_status audit_signature(struct piece *p, const struct bt_sigstore_bundle *bundle,
                                    const struct signer *signer, bool *ret_holds,
                                    struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    *ret_holds =
        bt_dsse_verify(&signer->key, &bundle->message, &bundle->signature, &why) == BATON_OK;
    if (!*ret_holds)
        return failed(p, "signature", &why, err);
    if (signer->name)
        return bt_checks_add(&p->checks, "signature", BATON_IDENTICAL, err, "by %s, key %.*s",
                             signer->name, (int)bundle->hint.len, (const char *)bundle->hint.ptr);
    return bt_checks_add(&p->checks, "signature", BATON_CANNOT_TELL, err,
                         "right, but by key %.*s, which nobody here vouches for",
                         (int)bundle->hint.len, (const char *)bundle->hint.ptr);
}

/* BATON_ERR_CANNOT_TELL without a log that somebody vouches for. */
static baton_status check_logged(const struct bt_vouched *v,
                                 const struct bt_sigstore_bundle *bundle,
                                 const struct bt_public_key *key, struct bt_checkpoint *ret,
                                 struct baton_error *err)
{
    const struct bt_note_key *log = NULL;
    if (!bundle->logged)
        return bt_fail(err, BATON_ERR_CANNOT_TELL, "the bundle has no entry of a log");
    BT_TRY(bt_vouched_log(v, bundle->entry.proof.checkpoint, &log, err));
    return bt_sigstore_check_logged(bundle, key, log, ret, err);
}

static baton_status say_where(struct piece *p, uint64_t index, const struct bt_checkpoint *head,
                              struct baton_error *err)
{
    return bt_checks_add(&p->checks, "ledger", BATON_IDENTICAL, err, "entry %llu of %llu in %.*s",
                         (unsigned long long)index, (unsigned long long)head->head.size,
                         (int)head->origin.len, (const char *)head->origin.ptr);
}

/* Nobody asks for a log when none is vouched for and the bundle claims none. */
static baton_status audit_entry(struct piece *p, const struct bt_sigstore_bundle *bundle,
                                const struct bt_public_key *key, struct baton_error *err)
{
    const struct bt_vouched *v = &p->audit->vouched;
    struct bt_bytes checkpoint = bundle->entry.proof.checkpoint;
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_checkpoint head = {.extensions = bt_bytes_of("")};
    if (!bundle->logged && v->log_count == 0)
        return BATON_OK;
    if (check_logged(v, bundle, key, &head, &why) != BATON_OK)
        return failed(p, "ledger", &why, err);
    BT_TRY(say_where(p, bundle->entry.proof.index, &head, err));
    return bt_audit_head(v, checkpoint, &head.head, &p->checks, err);
}

static baton_status audit_bundle(struct piece *p, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_sigstore_bundle bundle;
    struct signer signer;
    bool holds = false;
    if (bt_sigstore_parse(p->bytes, &p->arena, &bundle, &why) != BATON_OK)
        return failed(p, "form", &why, err);
    if (find_signer(&p->audit->vouched, &bundle, &signer, &why) != BATON_OK)
        return failed(p, "signature", &why, err);
    BT_TRY(audit_signature(p, &bundle, &signer, &holds, err));
    if (holds)
        BT_TRY(audit_statement(p, &bundle.message, err));
    return audit_entry(p, &bundle, &signer.key, err);
}

/* ---- a DSSE envelope ---- */

/* A signature that claims to be by a key, which did not make it. */
static baton_status check_claims(const struct bt_vouched *v,
                                 const struct bt_dsse_envelope *envelope, const bool *by,
                                 struct baton_error *err)
{
    for (size_t i = 0; i < envelope->count; i++) {
        struct bt_bytes id = envelope->signatures[i].keyid;
        size_t at = 0;
        if (bt_vouched_find(v, id, &at, NULL) == BATON_OK && !by[at])
            return bt_fail(err, BATON_ERR_DIFFERS, "not signed by %s, as it says", v->names[at]);
    }
    return BATON_OK;
}

static baton_status name_signers(const struct bt_vouched *v,
                                 const struct bt_dsse_envelope *envelope, struct bt_arena *arena,
                                 struct bt_buf *out, struct baton_error *err)
{
    bool *by = bt_arena_calloc(arena, v->key_count, sizeof *by);
    if (!by)
        return bt_fail_no_memory(err, "the signers");
    BT_TRY(bt_dsse_signers(envelope, v->keys, v->key_count, by, err));
    BT_TRY(check_claims(v, envelope, by, err));
    for (size_t i = 0; i < v->key_count; i++)
        if (by[i])
            bt_buf_printf(out, "%s%s", out->len ? ", " : "by ", v->names[i]);
    if (out->len)
        return BATON_OK;
    return bt_fail(err, BATON_ERR_CANNOT_TELL, "by no key that somebody here vouches for");
}

static baton_status audit_envelope(struct piece *p, struct baton_error *err)
{
    BT_AUTO_BUF who = BT_BUF_INIT(DETAIL_MAX);
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_dsse_envelope envelope;
    if (bt_dsse_parse(p->bytes, &p->arena, &envelope, &why) != BATON_OK)
        return failed(p, "form", &why, err);
    if (name_signers(&p->audit->vouched, &envelope, &p->arena, &who, &why) != BATON_OK)
        return failed(p, "signature", &why, err);
    BT_TRY(bt_checks_add(&p->checks, "signature", BATON_IDENTICAL, err, "%s", bt_buf_str(&who)));
    return audit_statement(p, &envelope.message, err);
}

/* ---- proofs and checkpoints ---- */

/* The entry of the proof: what was given, or what the log at hand has at that place. */
static baton_status find_entry(const struct audit *a, uint64_t index, struct bt_buf *ret,
                               struct baton_error *err)
{
    if (a->entry.len) {
        bt_buf_put(ret, a->entry.data, a->entry.len);
        return bt_buf_finish(ret, "the entry", err);
    }
    if (!a->vouched.log)
        return bt_fail(err, BATON_ERR_CANNOT_TELL,
                       "a proof does not hold the entry it is for: --entry FILE names it");
    return bt_log_read(a->vouched.log, index, ret, NULL, err);
}

static baton_status check_proof(const struct audit *a, const struct bt_tlog_proof *proof,
                                struct bt_checkpoint *ret, struct baton_error *err)
{
    BT_AUTO_BUF entry = BT_BUF_INIT(BT_LOG_LEAF_MAX);
    const struct bt_note_key *log = NULL;
    BT_TRY(bt_vouched_log(&a->vouched, proof->checkpoint, &log, err));
    BT_TRY(bt_checkpoint_open(proof->checkpoint, log, ret, err));
    BT_TRY(find_entry(a, proof->index, &entry, err));
    return bt_tlog_proof_includes(proof, bt_buf_bytes(&entry), &ret->head, err);
}

static baton_status audit_proof(struct piece *p, struct baton_error *err)
{
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_tlog_proof proof;
    struct bt_checkpoint head = {.extensions = bt_bytes_of("")};
    if (bt_tlog_proof_parse(p->bytes, &proof, &why) != BATON_OK)
        return failed(p, "form", &why, err);
    if (check_proof(p->audit, &proof, &head, &why) != BATON_OK)
        return failed(p, "ledger", &why, err);
    BT_TRY(say_where(p, proof.index, &head, err));
    return bt_audit_head(&p->audit->vouched, proof.checkpoint, &head.head, &p->checks, err);
}

static baton_status audit_checkpoint(struct piece *p, struct baton_error *err)
{
    const struct bt_vouched *v = &p->audit->vouched;
    struct baton_error why = BATON_ERROR_INIT;
    const struct bt_note_key *log = NULL;
    struct bt_checkpoint head = {.extensions = bt_bytes_of("")};
    if (bt_vouched_log(v, p->bytes, &log, &why) != BATON_OK ||
        bt_checkpoint_open(p->bytes, log, &head, &why) != BATON_OK)
        return failed(p, "checkpoint", &why, err);
    BT_TRY(bt_checks_add(&p->checks, "checkpoint", BATON_IDENTICAL, err, "%llu entries in %s",
                         (unsigned long long)head.head.size, log->name));
    return bt_audit_head(v, p->bytes, &head.head, &p->checks, err);
}

/* ---- what a file is ---- */

struct kind {
    const char *name;
    baton_status (*audit)(struct piece *piece, struct baton_error *err);
};

static baton_status audit_nothing(struct piece *p, struct baton_error *err)
{
    return bt_checks_add(&p->checks, "form", BATON_DIFFERS, err,
                         "no Sigstore bundle, DSSE envelope, proof or checkpoint");
}

static bool contains(struct bt_bytes bytes, const char *text)
{
    return memmem(bytes.ptr, bytes.len, text, strlen(text)) != NULL;
}

/* By what no other kind can have; whether it is right, its reader says. */
static const struct kind *recognise(struct bt_bytes bytes)
{
    static const struct kind bundle = {"sigstore-bundle", audit_bundle};
    static const struct kind envelope = {"dsse-envelope", audit_envelope};
    static const struct kind proof = {"tlog-proof", audit_proof};
    static const struct kind checkpoint = {"checkpoint", audit_checkpoint};
    static const struct kind nothing = {"unknown", audit_nothing};
    static const char magic[] = "c2sp.org/tlog-proof@v1\n";
    if (bytes.len >= sizeof magic - 1 && memcmp(bytes.ptr, magic, sizeof magic - 1) == 0)
        return &proof;
    if (contains(bytes, "\"dsseEnvelope\"") || contains(bytes, "\"verificationMaterial\""))
        return &bundle;
    if (contains(bytes, "\"payloadType\""))
        return &envelope;
    return contains(bytes, "\n\n\xe2\x80\x94 ") ? &checkpoint : &nothing;
}

static void put_piece(const struct piece *p, const char *file, const char *kind,
                      struct bt_json_writer *w)
{
    bt_json_begin_object(w);
    bt_json_key(w, "checks");
    bt_checks_put(&p->checks, w);
    bt_json_member_str(w, "file", file);
    bt_json_member_str(w, "kind", kind);
    bt_json_member_str(w, "verdict", baton_verdict_name(bt_checks_verdict(&p->checks)));
    bt_json_end_object(w);
}

#define AUTO_PIECE BT_CLEANUP(release_piece) struct piece

static baton_status audit_file(const struct audit *a, const char *path, struct bt_json_writer *w,
                               baton_verdict *verdict, struct baton_error *err)
{
    AUTO_PIECE piece = {.audit = a, .arena = BT_ARENA_INIT};
    BT_AUTO_MAP map = BT_MAP_INIT;
    piece.checks.arena = &piece.arena;
    BT_TRY(bt_map_user_file(path, FILE_BYTES_MAX, &map, err));
    piece.bytes = bt_map_bytes(&map);
    const struct kind *kind = recognise(piece.bytes);
    BT_TRY(kind->audit(&piece, err));
    put_piece(&piece, path, kind->name, w);
    *verdict = bt_verdict_worse(*verdict, bt_checks_verdict(&piece.checks));
    return BATON_OK;
}

/* ---- a copy of the log ---- */

static baton_status check_copy(struct audit *a, struct bt_log_audit *ret, struct baton_error *err)
{
    BT_TRY(bt_vouched_open_copy(&a->vouched, a->options.ledger, err));
    return bt_log_audit(a->vouched.log, a->options.progress, ret, err);
}

static baton_status audit_copy(struct audit *a, struct bt_json_writer *w, baton_verdict *verdict,
                               struct baton_error *err)
{
    AUTO_PIECE piece = {.audit = a, .arena = BT_ARENA_INIT};
    struct baton_error why = BATON_ERROR_INIT;
    struct bt_log_audit found;
    piece.checks.arena = &piece.arena;
    if (check_copy(a, &found, &why) != BATON_OK)
        BT_TRY(failed(&piece, "tree", &why, err));
    else
        BT_TRY(bt_checks_add(&piece.checks, "tree", BATON_IDENTICAL, err,
                             "%llu entries lead to the head that %s signed",
                             (unsigned long long)found.head.size, a->vouched.log_key->name));
    put_piece(&piece, a->options.ledger, "ledger", w);
    *verdict = bt_verdict_worse(*verdict, bt_checks_verdict(&piece.checks));
    return BATON_OK;
}

/* ---- all of it ---- */

/* The log entry of the statement in a bundle, or the file itself. */
static baton_status read_entry(struct audit *a, struct baton_error *err)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    BT_AUTO_MAP map = BT_MAP_INIT;
    struct bt_sigstore_bundle bundle;
    struct signer signer;
    BT_TRY(bt_map_user_file(a->options.entry, FILE_BYTES_MAX, &map, err));
    if (bt_sigstore_parse(bt_map_bytes(&map), &arena, &bundle, NULL) != BATON_OK) {
        bt_buf_put(&a->entry, map.ptr, map.len);
        return bt_buf_finish(&a->entry, a->options.entry, err);
    }
    if (find_signer(&a->vouched, &bundle, &signer, err) != BATON_OK)
        return bt_error_prepend(err, "%s", a->options.entry);
    return bt_sigstore_leaf(&bundle.message, &bundle.signature, &signer.key, &a->entry, err);
}

static baton_status begin(struct audit *a, const baton_store *store,
                          const struct baton_evidence_options *options, struct baton_error *err)
{
    BT_TRY(bt_options_take(&a->options, sizeof a->options, options, err));
    a->about = (struct bt_about){store, a->options.of, a->options.progress};
    BT_TRY(bt_vouched_open(store, &a->options, &a->vouched, err));
    return a->options.entry ? read_entry(a, err) : BATON_OK;
}

baton_status baton_audit_evidence(const baton_store *store, baton_strings files,
                                  const struct baton_evidence_options *options,
                                  struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(release_audit)
    struct audit audit = {.options = BATON_EVIDENCE_OPTIONS_INIT,
                          .vouched = BT_VOUCHED_INIT,
                          .entry = BT_BUF_INIT(BT_LOG_LEAF_MAX)};
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    baton_verdict verdict = BATON_IDENTICAL;
    BT_TRY(begin(&audit, store, options, err));
    bt_json_begin_object(&w);
    bt_json_key(&w, "files");
    bt_json_begin_array(&w);
    if (audit.options.ledger)
        BT_TRY(audit_copy(&audit, &w, &verdict, err));
    for (size_t i = 0; files && files[i]; i++)
        BT_TRY(audit_file(&audit, files[i], &w, &verdict, err));
    bt_json_end_array(&w);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log's side of tlog-witness. Nobody knows what a witness saw last but the witness: the first
 * request says "old 0", and the answer 409 says from where the proof must start. A witness that has
 * seen more than this log has, or another tree, is no nuisance but the finding it is there for.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/ledger/seen.h"
#include "api/witness/witness_int.h" /* IWYU pragma: keep */
#include "ledger/lines.h"
#include "ledger/log.h"
#include "ledger/quorum.h"
#include "net/http.h"

#define NO_ANSWER 0

struct round {
    struct baton_witness_round options;
    struct bt_arena arena;
    struct bt_buf policy_text;
    const struct bt_quorum *policy;
    struct bt_registry *registry; /* whose policy it is, and whose log; NULL: of a file */
    struct bt_log *log;
    const struct bt_note_key *key; /* the log's */
    struct bt_merkle_head head;
    struct bt_buf checkpoint;
    struct bt_http *http;
};

static void round_release(struct round *round)
{
    bt_http_free(round->http);
    bt_buf_release(&round->checkpoint);
    if (!round->registry)
        bt_log_close(round->log);
    bt_registry_close(round->registry);
    bt_buf_release(&round->policy_text);
    bt_arena_release(&round->arena);
}

/* ---- beginning ---- */

static baton_status read_policy(struct round *round, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    const char *path = round->options.policy;
    BT_TRY(bt_fs_open_user(path, O_RDONLY, 0, &fd, err));
    BT_TRY(bt_fs_read_all(fd.fd, path, &round->policy_text, err));
    if (bt_quorum_parse(bt_buf_bytes(&round->policy_text), &round->arena, &round->policy, err) !=
        BATON_OK)
        return bt_error_prepend(err, "%s", path);
    return BATON_OK;
}

/* The ledger as the log of one of the policy's keys. */
static baton_status open_log(struct round *round, const baton_store *store, struct baton_error *err)
{
    const struct bt_quorum *policy = round->policy;
    const char *path = bt_store_path(store->store);
    BT_AUTO_FD folder = BT_FD_INIT;
    baton_status status = BATON_ERR_DIFFERS;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &folder, err));
    for (size_t i = 0; i < policy->log_count && status == BATON_ERR_DIFFERS; i++) {
        bt_log_close(round->log);
        round->log = NULL;
        round->key = &policy->logs[i];
        status = bt_log_open(folder.fd, round->key, NULL, &round->log, err);
        if (status == BATON_OK)
            status = bt_log_head(round->log, &round->head, err);
    }
    if (status == BATON_ERR_DIFFERS)
        return bt_fail(err, BATON_ERR_DIFFERS, "the ledger of store %s is no log of policy %s",
                       path, round->options.policy);
    return status;
}

/* Log and witnesses as the ledger's own policy has them. */
static baton_status open_registry(struct round *round, const baton_store *store,
                                  struct baton_error *err)
{
    BT_TRY(bt_seen_open(store, &round->registry, err));
    round->policy = bt_registry_policy(round->registry)->witnesses.quorum;
    round->key = bt_registry_log_key(round->registry);
    round->log = bt_registry_log(round->registry);
    if (!round->policy)
        return bt_fail(err, BATON_ERR_USAGE,
                       "the policy of ledger %s names no witnesses (`baton policy set --witnesses "
                       "FILE`): give those to ask with --policy FILE",
                       round->key->name);
    return bt_log_head(round->log, &round->head, err);
}

static baton_status begin(struct round *round, const baton_store *store, struct baton_error *err)
{
    const struct baton_progress *progress = round->options.progress;
    const struct bt_http_options http = {.ca_file = round->options.ca_file,
                                         .stop = progress ? progress->interrupted : NULL};
    if (!round->options.policy)
        BT_TRY(open_registry(round, store, err));
    else {
        BT_TRY(read_policy(round, err));
        BT_TRY(open_log(round, store, err));
    }
    BT_TRY(bt_log_checkpoint(round->log, &round->checkpoint, err));
    return bt_http_new(&http, &round->http, err);
}

/* ---- one witness ---- */

static bool starts_with(struct bt_bytes text, const char *with)
{
    return text.len >= strlen(with) && memcmp(text.ptr, with, strlen(with)) == 0;
}

static baton_status ask_over_http(struct round *round, const char *prefix,
                                  const struct bt_bytes *request, unsigned *ret_code,
                                  struct bt_buf *body, struct baton_error *err)
{
    BT_AUTO_HTTP_ANSWER answer = BT_HTTP_ANSWER_INIT;
    const struct bt_http_body sent = bt_http_body_of(request);
    size_t len = strlen(prefix);
    while (len && prefix[len - 1] == '/')
        len--;
    const char *url = bt_arena_printf(&round->arena, "%.*s/add-checkpoint", (int)len, prefix);
    const struct bt_http_request asked = {
        .method = "POST", .url = url, .body = &sent, .bytes_max = BT_WITNESS_REQUEST_MAX};
    if (!url)
        return bt_fail_no_memory(err, "a URL");
    BT_TRY(bt_http_call(round->http, &asked, &answer, err));
    *ret_code = answer.status;
    bt_buf_put(body, answer.body.data, answer.body.len);
    return bt_buf_finish(body, "a witness's answer", err);
}

static baton_status ask_folder(const char *path, const struct bt_bytes *request, unsigned *ret_code,
                               struct bt_buf *body, struct baton_error *err)
{
    BT_AUTO_FD fd = BT_FD_INIT;
    BT_AUTO_WITNESS witness = BT_WITNESS_INIT;
    enum bt_witness_code code = BT_WITNESS_MALFORMED;
    BT_TRY(bt_fs_open_user(path, O_RDONLY | O_DIRECTORY, 0, &fd, err));
    BT_TRY(bt_witness_open(fd.fd, &witness, err));
    BT_TRY(bt_witness_answer(&witness, *request, (uint64_t)time(NULL), &code, body, err));
    *ret_code = code;
    return BATON_OK;
}

/* One request with the proof from `old`. */
static baton_status ask_from(struct round *round, struct bt_bytes where, uint64_t old,
                             unsigned *ret_code, struct bt_buf *body, struct baton_error *err)
{
    BT_AUTO_BUF text = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX);
    struct bt_witness_request request = {.old = old,
                                         .checkpoint = bt_buf_bytes(&round->checkpoint)};
    const char *url = bt_arena_strndup(&round->arena, (const char *)where.ptr, where.len);
    if (!url)
        return bt_fail_no_memory(err, "a URL");
    BT_TRY(bt_log_prove_consistency(round->log, old, round->head.size, &request.proof, err));
    BT_TRY(bt_witness_request_format(&request, &text, err));
    struct bt_bytes bytes = bt_buf_bytes(&text);
    bt_buf_clear(body);
    if (starts_with(where, "http://") || starts_with(where, "https://"))
        return ask_over_http(round, url, &bytes, ret_code, body, err);
    /* The user's file may name the user's folders; what a ledger says is no path here. */
    if (round->registry)
        return bt_fail(err, BATON_ERR_REFUSED,
                       "it is a folder, and those are asked by --policy FILE only");
    return ask_folder(url, &bytes, ret_code, body, err);
}

/* Its line, out of all that it answered, to the checkpoint. */
static baton_status add_line(struct round *round, const struct bt_note_key *witness,
                             const struct bt_buf *body, struct baton_error *err)
{
    BT_AUTO_BUF together = BT_BUF_INIT(BT_NOTE_BYTES_MAX);
    BT_AUTO_BUF line = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX);
    struct bt_note before;
    struct bt_note after;
    struct bt_note_line found;
    BT_TRY(bt_note_parse(bt_buf_bytes(&round->checkpoint), &before, err));
    bt_buf_put(&together, before.text.ptr, before.text.len);
    bt_buf_put_str(&together, "\n");
    bt_buf_put(&together, body->data, body->len);
    BT_TRY(bt_buf_finish(&together, "a witness's answer", err));
    BT_TRY(bt_note_parse(bt_buf_bytes(&together), &after, err));
    BT_TRY(bt_note_find_line(&after, witness, &found, err));
    bt_note_put_line(&found, &line);
    BT_TRY(bt_buf_finish(&line, "a witness's line", err));
    return bt_log_cosign(round->log, witness, 1, bt_buf_bytes(&line), err);
}

static bool parse_size(const struct bt_buf *body, uint64_t *ret)
{
    struct bt_bytes text = bt_buf_bytes(body);
    struct bt_bytes line;
    return bt_line_take(&text, &line) && text.len == 0 && bt_line_number(line, ret);
}

struct outcome {
    unsigned code;
    bool contradicts; /* what this log shows */
    char text[BATON_ERROR_TEXT_MAX];
};

static baton_status ask(struct round *round, size_t i, struct outcome *ret, struct baton_error *err)
{
    BT_AUTO_BUF body = BT_BUF_INIT(BT_WITNESS_REQUEST_MAX);
    struct bt_bytes where = round->policy->witness_urls[i];
    uint64_t old = 0;
    BT_TRY(ask_from(round, where, 0, &ret->code, &body, err));
    if (ret->code == BT_WITNESS_OTHER_SIZE) {
        if (!parse_size(&body, &old))
            return bt_fail(err, BATON_ERR_INVALID, "it answers 409 without a size");
        ret->contradicts = old > round->head.size;
        if (ret->contradicts)
            return bt_fail(err, BATON_ERR_DIFFERS,
                           "it has seen %" PRIu64 " entries of this log, which now has %" PRIu64,
                           old, round->head.size);
        BT_TRY(ask_from(round, where, old, &ret->code, &body, err));
    }
    ret->contradicts = ret->code == BT_WITNESS_INCONSISTENT;
    if (ret->code == BT_WITNESS_SIGNED)
        return add_line(round, &round->policy->witnesses[i], &body, err);
    return bt_fail(err, BATON_ERR_REFUSED, "it answers %u: %.*s", ret->code,
                   (int)strcspn(bt_buf_str(&body), "\n"), bt_buf_str(&body));
}

/* ---- all of them ---- */

/* Its trouble is its own; only what is ours ends the round. */
static baton_status ask_all(struct round *round, struct outcome *outcomes, struct baton_error *err)
{
    for (size_t i = 0; i < round->policy->witness_count; i++) {
        struct baton_error why = BATON_ERROR_INIT;
        if (round->policy->witness_urls[i].len == 0)
            continue;
        baton_status status = ask(round, i, &outcomes[i], &why);
        if (status == BATON_ERR_INTERRUPTED || status == BATON_ERR_NO_MEMORY)
            return bt_fail(err, status, "%s", why.text);
        (void)snprintf(outcomes[i].text, sizeof outcomes[i].text, "%s",
                       status == BATON_OK ? "signed" : why.text);
    }
    return BATON_OK;
}

static baton_status judge(struct round *round, const struct outcome *outcomes, baton_verdict *ret,
                          struct baton_error *err)
{
    const struct bt_quorum_clock clock = {(uint64_t)time(NULL), BT_QUORUM_ANY_AGE};
    struct bt_note note;
    for (size_t i = 0; i < round->policy->witness_count; i++)
        if (outcomes[i].contradicts) {
            *ret = BATON_DIFFERS;
            return BATON_OK;
        }
    bt_buf_clear(&round->checkpoint);
    BT_TRY(bt_log_checkpoint(round->log, &round->checkpoint, err));
    BT_TRY(bt_note_parse(bt_buf_bytes(&round->checkpoint), &note, err));
    baton_status status = bt_quorum_check(round->policy, &note, &clock, err);
    *ret = status == BATON_OK ? BATON_IDENTICAL : BATON_CANNOT_TELL;
    return status == BATON_ERR_CANNOT_TELL ? BATON_OK : status;
}

static void put_outcome(struct bt_json_writer *w, const struct round *round, size_t i,
                        const struct outcome *outcome)
{
    bt_json_begin_object(w);
    bt_json_member_u64(w, "code", outcome->code);
    bt_json_member_str(w, "name", round->policy->witnesses[i].name);
    bt_json_member_str(w, "text", outcome->text);
    bt_json_key(w, "url");
    bt_json_put_bytes(w, round->policy->witness_urls[i]);
    bt_json_end_object(w);
}

static baton_status report(const struct round *round, const struct outcome *outcomes,
                           baton_verdict verdict, struct baton_report *ret, struct baton_error *err)
{
    BT_AUTO_BUF out = BT_BUF_INIT(BT_REPORT_BYTES_MAX);
    struct bt_json_writer w = bt_json_writer(&out, 0);
    bt_json_begin_object(&w);
    bt_json_member_u64(&w, "leaves", round->head.size);
    bt_json_member_str(&w, "log", round->key->name);
    bt_json_member_str(&w, "verdict", baton_verdict_name(verdict));
    bt_json_key(&w, "witnesses");
    bt_json_begin_array(&w);
    for (size_t i = 0; i < round->policy->witness_count; i++)
        if (round->policy->witness_urls[i].len)
            put_outcome(&w, round, i, &outcomes[i]);
    bt_json_end_array(&w);
    bt_json_end_object(&w);
    return bt_report_finish(&out, verdict, ret, err);
}

baton_status baton_witness_ask(const baton_store *store, const struct baton_witness_round *round,
                               struct baton_report *ret, struct baton_error *err)
{
    BT_CLEANUP(round_release)
    struct round own = {.options = BATON_WITNESS_ROUND_INIT,
                        .policy_text = BT_BUF_INIT(BT_QUORUM_BYTES_MAX),
                        .checkpoint = BT_BUF_INIT(BT_NOTE_BYTES_MAX)};
    struct outcome outcomes[BT_QUORUM_WITNESSES_MAX] = {{.code = NO_ANSWER}};
    baton_verdict verdict = BATON_CANNOT_TELL;
    BT_TRY(bt_options_take(&own.options, sizeof own.options, round, err));
    BT_TRY(begin(&own, store, err));
    BT_TRY(ask_all(&own, outcomes, err));
    BT_TRY(judge(&own, outcomes, &verdict, err));
    return report(&own, outcomes, verdict, ret, err);
}

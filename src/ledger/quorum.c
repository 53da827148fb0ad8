/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/quorum.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "ledger/lines.h"

#define ITEMS_MAX (BT_QUORUM_NODES_MAX + 3)
#define URL_MAX 2048
#define NODE_NAME_MAX 256

struct line {
    struct bt_bytes items[ITEMS_MAX];
    size_t count;
};

struct reader {
    struct bt_quorum *made;
    uint64_t grouped; /* nodes that are in a group already */
    bool has_quorum;
};

static baton_status bad_line(const char *what, struct baton_error *err)
{
    return bt_fail(err, BATON_ERR_INVALID, "not a policy: %s", what);
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static baton_status split(struct bt_bytes text, struct line *ret, struct baton_error *err)
{
    size_t at = 0;
    ret->count = 0;
    while (at < text.len) {
        size_t start = at;
        while (at < text.len && !is_blank(text.ptr[at]))
            at++;
        if (at > start && ret->count == ITEMS_MAX)
            return bt_fail(err, BATON_ERR_LIMIT, "more than %d words", ITEMS_MAX);
        if (at > start)
            ret->items[ret->count++] = (struct bt_bytes){text.ptr + start, at - start};
        at++;
    }
    return BATON_OK;
}

/* ---- names ---- */

/* The node of that name, or NULL. */
static struct bt_quorum_node *find_node(struct bt_quorum *quorum, struct bt_bytes name)
{
    for (size_t i = 0; i < quorum->node_count; i++)
        if (bt_bytes_equal(quorum->nodes[i].name, name))
            return &quorum->nodes[i];
    return NULL;
}

static baton_status find_defined(struct bt_quorum *quorum, struct bt_bytes name,
                                 struct bt_quorum_node **ret, struct baton_error *err)
{
    *ret = find_node(quorum, name);
    return *ret ? BATON_OK
                : bt_fail(err, BATON_ERR_INVALID, "no line before names a witness or group %.*s",
                          (int)bt_min(name.len, NODE_NAME_MAX), (const char *)name.ptr);
}

static baton_status add_node(struct bt_quorum *quorum, const struct bt_quorum_node *node,
                             struct baton_error *err)
{
    if (node->name.len > NODE_NAME_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a name of more than %d bytes", NODE_NAME_MAX);
    if (bt_bytes_equal(node->name, bt_bytes_of("none")))
        return bad_line("\"none\" can be no witness and no group", err);
    if (find_node(quorum, node->name))
        return bt_fail(err, BATON_ERR_INVALID, "two witnesses or groups are named %.*s",
                       (int)node->name.len, (const char *)node->name.ptr);
    quorum->nodes[quorum->node_count++] = *node;
    return BATON_OK;
}

/* ---- lines ---- */

/* Keys of one kind; names do not make two signers of one key. */
struct keys {
    enum bt_note_algorithm algorithm;
    struct bt_note_key *keys;
    struct bt_bytes *urls;
    size_t count;
};

/* The key in place `at` of the line and the URL that may follow it, as the next of `keys`. */
static baton_status take_key(const struct line *line, size_t at, const struct keys *keys,
                             struct baton_error *err)
{
    struct bt_note_key *key = &keys->keys[keys->count];
    struct bt_bytes *url = &keys->urls[keys->count];
    BT_TRY(bt_note_key_parse(line->items[at], key, err));
    if (key->algorithm != keys->algorithm)
        return bt_fail(err, BATON_ERR_INVALID, "%s has the key of a %s", key->name,
                       key->algorithm == BT_NOTE_COSIGNATURE ? "witness, not of a log"
                                                             : "log, not of a witness");
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(&keys->keys[i].public, &key->public, sizeof key->public) == 0)
            return bt_fail(err, BATON_ERR_INVALID, "%s and %s have the same key",
                           keys->keys[i].name, key->name);
    if (line->count == at + 2)
        *url = line->items[at + 1];
    return url->len <= URL_MAX
               ? BATON_OK
               : bt_fail(err, BATON_ERR_LIMIT, "a URL of more than %d bytes", URL_MAX);
}

static baton_status read_log(struct reader *reader, const struct line *line,
                             struct baton_error *err)
{
    struct bt_quorum *made = reader->made;
    if (line->count < 2 || line->count > 3)
        return bad_line("expected log KEY [URL]", err);
    if (made->log_count == BT_QUORUM_LOGS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d logs", BT_QUORUM_LOGS_MAX);
    const struct keys keys = {BT_NOTE_ED25519, made->logs, made->log_urls, made->log_count};
    BT_TRY(take_key(line, 1, &keys, err));
    made->log_count++;
    return BATON_OK;
}

static baton_status read_witness(struct reader *reader, const struct line *line,
                                 struct baton_error *err)
{
    struct bt_quorum *made = reader->made;
    if (line->count < 3 || line->count > 4)
        return bad_line("expected witness NAME KEY [URL]", err);
    if (made->witness_count == BT_QUORUM_WITNESSES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d witnesses", BT_QUORUM_WITNESSES_MAX);
    const struct keys keys = {BT_NOTE_COSIGNATURE, made->witnesses, made->witness_urls,
                              made->witness_count};
    BT_TRY(take_key(line, 2, &keys, err));
    const struct bt_quorum_node node = {.name = line->items[1], .witness = made->witness_count};
    BT_TRY(add_node(made, &node, err));
    made->witness_count++;
    return BATON_OK;
}

/* How many of `count` members "any", "all" or a number asks for. */
static baton_status read_threshold(struct bt_bytes text, uint64_t count, uint64_t *ret,
                                   struct baton_error *err)
{
    uint64_t needed = 0;
    if (bt_bytes_equal(text, bt_bytes_of("any")))
        needed = 1;
    else if (bt_bytes_equal(text, bt_bytes_of("all")))
        needed = count;
    else if (!bt_line_number(text, &needed))
        return bad_line("a group asks for any, all, or a number of its members", err);
    if (needed < 1 || needed > count)
        return bt_fail(err, BATON_ERR_INVALID, "%" PRIu64 " of %" PRIu64 " members cannot sign",
                       needed, count);
    *ret = needed;
    return BATON_OK;
}

static size_t count_groups(const struct bt_quorum *quorum)
{
    return quorum->node_count - quorum->witness_count;
}

static baton_status read_group(struct reader *reader, const struct line *line,
                               struct baton_error *err)
{
    struct bt_quorum *made = reader->made;
    struct bt_quorum_node *member = NULL;
    if (line->count < 4)
        return bad_line("expected group NAME any|all|NUMBER MEMBER...", err);
    if (count_groups(made) == BT_QUORUM_GROUPS_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "more than %d groups", BT_QUORUM_GROUPS_MAX);
    struct bt_quorum_node node = {.name = line->items[1]};
    BT_TRY(read_threshold(line->items[2], line->count - 3, &node.needed, err));
    for (size_t i = 3; i < line->count; i++) {
        BT_TRY(find_defined(made, line->items[i], &member, err));
        uint64_t bit = (uint64_t)1 << (member - made->nodes);
        if (reader->grouped & bit)
            return bt_fail(err, BATON_ERR_INVALID, "%.*s is a member twice, and counts once",
                           (int)member->name.len, (const char *)member->name.ptr);
        reader->grouped |= bit;
        node.members |= bit;
    }
    return add_node(made, &node, err);
}

static baton_status read_quorum(struct reader *reader, const struct line *line,
                                struct baton_error *err)
{
    struct bt_quorum_node *node = NULL;
    if (line->count != 2)
        return bad_line("expected quorum NAME", err);
    if (reader->has_quorum)
        return bad_line("a second quorum", err);
    if (!bt_bytes_equal(line->items[1], bt_bytes_of("none")))
        BT_TRY(find_defined(reader->made, line->items[1], &node, err));
    reader->made->quorum = node;
    reader->has_quorum = true;
    return BATON_OK;
}

static baton_status read_line(struct reader *reader, struct bt_bytes text, struct baton_error *err)
{
    static const struct {
        const char *keyword;
        baton_status (*read)(struct reader *reader, const struct line *line,
                             struct baton_error *err);
    } kinds[] = {{"log", read_log},
                 {"witness", read_witness},
                 {"group", read_group},
                 {"quorum", read_quorum}};
    struct line line = {0};
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] < 0x20 && text.ptr[i] != '\t') || text.ptr[i] == 0x7f)
            return bad_line("a control character", err);
    size_t blanks = 0;
    while (blanks < text.len && is_blank(text.ptr[blanks]))
        blanks++;
    if (blanks == text.len || text.ptr[blanks] == '#')
        return BATON_OK;
    BT_TRY(split(text, &line, err));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bt_bytes_equal(line.items[0], bt_bytes_of(kinds[i].keyword)))
            return kinds[i].read(reader, &line, err);
    return bad_line("a line starts with log, witness, group or quorum", err);
}

static baton_status read_lines(struct reader *reader, struct bt_bytes text, struct baton_error *err)
{
    for (unsigned number = 1; text.len; number++) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        if (!end)
            return bad_line("the last line has no end", err);
        struct bt_bytes line = {text.ptr, (size_t)(end - text.ptr)};
        if (read_line(reader, line, err) != BATON_OK)
            return bt_error_prepend(err, "line %u", number);
        text.ptr += line.len + 1;
        text.len -= line.len + 1;
    }
    return reader->has_quorum ? BATON_OK : bad_line("it has no quorum line", err);
}

baton_status bt_quorum_parse(struct bt_bytes text, struct bt_arena *arena,
                             const struct bt_quorum **ret, struct baton_error *err)
{
    struct reader reader = {.made = bt_arena_calloc(arena, 1, sizeof *reader.made)};
    if (!reader.made)
        return bt_fail_no_memory(err, "a policy");
    if (text.len > BT_QUORUM_BYTES_MAX)
        return bt_fail(err, BATON_ERR_LIMIT, "a policy of %zu bytes: the limit is %zu", text.len,
                       BT_QUORUM_BYTES_MAX);
    BT_TRY(read_lines(&reader, text, err));
    *ret = reader.made;
    return BATON_OK;
}

/* ---- evaluation ---- */

const char *bt_quorum_objection(const struct bt_note_signed *seen,
                                const struct bt_quorum_clock *clock)
{
    if (!seen->by)
        return "has not signed";
    if (seen->time > clock->now_s && seen->time - clock->now_s > BT_QUORUM_SKEW_S)
        return "signed in what is the future here";
    if (seen->time < clock->now_s && clock->now_s - seen->time > clock->age_max_s)
        return "signed too long ago";
    return NULL;
}

/* The nodes that count, each after its members. */
static uint64_t count_nodes(const struct bt_quorum *quorum, const struct bt_note_signed *seen,
                            const struct bt_quorum_clock *clock)
{
    uint64_t have = 0;
    for (size_t i = 0; i < quorum->node_count; i++) {
        const struct bt_quorum_node *node = &quorum->nodes[i];
        bool counts = node->members
                          ? (uint64_t)__builtin_popcountll(have & node->members) >= node->needed
                          : !bt_quorum_objection(&seen[node->witness], clock);
        have |= (uint64_t)counts << i;
    }
    return have;
}

static baton_status not_reached(const struct bt_quorum *quorum, const struct bt_note_signed *seen,
                                const struct bt_quorum_clock *clock, struct baton_error *err)
{
    BT_AUTO_BUF who = BT_BUF_INIT((size_t)64 << 10);
    for (size_t i = 0; i < quorum->node_count; i++) {
        const struct bt_quorum_node *node = &quorum->nodes[i];
        const char *why = node->members ? NULL : bt_quorum_objection(&seen[node->witness], clock);
        if (why)
            bt_buf_printf(&who, "%s%.*s %s", who.len ? ", " : "", (int)node->name.len,
                          (const char *)node->name.ptr, why);
    }
    return bt_fail(err, BATON_ERR_CANNOT_TELL,
                   "the checkpoint has not the witnesses that quorum %.*s asks for: %s",
                   (int)quorum->quorum->name.len, (const char *)quorum->quorum->name.ptr,
                   bt_buf_str(&who));
}

baton_status bt_quorum_check(const struct bt_quorum *quorum, const struct bt_note *note,
                             const struct bt_quorum_clock *clock, struct baton_error *err)
{
    struct bt_note_signed seen[BT_QUORUM_WITNESSES_MAX];
    if (!quorum->quorum)
        return BATON_OK;
    BT_TRY(bt_note_signers(note, quorum->witnesses, quorum->witness_count, seen, err));
    uint64_t have = count_nodes(quorum, seen, clock);
    return have >> (quorum->quorum - quorum->nodes) & 1 ? BATON_OK
                                                        : not_reached(quorum, seen, clock, err);
}

/* The log among those that signed whose name the checkpoint has for an origin. */
static const struct bt_note_key *find_log(const struct bt_quorum *quorum,
                                          const struct bt_note_signed *by,
                                          const struct bt_checkpoint *checkpoint)
{
    for (size_t i = 0; i < quorum->log_count; i++)
        if (by[i].by && bt_bytes_equal(checkpoint->origin, bt_bytes_of(quorum->logs[i].name)))
            return &quorum->logs[i];
    return NULL;
}

baton_status bt_quorum_open(const struct bt_quorum *quorum, struct bt_bytes checkpoint,
                            const struct bt_quorum_clock *clock, struct bt_checkpoint *ret,
                            const struct bt_note_key **ret_log, struct baton_error *err)
{
    struct bt_note note;
    struct bt_checkpoint made;
    struct bt_note_signed by[BT_QUORUM_LOGS_MAX];
    BT_TRY(bt_note_parse(checkpoint, &note, err));
    BT_TRY(bt_note_verify(&note, quorum->logs, quorum->log_count, by, err));
    BT_TRY(bt_checkpoint_parse(note.text, &made, err));
    const struct bt_note_key *log = find_log(quorum, by, &made);
    if (!log)
        return bt_fail(err, BATON_ERR_DIFFERS,
                       "the checkpoint is of log %.*s, which did not sign it", (int)made.origin.len,
                       (const char *)made.origin.ptr);
    BT_TRY(bt_quorum_check(quorum, &note, clock, err));
    if (ret_log)
        *ret_log = log;
    *ret = made;
    return BATON_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that is read has no cycle, asks of no group more than it has, and is not content with a
 * checkpoint that nobody signed. */
#include "fuzz/fuzz.h"

#include "ledger/quorum.h"

static void check_nodes(const struct bt_quorum *quorum)
{
    uint64_t before = 0; /* the nodes that a group may have for members */
    FUZZ_CHECK(quorum->node_count <= BT_QUORUM_NODES_MAX);
    for (size_t i = 0; i < quorum->node_count; i++) {
        const struct bt_quorum_node *node = &quorum->nodes[i];
        FUZZ_CHECK(node->name.len > 0 && node->witness <= quorum->witness_count);
        FUZZ_CHECK((node->members & ~before) == 0);
        FUZZ_CHECK(node->needed <= (uint64_t)__builtin_popcountll(node->members));
        FUZZ_CHECK(!node->members || node->needed >= 1);
        before = before << 1 | 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char text[] = "log\n\n\xe2\x80\x94 nobody AAAAAAAAAAAA\n";
    static const struct bt_quorum_clock clock = {0, BT_QUORUM_ANY_AGE};
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    const struct bt_quorum *quorum = NULL;
    struct bt_note note;
    if (bt_quorum_parse((struct bt_bytes){bytes, len}, &arena, &quorum, NULL) != BATON_OK)
        return 0;
    check_nodes(quorum);
    FUZZ_CHECK(bt_note_parse(bt_bytes_of(text), &note, NULL) == BATON_OK);
    FUZZ_CHECK(bt_quorum_check(quorum, &note, &clock, NULL) ==
               (quorum->quorum ? BATON_ERR_CANNOT_TELL : BATON_OK));
    return 0;
}

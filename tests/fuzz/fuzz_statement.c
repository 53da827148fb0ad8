/* SPDX-License-Identifier: Apache-2.0 */
/* A statement that is read has subjects with digests, and its canonical form is a statement, too,
 * with nothing in it that two readers could take differently. */
#include "fuzz/fuzz.h"

#include "attest/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    BT_AUTO_ARENA arena = BT_ARENA_INIT;
    struct bt_bytes input = {bytes, len};
    BT_AUTO_BUF canonical = BT_BUF_INIT(4 * BT_DSSE_PAYLOAD_MAX);
    const struct bt_json *root = NULL;
    struct bt_statement statement;
    struct bt_statement again;
    if (bt_statement_parse(input, &arena, &statement, NULL) != BATON_OK)
        return 0;
    FUZZ_CHECK(statement.count > 0 && statement.predicate_type.len > 0);
    for (size_t i = 0; i < statement.count; i++)
        FUZZ_CHECK(statement.subjects[i].has_sha256 || statement.subjects[i].has_sha512);
    FUZZ_CHECK(bt_json_parse(input, "again", NULL, &arena, &root, NULL) == BATON_OK);
    FUZZ_CHECK(bt_json_canonical(root, &canonical, NULL) == BATON_OK);
    FUZZ_CHECK(bt_statement_parse(bt_buf_bytes(&canonical), &arena, &again, NULL) == BATON_OK);
    FUZZ_CHECK(again.count == statement.count);
    return 0;
}

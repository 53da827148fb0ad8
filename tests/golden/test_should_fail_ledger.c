/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger is made of: nothing in tests/golden/should-fail/<format>/ is accepted. */
#include "unit/should_fail.h"

#include "ledger/checkpoint.h"

static baton_status read_note(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_note note;
    (void)what;
    return bt_note_parse(bytes, &note, err);
}

static baton_status read_key(struct bt_bytes bytes, const char *what, struct baton_error *err)
{
    struct bt_note_key key;
    (void)what;
    return bt_note_key_parse(bytes, &key, err);
}

static baton_status read_checkpoint(struct bt_bytes bytes, const char *what,
                                    struct baton_error *err)
{
    struct bt_checkpoint checkpoint;
    (void)what;
    return bt_checkpoint_parse(bytes, &checkpoint, err);
}

static void what_breaks_a_format_is_refused(void **state)
{
    (void)state;
    should_fail_folder("note", "note", read_note);
    should_fail_folder("note", "key", read_key);
    should_fail_folder("checkpoint", "txt", read_checkpoint);
}

UNIT_MAIN(cmocka_unit_test(what_breaks_a_format_is_refused))

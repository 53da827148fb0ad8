/* SPDX-License-Identifier: Apache-2.0 */
/* A note points into its bytes and says of no key that it signed unless it did; a key that is read
 * is written as it was. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "ledger/note.h"

static const char known[] =
    "example.com/baton-audit+e885c79b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

static void check_note(struct bt_bytes bytes, const struct bt_note *note)
{
    struct bt_note_key key;
    struct bt_note_signed by;
    FUZZ_CHECK(note->text.ptr == bytes.ptr && note->text.len < bytes.len);
    FUZZ_CHECK(note->text.ptr[note->text.len - 1] == '\n' && note->count > 0);
    FUZZ_CHECK(bt_note_key_parse(bt_bytes_of(known), &key, NULL) == BATON_OK);
    FUZZ_CHECK((bt_note_verify(note, &key, 1, &by, NULL) == BATON_OK) <= by.by);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bt_bytes input = {bytes, len};
    struct bt_note note;
    struct bt_note_key key;
    if (bt_note_parse(input, &note, NULL) == BATON_OK)
        check_note(input, &note);
    if (bt_note_key_parse(input, &key, NULL) == BATON_OK) {
        BT_AUTO_BUF written = BT_BUF_INIT(1024);
        bt_note_key_format(&key, &written);
        FUZZ_CHECK(bt_bytes_equal(bt_buf_bytes(&written), input));
    }
    return 0;
}

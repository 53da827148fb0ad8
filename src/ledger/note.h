/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_LEDGER_NOTE_H
#define BT_LEDGER_NOTE_H
/*
 * Signed notes (C2SP signed-note.md) and cosignatures on them (tlog-cosignature.md).
 *
 * A note is text that ends in a newline, an empty line, and lines "— NAME BASE64": the signer's
 * name, then four bytes of key id and the signature. What is signed is the text, for a cosignature
 * behind "cosignature/v1\ntime SECONDS\n". Lines of unknown keys are passed over; a line that names
 * a known key and does not verify spoils the note.
 */
#include "crypto/digest.h"
#include "crypto/ed25519.h"

#define BT_NOTE_BYTES_MAX ((size_t)1 << 20)
#define BT_NOTE_NAME_MAX 256
#define BT_NOTE_SIGNATURES_MAX 32
#define BT_NOTE_KEY_ID_BYTES 4

enum bt_note_algorithm {
    BT_NOTE_ED25519 = 0x01,
    BT_NOTE_COSIGNATURE = 0x04, /* Ed25519 with a time */
};

/* Who may sign: a name and a key, told apart by the id that both give. */
struct bt_note_key {
    char name[BT_NOTE_NAME_MAX];
    enum bt_note_algorithm algorithm;
    uint8_t id[BT_NOTE_KEY_ID_BYTES];
    struct bt_ed25519_public public;
};

/* BATON_ERR_INVALID unless `name` is UTF-8 without spaces, controls or "+", of 1 to 255 bytes. */
BT_CHECK baton_status bt_note_key_make(const char *name, enum bt_note_algorithm algorithm,
                                       const struct bt_ed25519_public *public,
                                       struct bt_note_key *ret, struct baton_error *err);
/* The written form "NAME+HEX8+BASE64"; reading checks that the id is the key's. */
BT_CHECK baton_status bt_note_key_parse(struct bt_bytes text, struct bt_note_key *ret,
                                        struct baton_error *err);
void bt_note_key_format(const struct bt_note_key *key, struct bt_buf *out);
/* SHA-256 of name, newline, algorithm, key. The id is its first four bytes; Sigstore names a log by
 * all of it. */
BT_CHECK baton_status bt_note_key_hash(const struct bt_note_key *key, struct bt_digest *ret,
                                       struct baton_error *err);

struct bt_note_line {
    struct bt_bytes name;
    struct bt_bytes base64;
};

/* All of it points into the bytes it was parsed from. */
struct bt_note {
    struct bt_bytes text; /* with its last newline */
    struct bt_note_line lines[BT_NOTE_SIGNATURES_MAX];
    size_t count;
};

BT_CHECK baton_status bt_note_parse(struct bt_bytes bytes, struct bt_note *ret,
                                    struct baton_error *err);

struct bt_note_signed {
    bool by;       /* this key signed the note */
    uint64_t time; /* of its newest cosignature, in seconds since 1970 */
};

/* ret[i] tells of keys[i]. BATON_ERR_DIFFERS when one of their lines is wrong. */
BT_CHECK baton_status bt_note_signers(const struct bt_note *note, const struct bt_note_key *keys,
                                      size_t count, struct bt_note_signed *ret,
                                      struct baton_error *err);
/* The same, and BATON_ERR_DIFFERS when none of them signed. */
BT_CHECK baton_status bt_note_verify(const struct bt_note *note, const struct bt_note_key *keys,
                                     size_t count, struct bt_note_signed *ret,
                                     struct baton_error *err);
/* The first line by which `key` signed; BATON_ERR_DIFFERS when it did not. */
BT_CHECK baton_status bt_note_find_line(const struct bt_note *note, const struct bt_note_key *key,
                                        struct bt_note_line *ret, struct baton_error *err);
void bt_note_put_line(const struct bt_note_line *line, struct bt_buf *out);
/* Append a signature line to `out`. `time` counts for a cosignature only. */
BT_CHECK baton_status bt_note_sign(struct bt_bytes text, const struct bt_note_key *key,
                                   const struct bt_ed25519_secret *secret, uint64_t time,
                                   struct bt_buf *out, struct baton_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledgers of an operator who has the log's key and lies, each of them whole by itself:
 *
 *     make_attacks FOLDER
 *
 *     log.vkey
 *     honest/, later/    600 entries; the same with 100 more
 *     truncated/         the first 500 only
 *     regrown/           the first 500, and 200 others behind them
 *     rewritten/         700, of which number 17 says something else
 *     split/             600, of which the last says something else
 */
#include "unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "ledger/log.h"
#include "unit/or_die.h"

#define LOG_NAME "example.com/baton-audit"
#define BATCH 100

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

struct lie {
    const char *name;
    size_t size;
    size_t from; /* entries from here on ... */
    size_t to;   /* ... up to here are others */
};

static void append(struct bt_log *log, const struct lie *lie, size_t first)
{
    char texts[BATCH][32];
    struct bt_log_entry entries[BATCH];
    uint64_t number = 0;
    for (size_t i = 0; i < BATCH; i++) {
        bool lies = first + i >= lie->from && first + i < lie->to;
        (void)snprintf(texts[i], sizeof texts[i], "%s %zu\n", lies ? "other" : "entry", first + i);
        entries[i] = (struct bt_log_entry){bt_bytes_of(texts[i]), bt_bytes_of("")};
    }
    OR_DIE(bt_log_append(log, entries, BATCH, &number, &err));
}

static void make_ledger(int folder_fd, const struct bt_log_signer *signer, const struct lie *lie)
{
    struct bt_fd fd = BT_FD_INIT;
    struct bt_log *log = NULL;
    if (mkdirat(folder_fd, lie->name, 0755) != 0)
        die("the folder of a ledger");
    OR_DIE(bt_fs_open_beneath(folder_fd, lie->name, O_RDONLY | O_DIRECTORY, 0, &fd, &err));
    OR_DIE(bt_log_create(fd.fd, signer, &err));
    OR_DIE(bt_log_open_to_append(fd.fd, signer, NULL, &log, &err));
    for (size_t at = 0; at < lie->size; at += BATCH)
        append(log, lie, at);
    bt_log_close(log);
    bt_fd_release(&fd);
}

static void write_key(int folder_fd, const struct bt_log_signer *signer)
{
    struct bt_fd fd = BT_FD_INIT;
    struct bt_buf text = BT_BUF_INIT(1024);
    bt_note_key_format(&signer->key, &text);
    bt_buf_put_str(&text, "\n");
    OR_DIE(bt_fs_open_beneath(folder_fd, "log.vkey", O_WRONLY | O_CREAT, 0644, &fd, &err));
    OR_DIE(bt_fs_write_all(fd.fd, "log.vkey", text.data, text.len, &err));
    bt_buf_release(&text);
    bt_fd_release(&fd);
}

int main(int argc, char **argv)
{
    static const struct lie lies[] = {
        {"honest", 600, 0, 0},      {"later", 700, 0, 0},       {"truncated", 500, 0, 0},
        {"regrown", 700, 500, 700}, {"rewritten", 700, 17, 18}, {"split", 600, 599, 600},
    };
    struct bt_fd folder = BT_FD_INIT;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: make_attacks FOLDER\n");
        return 2;
    }
    OR_DIE(bt_fs_open_user(argv[1], O_RDONLY | O_DIRECTORY, 0, &folder, &err));
    struct bt_log_signer signer = make_signer();
    write_key(folder.fd, &signer);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        make_ledger(folder.fd, &signer, &lies[i]);
    bt_fd_release(&folder);
    return 0;
}

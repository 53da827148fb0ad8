/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_IDENTITY_H
#define BT_CLI_IDENTITY_H
/* With which key a verb signs, and what it says afterwards. */
#include "cli/print.h"

/* The option of every verb that signs. */
#define KEY_OPTION                                                                                 \
    {                                                                                              \
        "key", "NAME", "sign with this key, a name or a file (BATON_KEY, else \"me\")", false      \
    }

#define PERSON_FOLDER_MAX 4000
/* Where a person's own files are: BATON_HOME, baton/ in XDG_CONFIG_HOME, or ~/.config/baton,
 * written to `text`; NULL: nowhere. */
const char *person_folder(char text[PERSON_FOLDER_MAX]);

/* The key of --key; a passphrase is asked for on the terminal, or taken from BATON_PASSPHRASE. */
struct baton_identity identity_of(const struct args *args);
/* The same, for a key that is to be made: the passphrase is asked for twice. */
struct baton_identity identity_to_make(const struct args *args);
/* The statements that were entered, one line each. */
void show_statements(struct shown_report *shown);

#endif

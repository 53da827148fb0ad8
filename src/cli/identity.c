/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line from the terminal, not shown; 0 when there is no terminal. */
static int read_hidden(int tty, const char *question, char *text, size_t size)
{
    struct termios before;
    size_t len = 0;
    if (tcgetattr(tty, &before) != 0)
        return 0;
    struct termios hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)dprintf(tty, "%s: ", question);
    (void)tcsetattr(tty, TCSAFLUSH, &hidden);
    while (len + 1 < size && read(tty, &text[len], 1) == 1 && text[len] != '\n')
        len++;
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    (void)dprintf(tty, "\n");
    text[len] = '\0';
    return len > 0;
}

static int ask_once(const char *what, char *text, size_t size)
{
    char question[256];
    const char *variable = getenv("BATON_PASSPHRASE");
    if (variable && *variable && strlen(variable) < size) {
        memcpy(text, variable, strlen(variable) + 1);
        return 1;
    }
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return 0;
    (void)snprintf(question, sizeof question, "Passphrase of key %s", what);
    int answered = read_hidden(tty, question, text, size);
    (void)close(tty);
    return answered;
}

static int ask(void *user, const char *what, char *text, size_t size)
{
    (void)user;
    return ask_once(what, text, size);
}

static int ask_twice(void *user, const char *what, char *text, size_t size)
{
    char again[1024];
    (void)user;
    if (!ask_once(what, text, size) ||
        !ask_once(what, again, size < sizeof again ? size : sizeof again))
        return 0;
    int same = strcmp(text, again) == 0;
    if (!same)
        fputs("baton: the two passphrases are not the same\n", stderr);
    explicit_bzero(again, sizeof again);
    return same;
}

const char *person_folder(char text[PERSON_FOLDER_MAX])
{
    const char *home = getenv("BATON_HOME");
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *user = getenv("HOME");
    int len = -1;
    if (home && *home)
        len = snprintf(text, PERSON_FOLDER_MAX, "%s", home);
    else if (config && *config)
        len = snprintf(text, PERSON_FOLDER_MAX, "%s/baton", config);
    else if (user && *user)
        len = snprintf(text, PERSON_FOLDER_MAX, "%s/.config/baton", user);
    return len >= 0 && len < PERSON_FOLDER_MAX ? text : NULL;
}

struct baton_identity identity_of(const struct args *args)
{
    static char folder[PERSON_FOLDER_MAX];
    struct baton_identity who = BATON_IDENTITY_INIT;
    const char *variable = getenv("BATON_KEY");
    const char *given = args_str(args, "key");
    who.folder = person_folder(folder);
    who.key = !given && variable && *variable ? variable : given;
    who.passphrase = ask;
    return who;
}

struct baton_identity identity_to_make(const struct args *args)
{
    struct baton_identity who = identity_of(args);
    who.passphrase = args_flag(args, "passphrase") ? ask_twice : NULL;
    return who;
}

void show_statements(struct shown_report *shown)
{
    const struct bt_json *list = report_list(shown->root, "statements");
    for (size_t i = 0; i < list->count; i++) {
        const struct bt_json *row = &list->items[i];
        const char *effect = report_str(shown, row, "effect");
        const char *number = report_str(shown, row, "statement");
        printf("statement %s: %s%s%s\n", number, report_str(shown, row, "kind"),
               *effect ? ", " : "", effect);
        if (*effect)
            printf("Next: baton policy sign %s, with another root key\n", number);
    }
}

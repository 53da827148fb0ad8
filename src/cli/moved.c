/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/moved.h"

#include <stdio.h>
#include <string.h>

/* "credit:1" of version 1 and "credit:2"; "nowhere" when there is none. */
static const char *from_ref(struct shown_report *shown, char text[320])
{
    const char *ref = report_str(shown, shown->root, "ref");
    const char *from = report_str(shown, shown->root, "from");
    const char *colon = strrchr(ref, ':');
    if (!*from || !colon)
        return "nowhere";
    (void)snprintf(text, 320, "%.*s:%s", (int)(colon - ref), ref, from);
    return text;
}

static void show_move(struct shown_report *shown, bool moved)
{
    char text[320];
    const char *alias = report_str(shown, shown->root, "alias");
    const char *ref = report_str(shown, shown->root, "ref");
    const char *from = from_ref(shown, text);
    bool is_first = from != text;
    if (moved && is_first)
        printf("%s now stands at %s\n", alias, ref);
    else if (moved && strcmp(from, ref) == 0)
        printf("%s stays at %s\n", alias, ref);
    else if (moved)
        printf("%s moved from %s to %s\n", alias, from, ref);
    else
        printf("%s did not move: it stands %s%s\n", alias, is_first ? "" : "at ", from);
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *root = shown->root;
    const struct bt_json *moved = bt_json_find(root, "moved");
    printf("%s  %s\n", report_str(shown, root, "ref"), report_str(shown, root, "bundle"));
    print_gates(shown, report_list(root, "checks"));
    print_difference(shown, bt_json_find(root, "difference"));
    show_statements(shown);
    show_move(shown, moved && moved->kind == BT_JSON_TRUE);
}

int run_move(struct args *args, move_verb *move, struct baton_move_options *options)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_identity who = identity_of(args);
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (code)
        return code;
    options->reason = args_str(args, "reason");
    options->progress = progress_start();
    if (move(store, args->operands[0], options, &who, &report, &err) != BATON_OK)
        return fail(args, &err);
    code = print_report(args, &report, show);
    return code == EXIT_NO ? EXIT_REFUSED : code;
}

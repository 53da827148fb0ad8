/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/moved.h"

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *root = shown->root;
    const struct bt_json *moved = bt_json_find(root, "moved");
    const char *from = report_str(shown, root, "from");
    printf("%s  %s\n", report_str(shown, root, "ref"), report_str(shown, root, "bundle"));
    print_gates(shown, report_list(root, "checks"));
    print_difference(shown, bt_json_find(root, "difference"));
    show_statements(shown);
    if (moved && moved->kind == BT_JSON_TRUE)
        printf("%s moved from %s to %s\n", report_str(shown, root, "alias"),
               *from ? from : "nowhere", report_str(shown, root, "ref"));
    else
        printf("%s did not move\n", report_str(shown, root, "alias"));
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/moved.h"

#include "cli/identity.h"

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

int print_moved(struct args *args, const struct baton_report *report)
{
    int code = print_report(args, report, show);
    return code == EXIT_NO ? EXIT_REFUSED : code;
}

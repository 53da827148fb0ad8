/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void shown_report_release(struct shown_report *shown)
{
    bt_arena_release(&shown->arena);
}

void print_listening_by(const struct args *args, const char *scheme, const char *address)
{
    if (args_flag(args, "json"))
        printf("{\"listening\":\"%s://%s\"}\n", scheme, address);
    else
        printf("listening on %s://%s\n", scheme, address);
    (void)fflush(stdout);
}

void print_listening(void *args, const char *address)
{
    print_listening_by(args, "http", address);
}

/* A report of ours that does not parse is a bug of ours. */
static int report_open(const struct args *args, const struct baton_report *report,
                       struct shown_report *ret)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct bt_json_limits limits = BT_JSON_LIMITS_DEFAULT;
    struct bt_bytes text = bt_bytes_of(report->json);
    limits.bytes_max = text.len;
    if (bt_json_parse(text, "report", &limits, &ret->arena, &ret->root, &err) == BATON_OK)
        return 0;
    err.status = BATON_ERR_INTERNAL;
    return fail(args, &err);
}

int print_report(struct args *args, const struct baton_report *report, report_show *show)
{
    BT_CLEANUP(shown_report_release) struct shown_report shown = {0};
    progress_end();
    if (args_flag(args, "json")) {
        fputs(report->json, stdout);
        return exit_of_verdict(report->verdict);
    }
    int code = report_open(args, report, &shown);
    if (code)
        return code;
    show(args, &shown);
    return exit_of_verdict(report->verdict);
}

int print_look(struct args *args, look_verb *look, report_show *show)
{
    struct baton_error err = BATON_ERROR_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    if (code)
        return code;
    if (look(store, args->operands[0], &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const char *report_str(struct shown_report *shown, const struct bt_json *object, const char *key)
{
    const struct bt_json *found = bt_json_find(object, key);
    if (!found || (found->kind != BT_JSON_STRING && found->kind != BT_JSON_NUMBER))
        return "";
    const char *text =
        bt_arena_strndup(&shown->arena, (const char *)found->text.ptr, found->text.len);
    return text ? text : "";
}

uint64_t report_u64(const struct bt_json *object, const char *key)
{
    const struct bt_json *found = bt_json_find(object, key);
    uint64_t value = 0;
    return found && bt_json_u64(found, &value, NULL) == BATON_OK ? value : 0;
}

double report_f64(const struct bt_json *object, const char *key)
{
    const struct bt_json *found = bt_json_find(object, key);
    double value = 0;
    return found && bt_json_f64(found, &value, NULL) == BATON_OK ? value : 0;
}

const struct bt_json *report_list(const struct bt_json *object, const char *key)
{
    static const struct bt_json nothing = {.kind = BT_JSON_ARRAY};
    const struct bt_json *found = bt_json_find(object, key);
    bool has_items = found && (found->kind == BT_JSON_ARRAY || found->kind == BT_JSON_OBJECT);
    return has_items ? found : &nothing;
}

static bool in_colour(void)
{
    const char *refused = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(refused && *refused);
}

static const char *colour_of(const char *verdict)
{
    if (strcmp(verdict, "identical") == 0)
        return "\033[32m";
    if (strcmp(verdict, "differs") == 0)
        return "\033[31m";
    return "\033[33m";
}

void print_verdict(const char *verdict)
{
    if (in_colour())
        printf("%s%s\033[0m", colour_of(verdict), verdict);
    else
        fputs(verdict, stdout);
}

static int check_width(struct shown_report *shown, const struct bt_json *checks)
{
    int width = 0;
    for (size_t i = 0; i < checks->count; i++) {
        int len = (int)strlen(report_str(shown, &checks->items[i], "check"));
        width = len > width ? len : width;
    }
    return width > 60 ? 60 : width;
}

void print_gates(struct shown_report *shown, const struct bt_json *checks)
{
    int width = check_width(shown, checks);
    for (size_t i = 0; i < checks->count; i++) {
        const struct bt_json *row = &checks->items[i];
        const char *verdict = report_str(shown, row, "verdict");
        bool is_no = strcmp(verdict, "differs") == 0;
        const char *answer = strcmp(verdict, "cannot-tell") == 0 ? "cannot tell" : "yes";
        printf("  %-*s  %-11s  %s\n", width, report_str(shown, row, "check"), is_no ? "no" : answer,
               report_str(shown, row, "detail"));
    }
}

void print_checks(struct shown_report *shown, const struct bt_json *checks)
{
    int width = check_width(shown, checks);
    for (size_t i = 0; i < checks->count; i++) {
        const struct bt_json *row = &checks->items[i];
        const char *verdict = report_str(shown, row, "verdict");
        printf("  %-*s  ", width, report_str(shown, row, "check"));
        print_verdict(verdict);
        printf("%*s  %s\n", (int)(15 - strlen(verdict)), "", report_str(shown, row, "detail"));
    }
}

void format_bytes(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000) {
        (void)snprintf(text, 32, "%u B", (unsigned)bytes);
        return;
    }
    for (; value >= 1000 && unit < 3; unit++)
        value /= 1000;
    (void)snprintf(text, 32, "%.1f %s", value, units[unit]);
}

const char *short_digest(const char *digest, char text[32])
{
    (void)snprintf(text, 32, "%.19s", digest);
    return text;
}

void print_difference(struct shown_report *shown, const struct bt_json *d)
{
    if (!d || d->kind != BT_JSON_OBJECT)
        return;
    printf("First difference: case %s, output \"%s\"%s, %s, threads: %s\n",
           report_str(shown, d, "case"), report_str(shown, d, "output"),
           report_str(shown, d, "index"), report_str(shown, d, "isa"),
           report_str(shown, d, "threads"));
    printf("  expected %s, got %s", report_str(shown, d, "expected"), report_str(shown, d, "got"));
    if (bt_json_find(d, "ulps"))
        printf(" (%s ulps apart)", report_str(shown, d, "ulps"));
    printf("\n  %s of %s elements of this output differ\n  first diverging node: %s\n",
           report_str(shown, d, "different"), report_str(shown, d, "elements"),
           report_str(shown, d, "node"));
}

#define LISTED_MAX 16

static void print_scalar(const struct bt_json *value)
{
    switch (value->kind) {
    case BT_JSON_NUMBER:
        printf("%.*s", (int)value->text.len, (const char *)value->text.ptr);
        break;
    case BT_JSON_STRING:
        printf("\"%.*s\"", (int)value->text.len, (const char *)value->text.ptr);
        break;
    case BT_JSON_TRUE:
    case BT_JSON_FALSE:
        fputs(value->kind == BT_JSON_TRUE ? "true" : "false", stdout);
        break;
    default:
        fputs("...", stdout);
    }
}

void print_list(const struct bt_json *list)
{
    size_t count = list ? list->count : 0;
    putchar('[');
    for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
        if (i)
            fputs(", ", stdout);
        print_scalar(&list->items[i]);
    }
    if (count > LISTED_MAX)
        printf(", ... %zu in all", count);
    putchar(']');
}

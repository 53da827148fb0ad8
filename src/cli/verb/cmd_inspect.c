/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/verbs.h"
#include "codec/text/number.h"

static void show_parts(struct shown_report *shown)
{
    const struct bt_json *parts = report_list(shown->root, "parts");
    puts("parts:");
    for (size_t i = 0; i < parts->count; i++) {
        char size[32];
        char digest[32];
        format_bytes(report_u64(&parts->items[i], "bytes"), size);
        printf("  %-28s %10s  %s\n", report_str(shown, &parts->items[i], "path"), size,
               short_digest(report_str(shown, &parts->items[i], "digest"), digest));
    }
}

static void show_port(struct shown_report *shown, const struct bt_json *port)
{
    const struct bt_json *shape = report_list(port, "shape");
    printf("  %-28s %s [", report_str(shown, port, "name"), report_str(shown, port, "datatype"));
    for (size_t i = 0; i < shape->count; i++)
        printf("%s%.*s", i ? "," : "", (int)shape->items[i].text.len,
               (const char *)shape->items[i].text.ptr);
    puts("]");
}

static void show_ports(struct shown_report *shown, const struct bt_json *graph, const char *key)
{
    const struct bt_json *ports = report_list(graph, key);
    printf("%s:\n", key);
    for (size_t i = 0; i < ports->count; i++)
        show_port(shown, &ports->items[i]);
}

/* Members of an object, one line each. */
static void show_members(const char *title, const struct bt_json *object)
{
    if (!object || object->count == 0)
        return;
    printf("%s:\n", title);
    for (size_t i = 0; i < object->count; i++)
        printf("  %-28.*s %.*s\n", (int)object->items[i].key.len,
               (const char *)object->items[i].key.ptr, (int)object->items[i].text.len,
               (const char *)object->items[i].text.ptr);
}

/* Stored as hexadecimal floats, which nobody reads. */
static void show_bounds(const struct bt_json *bounds)
{
    if (bounds->count)
        puts("bounds:");
    for (size_t i = 0; i < bounds->count; i++) {
        const struct bt_json *bound = &bounds->items[i];
        double value = 0;
        char text[BT_NUMBER_TEXT_MAX] = "";
        if (bt_f64_parse(bound->text, &value))
            (void)bt_f64_format(value, text);
        printf("  %-28.*s %s\n", (int)bound->key.len, (const char *)bound->key.ptr, text);
    }
}

static void show_graph(struct shown_report *shown, const struct bt_json *graph)
{
    printf("graph: %s nodes, %s parameters\n", report_str(shown, graph, "nodes"),
           report_str(shown, graph, "parameters"));
    show_ports(shown, graph, "inputs");
    show_ports(shown, graph, "outputs");
    show_members("operators", report_list(graph, "operators"));
    if (bt_json_find(graph, "tree_sum"))
        printf("trees are summed as: %s\n", report_str(shown, graph, "tree_sum"));
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *graph = bt_json_find(shown->root, "graph");
    const struct bt_json *contract = bt_json_find(shown->root, "contract");
    printf("%s (%s)\n%s\n", report_str(shown, shown->root, "name"),
           report_str(shown, shown->root, "format"), report_str(shown, shown->root, "digest"));
    show_parts(shown);
    if (!graph)
        return;
    show_graph(shown, graph);
    if (contract) {
        printf("contract: engine %s, numerics %s\n", report_str(shown, contract, "engine"),
               report_str(shown, contract, "numerics"));
        show_members("outputs are the same by", report_list(contract, "outputs"));
        show_bounds(report_list(contract, "metrics"));
    }
    printf("golden cases: %s\n", report_str(shown, shown->root, "golden"));
    show_members("metrics", bt_json_find(shown->root, "metrics"));
}

static int run(struct args *args)
{
    return print_look(args, baton_inspect, show);
}

const struct command cmd_inspect = {
    .name = "inspect",
    .operands = "REF",
    .summary = "Show what a bundle holds and promises",
    .details = "Every part is verified against its digest before it is read.\n",
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton inspect credit:3\n  baton inspect sha256:0123456789ab --json\n",
};

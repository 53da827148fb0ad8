/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/print.h"
#include "cli/run_options.h"
#include "cli/verbs.h"

static const struct option_spec options[] = {
    RUN_OPTION_SPECS,
    {"output", "FILE", "write the outputs: .npz .npy .csv .safetensors .json", false},
    {"digest", NULL, "print only the SHA-256 over all outputs", false},
    {NULL, NULL, NULL, false},
};

static void show_output(struct shown_report *shown, const struct bt_json *output)
{
    const struct bt_json *shape = report_list(output, "shape");
    const struct bt_json *data = report_list(output, "data");
    size_t columns = 1;
    int64_t last = 0;
    if (shape->count > 1 && bt_json_i64(&shape->items[shape->count - 1], &last, NULL) == BATON_OK)
        columns = last > 0 ? (size_t)last : 1;
    printf("%s %s [", report_str(shown, output, "name"), report_str(shown, output, "datatype"));
    for (size_t i = 0; i < shape->count; i++)
        printf("%s%.*s", i ? "," : "", (int)shape->items[i].text.len,
               (const char *)shape->items[i].text.ptr);
    puts("]");
    for (size_t i = 0; i < data->count; i++)
        printf("%s%.*s%s", i % columns ? " " : "  ", (int)data->items[i].text.len,
               (const char *)data->items[i].text.ptr,
               (i + 1) % columns && i + 1 < data->count ? "" : "\n");
}

static void show(struct args *args, struct shown_report *shown)
{
    const struct bt_json *outputs = report_list(shown->root, "outputs");
    if (args_flag(args, "digest")) {
        puts(report_str(shown, shown->root, "digest"));
        return;
    }
    for (size_t i = 0; i < outputs->count; i++)
        show_output(shown, &outputs->items[i]);
    if (args_str(args, "output"))
        printf("%s rows to %s\n", report_str(shown, shown->root, "rows"), args_str(args, "output"));
}

static int run(struct args *args)
{
    struct baton_error err = BATON_ERROR_INIT;
    struct baton_run_options o = BATON_RUN_OPTIONS_INIT;
    AUTO_REPORT report = BATON_REPORT_INIT;
    AUTO_STORE store = NULL;
    int code = read_run_options(args, &o, &store);
    if (code)
        return code;
    o.output = args_str(args, "output");
    o.with_outputs = !o.output && !args_flag(args, "digest");
    if (baton_predict(args->operands[0], &o, &report, &err) != BATON_OK)
        return fail(args, &err);
    return print_report(args, &report, show);
}

const struct command cmd_predict = {
    .name = "predict",
    .operands = "REF|MODEL.onnx",
    .summary = "Run a model on a file of inputs",
    .details = "The outputs do not depend on the machine, the instruction level, the number of\n"
               "threads, or on which rows are run together.\n",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
    .examples = "  baton predict credit:3 --input applicants.csv --output scores.csv\n"
                "  baton predict net.onnx --random 7 --digest\n",
};

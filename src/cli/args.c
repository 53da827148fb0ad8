/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"
#include "codec/text/number.h"

const struct option_spec common_options[] = {
    {"store", "PATH", "the store; else BATON_STORE, else the nearest .baton", false},
    {"json", NULL, "print the result as one JSON document", false},
    {"help", NULL, "show this help", false},
    {NULL, NULL, NULL, false},
};

static const struct option_spec *find_in(const struct option_spec *specs, const char *name,
                                         size_t len)
{
    for (; specs && specs->name; specs++)
        if (strlen(specs->name) == len && memcmp(specs->name, name, len) == 0)
            return specs;
    return NULL;
}

static const struct option_spec *find_spec(const struct command *command, const char *name,
                                           size_t len)
{
    const struct option_spec *found = find_in(command->options, name, len);
    return found ? found : find_in(common_options, name, len);
}

static bool already_given(const struct args *args, const struct option_spec *spec)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (args->options[i].spec == spec)
            return true;
    return false;
}

static int keep_option(struct args *args, const struct option_spec *spec, const char *value)
{
    BT_BUG_ON(!spec);
    if (!spec->repeats && already_given(args, spec))
        return usage_error(args->command, "--%s is given twice", spec->name);
    if (args->option_count == OPTIONS_MAX)
        return usage_error(args->command, "more than %d options", OPTIONS_MAX);
    args->options[args->option_count++] = (struct given_option){spec, value};
    return 0;
}

/* `--name value`, `--name=value` or a flag; *at moves past a separate value. */
static int take_option(struct args *args, int argc, char **argv, int *at)
{
    const char *text = argv[*at] + 2;
    size_t len = strcspn(text, "=");
    const struct option_spec *spec = find_spec(args->command, text, len);
    const char *value = text[len] ? text + len + 1 : NULL;
    if (!spec)
        return usage_error(args->command, "there is no option --%.*s", (int)len, text);
    if (!spec->argument && value)
        return usage_error(args->command, "--%s takes no value", spec->name);
    if (spec->argument && !value) {
        if (*at + 1 >= argc)
            return usage_error(args->command, "--%s needs a value: %s", spec->name, spec->argument);
        value = argv[++*at];
    }
    return keep_option(args, spec, value);
}

static int take_operand(struct args *args, const char *text)
{
    if (args->operand_count == args->command->operands_max)
        return usage_error(args->command, "\"%s\" is one argument too many", text);
    args->operands[args->operand_count++] = text;
    return 0;
}

static int take_word(struct args *args, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    if (strcmp(word, "-h") == 0)
        return keep_option(args, find_spec(args->command, "help", 4), NULL);
    if (strncmp(word, "--", 2) == 0)
        return take_option(args, argc, argv, at);
    if (word[0] == '-' && word[1])
        return usage_error(args->command, "there is no option %s", word);
    return take_operand(args, word);
}

int args_parse(const struct command *command, int argc, char **argv, struct args *ret)
{
    bool operands_only = false;
    *ret = (struct args){.command = command};
    for (int i = 0; i < argc; i++) {
        bool ends_options = !operands_only && strcmp(argv[i], "--") == 0;
        int code = 0;
        if (ends_options)
            operands_only = true;
        else
            code = operands_only ? take_operand(ret, argv[i]) : take_word(ret, argc, argv, &i);
        if (code || args_flag(ret, "help"))
            return code;
    }
    if (ret->operand_count < command->operands_min)
        return usage_error(command, "expected %s", command->operands);
    return 0;
}

bool args_flag(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].spec->name, name) == 0)
            return true;
    return false;
}

const char *args_str(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].spec->name, name) == 0)
            return args->options[i].value;
    return NULL;
}

/* The array holds every option's value once and one NULL for each list, so twice OPTIONS_MAX is
 * enough however often each list is asked for once. */
const char *const *args_list(struct args *args, const char *name)
{
    const char **start = &args->lists[args->list_used];
    if (!args_flag(args, name))
        return NULL;
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].spec->name, name) == 0)
            args->lists[args->list_used++] = args->options[i].value;
    args->lists[args->list_used++] = NULL;
    return start;
}

int args_u64(const struct args *args, const char *name, uint64_t fallback, uint64_t max,
             uint64_t *ret)
{
    const char *text = args_str(args, name);
    int64_t value = 0;
    *ret = fallback;
    if (!text)
        return 0;
    if (!bt_i64_parse(bt_bytes_of(text), &value) || value < 0 || (uint64_t)value > max)
        return usage_error(args->command, "--%s %s: expected a whole number from 0 to %llu", name,
                           text, (unsigned long long)max);
    *ret = (uint64_t)value;
    return 0;
}

/* ---- verbs of several parts ---- */

/* "new, list or export" */
static void list_names(const struct verb_part *parts, char *text, size_t size)
{
    size_t used = 0;
    for (const struct verb_part *part = parts; part->name; part++) {
        const char *between = part == parts ? "" : part[1].name ? ", " : " or ";
        int len = snprintf(text + used, size - used, "%s%s", between, part->name);
        if (len < 0 || (size_t)len >= size - used)
            return;
        used += (size_t)len;
    }
}

static int run_in_store(struct args *args, const struct verb_part *part)
{
    AUTO_STORE store = NULL;
    int code = open_store(args, &store);
    return code ? code : part->run_in(args, store);
}

int run_part(struct args *args, const struct verb_part *parts)
{
    char names[256] = "";
    for (const struct verb_part *part = parts; part->name; part++)
        if (strcmp(part->name, args->operands[0]) == 0)
            return part->run ? part->run(args) : run_in_store(args, part);
    list_names(parts, names, sizeof names);
    return usage_error(args->command, "\"%s\": expected %s", args->operands[0], names);
}

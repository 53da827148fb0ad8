/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/embedded.h"
#include "cli/verbs.h"

/* Files are made new: a demo must not replace somebody's work. */
static int write_file(int dir, const struct embedded_file *file)
{
    int fd = openat(dir, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    size_t done = 0;
    if (fd < 0)
        return errno;
    while (done < file->size) {
        ssize_t put = write(fd, file->bytes + done, file->size - done);
        if (put < 0 && errno != EINTR)
            break;
        done += put > 0 ? (size_t)put : 0;
    }
    int problem = done < file->size ? errno : 0;
    if (close(fd) != 0 && !problem)
        problem = errno;
    return problem;
}

static int complain(const struct args *args, const char *folder, const char *name, int problem)
{
    fprintf(stderr, "baton %s: cannot write %s%s%s: %s\n", args->command->name, folder,
            *name ? "/" : "", name, strerrordesc_np(problem));
    return problem == EEXIST ? EXIT_CONFLICT : EXIT_DISK;
}

static int write_all(const struct args *args, const char *folder)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return complain(args, folder, "", errno);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return complain(args, folder, "", errno);
    int code = 0;
    for (const struct embedded_file *file = embedded_files; file->name && !code; file++) {
        int problem = write_file(dir, file);
        if (problem)
            code = complain(args, folder, file->name, problem);
    }
    close(dir);
    return code;
}

static void show(const char *folder)
{
    printf("Wrote the tour into %s:\n", folder);
    for (const struct embedded_file *file = embedded_files; file->name; file++)
        printf("  %-20s %7zu bytes\n", file->name, file->size);
    fputs("\nThe sender packs the model with golden cases and a bound on a metric:\n", stdout);
    printf("  cd %s\n", folder);
    fputs("  baton init dev\n"
          "  baton pack credit.onnx --store dev --name credit --golden golden.csv \\\n"
          "      --expect expected.npz --labelled test.csv --label creditability \\\n"
          "      --ignore personal_status_and_sex,foreign_worker --gate accuracy=0.7\n"
          "The receiver gets a copy, and proves on his machine that it predicts the same:\n"
          "  baton push credit:1 prod --store dev\n"
          "  baton verify credit:1 --store prod\n"
          "  baton predict credit:1 --store prod --input golden.csv\n",
          stdout);
}

static void show_json(void)
{
    fputs("{\"files\":[", stdout);
    for (const struct embedded_file *file = embedded_files; file->name; file++)
        printf("%s{\"bytes\":%zu,\"name\":\"%s\"}", file == embedded_files ? "" : ",", file->size,
               file->name);
    fputs("]}\n", stdout);
}

static int run(struct args *args)
{
    const char *folder = args->operand_count ? args->operands[0] : "baton-tour";
    int code = write_all(args, folder);
    if (code)
        return code;
    if (args_flag(args, "json"))
        show_json();
    else
        show(folder);
    return 0;
}

const struct command cmd_demo = {
    .name = "demo",
    .operands = "[FOLDER]",
    .summary = "Write the files of the tour into a folder, and say the next commands",
    .details =
        "A credit-risk model (gradient boosting with preprocessing), its data, the script that\n"
        "trained it, and a second model in which one weight is another.\n",
    .operands_max = 1,
    .run = run,
    .examples = "  baton demo\n  baton demo /tmp/tour\n",
};

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_VERDICT_H
#define BATON_VERDICT_H
/*
 * Every question about sameness has one of four answers, never a boolean. Combining answers takes
 * the worst: differs, then cannot-tell, then within-contract, then identical.
 */
#include "baton/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum baton_verdict {
    BATON_IDENTICAL = 0,
    BATON_WITHIN_CONTRACT = 1,
    BATON_CANNOT_TELL = 2,
    BATON_DIFFERS = 3
} baton_verdict;

/* "identical", "within-contract", "cannot-tell", "differs". */
BATON_API const char *baton_verdict_name(baton_verdict verdict);

/*
 * What a question answered: the verdict, and the whole finding as one JSON document (UTF-8, ends
 * with a newline; docs/formats/reports.md has the schema of each). Release with
 * baton_report_release().
 */
struct baton_report {
    baton_verdict verdict;
    char *json;
};

#define BATON_REPORT_INIT                                                                          \
    {                                                                                              \
        BATON_IDENTICAL, 0                                                                         \
    }

BATON_API void baton_report_release(struct baton_report *report);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_BATON_H
#define BATON_BATON_H
/*
 * libbaton: pass a trained model on, and prove that nothing changed on the way.
 *
 * The noun headers below are the whole public interface; the command line is written on it. Every
 * verb returns a struct baton_report: a verdict, and a JSON document with everything it found
 * (docs/formats/reports.md). Functions may be called from any thread; a baton_store may be shared
 * by threads. Nothing is printed, nothing exits, there is no state outside the objects.
 *
 *     struct baton_error err = BATON_ERROR_INIT;
 *     struct baton_report report = BATON_REPORT_INIT;
 *     baton_store *store = NULL;
 *     if (baton_store_open(NULL, &store, &err) == BATON_OK &&
 *         baton_verify(store, "credit:3", NULL, &report, &err) == BATON_OK)
 *         puts(baton_verdict_name(report.verdict));
 *     baton_report_release(&report);
 *     baton_store_close(store);
 */
#include "baton/access.h"
#include "baton/bundle.h"
#include "baton/decision.h"
#include "baton/error.h"
#include "baton/key.h"
#include "baton/machine.h"
#include "baton/model.h"
#include "baton/progress.h"
#include "baton/registry.h"
#include "baton/remote.h"
#include "baton/serve.h"
#include "baton/store.h"
#include "baton/verdict.h"
#include "baton/witness.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" */
BATON_API const char *baton_version(void);
/* "exact/1": the arithmetic of this library, docs/numerics.md. */
BATON_API const char *baton_numerics_version(void);

#ifdef __cplusplus
}
#endif
#endif

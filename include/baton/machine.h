/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_MACHINE_H
#define BATON_MACHINE_H
/*
 * Is this machine fit to run models bit for bit?
 */
#include "baton/error.h"
#include "baton/store.h"
#include "baton/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Instruction levels, floating-point self-test, every level against the reference, kernel features,
 * and the store when one is given (may be NULL).
 * {"checks":[…],"cpu","isa_levels":[…],"numerics","threads","verdict","version"} */
BATON_API BATON_CHECK baton_status baton_doctor(const baton_store *store, struct baton_report *ret,
                                                struct baton_error *err);

#ifdef __cplusplus
}
#endif
#endif

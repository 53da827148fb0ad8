/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_SERVE_SANDBOX_INT_H
#define BT_SERVE_SANDBOX_INT_H
/* Sanitizers start threads and processes and write reports where they like. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define BT_SANDBOX_IS_OFF 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BT_SANDBOX_IS_OFF 1
#endif
#ifndef BT_SANDBOX_IS_OFF
#define BT_SANDBOX_IS_OFF 0
#endif

#endif

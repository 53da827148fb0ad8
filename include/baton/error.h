/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATON_ERROR_H
#define BATON_ERROR_H
/*
 * How every function of libbaton reports what went wrong.
 *
 * A function that can fail returns a `baton_status` and takes a caller-owned
 * `struct baton_error *` as its last parameter. On BATON_OK the error object and nothing else
 * is left as it was; on any other status the outputs are untouched and the error object holds
 * one line for a person: what was expected, what was found, where, what to do next. NULL is
 * accepted where the caller does not want the text. The object needs no release and may be
 * reused; it is per call, so threads do not share it.
 *
 *     struct baton_error err = BATON_ERROR_INIT;
 *     baton_store *store = NULL;
 *     if (baton_store_open(path, &store, &err) != BATON_OK)
 *         fprintf(stderr, "baton: %s\n", err.text);
 */

#ifdef __cplusplus
extern "C" {
#endif

#define BATON_API __attribute__((visibility("default")))
#define BATON_CHECK __attribute__((warn_unused_result))

/* Values are part of the ABI: append, never renumber. */
typedef enum baton_status {
    BATON_OK = 0,
    BATON_ERR_DIFFERS = 1,     /* the question was answered, and the answer is no */
    BATON_ERR_USAGE = 2,       /* the caller's arguments make no sense together */
    BATON_ERR_CANNOT_TELL = 3, /* a part that the answer needs is missing or erased */
    BATON_ERR_NOT_FOUND = 4,   /* no such file, object, reference or node */
    BATON_ERR_REFUSED = 5,     /* a gate, a policy or a contract says no */
    BATON_ERR_EXISTS = 6,      /* would overwrite something that must not change */
    BATON_ERR_CORRUPT = 7,     /* bytes do not match their digest */
    BATON_ERR_INVALID = 8,     /* input breaks the rules of its format */
    BATON_ERR_UNSUPPORTED = 9, /* input is well-formed but asks for what we do not do */
    BATON_ERR_LIMIT = 10,      /* input is larger or deeper than the stated limit */
    BATON_ERR_IO = 11,         /* the operating system said no; error.os_errno says why */
    BATON_ERR_NO_MEMORY = 12,
    BATON_ERR_INTERRUPTED = 13, /* the user asked us to stop */
    BATON_ERR_INTERNAL = 14,    /* a bug of ours */
    BATON_ERR_NETWORK = 15,     /* another machine did not answer, or not to the end */
    BATON_ERR_CREDENTIALS = 16  /* another machine wants to know who we are */
} baton_status;

#define BATON_ERROR_TEXT_MAX 512

struct baton_error {
    baton_status status;
    int os_errno; /* 0 when the operating system was not involved */
    char text[BATON_ERROR_TEXT_MAX];
};

#define BATON_ERROR_INIT                                                                           \
    {                                                                                              \
        BATON_OK, 0,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* The short stable name of a status ("not-found"), for machine-readable output. */
BATON_API const char *baton_status_name(baton_status status);

#ifdef __cplusplus
}
#endif
#endif

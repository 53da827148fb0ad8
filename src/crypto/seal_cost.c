/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal_cost_int.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <stdbool.h>
#include <stdint.h>

/* Sixteen times what OWASP asks for. */
#define PBKDF2_ROUNDS_MAX ((uint64_t)10000000)
/* N * r * p; ours is 2^17. */
#define SCRYPT_WORK_MAX ((uint64_t)1 << 22)

static void free_pbe2(PBE2PARAM **parameters)
{
    PBE2PARAM_free(*parameters);
}

static void free_pbkdf2(PBKDF2PARAM **parameters)
{
    PBKDF2PARAM_free(*parameters);
}

static void free_scrypt(SCRYPT_PARAMS **parameters)
{
    SCRYPT_PARAMS_free(*parameters);
}

/* The parameters of `method`, when it is the one that `id` says. */
static void *unpack(const X509_ALGOR *method, int id, const ASN1_ITEM *item)
{
    const ASN1_OBJECT *name = NULL;
    int type = 0;
    const void *value = NULL;
    X509_ALGOR_get0(&name, &type, &value, method);
    return type == V_ASN1_SEQUENCE && OBJ_obj2nid(name) == id ? ASN1_item_unpack(value, item)
                                                              : NULL;
}

/* Whether `number` times what `product` has so far is at most `max`. */
static bool multiply(const ASN1_INTEGER *number, uint64_t max, uint64_t *product)
{
    uint64_t value = 0;
    return ASN1_INTEGER_get_uint64(&value, number) == 1 &&
           !__builtin_mul_overflow(*product, value, product) && *product <= max;
}

static bool is_affordable(const PBE2PARAM *sealing)
{
    uint64_t work = 1;
    BT_CLEANUP(free_pbkdf2)
    PBKDF2PARAM *pbkdf2 = unpack(sealing->keyfunc, NID_id_pbkdf2, ASN1_ITEM_rptr(PBKDF2PARAM));
    BT_CLEANUP(free_scrypt)
    SCRYPT_PARAMS *scrypt = unpack(sealing->keyfunc, NID_id_scrypt, ASN1_ITEM_rptr(SCRYPT_PARAMS));
    if (pbkdf2)
        return multiply(pbkdf2->iter, PBKDF2_ROUNDS_MAX, &work);
    return scrypt && multiply(scrypt->costParameter, SCRYPT_WORK_MAX, &work) &&
           multiply(scrypt->blockSize, SCRYPT_WORK_MAX, &work) &&
           multiply(scrypt->parallelizationParameter, SCRYPT_WORK_MAX, &work);
}

baton_status bt_seal_cost_check(const X509_SIG *sealed, struct baton_error *err)
{
    const X509_ALGOR *method = NULL;
    X509_SIG_get0(sealed, &method, NULL);
    BT_CLEANUP(free_pbe2)
    PBE2PARAM *sealing = unpack(method, NID_pbes2, ASN1_ITEM_rptr(PBE2PARAM));
    if (!sealing)
        return bt_fail(
            err, BATON_ERR_UNSUPPORTED,
            "a key encrypted in an old way: convert it with openssl pkey -in KEY -aes256 "
            "-out NEW");
    if (!is_affordable(sealing))
        return bt_fail(
            err, BATON_ERR_LIMIT,
            "a key encrypted in another way, or at too high a cost: expected PBKDF2 with at most "
            "10,000,000 rounds or scrypt with at most N * r * p = 4,194,304");
    return BATON_OK;
}

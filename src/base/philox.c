/* SPDX-License-Identifier: Apache-2.0 */
#include "base/philox.h"

#define ROUNDS 10
#define MULTIPLIER_0 UINT64_C(0xD2511F53)
#define MULTIPLIER_1 UINT64_C(0xCD9E8D57)
#define WEYL_0 UINT32_C(0x9E3779B9)
#define WEYL_1 UINT32_C(0xBB67AE85)

struct bt_philox bt_philox(uint64_t key, uint64_t stream, uint64_t counter)
{
    struct bt_philox x = {
        {(uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    uint32_t key_0 = (uint32_t)key;
    uint32_t key_1 = (uint32_t)(key >> 32);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t product_0 = MULTIPLIER_0 * x.word[0];
        uint64_t product_1 = MULTIPLIER_1 * x.word[2];
        x = (struct bt_philox){
            {(uint32_t)(product_1 >> 32) ^ x.word[1] ^ key_0, (uint32_t)product_1,
             (uint32_t)(product_0 >> 32) ^ x.word[3] ^ key_1, (uint32_t)product_0}};
        key_0 += WEYL_0;
        key_1 += WEYL_1;
    }
    return x;
}

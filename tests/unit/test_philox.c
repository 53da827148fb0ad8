/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include "base/philox.h"

/* Known answers of the Random123 distribution for philox4x32-10. */
static void philox_gives_the_published_words(void **state)
{
    (void)state;
    const struct bt_philox zero = bt_philox(0, 0, 0);
    const uint32_t zero_expected[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    assert_memory_equal(zero.word, zero_expected, sizeof zero_expected);
    const struct bt_philox ones = bt_philox(UINT64_MAX, UINT64_MAX, UINT64_MAX);
    const uint32_t ones_expected[] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    assert_memory_equal(ones.word, ones_expected, sizeof ones_expected);
    const struct bt_philox pi =
        bt_philox(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88);
    const uint32_t pi_expected[] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    assert_memory_equal(pi.word, pi_expected, sizeof pi_expected);
}

UNIT_MAIN(cmocka_unit_test(philox_gives_the_published_words))

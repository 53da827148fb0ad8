/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_UNARY_HARD_LIST_H
#define BT_KERNEL_REF_UNARY_HARD_LIST_H
/* What `prove_unary --full` (tests/kernel) prints when this list is empty, by function. An entry
 * too many would do no harm: each is the right value. */
#include "kernel/kernel.h"

/* An input whose value lies too close to the middle of two floats for the cores of
 * kernel/simd/unary_tmpl.c, and its correctly rounded value, both as bits. */
struct bt_unary_hard {
    enum bt_unary function;
    uint32_t x;
    uint32_t y;
};

/* clang-format off */
static const struct bt_unary_hard bt_unary_hard_list[] = {
    {BT_LOG, 0x3c413d3a, 0xc08e158f}, {BT_LOG, 0x41178feb, 0x400fe5e7},
    {BT_LOG, 0x4c5d65a5, 0x418f034b}, {BT_LOG, 0x65d890d3, 0x4254d1f9},
    {BT_LOG, 0x6f31a8ec, 0x42845a89},
    {BT_SIGMOID, 0x34c00000, 0x3f000001}, {BT_SIGMOID, 0x35600000, 0x3f000003},
    {BT_SIGMOID, 0x35b00000, 0x3f000005}, {BT_SIGMOID, 0x35f00000, 0x3f000007},
    {BT_SIGMOID, 0x36180000, 0x3f000009}, {BT_SIGMOID, 0x36380000, 0x3f00000b},
    {BT_SIGMOID, 0x36580000, 0x3f00000d}, {BT_SIGMOID, 0x36780000, 0x3f00000f},
    {BT_SIGMOID, 0x368c0000, 0x3f000011}, {BT_SIGMOID, 0x369c0000, 0x3f000013},
    {BT_SIGMOID, 0x36ac0000, 0x3f000015}, {BT_SIGMOID, 0x36bc0000, 0x3f000017},
    {BT_SIGMOID, 0x36cc0000, 0x3f000019}, {BT_SIGMOID, 0x36dc0000, 0x3f00001b},
    {BT_SIGMOID, 0x36ec0000, 0x3f00001d}, {BT_SIGMOID, 0x36fc0000, 0x3f00001f},
    {BT_SIGMOID, 0x37060000, 0x3f000021}, {BT_SIGMOID, 0x370e0000, 0x3f000023},
    {BT_SIGMOID, 0x37160000, 0x3f000025}, {BT_SIGMOID, 0x371e0000, 0x3f000027},
    {BT_SIGMOID, 0x372e0000, 0x3f00002b}, {BT_SIGMOID, 0x37360000, 0x3f00002d},
    {BT_SIGMOID, 0x373e0000, 0x3f00002f}, {BT_SIGMOID, 0x37460000, 0x3f000031},
    {BT_SIGMOID, 0x374e0000, 0x3f000033}, {BT_SIGMOID, 0x37560000, 0x3f000035},
    {BT_SIGMOID, 0x375e0000, 0x3f000037}, {BT_SIGMOID, 0x37660000, 0x3f000039},
    {BT_SIGMOID, 0xb4400000, 0x3effffff}, {BT_SIGMOID, 0xb4e00000, 0x3efffffd},
    {BT_SIGMOID, 0xb5300000, 0x3efffffb}, {BT_SIGMOID, 0xb5700000, 0x3efffff9},
    {BT_SIGMOID, 0xb5980000, 0x3efffff7}, {BT_SIGMOID, 0xb5b80000, 0x3efffff5},
    {BT_SIGMOID, 0xb5d80000, 0x3efffff3}, {BT_SIGMOID, 0xb5f80000, 0x3efffff1},
    {BT_SIGMOID, 0xb60c0000, 0x3effffef}, {BT_SIGMOID, 0xb61c0000, 0x3effffed},
    {BT_SIGMOID, 0xb62c0000, 0x3effffeb}, {BT_SIGMOID, 0xb63c0000, 0x3effffe9},
    {BT_SIGMOID, 0xb64c0000, 0x3effffe7}, {BT_SIGMOID, 0xb65c0000, 0x3effffe5},
    {BT_SIGMOID, 0xb66c0000, 0x3effffe3}, {BT_SIGMOID, 0xb67c0000, 0x3effffe1},
    {BT_SIGMOID, 0xb6860000, 0x3effffdf}, {BT_SIGMOID, 0xb68e0000, 0x3effffdd},
    {BT_SIGMOID, 0xb6960000, 0x3effffdb}, {BT_SIGMOID, 0xb69e0000, 0x3effffd9},
    {BT_SIGMOID, 0xb6a60000, 0x3effffd7}, {BT_SIGMOID, 0xb6ae0000, 0x3effffd5},
    {BT_SIGMOID, 0xb6b60000, 0x3effffd3}, {BT_SIGMOID, 0xb6be0000, 0x3effffd1},
    {BT_SIGMOID, 0xb6c60000, 0x3effffcf}, {BT_SIGMOID, 0xb6ce0000, 0x3effffcd},
    {BT_SIGMOID, 0xb6d60000, 0x3effffcb}, {BT_SIGMOID, 0xb6de0000, 0x3effffc9},
    {BT_SIGMOID, 0xb6e60000, 0x3effffc7}, {BT_SIGMOID, 0xb6ee0000, 0x3effffc5},
    {BT_SIGMOID, 0xb6f60000, 0x3effffc3}, {BT_SIGMOID, 0xb6fe0000, 0x3effffc1},
    {BT_SIGMOID, 0xb7570000, 0x3effff95}, {BT_SIGMOID, 0xb77b0000, 0x3effff83},
    {BT_SIGMOID, 0xb77f0000, 0x3effff81}, {BT_SIGMOID, 0xb7818000, 0x3effff7f},
    {BT_SIGMOID, 0xb7838000, 0x3effff7d}, {BT_SIGMOID, 0xba928601, 0x3effdb5f},
    {BT_SOFTPLUS, 0x39ea41d0, 0x3f3180bd},
    {BT_GELU, 0x37b0a46f, 0x3730a531},
    {BT_GELU_TANH, 0xb7b0a46f, 0xb730a3ad},
    {BT_MISH, 0xb3a00000, 0xb33fffff},
    {BT_EXP2, 0x3b429d37, 0x3f804385}, {BT_EXP2, 0xbcf3a937, 0x3f7ac6b1},
    {BT_LOG1P, 0x35400003, 0x353fffff}, {BT_LOG1P, 0x3710001b, 0x370ffff3},
    {BT_LOG1P, 0x3efd81ad, 0x3ecdeee1}, {BT_LOG1P, 0x41078feb, 0x400fe5e7},
    {BT_LOG1P, 0x65d890d3, 0x4254d1f9}, {BT_LOG1P, 0x6f31a8ec, 0x42845a89},
    {BT_LOG1P, 0xb53ffffd, 0xb5400001}, {BT_LOG1P, 0xb70fffe5, 0xb710000d},
    {BT_LOG1P, 0xbb0ec8c4, 0xbb0ef0a5},
    {BT_LOG10, 0x0efeee7a, 0xc1e99d23},
    {BT_SIN, 0x46199998, 0xbeb1fa5d}, {BT_SIN, 0xc6199998, 0x3eb1fa5d},
    {BT_COS, 0x5f18b878, 0x3f7f14bb}, {BT_COS, 0x6115cb11, 0x3f78142f},
    {BT_COS, 0xdf18b878, 0x3f7f14bb}, {BT_COS, 0xe115cb11, 0x3f78142f},
    {BT_ACOS, 0x328885a3, 0x3fc90fdb}, {BT_ACOS, 0x39826222, 0x3fc907b5},
    {BT_ATAN, 0x3d8d6b23, 0x3d8d31c3}, {BT_ATAN, 0xbd8d6b23, 0xbd8d31c3},
    {BT_SINH, 0x3a1285ff, 0x3a1285ff}, {BT_SINH, 0xba1285ff, 0xba1285ff},
    {BT_ASINH, 0x4bdd65a5, 0x418f034b}, {BT_ASINH, 0x655890d3, 0x4254d1f9},
    {BT_ASINH, 0x6eb1a8ec, 0x42845a89}, {BT_ASINH, 0xcbdd65a5, 0xc18f034b},
    {BT_ASINH, 0xe55890d3, 0xc254d1f9}, {BT_ASINH, 0xeeb1a8ec, 0xc2845a89},
    {BT_ACOSH, 0x655890d3, 0x4254d1f9}, {BT_ACOSH, 0x6eb1a8ec, 0x42845a89},
};
/* clang-format on */

#endif

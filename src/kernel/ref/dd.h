/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_REF_DD_H
#define BT_KERNEL_REF_DD_H
/*
 * Double-double arithmetic: a number is hi + lo, unevaluated, |lo| at most half a unit of hi. The
 * algorithms are those analysed by Joldes, Muller and Popescu (Tight and rigorous error bounds for
 * basic building blocks of double-word arithmetic, 2017); relative errors are a few units of
 * 2^-106. Without fused operations, so that every machine does the same. Magnitudes must stay
 * within 2^-900 .. 2^900, where nothing over- or underflows.
 */
struct dd {
    double hi;
    double lo;
};

/* a + b exactly, |a| >= |b| or a = 0 */
static inline struct dd dd_fast_sum(double a, double b)
{
    double sum = a + b;
    return (struct dd){sum, b - (sum - a)};
}

/* a + b exactly */
static inline struct dd dd_sum(double a, double b)
{
    double sum = a + b;
    double b_part = sum - a;
    return (struct dd){sum, (a - (sum - b_part)) + (b - b_part)};
}

/* a * b exactly, by halves of 26 bits */
static inline struct dd dd_product(double a, double b)
{
    const double splitter = 0x1p27 + 1;
    double a_scaled = splitter * a;
    double b_scaled = splitter * b;
    double a_hi = a_scaled - (a_scaled - a);
    double b_hi = b_scaled - (b_scaled - b);
    double a_lo = a - a_hi;
    double b_lo = b - b_hi;
    double product = a * b;
    double lost = ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo;
    return (struct dd){product, lost};
}

static inline struct dd dd_neg(struct dd a)
{
    return (struct dd){-a.hi, -a.lo};
}

/* times a power of two */
static inline struct dd dd_scale(struct dd a, double power)
{
    return (struct dd){a.hi * power, a.lo * power};
}

static inline struct dd dd_add_d(struct dd a, double b)
{
    struct dd s = dd_sum(a.hi, b);
    return dd_fast_sum(s.hi, s.lo + a.lo);
}

static inline struct dd dd_add(struct dd a, struct dd b)
{
    struct dd s = dd_sum(a.hi, b.hi);
    struct dd t = dd_sum(a.lo, b.lo);
    s = dd_fast_sum(s.hi, s.lo + t.hi);
    return dd_fast_sum(s.hi, s.lo + t.lo);
}

static inline struct dd dd_sub(struct dd a, struct dd b)
{
    return dd_add(a, dd_neg(b));
}

static inline struct dd dd_mul_d(struct dd a, double b)
{
    struct dd p = dd_product(a.hi, b);
    return dd_fast_sum(p.hi, p.lo + a.lo * b);
}

static inline struct dd dd_mul(struct dd a, struct dd b)
{
    struct dd p = dd_product(a.hi, b.hi);
    return dd_fast_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline struct dd dd_div(struct dd a, struct dd b)
{
    double quotient = a.hi / b.hi;
    struct dd rest = dd_sub(a, dd_mul_d(b, quotient));
    return dd_fast_sum(quotient, rest.hi / b.hi);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The error function and the inverse of the normal distribution, in double-double. */
#include "kernel/ref/scalar_dd.h"
#include "kernel/scalar.h"

#define INFINITE __builtin_inf()

static const struct dd two_over_sqrt_pi = {0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};
static const struct dd sqrt_two_pi = {0x1.40d931ff62706p+1, -0x1.a6a0d6f814637p-53};

/* x + x^3 c / 3 + x^5 c^2 / (3 5) + ..., c = `scale`: all terms positive, so nothing cancels. */
static struct dd odd_factorial_series(double x, double scale)
{
    struct dd square = dd_scale(dd_product(x, x), scale);
    struct dd term = {x, 0};
    struct dd sum = term;
    for (int n = 3; term.hi > sum.hi * 0x1p-110; n += 2) {
        term = dd_div(dd_mul(term, square), (struct dd){n, 0});
        sum = dd_add(sum, term);
    }
    return sum;
}

/* e^-(x^2 scale), scale a power of two */
static struct bt_scaled exp_of_square(double x, double scale)
{
    return bt_dd_exp(dd_scale(dd_product(x, x), -scale));
}

/* 2 / sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...) */
double bt_erf_f64(double x)
{
    if (x != x)
        return __builtin_nan("");
    double a = __builtin_fabs(x);
    if (a > 6)
        return x < 0 ? -1 : 1;
    int exponent = 0;
    struct dd y;
    if (a < 0x1p-60) { /* 2 x / sqrt(pi), with x moved to where nothing underflows */
        if (a == 0)
            return x;
        y = dd_mul_d(two_over_sqrt_pi, bt_split_exponent(a, &exponent));
    } else {
        struct bt_scaled e = exp_of_square(a, 1);
        y = dd_mul(two_over_sqrt_pi, dd_mul(e.value, odd_factorial_series(a, 2)));
        exponent = e.exponent;
    }
    double result = bt_dd_round(y, exponent);
    return x < 0 ? -result : result;
}

/* ---- probit --------------------------------------------------------------------------------- */

/*
 * With phi the density and Q(z) = 1 - Phi(z), z > 0 solves
 *     near the middle:  (1/2 - q) / phi(z) - S(z) = 0,   S = (Phi - 1/2) / phi = z + z^3 / 3 + ...
 *     in the tail:      M(z) - q / phi(z) = 0,           M = Q / phi = 1 / (z + 1 / (z + 2 / (z +
 * ... Both left sides are u = (what is missing) / phi, which is Newton's step. It is repeated until
 * it is below 2^-40 of z; the last one is taken in double-double, with the term in u^2.
 */
static const double tail_begins = 0x1p-6; /* in q; z is about 2.15 there */

/* x 2^k / phi(z), about 1, where either alone may be out of range */
static struct dd over_density(struct dd x, int k, double z)
{
    struct bt_scaled e = exp_of_square(z, 0.5);
    struct dd ratio = dd_mul(dd_div(sqrt_two_pi, e.value), x);
    k -= e.exponent;
    for (; k > 0; k--)
        ratio = dd_scale(ratio, 2);
    for (; k < 0; k++)
        ratio = dd_scale(ratio, 0.5);
    return ratio;
}

static struct dd mills_ratio(double z)
{
    struct dd tail = {z, 0};
    for (int n = (int)(1600 / (z * z)) + 20; n > 0; n--)
        tail = dd_add_d(dd_div((struct dd){n, 0}, tail), z);
    return dd_div((struct dd){1, 0}, tail);
}

static struct dd newton_step(double q, double z)
{
    if (q >= tail_begins)
        return dd_sub(over_density(dd_sum(0.5, -q), 0, z), odd_factorial_series(z, 1));
    int k;
    double significand = bt_split_exponent(q, &k);
    return dd_sub(mills_ratio(z), over_density((struct dd){significand, 0}, k, z));
}

/* In the tail Newton's method converges slowly on Q and fast on log Q. */
static double tail_guess(double q)
{
    double log_q = bt_log_f64(q);
    double z = bt_sqrt_f64(-2 * log_q);
    double step;
    do {
        double mills = mills_ratio(z).hi;
        double log_tail = bt_log_f64(mills / sqrt_two_pi.hi) - 0.5 * z * z;
        step = mills * (log_tail - log_q);
        z += step;
    } while (step > 0x1p-20 || step < -0x1p-20);
    return z;
}

/* The z > 0 with Q(z) = q, 0 < q < 1/2. */
static double inverse_tail(double q)
{
    double z = q < tail_begins ? tail_guess(q) : (0.5 - q) * sqrt_two_pi.hi;
    struct dd u = newton_step(q, z);
    while (__builtin_fabs(u.hi) > z * 0x1p-40) {
        z += u.hi;
        u = newton_step(q, z);
    }
    return dd_add_d(dd_add_d(u, 0.5 * z * u.hi * u.hi), z).hi;
}

double bt_probit_f64(double p)
{
    if (!(p >= 0 && p <= 1))
        return __builtin_nan("");
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITE : INFINITE;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -inverse_tail(p) : inverse_tail(1 - p);
}

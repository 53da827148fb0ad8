/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_KERNEL_SCALAR_H
#define BT_KERNEL_SCALAR_H
/*
 * Functions of single numbers, for what is not worth a vector: float64 tensors, tree ensembles,
 * metrics, Pow. Rounded to nearest even from a value whose relative error is below 2^-95, so the
 * result is the correctly rounded one unless the exact value is that close to the middle of two
 * numbers. All inputs cannot be tried as with kernel.h; tests/kernel compares millions with MPFR.
 *
 * The same bits on every machine. NaN in, or no value: the canonical NaN. Microseconds, not
 * nanoseconds.
 */

double bt_exp_f64(double x);
double bt_log_f64(double x);
double bt_tanh_f64(double x);
double bt_sigmoid_f64(double x);
double bt_softplus_f64(double x);
double bt_erf_f64(double x);
double bt_sqrt_f64(double x);
/* The z with Phi(z) = p, Phi the normal distribution function; 0 and 1 give the infinities. */
double bt_probit_f64(double p);
/* x to the power y, with the special cases of IEEE 754 pow: x^0 = 1^y = 1 even for NaN. */
float bt_pow_f32(float x, float y);
double bt_pow_f64(double x, double y);

#endif

// Elementary functions of the sampling path, built from IEEE operations and fma alone.
//
// libm's exp and log differ in their last bits between versions and CPUs; these give the same bits
// everywhere, for every compiler and instruction set. They have no branch on data, so that loops of
// them vectorise. Errors were measured against 200-bit arithmetic (tests/unit/elementary.c) and are
// stated above each function in ulp, units in the last place of the result.
#ifndef LOSSMILL_RANDOM_ELEMENTARY_H
#define LOSSMILL_RANDOM_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t elementary_bits(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double elementary_of_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

// sum of c[i] x^i, i <= degree, even and odd powers side by side: half the chain of dependent
// operations of Horner's scheme, which is what a vector loop waits for.
static inline __attribute__((always_inline)) double elementary_polynomial(const double *c,
                                                                          int degree, double x)
{
    const double z = x * x;
    double a = c[degree], b = c[degree - 1];

#pragma GCC unroll 16
    for (int i = degree - 2; i > 0; i -= 2) {
        a = fma(a, z, c[i]);
        b = fma(b, z, c[i - 1]);
    }
    return degree % 2 ? fma(x, a, b) : fma(z, a, fma(x, b, c[0]));
}

// log 2 in two parts, the first with 16 trailing zero bits, so that a product with an exponent is
// exact.
static const double elementary_ln2_high = 0x1.62e42fefap-1,
                    elementary_ln2_low = 0x1.cf79abc9e3b39p-40;

// The coefficients here and below: scripts/coefficients.py.

// (2 atanh(s) / s - 2) / s^2 over s^2 in [0, 0.02945]; relative error 3.1e-18
static const double log_series[8] = {
    0x1.5555555555555p-1, 0x1.9999999999a38p-2, 0x1.2492492476ba1p-2, 0x1.c71c72017a15cp-3,
    0x1.745cf8f6c9119p-3, 0x1.3b1c38474d3eep-3, 0x1.0fbe478772696p-3, 0x1.0c06cf14c641bp-3,
};

// (exp(r) - 1 - r) / r^2 over |r| <= 0.3466; relative error 3.0e-18
static const double exp_series[11] = {
    0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555556p-5,  0x1.11111111100dcp-7,
    0x1.6c16c16c162d5p-10, 0x1.a01a01abe78f9p-13, 0x1.a01a01a6d84aap-16, 0x1.71de0232f4775p-19,
    0x1.27e4db653346ep-22, 0x1.af4de6a36d4fcp-26, 0x1.1f7301a8efa5cp-29,
};

// x normal, positive and finite: 1 ulp; below the smallest normal number the result is near -708.
// With x = 2^k m, m in [sqrt 1/2, sqrt 2), f = m - 1 and s = f / (2 + f), log m = 2 atanh s
// = f - (f^2/2 - s (f^2/2 + R)), R = sum of 2 s^2k / (2k + 1) (the arrangement of fdlibm's
// e_log.c). |s| <= 0.1716.
static inline double elementary_log(double x)
{
    const uint64_t bits = elementary_bits(x < 0x1p-1022 ? 0x1p-1022 : x);
    const uint64_t offset = UINT64_C(0x3fe6a09e667f3bcd);                     // sqrt 1/2
    const uint64_t exponent = (bits - offset + (UINT64_C(1023) << 52)) >> 52; // k + 1023
    const double k = elementary_of_bits(exponent | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    const double m = elementary_of_bits(bits - (exponent << 52) + (UINT64_C(1023) << 52));
    const double f = m - 1, s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    const double r = z * elementary_polynomial(log_series, 7, z);

    return fma(k, elementary_ln2_high, f - (half - fma(s, half + r, k * elementary_ln2_low)));
}

// y log x as *power + the result, for powers that would make an ulp of the logarithm matter: the
// sum is within |y| 2^-53 + 2^-104 |y log x|. As elementary_log, whose last sum and whose product
// with y are rounded, and the rest of each kept; the former is exact since |k log 2| is the larger
// (Dekker's fast two-sum) or k = 0.
static inline double elementary_power_parts(double x, double y, double *power)
{
    const uint64_t bits = elementary_bits(x < 0x1p-1022 ? 0x1p-1022 : x);
    const uint64_t offset = UINT64_C(0x3fe6a09e667f3bcd);
    const uint64_t exponent = (bits - offset + (UINT64_C(1023) << 52)) >> 52;
    const double k = elementary_of_bits(exponent | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    const double m = elementary_of_bits(bits - (exponent << 52) + (UINT64_C(1023) << 52));
    const double f = m - 1, s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    const double r = z * elementary_polynomial(log_series, 7, z);
    const double small = f - (half - fma(s, half + r, k * elementary_ln2_low));
    const double large = k * elementary_ln2_high, log = large + small;

    *power = y * log;
    return fma(y, log, -*power) + y * (small - (log - large));
}

// x = k log 2 + r with |r| <= log 2 / 2, k to the nearest: returns expm1(r) and 2^k, for |x| <=
// 708.
static inline double elementary_expm1_reduced(double x, double *power)
{
    const double magic = 0x1.8p52;
    const double shifted = fma(x, 0x1.71547652b82fep0, magic), k = shifted - magic;
    const double r = fma(-k, elementary_ln2_low, fma(-k, elementary_ln2_high, x));

    *power = elementary_of_bits((elementary_bits(shifted) << 52) + (UINT64_C(1023) << 52));
    return fma(elementary_polynomial(exp_series, 10, r), r * r, r);
}

static inline double elementary_clamped(double x)
{
    return x < -708 ? -708 : x > 708 ? 708 : x;
}

// 1 ulp for |x| <= 708; beyond, the value there (3e-308 or 3e307).
static inline double elementary_exp(double x)
{
    double power;
    const double p = elementary_expm1_reduced(elementary_clamped(x), &power);

    return fma(power, p, power);
}

// 2 ulp; |x| as above.
static inline double elementary_expm1(double x)
{
    double power;
    const double p = elementary_expm1_reduced(elementary_clamped(x), &power);

    return fma(power, p, power - 1);
}

// x > -1: 2 ulp. What 1 + x rounds away, divided by 1 + x, is added back.
static inline double elementary_log1p(double x)
{
    const double u = 1 + x, lost = x >= 1 ? 1 - (u - x) : x - (u - 1);

    return elementary_log(u) + lost / u;
}

// x > 0, |y log x| <= 700: 1 + 2 |y log x| ulp.
static inline double elementary_pow(double x, double y)
{
    return elementary_exp(y * elementary_log(x));
}

// z / q over u = 0.475^2 - q^2 in [0, 0.475^2], q = 1/2 - v; relative error 2.3e-16
static const double isf_near_above[10] = {
    0x1.081450ccea16dp+2,  0x1.ff2ea50047359p+8,  0x1.83a1e405208c3p+14, 0x1.262c63dd022cdp+19,
    0x1.db82f1c277823p+22, 0x1.95643d93df8eep+25, 0x1.5645192cf0329p+27, 0x1.f590f4ffbeae1p+27,
    0x1.e4675be977e55p+26, 0x1.10470aad7cfc7p+23,
};

static const double isf_near_below[10] = {
    0x1.0000000000000p+0,  0x1.05b7c30ee0282p+7,  0x1.a81dc4c91d348p+12, 0x1.5d40b7123617cp+17,
    0x1.38d8eca719c83p+21, 0x1.30a30c52dac76p+24, 0x1.33623a1a397f2p+26, 0x1.223a19325e674p+27,
    0x1.a49272d092bfdp+26, 0x1.249c13d0e74c9p+24,
};

// z / (1 - 2 v) over w = -log(4 v (1 - v)) in [0, 6.25]; relative error 2.6e-16
static const double isf_centre[23] = {
    0x1.2b57ec65a8009p+1,   0x1.0fb53d529fc4cp+0,   -0x1.5550e338212e5p-4,  -0x1.05e0bd8e03431p-5,
    0x1.9ca0d1df87d4ap-6,   -0x1.7f74439b3b46ap-8,  -0x1.d7739086a9863p-10, 0x1.c8ea9778a5e91p-10,
    -0x1.8812726c860bfp-12, -0x1.5aab46c929893p-13, 0x1.14e8fe1b228abp-13,  -0x1.64a1858afe34dp-16,
    -0x1.0b121e43fb8f5p-16, 0x1.52bc3c2d2b3ccp-17,  -0x1.04abea6cbba6bp-20, -0x1.978312019b452p-20,
    0x1.9d5f02bd9ca39p-21,  0x1.1030c81fe50f1p-27,  -0x1.3ca4e19f31491p-23, 0x1.552ea1daaa740p-25,
    0x1.a6b8619e798cbp-27,  -0x1.922f9d33506c7p-28, -0x1.c4c696c96760ap-36,
};

// z / r over r = sqrt(-log v) in [2.7, 6.8]; relative error 3.4e-19
static const double isf_tail[29] = {
    0x1.52fcae82a64b8p+0,   0x1.0a415b48ad7ccp-4,   -0x1.2d3db5f823317p-5,  0x1.365a032aa7933p-6,
    -0x1.30730d27e65efp-7,  0x1.21e17fab4ae18p-8,   -0x1.0e91ed1d04cc7p-9,  0x1.f2037fc7276afp-11,
    -0x1.c58fe68092b94p-12, 0x1.99cb6a8a22e95p-13,  -0x1.6ff1ae0bbc6f8p-14, 0x1.48b9597f6d3d7p-15,
    -0x1.247f880fafd88p-16, 0x1.03642d3e58009p-17,  -0x1.cacef9569f93ap-19, 0x1.950d9593be3d9p-20,
    -0x1.64b0297a01a6ep-21, 0x1.3781c8d268cc4p-22,  -0x1.1177f43aa2341p-23, 0x1.fa29719ddd8cbp-25,
    -0x1.bb1fe3787919ep-26, 0x1.09dee6dedc386p-27,  -0x1.d1c9d74eb8e5ep-29, 0x1.265188fd86e45p-28,
    -0x1.00627a9be9207p-29, -0x1.61f650e52bef6p-31, 0x1.334ce978a667dp-32,  0x1.673541ba62c09p-32,
    -0x1.387f274d42295p-33,
};

// exp(z^2 / 2) (1 + z) P(Z > z) over t = (z - 4) / (z + 4); relative error 3.0e-17
static const double normal_mills[25] = {
    0x1.e361ea6fba141p-2,  -0x1.8c18f2086e361p-4,  0x1.cabd72a60f88bp-7,   0x1.d4969f10e2582p-6,
    -0x1.07c3c2582b774p-5, 0x1.25dd7205b9c01p-6,   -0x1.47d5fc74e1b39p-8,  -0x1.2b7f5d0a8fd91p-12,
    0x1.6c538343fe77dp-11, -0x1.8c11cecd65ca0p-14, -0x1.707bc2b876f33p-14, 0x1.6486058376783p-16,
    0x1.c94242724399ap-17, -0x1.ccd2c1fbeb602p-19, -0x1.5ee4d3a268fe3p-19, 0x1.b4c31aaa42dd1p-22,
    0x1.29d5bab677ce7p-21, -0x1.6321763e73d93p-30, -0x1.eb50933aab9a1p-24, -0x1.3369710593536p-26,
    0x1.5b2dc949385dep-26, 0x1.772a515ad88dcp-28,  -0x1.6548052479106p-29, -0x1.7259b3f479ea4p-31,
    0x1.825d1c11a3a63p-33,
};

// The normal score exceeded with probability `tail`, in three regions. Nine in ten lie near the
// median, where a rational function takes neither logarithm nor root (the idea of Wichura's AS 241,
// Applied Statistics 37, 1988): z = q p(u) / r(u), u = 0.475^2 - q^2.
static inline int elementary_isf_is_near(double tail)
{
    return fabs(0.5 - tail) <= 0.475;
}

static inline double elementary_isf_near(double tail)
{
    const double q = 0.5 - tail, u = fma(-q, q, 0.475 * 0.475);

    return q * elementary_polynomial(isf_near_above, 9, u) /
           elementary_polynomial(isf_near_below, 9, u);
}

// For v in [2^-11, 1/2] exceedance probability of the returned normal score, and 1 - v below it:
// z = (1 - 2 v) p(w) with w = -log(4 v (1 - v)) <= 6.25. In two steps, each a loop of its own in
// kernels: one chain of both is longer than what a processor reorders (measured: 5.1 ns a score
// against 3.4).
static inline double elementary_isf_centre_place(double tail)
{
    const double w = -elementary_log(4 * tail * (1 - tail));

    return fma(w < 6.25 ? w : 6.25, 1 / 3.125, -1);
}

static inline double elementary_isf_centre_at(double place, double tail)
{
    return (1 - 2 * tail) * elementary_polynomial(isf_centre, 22, place);
}

// Beyond, on both sides: z = r p(r) with r = sqrt(-log v). A tail of 1 counts as 1 - 2^-54.
static inline double elementary_isf_far(double tail)
{
    const double other = 1 - tail, low = tail < other ? tail : other;
    const double v = low > 0x1p-66 ? low : tail < other ? 0x1p-66 : 0x1p-54;
    const double r = sqrt(-elementary_log(v)), x = fma(r - 2.7, 2 / (6.8 - 2.7), -1);
    const double p = elementary_polynomial(isf_tail, 28, x);

    return tail < other ? r * p : -r * p;
}

// Where the centre's polynomial ends: 4 v (1 - v) < exp(-6.25).
static inline int elementary_isf_is_far(double tail)
{
    return 4 * tail * (1 - tail) < 0x1.fa0e9586aebc7p-10;
}

// The normal score exceeded with probability `tail` in [2^-66, 1]. Relative error of the tail
// probability of the result: 6e-15 + 2 z^2 2^-52, the latter from z being a double.
static inline double elementary_normal_isf(double tail)
{
    return elementary_isf_is_near(tail) ? elementary_isf_near(tail)
           : elementary_isf_is_far(tail)
               ? elementary_isf_far(tail)
               : elementary_isf_centre_at(elementary_isf_centre_place(tail), tail);
}

// P(Z > z) of the standard normal, for |z| <= 37: 6 ulp. exp(-z^2/2) m(t) / (1 + z)
// with t = (z - 4) / (z + 4); the square's rounding error is carried into the exponential.
static inline double elementary_normal_survival(double z)
{
    const double a = fabs(z) < 37 ? fabs(z) : 37;
    const double t = (a - 4) / (a + 4), square = a * a, rest = fma(a, a, -square);
    const double p = elementary_polynomial(normal_mills, 24, t);

    const double e = elementary_exp(-0.5 * square);
    const double upper = fma(-0.5 * rest, e, e) * p / (1 + a);

    return z < 0 ? 1 - upper : upper;
}

#endif

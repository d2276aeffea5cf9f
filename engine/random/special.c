#include "random/special.h"

#include <math.h>

#include "random/elementary.h"

// Continued fractions and series stop when a term no longer changes the sum.
static const double converged = 0x1p-53;
static const double half_log_2pi = 0.91893853320467274178;

// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), x >= 15: Stirling's series (DLMF 5.11.1);
// the first term left out is below 1e-18.
static double stirling_error_far(double x)
{
    const double z = 1 / (x * x);
    double s = -691.0 / 360360;

    s = fma(s, z, 1.0 / 1188);
    s = fma(s, z, -1.0 / 1680);
    s = fma(s, z, 1.0 / 1260);
    s = fma(s, z, -1.0 / 360);
    s = fma(s, z, 1.0 / 12);
    return s / x;
}

// log Gamma(b + a) - log Gamma(b), 0 <= a <= 1, by Stirling's series at 15 or more, so that the
// large parts of both cancel before they are rounded.
static double log_gamma_step(double b, double a)
{
    double product = 1;

    for (; b < 15; b++)
        product *= (b + a) / b;
    return (b - 0.5) * elementary_log1p(a / b) + a * elementary_log(b + a) - a +
           stirling_error_far(b + a) - stirling_error_far(b) - elementary_log(product);
}

double special_log_gamma(double x)
{
    double product = 1;

    if (x >= 15)
        return (x - 0.5) * elementary_log(x) - x + half_log_2pi + stirling_error_far(x);
    if (x < 1)
        return log_gamma_step(1, x) - elementary_log(x);
    while (x > 2)
        product *= --x;
    return log_gamma_step(1, x - 1) + elementary_log(product);
}

static double stirling_error(double x)
{
    if (x >= 15)
        return stirling_error_far(x);
    return special_log_gamma(x) - ((x - 0.5) * elementary_log(x) - x + half_log_2pi);
}

// m - log(1 + m) >= 0 without cancellation: with s = m / (2 + m), log(1 + m) = 2 atanh s and
// 2 s = m - m^2 / (2 + m), so that it is m^2 / (2 + m) - 2 s (s^2/3 + s^4/5 + ...). `ratio` is
// 1 + m, given beside m because near -1 the latter has lost it.
static double deviance(double m, double ratio)
{
    if (fabs(m) > 0.5)
        return m - elementary_log(ratio);

    const double s = m / (2 + m), z = s * s;
    double sum = 0, power = z, k = 3, term;

    do {
        term = power / k;
        sum += term;
        power *= z;
        k += 2;
    } while (term > converged * sum);
    return m * m / (2 + m) - 2 * s * sum;
}

// x^a e^-x / Gamma(a) = x f(x), from the deviance (Loader, "Fast and accurate computation of
// binomial probabilities", 2000): for large a the factors alone would cancel.
double special_gamma_log_density(double a, double x)
{
    if (x <= 0)
        return 0;
    if (a < 1)
        return elementary_exp(a * elementary_log(x) - x - special_log_gamma(a));
    return sqrt(a / (2 * M_PI)) *
           elementary_exp(-a * deviance((x - a) / a, x / a) - stirling_error(a));
}

// sum of x^n / (a (a + 1) ... (a + n)) (DLMF 8.11.4).
static double gamma_series(double a, double x)
{
    double term = 1 / a, sum = term;

    for (double n = a + 1; term > converged * sum; n++) {
        term *= x / n;
        sum += term;
    }
    return sum;
}

// Lentz's method on DLMF 8.9.2, even part.
static double gamma_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d, change;

    for (double i = 1;; i++) {
        const double n = -i * (i - a);

        b += 2;
        d = fma(n, d, b);
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = b + n / c;
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        change = d * c;
        h *= change;
        if (fabs(change - 1) <= 2 * converged || i > 1e8)
            return h;
    }
}

double special_gamma_cumulative(double a, double x)
{
    if (x <= 0)
        return 0;
    if (x < a + 1)
        return fmin(1, special_gamma_log_density(a, x) * gamma_series(a, x));
    return 1 - special_gamma_log_density(a, x) * gamma_fraction(a, x);
}

double special_gamma_survival(double a, double x)
{
    if (x <= 0)
        return 1;
    if (x < a + 1)
        return 1 - fmin(1, special_gamma_log_density(a, x) * gamma_series(a, x));
    return fmin(1, special_gamma_log_density(a, x) * gamma_fraction(a, x));
}

double special_beta_log_scale(double a, double b)
{
    const double n = a + b;

    if (a < 1)
        return log_gamma_step(b, a) - special_log_gamma(a);
    if (b < 1)
        return log_gamma_step(a, b) - special_log_gamma(b);
    return stirling_error(n) - stirling_error(a) - stirling_error(b);
}

// With p = a / (a + b) the powers are those at p times exp of two deviances, whose linear parts
// cancel exactly.
double special_beta_logit_density(double a, double b, double log_scale, double x, double y)
{
    if (x <= 0 || y <= 0)
        return 0;
    if (a < 1 || b < 1) { // of the two logarithms that near 1 from the other's argument
        const double log_x = x < y ? elementary_log(x) : elementary_log1p(-y);
        const double log_y = x < y ? elementary_log1p(-x) : elementary_log(y);

        return elementary_exp(a * log_x + b * log_y + log_scale);
    }

    const double from_x = (x * b - y * a) / a, from_y = (y * a - x * b) / b; // (x - p) / p, ...

    return sqrt(a * b / (2 * M_PI * (a + b))) *
           elementary_exp(log_scale - a * deviance(from_x, x * (a + b) / a) -
                          b * deviance(from_y, y * (a + b) / b));
}

// Lentz's method on DLMF 8.17.22.
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1), h;

    d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
    h = d;
    for (double m = 1;; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change;

        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        h *= d * c;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        change = d * c;
        h *= change;
        if (fabs(change - 1) <= 2 * converged || m > 1e7)
            return h;
    }
}

// The fraction converges fast below (a + 1) / (a + b + 2); above, the other tail has it.
double special_beta_cumulative_of_density(double a, double b, double x, double y, double density)
{
    if (x <= 0 || y <= 0)
        return x > 0;
    if (x < (a + 1) / (a + b + 2))
        return fmin(1, density * beta_fraction(a, b, x) / a);
    return 1 - fmin(1, density * beta_fraction(b, a, y) / b);
}

double special_beta_cumulative_xy(double a, double b, double x, double y)
{
    const double density = special_beta_logit_density(a, b, special_beta_log_scale(a, b), x, y);

    return special_beta_cumulative_of_density(a, b, x, y, density);
}

double special_beta_survival_xy(double a, double b, double x, double y)
{
    return special_beta_cumulative_xy(b, a, y, x);
}

double special_beta_cumulative(double a, double b, double x)
{
    return special_beta_cumulative_xy(a, b, x, 1 - x);
}

double special_beta_survival(double a, double b, double x)
{
    return special_beta_survival_xy(a, b, x, 1 - x);
}

// P(N > k), summed from its first term downwards: for small means.
static double poisson_survival(double mean, uint64_t k)
{
    return k < 1e15 ? special_gamma_cumulative((double)k + 1, mean) : 0;
}

// Adds up probabilities from 0 while the upper tail is not small, then asks for the tail itself,
// which 1 - sum would round away.
static uint64_t poisson_small(double mean, double tail)
{
    double p = elementary_exp(-mean), sum = p;
    uint64_t k = 0;

    while (1 - sum > tail && 1 - sum > SPECIAL_POISSON_LEAST / 2) {
        k++;
        p *= mean / (double)k;
        sum += p;
    }
    if (1 - sum > SPECIAL_POISSON_LEAST && tail > SPECIAL_POISSON_LEAST)
        return k;
    while (k > 0 && poisson_survival(mean, k - 1) <= tail)
        k--;
    while (poisson_survival(mean, k) > tail)
        k++;
    return k;
}

uint64_t special_poisson_quantile(double mean, double tail)
{
    if (mean <= 0)
        return 0;
    if (mean < SPECIAL_POISSON_SMALL)
        return poisson_small(mean, tail);

    // Cornish-Fisher to the second order, rather too high, then exact steps: downwards the tail
    // grows by one probability a step.
    const double z = elementary_normal_isf(tail);
    const double guess = mean + z * sqrt(mean) + (z * z - 1) / 6;
    uint64_t k = guess > 0 ? (uint64_t)guess + 1 : 1;
    double survival = poisson_survival(mean, k);

    if (survival > tail) {
        while (poisson_survival(mean, ++k) > tail)
            ;
        return k;
    }
    // P(N = k) = mean^k exp(-mean) / k!
    for (double p = special_gamma_log_density((double)k + 1, mean) / mean; k > 0;
         p *= (double)k / mean, k--) {
        survival += p;
        if (survival > tail)
            break;
    }
    return k;
}

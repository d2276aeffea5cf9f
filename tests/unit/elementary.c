// The stated error bounds of the elementary functions, against long double functions of libm, whose
// 64 bits make them 2000 times as fine as an ulp of a double.
#include "random/elementary.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"

enum { POINTS = 400000 };

// |x - exact| in units of the last place of the exact value.
static double ulps(double x, long double exact)
{
    int exponent;

    frexpl(exact, &exponent);
    return (double)(fabsl((long double)x - exact) / ldexpl(1, exponent - 53));
}

static double worst(double (*f)(double), long double (*exact)(long double), double low, double high)
{
    double most = 0;

    for (int i = 0; i < POINTS; i++) {
        const double x = random_between(low, high);

        most = fmax(most, ulps(f(x), exact(x)));
    }
    return most;
}

static double log_of_power(double x)
{
    return elementary_log(exp2(x));
}

static long double logl_of_power(long double x)
{
    return logl((long double)exp2((double)x));
}

static void log_is_within_1_ulp(void **state)
{
    (void)state;
    assert_true(worst(elementary_log, logl, 0x1p-1022, 4) <= 1);
    assert_true(worst(elementary_log, logl, 0.99, 1.01) <= 1);
    assert_true(worst(log_of_power, logl_of_power, -1021, 1023) <= 1);
    assert_true(elementary_log(1) == 0);
    assert_true(elementary_log(0) < -708 && elementary_log(0x1p-1060) < -708);
}

static void exp_is_within_1_ulp(void **state)
{
    (void)state;
    assert_true(worst(elementary_exp, expl, -708, 708) <= 1);
    assert_true(worst(elementary_exp, expl, -1, 1) <= 1);
    assert_true(elementary_exp(0) == 1);
    assert_true(elementary_exp(1e300) == elementary_exp(708));
    assert_true(elementary_exp(-1e300) == elementary_exp(-708));
}

static void expm1_and_log1p_are_within_2_ulp(void **state)
{
    (void)state;
    assert_true(worst(elementary_expm1, expm1l, -40, 40) <= 2);
    assert_true(worst(elementary_expm1, expm1l, -0.01, 0.01) <= 2);
    assert_true(worst(elementary_log1p, log1pl, -0.999, 10) <= 2);
    assert_true(worst(elementary_log1p, log1pl, -1e-5, 1e-5) <= 2);
    assert_true(elementary_expm1(0) == 0 && elementary_log1p(0) == 0);
}

static void pow_loses_two_ulp_for_each_unit_of_its_logarithm(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++) {
        const double x = random_between(1e-9, 1e9), y = random_between(-30, 30);
        const long double exponent = y * logl(x);

        assert_true(ulps(elementary_pow(x, y), powl(x, y)) <= 1 + 2 * fabs((double)exponent));
    }
}

static void the_parts_of_a_power_keep_more_than_a_double(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++) {
        const double x = i % 2 ? exp2(random_between(-60, 60)) : random_between(0.5, 2);
        const double y = random_between(-30, 30);
        const long double exact = y * logl(x);
        double power;
        const double rest = elementary_power_parts(x, y, &power);
        const long double error = fabsl((long double)power + rest - exact);

        // and what y logl(x) itself rounds
        assert_true(error <= fabs(y) * 0x1p-53 + 0x1p-62L * fabsl(exact));
    }
}

static long double survivall(long double z)
{
    return erfcl(z * sqrtl(0.5L)) / 2;
}

static void the_normal_survival_is_within_6_ulp(void **state)
{
    (void)state;
    assert_true(worst(elementary_normal_survival, survivall, 0, 37) <= 6);
    assert_true(worst(elementary_normal_survival, survivall, 0, 3) <= 6);
    assert_true(worst(elementary_normal_survival, survivall, -9, 0) <= 6);
}

// The tail probability of what is returned, against the one asked for.
static void score_check(double tail)
{
    const double z = elementary_normal_isf(tail), other = 1 - tail;
    const double bound = 6e-15 + 2 * z * z * 0x1p-52;
    // above the median the lower tail is what a normal score can resolve
    const long double got = tail <= 0.5 ? survivall(z) : survivall(-(long double)z);
    const double wanted = tail <= 0.5 ? tail : other;

    assert_true(fabsl(got - wanted) <= bound * wanted);
}

static void a_normal_score_is_exceeded_with_the_probability_asked_for(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++) {
        score_check(random_between(0, 1));
        score_check(exp2(random_between(-65, -1)));
        score_check(1 - exp2(random_between(-53, -1)));
    }
    score_check(0x1p-65);
    assert_true(isfinite(elementary_normal_isf(1)) && elementary_normal_isf(1) < -8.2);
}

static void a_normal_score_falls_as_its_tail_grows(void **state)
{
    double last = HUGE_VAL;

    (void)state;
    // across the seams of the outer region, in steps of a few ulp
    for (int seam = 0; seam < 2; seam++) {
        const double place = 0.5 * (1 - sqrt(1 - 0x1.fa0e9586aebc7p-10));
        double tail = seam == 0 ? place * (1 - 1e-12) : 1 - place * (1 + 1e-12);

        last = HUGE_VAL;
        for (int i = 0; i < 4000; i++) {
            const double z = elementary_normal_isf(tail);

            // equal within its error: two polynomials meet here
            assert_true(z <= last + 1e-14 * fabs(z));
            last = z;
            tail *= 1 + 0x1p-50;
        }
    }
    last = HUGE_VAL;
    for (double t = 0x1p-65; t < 1; t *= 1.0001) {
        assert_true(elementary_normal_isf(t) < last);
        last = elementary_normal_isf(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_is_within_1_ulp),
        cmocka_unit_test(exp_is_within_1_ulp),
        cmocka_unit_test(expm1_and_log1p_are_within_2_ulp),
        cmocka_unit_test(pow_loses_two_ulp_for_each_unit_of_its_logarithm),
        cmocka_unit_test(the_parts_of_a_power_keep_more_than_a_double),
        cmocka_unit_test(the_normal_survival_is_within_6_ulp),
        cmocka_unit_test(a_normal_score_is_exceeded_with_the_probability_asked_for),
        cmocka_unit_test(a_normal_score_falls_as_its_tail_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

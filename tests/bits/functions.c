// The generator, the functions under every draw, and the loops of the event stream.
#include <math.h>

#include "bits.h"
#include "random/elementary.h"
#include "random/philox.h"
#include "random/special.h"
#include "simulate/address.h"
#include "simulate/event_kernels.h"

enum { POINTS = 4000 };

// The i-th of POINTS numbers from `low` to `high`, evenly or, where both are positive, by ratio.
static double between(double low, double high, int i)
{
    return low + (high - low) * i / (POINTS - 1);
}

static double by_ratio(double low, double high, int i)
{
    return elementary_exp(between(elementary_log(low), elementary_log(high), i));
}

static uint64_t noise(uint32_t i)
{
    const struct philox_block x = philox(20261001, i, 0, 0, 0);

    return x.word[0] | (uint64_t)x.word[1] << 32;
}

static void generator(void)
{
    struct item item;

    item_start(&item, "philox");
    for (uint32_t i = 0; i < POINTS; i++) {
        const struct philox_block x = philox(noise(i), i, ~i, i * 77, i << 16);

        for (int w = 0; w < 4; w++)
            item_word(&item, x.word[w]);
    }
    item_end(&item);
    item_start(&item, "philox_tail");
    for (uint32_t i = 0; i < POINTS; i++)
        item_double(&item, philox_tail(i % 3 == 0 ? i % 5 : (uint32_t)(noise(i) >> 32),
                                       (uint32_t)noise(i)));
    item_double(&item, philox_tail(0, 0));
    item_double(&item, philox_tail(UINT32_MAX, UINT32_MAX));
    item_end(&item);
}

static void one_argument(const char *name, double (*f)(double), double low, double high)
{
    struct item item;

    item_start(&item, "%s", name);
    for (int i = 0; i < POINTS; i++) {
        item_double(&item, f(between(low, high, i)));
        if (low > 0)
            item_double(&item, f(by_ratio(low, high, i)));
    }
    item_end(&item);
}

static void elementary(void)
{
    struct item item;

    one_argument("elementary_log", elementary_log, 0x1p-1022, 0x1.fp1023);
    one_argument("elementary_log about 1", elementary_log, 0.5, 2);
    one_argument("elementary_exp", elementary_exp, -750, 750);
    one_argument("elementary_exp about 0", elementary_exp, -2, 2);
    one_argument("elementary_expm1", elementary_expm1, -40, 700);
    one_argument("elementary_expm1 about 0", elementary_expm1, -1e-3, 1e-3);
    one_argument("elementary_log1p", elementary_log1p, -0.999, 10);
    one_argument("elementary_log1p about 0", elementary_log1p, -1e-6, 1e-6);
    one_argument("elementary_normal_isf", elementary_normal_isf, 0x1p-66, 1);
    one_argument("elementary_normal_survival", elementary_normal_survival, -40, 40);
    item_start(&item, "elementary_pow");
    for (int i = 0; i < POINTS; i++)
        item_double(&item,
                    elementary_pow(by_ratio(1e-20, 1e20, i), between(-6, 6, i * 7 % POINTS)));
    item_end(&item);
}

static void special(void)
{
    static const double shapes[] = {0.05, 0.3, 1, 1.7, 5, 40, 1e3, 1e5};
    struct item item;

    one_argument("special_log_gamma", special_log_gamma, 1e-5, 1e6);
    item_start(&item, "special_gamma");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int i = 0; i < POINTS; i += 80) {
            const double x = shapes[s] * by_ratio(1e-6, 20, i);

            item_double(&item, special_gamma_survival(shapes[s], x));
            item_double(&item, special_gamma_cumulative(shapes[s], x));
            item_double(&item, special_gamma_log_density(shapes[s], x));
        }
    item_end(&item);
    item_start(&item, "special_beta");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t t = 0; t < sizeof shapes / sizeof *shapes; t++)
            for (int i = 0; i < POINTS; i += 160) {
                const double x = between(0.0003, 0.9997, i);

                item_double(&item, special_beta_survival(shapes[s], shapes[t], x));
                item_double(&item, special_beta_cumulative(shapes[s], shapes[t], x));
            }
    item_end(&item);
    item_start(&item, "special_poisson_quantile");
    for (int i = 0; i < POINTS; i += 16) {
        const double mean = by_ratio(1e-6, 1e7, i);

        item_word(&item, special_poisson_quantile(
                             mean, philox_tail((uint32_t)noise((uint32_t)i), (uint32_t)i)));
        item_word(&item, special_poisson_quantile(mean, 0x1p-65));
        item_word(&item, special_poisson_quantile(mean, 1e-9));
        item_word(&item, special_poisson_quantile(mean, 0.999999));
    }
    item_end(&item);
}

static void event_loops(void)
{
    static uint64_t index[EVENT_BATCH], words[EVENT_BATCH];
    static uint32_t year[EVENT_BATCH];
    static double first[EVENT_BATCH], second[EVENT_BATCH];
    static int64_t whole[EVENT_BATCH];
    const struct event_kernels *kernels = event_kernels();
    struct item item;

    item_start(&item, "kernels of the event stream");
    for (uint32_t i = 0; i < EVENT_BATCH; i++)
        index[i] = noise(i);
    kernels->place(77, 3, 5, EVENT_BATCH, index, words, first);
    item_amounts(&item, EVENT_BATCH, (const int64_t *)words);
    item_doubles(&item, EVENT_BATCH, first);
    kernels->tails(78, 3, 5, EVENT_BATCH, index, first, second);
    item_doubles(&item, EVENT_BATCH, first);
    item_doubles(&item, EVENT_BATCH, second);
    kernels->correlate(0.7, EVENT_BATCH, second, first);
    item_doubles(&item, EVENT_BATCH, first);
    kernels->correlate(-1, EVENT_BATCH, second, first);
    item_doubles(&item, EVENT_BATCH, first);
    kernels->logs(EVENT_BATCH, second, first);
    item_doubles(&item, EVENT_BATCH, first);
    for (int i = 0; i < EVENT_BATCH; i++)
        first[i] = by_ratio(1e-3, 50, i);
    kernels->poisson(EVENT_BATCH, first, second, words);
    item_amounts(&item, EVENT_BATCH, (const int64_t *)words);
    kernels->lone(79, 3, UINT64_C(0xfffffe00), EVENT_BATCH, words, year, second);
    item_doubles(&item, EVENT_BATCH, second);
    for (size_t i = 0; i < EVENT_BATCH; i++)
        item_word(&item, year[i]);
    for (size_t i = 0; i < EVENT_BATCH; i++)
        first[i] = by_ratio(1e-3, 1e18, (int)i);
    item_double(&item, kernels->money(100, EVENT_BATCH, first, second));
    item_doubles(&item, EVENT_BATCH, second);
    kernels->whole(EVENT_BATCH, second, whole);
    item_amounts(&item, EVENT_BATCH, whole);
    item_end(&item);
}

void bits_functions(void)
{
    generator();
    elementary();
    special();
    event_loops();
}

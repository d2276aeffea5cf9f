#include "simulate/rate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "random/elementary.h"
#include "simulate/event_kernels.h"

// P(no event) at p = 1 is e^-45 < 3e-20: not seen in 10^18 years.
static const double certain_rate = 45;

// The costs that choose the method, in nanoseconds of a server core of 2022: a candidate placed; a
// factor of a year evaluated; a year's Poisson draw, per stream; a rare year, beside those.
static const double candidate_cost = 8, factor_cost = 14, count_cost = 7, rare_cost = 30;
enum { RARE_BITS_MAX = 12 };

// Classes of weight in a selection, and seats drawn per unit of weight taken: load 1/4 to 1/2,
// acceptance 1/2 to 1.
static const double typical_streams = 4, typical_envelope = 4;

double at_most_once_rate(double p)
{
    return p < 1 ? fmin(-elementary_log1p(-p), certain_rate) : certain_rate;
}

struct yearly yearly_of(const struct distribution *law, double otherwise,
                        enum rate_uncertainty uncertainty)
{
    struct yearly y = {.constant = otherwise};

    if (law && !distribution_is_constant(law, &y.constant)) {
        if (uncertainty == RATE_UNCERTAINTY_NONE)
            y.constant = distribution_mean(law);
        else
            y.law = law;
    }
    return y;
}

double yearly_mean(const struct yearly *y)
{
    return y->law ? distribution_mean(y->law) : y->constant;
}

double yearly_variation(const struct yearly *y)
{
    const double mean = yearly_mean(y);

    return y->law && mean > 0 ? distribution_variance(y->law) / (mean * mean) : 0;
}

struct law_source {
    uint64_t key;
    uint32_t block, address;
    const uint64_t *index;
};

static void law_tails(void *context, unsigned draw, size_t n, double *tail)
{
    const struct law_source *s = context;
    double other[EVENT_BATCH];

    event_kernels()->tails(s->key, s->block, s->address + draw % 64, n, s->index, tail, other);
}

void law_fill(const struct distribution *law, uint64_t key, uint32_t block, enum purpose purpose,
              uint32_t sub_draw, size_t n, const uint64_t *index, double *value)
{
    struct law_source source = {key, block, address_of(purpose, sub_draw), index};

    distribution_draw(law, n, law_tails, &source, value);
}

void yearly_fill(const struct yearly *y, uint64_t key, uint32_t block, enum purpose purpose,
                 uint32_t sub_draw, size_t n, const uint64_t *year, double *value)
{
    if (y->law)
        law_fill(y->law, key, block, purpose, sub_draw, n, year, value);
    else
        for (size_t i = 0; i < n; i++)
            value[i] = y->constant;
}

// The factors of a law: those of a plain product each on its own, at the sub-draws that the product
// would use.
static void factors_add(struct rate *rate, const struct distribution *law, enum purpose purpose,
                        bool once)
{
    const struct distribution *parts[RATE_FACTORS_MAX];
    const size_t room = RATE_FACTORS_MAX - rate->factor_count;
    size_t n = once ? 0 : distribution_factors(law, parts, room / 2);

    if (n == 0)
        parts[n++] = law;
    for (size_t i = 0; i < n; i++)
        rate->factor[rate->factor_count++] =
            (struct rate_factor){parts[i], purpose, (uint32_t)i, once, 0, 0};
}

static double factor_of(const struct rate_factor *f, double value)
{
    return f->once ? at_most_once_rate(value) : value;
}

// What a factor's law exceeds in 2^-bits of the years, for each number of bits.
static void factor_exceeded(const struct rate_factor *f, double *value)
{
    double tail[RARE_BITS_MAX + 1];

    for (int bits = 0; bits <= RARE_BITS_MAX; bits++)
        tail[bits] = ldexp(1, -bits);
    if (distribution_draws(f->law) == 1)
        distribution_quantile(f->law, RARE_BITS_MAX + 1, tail, value);
}

// The factor's bound with 2^-bits of the years left out, in which it exceeds `value`; HUGE_VAL
// where there is none. No year need be rare where that would hardly lower it.
static double factor_bound(const struct rate_factor *f, unsigned bits, double value,
                           unsigned *rare_bits)
{
    double low, high;

    *rare_bits = 0;
    distribution_support(f->law, &low, &high);
    if (bits == 0 || distribution_draws(f->law) > 1)
        return isinf(high) && !f->once ? HUGE_VAL : factor_of(f, high);
    if (factor_of(f, high) <= 2 * factor_of(f, value))
        return factor_of(f, high);
    *rare_bits = bits;
    return factor_of(f, value);
}

// The nearest power of 16: below by at most a quarter, above by less than four.
static double magnitude(double x)
{
    int exponent;

    frexp(x, &exponent);
    return ldexp(1, 4 * (int)floor((exponent + 1) / 4.0));
}

static void method_choose(struct rate *rate, const struct rate_terms *terms)
{
    const double factors = (double)rate->factor_count;
    const double streams = terms->lone ? 1 : typical_streams;
    double least = BLOCK_YEARS * (factors * factor_cost + streams * count_cost);
    double mean = rate->constant, candidates;
    double exceeded[RATE_FACTORS_MAX][RARE_BITS_MAX + 1] = {0};

    for (size_t i = 0; i < rate->factor_count; i++) {
        factor_exceeded(&rate->factor[i], exceeded[i]);
        mean *= factor_of(&rate->factor[i], distribution_mean(rate->factor[i].law));
    }
    candidates =
        magnitude(mean * terms->scale * terms->weight) * (terms->lone ? 1 : typical_envelope);
    rate->method = RATE_YEARLY;
    rate->bound = rate->constant;
    for (unsigned bits = 0; mean > 0 && bits <= RARE_BITS_MAX; bits++) {
        struct rate_factor factor[RATE_FACTORS_MAX];
        double bound = rate->constant, rare = 0, cost;

        for (size_t i = 0; i < rate->factor_count; i++) {
            factor[i] = rate->factor[i];
            factor[i].bound =
                factor_bound(&factor[i], bits, exceeded[i][bits], &factor[i].rare_bits);
            bound *= factor[i].bound;
            rare += factor[i].rare_bits > 0 ? ldexp(1, -(int)bits) : 0;
        }
        cost = BLOCK_YEARS * (rare * (rare_cost + factors * factor_cost + streams * count_cost) +
                              bound / mean * candidates * (candidate_cost + factors * factor_cost));
        if (!(cost < least))
            continue;
        least = cost;
        rate->method = RATE_THINNED;
        rate->bound = bound;
        memcpy(rate->factor, factor, rate->factor_count * sizeof *factor);
    }
}

// Through the same door as a cell of the study.
const struct distribution *multiplier_make(double k, struct quantile_shelf *shelf,
                                           struct diagnostics *d)
{
    const struct distribution_reader reader = {.arena = shelf->arena, .shelf = shelf};
    const struct place nowhere = {0};
    char cell[80];

    const locale_t before = uselocale(text_locale());
    snprintf(cell, sizeof cell, "gamma %.17g %.17g", k, 1 / k);
    uselocale(before);
    return distribution_parse(cell, &nowhere, &reader, d);
}

bool rate_make(const struct rate_terms *terms, const struct settings *settings, struct arena *arena,
               struct rate *rate)
{
    struct rate_factor factor[RATE_FACTORS_MAX];

    *rate = (struct rate){.key = terms->key,
                          .multiplier = terms->multiplier,
                          .driver = terms->driver,
                          .factor = factor};
    rate->once = terms->counts == COUNTS_AT_MOST_ONCE;
    rate->frequency = yearly_of(terms->frequency, 0, settings->rate_uncertainty);
    rate->susceptibility = yearly_of(terms->susceptibility, 1, settings->rate_uncertainty);

    rate->constant = rate->per_frequency = 1;
    if (rate->frequency.law)
        factors_add(rate, rate->frequency.law, PURPOSE_FREQUENCY, rate->once);
    else
        rate->constant *=
            rate->once ? at_most_once_rate(rate->frequency.constant) : rate->frequency.constant;
    if (rate->susceptibility.law)
        factors_add(rate, rate->susceptibility.law, PURPOSE_SUSCEPTIBILITY, false);
    else
        rate->per_frequency = rate->susceptibility.constant;
    rate->constant *= rate->per_frequency;
    if (rate->multiplier)
        factors_add(rate, rate->multiplier, PURPOSE_MULTIPLIER, false);

    rate->method = RATE_CONSTANT;
    rate->bound = rate->constant;
    if (rate->factor_count > 0 && settings->annual_loss == ANNUAL_LOSS_PRODUCT)
        rate->method = RATE_YEARLY;
    else if (rate->factor_count > 0)
        method_choose(rate, terms);
    rate->constant *= terms->scale;
    rate->per_frequency *= terms->scale;
    rate->bound *= terms->scale;

    // most rows have one or two
    rate->factor = arena_alloc(arena, rate->factor_count, sizeof *rate->factor);
    if (rate->factor)
        memcpy(rate->factor, factor, rate->factor_count * sizeof *factor);
    return rate->factor != NULL;
}

// The other factors keep their places, so that what they draw stays where it is; the frequency's
// become 1.
bool rate_with_frequency(const struct rate *rate, double frequency, struct arena *arena,
                         struct rate *out, struct diagnostics *d)
{
    const struct distribution_reader reader = {.arena = arena};
    const struct place nowhere = {0};
    const struct distribution *one = distribution_parse("1", &nowhere, &reader, d);

    *out = *rate;
    out->frequency = (struct yearly){.constant = frequency};
    out->constant = out->bound = rate->per_frequency * frequency;
    out->factor = arena_alloc(arena, rate->factor_count, sizeof *out->factor);
    if (!one || !out->factor)
        return false;
    for (size_t i = 0; i < rate->factor_count; i++) {
        out->factor[i] = rate->factor[i];
        if (rate->factor[i].purpose == PURPOSE_FREQUENCY)
            out->factor[i] =
                (struct rate_factor){one, PURPOSE_FREQUENCY, rate->factor[i].sub_draw, false, 0, 1};
        out->bound *= out->factor[i].bound;
    }
    return true;
}

double rate_mean(const struct rate *rate)
{
    return yearly_mean(&rate->frequency) * yearly_mean(&rate->susceptibility);
}

double rate_driver_mean(const struct rate *rate)
{
    return rate->driver ? distribution_mean(rate->driver->driver->frequency) : 1;
}

double rate_excess(const struct rate *rate)
{
    double mean = rate->constant;

    for (size_t i = 0; i < rate->factor_count; i++)
        mean *= factor_of(&rate->factor[i], distribution_mean(rate->factor[i].law));
    return rate->method == RATE_THINNED && mean > 0 ? rate->bound / mean : 1;
}

static double some_at_probability(double p, void *multiplier)
{
    return -elementary_expm1(-at_most_once_rate(p) * *(const double *)multiplier);
}

double rate_once_given(const struct rate *rate, double m)
{
    return rate->frequency.law
               ? distribution_expectation(rate->frequency.law, some_at_probability, &m, NULL, 0)
               : some_at_probability(rate->frequency.constant, &m);
}

struct given_rate {
    const struct rate *rate;
};

static double some_at_multiplier(double m, void *given)
{
    return rate_once_given(((const struct given_rate *)given)->rate, m);
}

double rate_once_probability(const struct rate *rate)
{
    struct given_rate given = {rate};

    return rate->driver ? distribution_expectation(rate->driver->driver->frequency,
                                                   some_at_multiplier, &given, NULL, 0)
                        : yearly_mean(&rate->frequency);
}

void rate_years_find(const struct rate *rate, uint32_t block, struct rate_years *years)
{
    years->rare_count = 0;
    memset(years->any, 0, sizeof years->any);
    for (size_t f = 0; f < rate->factor_count; f++) {
        const unsigned bits = rate->factor[f].rare_bits;
        const uint32_t address =
            address_of(PURPOSE_RARE, (uint32_t)rate->factor[f].purpose * 64 + (uint32_t)f);
        const double per_log = bits > 0 ? 1 / elementary_log1p(-ldexp(1, -(int)bits)) : 0;
        uint64_t year = 0;

        memset(years->rare_of[f], 0, sizeof years->rare_of[f]);
        for (uint64_t k = 0; bits > 0; k++, year++) {
            // at most 45 / 2^-12: no overflow
            year +=
                (uint64_t)(elementary_log(address_tail(rate->key, k, block, address)) * per_log);
            if (year >= BLOCK_YEARS)
                break;
            years->rare_of[f][year / 64] |= UINT64_C(1) << year % 64;
            years->any[year / 64] |= UINT64_C(1) << year % 64;
        }
    }
    for (uint32_t word = 0; word < BLOCK_YEARS / 64; word++)
        for (uint64_t rest = years->any[word]; rest; rest &= rest - 1)
            years->rare[years->rare_count++] = word * 64 + (uint32_t)__builtin_ctzll(rest);
}

// One uniform per year, below 2^-rare_bits in the factor's rare years and above elsewhere.
static void split_tails(const struct rate *rate, const struct rate_factor *f, const uint64_t *rare,
                        uint32_t block, size_t n, const uint64_t *year, double *tail)
{
    const double share = ldexp(1, -(int)f->rare_bits);
    double other[EVENT_BATCH];

    event_kernels()->tails(rate->key, block, address_of(f->purpose, f->sub_draw), n, year, tail,
                           other);
    for (size_t i = 0; i < n; i++)
        tail[i] = rare[year[i] / 64] >> year[i] % 64 & 1 ? fmax(share * tail[i], 0x1p-65)
                                                         : fma(1 - share, tail[i], share);
}

static void factor_values(const struct rate *rate, size_t k, const struct rate_years *years,
                          uint32_t block, size_t n, const uint64_t *year, double *value)
{
    const struct rate_factor *f = &rate->factor[k];
    double tail[EVENT_BATCH];

    if (f->rare_bits > 0) {
        split_tails(rate, f, years->rare_of[k], block, n, year, tail);
        distribution_quantile(f->law, n, tail, value);
    } else {
        law_fill(f->law, rate->key, block, f->purpose, f->sub_draw, n, year, value);
    }
}

void rate_values(const struct rate *rate, const struct rate_years *years, uint32_t block, size_t n,
                 const uint64_t *year, double *value)
{
    double factor[EVENT_BATCH];

    for (size_t i = 0; i < n; i++)
        value[i] = rate->constant;
    for (size_t k = 0; k < rate->factor_count; k++) {
        factor_values(rate, k, years, block, n, year, factor);
        for (size_t i = 0; i < n; i++)
            value[i] *= factor_of(&rate->factor[k], factor[i]);
    }
}

void rate_figures(const struct rate *rate, enum purpose figure, const struct rate_years *years,
                  uint32_t block, size_t n, const uint64_t *year, double *value)
{
    const struct yearly *y = figure == PURPOSE_FREQUENCY ? &rate->frequency : &rate->susceptibility;
    double factor[EVENT_BATCH];
    bool found = false;

    for (size_t k = 0; k < rate->factor_count; k++) {
        if (rate->factor[k].purpose != figure)
            continue;
        factor_values(rate, k, years, block, n, year, factor);
        for (size_t i = 0; i < n; i++)
            value[i] = found ? value[i] * factor[i] : factor[i];
        found = true;
    }
    if (!found) // constant, or no part of the rate
        yearly_fill(y, rate->key, block, figure, 0, n, year, value);
}

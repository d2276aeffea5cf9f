#include "models/quantile_table.h"

#include <math.h>

#include "random/elementary.h"
#include "random/special.h"

enum { NODES = QUANTILE_TABLE_DEGREE + 1 };

// cos(pi (k + 1/2) / 8).
static const double nodes[NODES] = {
    0.98078528040323044913,  0.83146961230254523708,  0.55557023301960222474,
    0.19509032201612826785,  -0.19509032201612826785, -0.55557023301960222474,
    -0.83146961230254523708, -0.98078528040323044913,
};

// What is solved for y: log P(e^y) = -t, P the lower or the upper tail. A beta's upper tail in 1 -
// x is the lower tail of the beta with its shapes exchanged, so that only the gamma has one.
struct tail_problem {
    enum quantile_law law;
    int above; // gamma only
    double a, b;
    double log_scale;   // beta only: special_beta_log_scale
    double log_leading; // P ~ exp(a y - log_leading) as y -> -infinity (lower tails)
};

// P and its derivative in y.
static double tail_probability(const struct tail_problem *p, double y, double *slope)
{
    const double x = elementary_exp(y);

    if (p->law == QUANTILE_LAW_GAMMA) {
        const double density = special_gamma_log_density(p->a, x);

        *slope = p->above ? -density : density;
        return p->above ? special_gamma_survival(p->a, x) : special_gamma_cumulative(p->a, x);
    }

    const double rest = -elementary_expm1(y);

    const double density = special_beta_logit_density(p->a, p->b, p->log_scale, x, rest);

    *slope = density / rest;
    return special_beta_cumulative_of_density(p->a, p->b, x, rest, density);
}

// Newton's method on log P, kept inside a bracket that every step narrows.
static double tail_solve(const struct tail_problem *p, double t, double y)
{
    const double top = p->law == QUANTILE_LAW_BETA ? -0x1p-52 : 30;
    double low = -700, high = top;

    if (!p->above && (p->log_leading - t) / p->a < -600)
        return (p->log_leading - t) / p->a;
    for (int step = 0; step < 200; step++) {
        double slope;
        const double probability = tail_probability(p, y, &slope);
        const double gap = elementary_log(fmax(probability, 0x1p-1000)) + t;
        double next;

        if ((gap > 0) != (p->above != 0))
            high = y;
        else
            low = y;
        next = y - gap * probability / slope;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        if (fabs(next - y) <= 1e-14 * fabs(next) + 1e-16)
            return next;
        y = next;
    }
    return y;
}

// Interpolates f at the nodes: Chebyshev coefficients, then powers.
static void interpolate(const double *f, double *powers)
{
    double t0[NODES] = {1}, t1[NODES] = {0, 1};

    for (int k = 0; k < NODES; k++)
        powers[k] = 0;
    for (int j = 0; j < NODES; j++) {
        double c = 0;

        for (int k = 0; k < NODES; k++) {
            double a = 1, b = nodes[k]; // T_j at the node

            for (int i = 0; i < j; i++) {
                const double next = 2 * nodes[k] * b - a;

                a = b;
                b = next;
            }
            c += f[k] * a;
        }
        c *= (j == 0 ? 1.0 : 2.0) / NODES;
        for (int k = 0; k < NODES; k++)
            powers[k] += c * t0[k];

        double t2[NODES];

        for (int k = 0; k < NODES; k++)
            t2[k] = (k > 0 ? 2 * t1[k - 1] : 0) - t0[k];
        for (int k = 0; k < NODES; k++) {
            t0[k] = t1[k];
            t1[k] = t2[k];
        }
    }
}

// Tails from 2^-65 to a little above 1/2; the other cells are never asked for.
static void side_fill(const struct tail_problem *p, double start,
                      double c[QUANTILE_TABLE_DEGREE + 1][QUANTILE_TABLE_CELLS])
{
    double y = start;

    for (int cell = 0; cell < QUANTILE_TABLE_CELLS; cell++) {
        const double octave = ldexp(0.5, cell / QUANTILE_TABLE_SUBCELLS);
        const double width = octave / QUANTILE_TABLE_SUBCELLS;
        const double low = octave + width * (cell % QUANTILE_TABLE_SUBCELLS);
        double f[NODES], powers[NODES];

        if (low + width < 0.69 || low > 45.1)
            continue;
        for (int k = NODES - 1; k >= 0; k--) {
            y = tail_solve(p, low + 0.5 * width * (1 + nodes[k]), y);
            f[k] = y;
        }
        interpolate(f, powers);
        for (int k = 0; k < NODES; k++)
            c[k][cell] = powers[k];
    }
}

const struct quantile_table *quantile_table_gamma(double a, struct arena *arena)
{
    struct quantile_table *table = arena_alloc(arena, 1, sizeof *table);
    const double leading = special_log_gamma(a + 1), start = elementary_log(a);

    if (!table)
        return NULL;
    table->law = QUANTILE_LAW_GAMMA;
    for (int above = 0; above < 2; above++)
        side_fill(&(struct tail_problem){QUANTILE_LAW_GAMMA, above, a, 0, 0, leading}, start,
                  table->c[above]);
    return table;
}

const struct quantile_table *quantile_table_beta(double a, double b, struct arena *arena)
{
    struct quantile_table *table = arena_alloc(arena, 1, sizeof *table);
    const double both = special_log_gamma(a) + special_log_gamma(b) - special_log_gamma(a + b);
    const double scale = special_beta_log_scale(a, b), swapped = special_beta_log_scale(b, a);

    if (!table)
        return NULL;
    table->law = QUANTILE_LAW_BETA;
    side_fill(&(struct tail_problem){QUANTILE_LAW_BETA, 0, a, b, scale, elementary_log(a) + both},
              elementary_log(a / (a + b)), table->c[0]);
    side_fill(&(struct tail_problem){QUANTILE_LAW_BETA, 0, b, a, swapped, elementary_log(b) + both},
              elementary_log(b / (a + b)), table->c[1]);
    return table;
}

#include "models/driver_mean.h"

#include <math.h>
#include <stdlib.h>

#include "models/distribution_tree.h"
#include "random/elementary.h"

// Gauss and Legendre's rule of 16 points on [-1, 1]: abscissae above 0, and weights (Abramowitz and
// Stegun 25.4.30).
enum { NODES = 16 };
static const double gauss_x[NODES / 2] = {
    0x1.852bd6676a9fap-4, 0x1.205cae642337cp-2, 0x1.d50259a43a772p-2, 0x1.3c5a466d5e8b8p-1,
    0x1.82c45dda4726bp-1, 0x1.bb3403514e483p-1, 0x1.e39f56616f9b0p-1, 0x1.fa92c264d787ep-1,
};
static const double gauss_weight[NODES / 2] = {
    0x1.83feae80e4dffp-3, 0x1.75f8c77e0c010p-3, 0x1.5a6ebbb5a75ffp-3, 0x1.325f61bca3cc0p-3,
    0x1.fe7af2bad3875p-4, 0x1.85c4ee79cc24ap-4, 0x1.fdfb1a2c12642p-5, 0x1.bcddab4b7c200p-6,
};

// Scores beyond have no weight that a double would show; the sampler's end at 9.1.
static const double score_end = 9.25;
enum { BREAKS_MAX = 4096 };

// A weight that is given may be an integral itself: it is interpolated between the nodes of panels
// no wider than this, and cut at the breaks. exp(10 z) is then met to 4e-12.
static const double weight_panel = 0.5;

struct driver_mean {
    const struct distribution *multiplier;
    double loading, own; // rho and sqrt(1 - rho^2)
    double (*weight)(double m, void *context);
    void *context;
    size_t break_count; // scores at which M(z) is not smooth, ascending
    double *breaks;
    size_t weight_panels; // 0: evaluated where it is asked for
    double *weight_edge;  // [weight_panels + 1] scores, ascending
    double (*weight_table)[NODES];
    size_t panels;
    double width;       // of a panel
    double (*g)[NODES]; // [panel]: at its nodes
    double barycentric[NODES];
    double total; // E weight(M)
};

static double node_at(size_t i)
{
    return i < NODES / 2 ? -gauss_x[NODES / 2 - 1 - i] : gauss_x[i - NODES / 2];
}

static double node_weight(size_t i)
{
    return gauss_weight[i < NODES / 2 ? NODES / 2 - 1 - i : i - NODES / 2];
}

static double density(double z)
{
    return 0x1.9884533d43651p-2 * elementary_exp(-0.5 * z * z); // 1 / sqrt(2 pi)
}

static double score_of(double tail)
{
    return tail <= 0 ? score_end : fmin(elementary_normal_isf(tail), score_end);
}

// At x in [-1, 1] from the values at the nodes (Berrut and Trefethen 2004, SIAM Review 46,
// 501-517).
static double interpolate(const struct driver_mean *m, const double *value, double x)
{
    double above = 0, below = 0;

    for (size_t i = 0; i < NODES; i++) {
        const double distance = x - node_at(i);

        if (distance == 0)
            return value[i];
        above += m->barycentric[i] / distance * value[i];
        below += m->barycentric[i] / distance;
    }
    return above / below;
}

// The weight at a score, from its table.
static double weight_at(const struct driver_mean *m, double z)
{
    const double *edge = m->weight_edge, at = fmin(fmax(z, -score_end), score_end);
    size_t low = 0, high = m->weight_panels;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (edge[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return interpolate(m, m->weight_table[low],
                       2 * (at - edge[low]) / (edge[low + 1] - edge[low]) - 1);
}

// weight(M(z)) at up to NODES scores.
static void weights_at(const struct driver_mean *m, size_t n, const double *z, double *weight)
{
    double tail[NODES];

    if (m->weight_panels > 0) {
        for (size_t i = 0; i < n; i++)
            weight[i] = weight_at(m, z[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        tail[i] = fmin(fmax(elementary_normal_survival(z[i]), 0x1p-65), 1);
    distribution_quantile(m->multiplier, n, tail, weight);
    for (size_t i = 0; m->weight && i < n; i++)
        weight[i] = m->weight(weight[i], m->context);
}

// E weight(M(rho y + own e)) over e from a to b.
static double piece_integrate(const struct driver_mean *m, double y, double a, double b)
{
    const double half = (b - a) / 2, middle = (a + b) / 2;
    double z[NODES], e[NODES], weight[NODES], sum = 0;

    for (size_t i = 0; i < NODES; i++) {
        e[i] = fma(half, node_at(i), middle);
        z[i] = fma(m->loading, y, m->own * e[i]);
    }
    weights_at(m, NODES, z, weight);
    for (size_t i = 0; i < NODES; i++)
        sum += node_weight(i) * weight[i] * density(e[i]);
    return half * sum;
}

static double given_score(const struct driver_mean *m, double y)
{
    double sum = 0, from = -score_end, z = m->loading * y;
    size_t k = 0;

    if (m->own == 0) {
        weights_at(m, 1, &z, &sum);
        return sum;
    }
    while (from < score_end) {
        double to = fmin(floor(from + 1), score_end), next = HUGE_VAL;

        while (k < m->break_count && (next = (m->breaks[k] - z) / m->own) <= from)
            k++;
        if (k < m->break_count && next < to)
            to = next;
        sum += piece_integrate(m, y, from, to);
        from = to;
    }
    return sum;
}

// g at y, from its panel.
static double table_at(const struct driver_mean *m, double y)
{
    const double place = (y + score_end) / m->width;
    const size_t panel = place <= 0                   ? 0
                         : place >= (double)m->panels ? m->panels - 1
                                                      : (size_t)place;

    return interpolate(m, m->g[panel], 2 * (place - (double)panel) - 1);
}

// E[weight(M); Y between a and b].
static double mass_between(const struct driver_mean *m, double a, double b)
{
    double sum = 0;

    while (a < b) {
        const double panel = floor((a + score_end) / m->width + 1e-9) + 1;
        const double to = fmin(b, fma(panel, m->width, -score_end));
        const double half = (to - a) / 2, middle = (a + to) / 2;

        for (size_t i = 0; i < NODES; i++) {
            const double y = fma(half, node_at(i), middle);

            sum += half * node_weight(i) * table_at(m, y) * density(y);
        }
        if (!(to > a))
            break;
        a = to;
    }
    return sum;
}

static bool breaks_find(struct driver_mean *m, struct arena *arena)
{
    const struct distribution *law = m->multiplier;
    const size_t marks = law->mark_count <= BREAKS_MAX / 2 ? law->mark_count : 0;

    m->breaks = arena_alloc(arena, 2 * marks + 1, sizeof *m->breaks);
    // marks ascend, and so do scores: a larger multiplier belongs to a larger Z
    for (size_t i = 0; m->breaks && i < marks; i++) {
        m->breaks[m->break_count++] = score_of(distribution_at_least(law, law->marks[i]));
        m->breaks[m->break_count++] = score_of(distribution_survival(law, law->marks[i]));
    }
    return m->breaks != NULL;
}

static bool weights_tabulate(struct driver_mean *m, struct arena *arena)
{
    const size_t room = m->break_count + (size_t)(2 * score_end / weight_panel) + 2;
    double z[NODES], from = -score_end;
    size_t panels = 0, k = 0;

    m->weight_edge = arena_alloc(arena, room + 1, sizeof *m->weight_edge);
    m->weight_table = arena_alloc(arena, room, sizeof *m->weight_table);
    if (!m->weight_edge || !m->weight_table)
        return false;
    for (double to; from < score_end; from = to) {
        to = fmin((floor(from / weight_panel) + 1) * weight_panel, score_end);
        while (k < m->break_count && m->breaks[k] <= from)
            k++;
        if (k < m->break_count && m->breaks[k] < to)
            to = m->breaks[k];
        for (size_t i = 0; i < NODES; i++)
            z[i] = fma((to - from) / 2, node_at(i), (from + to) / 2);
        weights_at(m, NODES, z, m->weight_table[panels]);
        m->weight_edge[panels++] = from;
        m->weight_edge[panels] = to;
    }
    m->weight_panels = panels;
    return true;
}

const struct driver_mean *driver_mean_make(const struct distribution *multiplier, double loading,
                                           double (*weight)(double m, void *context), void *context,
                                           struct arena *arena)
{
    struct driver_mean *m = arena_alloc(arena, 1, sizeof *m);

    if (!m)
        return NULL;
    m->multiplier = multiplier;
    m->loading = loading;
    m->own = sqrt(fma(-loading, loading, 1));
    m->weight = weight;
    m->context = context;
    for (size_t i = 0; i < NODES; i++)
        m->barycentric[i] = (i % 2 ? -1 : 1) * sqrt((1 - node_at(i) * node_at(i)) * node_weight(i));
    if (!breaks_find(m, arena) || (weight && !weights_tabulate(m, arena)))
        return NULL;

    // g is M smoothed over own / rho: panels much narrower than its kinks would not help
    m->width = fmin(fmax(2 * m->own / fmax(fabs(loading), 1e-3), 1.0 / 32), 1);
    m->panels = (size_t)ceil(2 * score_end / m->width);
    m->width = 2 * score_end / (double)m->panels;
    m->g = arena_alloc(arena, m->panels, sizeof *m->g);
    if (!m->g)
        return NULL;
    for (size_t p = 0; p < m->panels; p++)
        for (size_t i = 0; i < NODES; i++)
            m->g[p][i] =
                given_score(m, fma((double)p + (node_at(i) + 1) / 2, m->width, -score_end));
    m->total = mass_between(m, -score_end, score_end);
    if (!weight)
        m->total = distribution_mean(multiplier);
    return m;
}

double driver_mean_weight(const struct driver_mean *m)
{
    return m->total;
}

struct weighted_loss {
    const struct driver_mean *mean;
    const struct distribution *x;
};

// x g(y); an atom takes the mean of g over the scores that share it.
static double weighted(double value, void *context)
{
    const struct weighted_loss *w = context;
    const double above = distribution_survival(w->x, value);
    const double from = distribution_at_least(w->x, value);

    if (from - above > 1e-13 * from)
        return value * mass_between(w->mean, score_of(from), score_of(above)) / (from - above);
    return value * table_at(w->mean, score_of(above));
}

double driver_mean_loss(const struct driver_mean *m, const struct distribution *x)
{
    struct weighted_loss w = {m, x};
    double constant;

    if (distribution_is_constant(x, &constant))
        return constant * m->total;
    return distribution_expectation(x, weighted, &w, NULL, 0);
}

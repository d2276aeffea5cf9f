#include "models/quantile_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random/elementary.h"

enum { NODES = QUANTILE_TABLE_DEGREE + 1, FINE_NODES = 18, LEAVES_MAX = 1 << 16 };

// What a polynomial may be off at its tests.
static const double error_allowed = 3e-11;

// Leaves of less probability are not cut further, and less still where there are many breaks: what
// one value in some thousands costs, some microseconds, is hardly felt.
static double least_leaf(const struct quantile_law *law)
{
    return 0x1p-14 / (double)(8 + law->break_count);
}

// cos(pi (k + 1/2) / n) for n = 7, and for n = 18 those above 0.
static const double cell_nodes[NODES] = {
    0.974927912181823607018,  0.781831482468029808708,  0.433883739117558120475,  0,
    -0.433883739117558120475, -0.781831482468029808708, -0.974927912181823607018,
};
static const double upper_fine_nodes[FINE_NODES / 2] = {
    0.996194698091745532295, 0.96592582628906828675,  0.906307787036649963243,
    0.819152044288991789684, 0.707106781186547524401, 0.573576436351046096108,
    0.422618261740699436187, 0.258819045102520762349, 0.0871557427476581735581,
};

// Chebyshev coefficients of what has the values f at the n nodes. A constant stays what it is.
static void chebyshev(int n, const double *nodes, const double *f, double *c)
{
    for (int j = 0; j < n; j++)
        c[j] = 0;
    for (int k = 0; k < n; k++) {
        double a = 1, b = nodes[k]; // T_j and T_(j + 1) at the node

        for (int j = 0; j < n; j++) {
            const double next = 2 * nodes[k] * b - a;

            c[j] += (f[k] - f[0]) * a;
            a = b;
            b = next;
        }
    }
    for (int j = 0; j < n; j++)
        c[j] *= (j == 0 ? 1.0 : 2.0) / n;
    c[0] += f[0];
}

// Clenshaw's sum of c[j] T_j(x).
static double chebyshev_sum(int n, const double *c, double x)
{
    double a = 0, b = 0;

    for (int j = n - 1; j > 0; j--) {
        const double next = 2 * x * a + (c[j] - b);

        b = a;
        a = next;
    }
    return x * a + (c[0] - b);
}

// The polynomial through f at cell_nodes, by powers.
static void interpolate(const double *f, double *powers)
{
    double c[NODES], t0[NODES] = {1}, t1[NODES] = {0, 1}; // powers of T_j and T_(j + 1)

    for (int k = 0; k < NODES; k++)
        powers[k] = 0;
    chebyshev(NODES, cell_nodes, f, c);
    for (int j = 0; j < NODES; j++) {
        double t2[NODES];

        for (int k = 0; k < NODES; k++) {
            powers[k] += c[j] * t0[k];
            t2[k] = (k > 0 ? 2 * t1[k - 1] : 0) - t0[k];
        }
        memcpy(t0, t1, sizeof t0);
        memcpy(t1, t2, sizeof t1);
    }
}

static double power_sum(const double *powers, double x)
{
    double sum = powers[NODES - 1];

    for (int k = NODES - 2; k >= 0; k--)
        sum = sum * x + powers[k];
    return sum;
}

static double value_of(enum quantile_scale scale, double y)
{
    return scale == QUANTILE_SCALE_PLAIN ? y
           : scale == QUANTILE_SCALE_LOG ? elementary_exp(y)
                                         : 1 / (1 + elementary_exp(-y));
}

struct builder {
    const struct quantile_law *law;
    int cuts, cells;            // of an octave, of a side
    struct quantile_cell *cell; // as in the table
    size_t leaf_count, leaf_room;
    struct quantile_leaf *leaves;
    double *starts;
    bool failed;
};

// How many of the ascending x are below `end`.
static size_t count_below(const double *x, size_t n, double end)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (x[middle] < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool value_is_near(const struct builder *b, double value, double exact)
{
    return fabs(value - exact) <= error_allowed * fmax(fabs(exact), b->law->floor);
}

static bool y_is_near(const struct builder *b, double y, double exact)
{
    return b->law->scale == QUANTILE_SCALE_PLAIN ? value_is_near(b, y, exact)
                                                 : fabs(y - exact) <= error_allowed;
}

// The tails of a range of t on one side: [*low, *high).
static void tails_between(bool above, double t, double t_end, double *low, double *high)
{
    const double near = fmin(elementary_exp(-t), 0.5), far = elementary_exp(-t_end);

    *low = above ? far : 1 - near;
    *high = above ? near : 1 - far;
}

// No break inside, not even within the rounding of t. The median parts the sides exactly.
static bool has_break(const struct builder *b, double low, double high)
{
    const double below = low == 0.5 ? low : low * (1 - 1e-12);
    const double beyond = high == 0.5 ? high : high * (1 + 1e-12);
    const size_t first = count_below(b->law->breaks, b->law->break_count, below);

    // one at `low` itself begins the next piece
    for (size_t i = first; i < b->law->break_count && b->law->breaks[i] < beyond; i++) {
        if (b->law->breaks[i] > below)
            return true;
    }
    return false;
}

static struct quantile_cell *cell_of(const struct builder *b, int cell, bool above)
{
    return b->cell + (above ? b->cells : 0) + cell;
}

static double cell_start(const struct builder *b, int cell, double *width)
{
    const double octave = ldexp(0.5, cell / b->cuts);

    *width = octave / b->cuts;
    return octave + *width * (cell % b->cuts);
}

// Whether the points of the law in these tails lie on the polynomial.
static bool points_are_met(const struct builder *b, double low, double high, double t, double width,
                           const double *powers)
{
    const struct quantile_law *law = b->law;

    for (size_t i = count_below(law->point_tails, law->point_count, low);
         i < law->point_count && law->point_tails[i] < high; i++) {
        const double tail = law->point_tails[i], v = tail < 0.5 ? tail : 1 - tail;
        const double y = power_sum(powers, 2 * ((-elementary_log(v) - t) / width) - 1);

        if (!value_is_near(b, value_of(law->scale, y), law->point_values[i]))
            return false;
    }
    return true;
}

// A cell from the Chebyshev series of `cuts` of them from `first` on. Its tests lie between its
// nodes.
static bool cell_fits(const struct builder *b, const double *series, int first, int cuts, int cell,
                      bool above)
{
    double f[NODES], powers[NODES], low, high, width;
    const double t = cell_start(b, cell, &width);

    for (int k = 0; k < NODES; k++) {
        const double place = (cell - first + 0.5 * (1 + cell_nodes[k])) / cuts;

        f[k] = chebyshev_sum(FINE_NODES, series, 2 * place - 1);
    }
    interpolate(f, powers);
    for (int k = 0; k < NODES; k++) {
        const double x = k == 0 ? 1 : 0.5 * (cell_nodes[k] + cell_nodes[k - 1]);
        const double place = (cell - first + 0.5 * (1 + x)) / cuts;

        if (!y_is_near(b, power_sum(powers, x), chebyshev_sum(FINE_NODES, series, 2 * place - 1)))
            return false;
    }
    tails_between(above, t, t + width, &low, &high);
    if (!points_are_met(b, low, high, t, width, powers))
        return false;
    memcpy(cell_of(b, cell, above)->c, powers, sizeof powers);
    return true;
}

// What node k will have about, by the line through the two before it; NaN for the first.
static double extrapolate(int k, const double *nodes, const double *f)
{
    if (k < 2)
        return k == 1 ? f[0] : NAN;
    return f[k - 1] +
           (f[k - 1] - f[k - 2]) * (nodes[k] - nodes[k - 1]) / (nodes[k - 1] - nodes[k - 2]);
}

// Cells of one octave, from `first` on: by one series of degree 17, where its last coefficients say
// that it has converged, or by halves. It takes a quarter of the solutions that the cells by
// themselves would.
static void cells_fill(const struct builder *b, int first, int cuts, bool above)
{
    double f[FINE_NODES], nodes[FINE_NODES], series[FINE_NODES], low, high, width;
    const double t = cell_start(b, first, &width);
    bool good;

    if (t + width * cuts < 0.69 || t >= b->law->deepest)
        return;
    tails_between(above, t, t + width * cuts, &low, &high);
    good = cuts <= b->law->widest && !has_break(b, low, high);
    if (good) {
        for (int k = 0; k < FINE_NODES; k++) {
            nodes[k] =
                k < FINE_NODES / 2 ? upper_fine_nodes[k] : -upper_fine_nodes[FINE_NODES - 1 - k];
            f[k] = b->law->y(b->law->context, above, t + 0.5 * width * cuts * (1 + nodes[k]),
                             extrapolate(k, nodes, f));
        }
        chebyshev(FINE_NODES, nodes, f, series);
        good = y_is_near(b, series[0] + fabs(series[FINE_NODES - 1]) + fabs(series[FINE_NODES - 2]),
                         series[0]);
    }
    if (!good && cuts > 1) {
        cells_fill(b, first, cuts / 2, above);
        cells_fill(b, first + cuts / 2, cuts / 2, above);
        return;
    }
    for (int cell = first; good && cell < first + cuts; cell++)
        cell_fits(b, series, first, cuts, cell, above);
}

// ---- Leaves

static void leaf_add(struct builder *b, double start, const struct quantile_leaf *leaf)
{
    const bool is_law = isnan(leaf->c[0]);

    if (b->failed || (is_law && b->leaf_count > 0 && isnan(b->leaves[b->leaf_count - 1].c[0])))
        return;
    if (b->leaf_count == b->leaf_room) {
        const size_t room = 2 * b->leaf_room + 64;
        struct quantile_leaf *leaves = realloc(b->leaves, room * sizeof *leaves);
        double *starts = leaves ? realloc(b->starts, room * sizeof *starts) : NULL;

        b->leaves = leaves ? leaves : b->leaves;
        b->starts = starts ? starts : b->starts;
        b->failed = !starts;
        if (b->failed)
            return;
        b->leaf_room = room;
    }
    b->starts[b->leaf_count] = start;
    b->leaves[b->leaf_count++] = *leaf;
}

static const struct quantile_leaf left_to_the_law = {.c = {NAN}};

static bool leaf_fits(const struct builder *b, const struct quantile_leaf *leaf, double low,
                      double high)
{
    const struct quantile_law *law = b->law;

    for (int k = 1; k < NODES; k++) {
        const double x = 0.5 * (cell_nodes[k] + cell_nodes[k - 1]);
        const double exact = law->value(law->context, leaf->centre + x / leaf->per_half);

        if (!value_is_near(b, power_sum(leaf->c, x), exact))
            return false;
    }
    for (size_t i = count_below(law->point_tails, law->point_count, low);
         i < law->point_count && law->point_tails[i] < high; i++) {
        const double x = (law->point_tails[i] - leaf->centre) * leaf->per_half;

        if (!value_is_near(b, power_sum(leaf->c, x), law->point_values[i]))
            return false;
    }
    return true;
}

// Halves approach a singular end as a geometric series does.
static void leaves_fill(struct builder *b, double low, double high)
{
    struct quantile_leaf leaf = {0.5 * (low + high), 2 / (high - low), {0}};
    double f[NODES];

    if (!(high - low >= least_leaf(b->law)) || b->leaf_count > LEAVES_MAX) {
        leaf_add(b, low, &left_to_the_law);
        return;
    }
    for (int k = 0; k < NODES; k++)
        f[k] = b->law->value(b->law->context, leaf.centre + cell_nodes[k] / leaf.per_half);
    interpolate(f, leaf.c);
    if (leaf_fits(b, &leaf, low, high)) {
        leaf_add(b, low, &leaf);
        return;
    }
    leaves_fill(b, low, leaf.centre);
    leaves_fill(b, leaf.centre, high);
}

// Of one cell that has none of its own polynomial.
static void cell_leaves(struct builder *b, int cell, bool above)
{
    double low, high, width;
    const double t = cell_start(b, cell, &width);

    if (t + width < 0.69 || t >= b->law->deepest || !isnan(cell_of(b, cell, above)->c[0]))
        return;
    tails_between(above, t, t + width, &low, &high);
    for (size_t i = count_below(b->law->breaks, b->law->break_count, low);
         i < b->law->break_count && b->law->breaks[i] < high; i++) {
        leaves_fill(b, low, b->law->breaks[i]);
        low = b->law->breaks[i];
    }
    leaves_fill(b, low, high);
    leaf_add(b, high, &left_to_the_law);
}

// Behind the last start stand as many of infinity as a search may look at.
static bool leaves_keep(const struct builder *b, struct quantile_table *table, struct arena *arena)
{
    const size_t n = b->leaf_count;
    struct quantile_leaf *leaves = arena_alloc(arena, n, sizeof *leaves);
    uint32_t *guide = arena_alloc(arena, QUANTILE_TABLE_GUIDE + 1, sizeof *guide);
    double *starts;
    uint32_t range = 1;

    if (!leaves || !guide || b->failed)
        return false;
    for (size_t k = 0, leaf = 0; k <= QUANTILE_TABLE_GUIDE; k++) {
        while (leaf + 1 < n && b->starts[leaf + 1] * QUANTILE_TABLE_GUIDE <= (double)k)
            leaf++;
        guide[k] = (uint32_t)leaf;
        if (k > 0 && guide[k] - guide[k - 1] + 1 > range)
            range = guide[k] - guide[k - 1] + 1;
    }
    starts = arena_alloc(arena, n + range, sizeof *starts);
    if (!starts)
        return false;
    memcpy(leaves, b->leaves, n * sizeof *leaves);
    for (size_t k = 0; k < n + range; k++)
        starts[k] = k < n ? b->starts[k] : HUGE_VAL;
    table->leaf_count = n;
    table->leaf_starts = starts;
    table->leaf_guide = guide;
    table->leaf_range = range;
    table->leaves = leaves;
    return true;
}

const struct quantile_table *quantile_table_of_law(const struct quantile_law *law,
                                                   struct arena *arena)
{
    const int cuts = 1 << law->cut_bits, cells = QUANTILE_TABLE_OCTAVES * cuts;
    struct quantile_table *table = arena_alloc(arena, 1, sizeof *table);
    struct builder b = {.law = law, .cuts = cuts, .cells = cells};
    bool good;

    b.cell = arena_alloc(arena, 2 * (size_t)cells, sizeof *b.cell);
    if (!table || !b.cell)
        return NULL;
    *table = (struct quantile_table){.scale = law->scale, .cut_bits = law->cut_bits, .law = *law};
    table->cells = (size_t)cells;
    table->cell = b.cell;
    for (int cell = 0; cell < 2 * cells; cell++)
        b.cell[cell].c[0] = NAN;
    for (int octave = 0; octave < QUANTILE_TABLE_OCTAVES; octave++) {
        cells_fill(&b, octave * cuts, cuts, false);
        cells_fill(&b, octave * cuts, cuts, true);
    }
    leaf_add(&b, 0, &left_to_the_law);
    for (int cell = cells - 1; cell >= 0; cell--)
        cell_leaves(&b, cell, true);
    for (int cell = 0; cell < cells; cell++)
        cell_leaves(&b, cell, false);
    good = !b.failed;
    if (b.leaf_count > 1 || law->deepest < ldexp(0.5, QUANTILE_TABLE_OCTAVES))
        good = leaves_keep(&b, table, arena);
    free(b.leaves);
    free(b.starts);
    return good ? table : NULL;
}

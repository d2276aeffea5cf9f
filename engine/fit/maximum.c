#include "fit/maximum.h"

#include <math.h>
#include <string.h>

enum { STEPS_MAX = 200 };

struct search {
    objective *f;
    void *context;
    int n;
};

struct bend {
    double gradient[MAXIMUM_VARIABLES];
    double second[MAXIMUM_VARIABLES][MAXIMUM_VARIABLES];
};

static double value_at(const struct search *s, const double *at, int i, double di, int j, double dj)
{
    double moved[MAXIMUM_VARIABLES] = {0};

    memcpy(moved, at, (size_t)s->n * sizeof *moved);
    moved[i] += di;
    moved[j] += dj;
    return s->f(moved, s->context);
}

// Central differences of fourth order: Abramowitz and Stegun, 25.3.5 to 25.3.27, the mixed one as
// Richardson's combination of those over h and 2 h.
static bool bend_over(const struct search *s, const double *at, double value, double h,
                      struct bend *bend)
{
    double sum = 0;

    for (int i = 0; i < s->n; i++) {
        const double up = value_at(s, at, i, h, i, 0), down = value_at(s, at, i, -h, i, 0),
                     far_up = value_at(s, at, i, 2 * h, i, 0),
                     far_down = value_at(s, at, i, -2 * h, i, 0);

        bend->gradient[i] = (8 * (up - down) - (far_up - far_down)) / (12 * h);
        bend->second[i][i] =
            (16 * ((up - value) + (down - value)) - ((far_up - value) + (far_down - value))) /
            (12 * h * h);
        sum += bend->gradient[i] + bend->second[i][i];
    }
    if (s->n == 2) {
        double mixed[2] = {0};

        for (int k = 0; k < 2; k++) {
            const double d = h * (1 + k);

            mixed[k] = ((value_at(s, at, 0, d, 1, d) - value_at(s, at, 0, d, 1, -d)) -
                        (value_at(s, at, 0, -d, 1, d) - value_at(s, at, 0, -d, 1, -d))) /
                       (4 * d * d);
        }
        bend->second[0][1] = bend->second[1][0] = (4 * mixed[0] - mixed[1]) / 3;
        sum += bend->second[0][1];
    }
    return isfinite(sum);
}

// Near where the function ends, over shorter steps.
static bool bend_find(const struct search *s, const double *at, double value, struct bend *bend)
{
    for (double h = 1e-3; h > 5e-6; h /= 8) {
        if (bend_over(s, at, value, h, bend))
            return true;
    }
    return false;
}

// Solves (damping D - second) step = gradient with D the size of the diagonal. False where the
// matrix is not positive definite.
static bool newton_step(const struct search *s, const struct bend *bend, double damping,
                        double *step)
{
    const double *g = bend->gradient;
    double a[2] = {0}, cross, determinant;

    for (int i = 0; i < s->n; i++) {
        a[i] = -bend->second[i][i] + damping * fmax(fabs(bend->second[i][i]), 1e-8);
        if (!(a[i] > 0))
            return false;
    }
    if (s->n == 1) {
        step[0] = g[0] / a[0];
        return true;
    }
    cross = -bend->second[0][1];
    determinant = a[0] * a[1] - cross * cross;
    if (!(determinant > 1e-14 * a[0] * a[1]))
        return false;
    step[0] = (a[1] * g[0] - cross * g[1]) / determinant;
    step[1] = (a[0] * g[1] - cross * g[0]) / determinant;
    return true;
}

static void covariance_fill(const struct search *s, const struct bend *bend, struct maximum *m)
{
    double unit[MAXIMUM_VARIABLES];
    struct bend of = *bend;

    for (int j = 0; j < s->n; j++) {
        for (int i = 0; i < s->n; i++)
            of.gradient[i] = i == j;
        if (!newton_step(s, &of, 0, unit))
            unit[0] = unit[1] = NAN;
        for (int i = 0; i < s->n; i++)
            m->covariance[i][j] = unit[i];
    }
}

// Twice what a step promises: the square of its length in standard errors.
static double promised(const struct search *s, const struct bend *bend, const double *step)
{
    double sum = 0;

    for (int i = 0; i < s->n; i++)
        sum += bend->gradient[i] * step[i];
    return sum;
}

// Goes on by the least damped step that rises. False if none does.
static bool advance(const struct search *s, const struct bend *bend, double *damping,
                    struct maximum *m)
{
    for (; *damping < 1e12; *damping = fmax(4 * *damping, 1e-4)) {
        double step[MAXIMUM_VARIABLES], to[MAXIMUM_VARIABLES], value, longest = 0;

        if (!newton_step(s, bend, *damping, step))
            continue;
        for (int i = 0; i < s->n; i++) {
            to[i] = m->at[i] + step[i];
            longest = fmax(longest, fabs(step[i]));
        }
        if (!(longest <= 2))
            continue;
        value = s->f(to, s->context);
        if (value > m->value) {
            memcpy(m->at, to, (size_t)s->n * sizeof *to);
            m->value = value;
            *damping = *damping <= 1e-4 ? 0 : *damping / 16;
            return true;
        }
    }
    return false;
}

// Where the function is as good as quadratic, its values no longer tell a better place from a
// worse one, but its gradient does.
static bool polish(const struct search *s, struct bend *bend, struct maximum *m)
{
    for (int k = 0; k < 3; k++) {
        double step[MAXIMUM_VARIABLES];

        if (!newton_step(s, bend, 0, step))
            return false;
        for (int i = 0; i < s->n; i++)
            m->at[i] += step[i];
        m->value = s->f(m->at, s->context);
        if (!bend_find(s, m->at, m->value, bend))
            return false;
    }
    return true;
}

bool maximum_find(objective *f, void *context, int variables, struct maximum *m)
{
    const struct search s = {f, context, variables};
    struct bend bend = {0};
    double damping = 1e-2, step[MAXIMUM_VARIABLES];

    m->value = f(m->at, context);
    if (!(m->value > -HUGE_VAL))
        return false;
    for (int k = 0; k < STEPS_MAX; k++) {
        if (!bend_find(&s, m->at, m->value, &bend))
            return false;
        if (newton_step(&s, &bend, 0, step) && promised(&s, &bend, step) < 1e-6) {
            if (!polish(&s, &bend, m))
                return false;
            covariance_fill(&s, &bend, m);
            return true;
        }
        if (!advance(&s, &bend, &damping, m))
            return false;
    }
    return false;
}

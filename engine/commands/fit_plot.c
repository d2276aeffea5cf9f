// The picture of a fit: how many losses exceed so much, by the data and by the laws; quantiles of
// one against the other; and, for a tail, its shape for other thresholds.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/fit.h"
#include "commands/html.h"
#include "commands/print.h"

enum { CURVES_MAX = 4, CURVE_STEPS = 240, DOTS_MAX = 400, TICKS_MAX = 40 };

// Where the picture shows what: pixels, and the logarithms (or plain numbers) at the ends.
struct axis {
    double from, to; // pixels
    double low, high;
};

struct panel {
    struct axis x, y;
    FILE *out;
};

struct curve {
    const char *name;
    const struct distribution *law;
};

static const char style[] =
    "<style>\n"
    "svg { --ground: #fff; --ink: #16202c; --quiet: #556273; --hair: #dde2e8; --dot: #6d7886;\n"
    "  --c0: #1d4f91; --c1: #b4400f; --c2: #087a65; --c3: #7a3e9d;\n"
    "  font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;\n"
    "  font-variant-numeric: tabular-nums; }\n"
    "@media (prefers-color-scheme: dark) { svg { --ground: #11161d; --ink: #e6eaf0;\n"
    "  --quiet: #a0acba; --hair: #2b3542; --dot: #8e9aa9;\n"
    "  --c0: #84b4ff; --c1: #ff9c6b; --c2: #3fd0ae; --c3: #d7a6f5; } }\n"
    "text { fill: var(--quiet); } .title { fill: var(--ink); font-size: 21px; font-weight: 650; }\n"
    ".head { fill: var(--ink); font-size: 15px; font-weight: 600; } .name { fill: var(--ink); }\n"
    ".grid { stroke: var(--hair); stroke-width: 1; } .even { stroke: var(--dot); stroke-width: 1; "
    "}\n"
    ".dot { fill: var(--dot); fill-opacity: 0.75; } .curve { fill: none; stroke-width: 2; }\n"
    ".c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); stroke-dasharray: 9 4; }\n"
    ".c2 { stroke: var(--c2); stroke-dasharray: 2 4; }\n"
    ".c3 { stroke: var(--c3); stroke-dasharray: 9 3 2 3; }\n"
    ".band { fill: var(--c0); fill-opacity: 0.16; } .mark { stroke: var(--c1); stroke-width: 1.5; "
    "}\n"
    ".d0 { fill: var(--c0); } .d1 { fill: var(--c1); } .d2 { fill: var(--c2); }\n"
    ".d3 { fill: var(--c3); } .q { fill-opacity: 0.7; }\n"
    "</style>\n";

static double at(const struct axis *axis, double value)
{
    return axis->from + (value - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

static bool within(const struct axis *axis, double value)
{
    return value >= axis->low && value <= axis->high;
}

// 1, 2 and 5 times powers of ten between the ends, powers alone where those would be too many.
static size_t ticks_find(const struct axis *axis, double *ticks)
{
    const double steps[] = {1, 2, 5};
    const int kinds = axis->high - axis->low > 3 ? 1 : 3;
    const int every = (int)ceil((axis->high - axis->low) / 8);
    size_t n = 0;
    for (int power = (int)floor(axis->low); power <= axis->high; power++)
        for (int k = 0; k < kinds && n < TICKS_MAX; k++)
            if ((every <= 1 || power % every == 0) && within(axis, power + log10(steps[k])))
                ticks[n++] = power + log10(steps[k]);
    return n;
}

static const char *amount(double logarithm)
{
    const double x = pow(10, logarithm);
    return x < 1 ? text_format("%.3g", x) : money_text(x, x / 2); // one digit
}

static const char *one_in(double logarithm)
{
    const double n = pow(10, -logarithm);
    return n < 1.5 ? "all" : text_format("1 in %s", whole_text((uint64_t)(n + 0.5)));
}

static void grid_x(const struct panel *p)
{
    double ticks[TICKS_MAX];
    const size_t n = ticks_find(&p->x, ticks);
    for (size_t i = 0; i < n; i++) {
        const double x = at(&p->x, ticks[i]);
        fprintf(p->out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                x, x, p->y.from, p->y.to, x, p->y.from + 20, amount(ticks[i]));
    }
}

static void line_y(const struct panel *p, double value, const char *label)
{
    const double y = at(&p->y, value);
    fprintf(p->out,
            "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            p->x.from, p->x.to, y, y, p->x.from - 8, y + 4, label);
}

static void grid_y(const struct panel *p, const char *(*label)(double))
{
    double ticks[TICKS_MAX];
    const size_t n = ticks_find(&p->y, ticks);
    for (size_t i = 0; i < n; i++)
        line_y(p, ticks[i], label(ticks[i]));
}

static void head(const struct panel *p, const char *text, const char *below)
{
    fprintf(p->out,
            "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">%s</text>\n"
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
            p->x.from, p->y.to - 16, text, (p->x.from + p->x.to) / 2, p->y.from + 42, below);
}

// The joined law and the best others: each with its number's colour and dashes.
static size_t curves_choose(const struct fit_found *found, struct curve *curves)
{
    size_t n = 0;
    if (found->mixed.law != NULL)
        curves[n++] = (struct curve){"joined", found->mixed.law};
    for (size_t i = 0; i < found->found && n < CURVES_MAX; i++)
        if (found->cells[i].law != NULL)
            curves[n++] = (struct curve){found->fits[i].law->name, found->cells[i].law};
    return n;
}

// The range of losses, with a little room.
static struct axis losses_axis(const struct fit_found *found, double from, double to)
{
    double low = log10(found->losses.smallest), high = log10(found->losses.largest);
    const double room = 0.04 * (high - low) + 0.02;
    return (struct axis){from, to, low - room, high + 2 * room};
}

// Every loss from the largest down, then ever fewer of them. Calls `dot` with a loss's place.
static void each_dot(const struct panel *p, const struct fit_found *found, const void *context,
                     void (*dot)(const struct panel *p, const struct fit_found *found, size_t i,
                                 const void *context))
{
    const size_t n = found->losses.count;
    double next = 0;
    for (size_t k = 0; k < n; k++) {
        if ((double)k < next || found->losses.rows[n - 1 - k].censored)
            continue;
        dot(p, found, n - 1 - k, context);
        if (k > DOTS_MAX / 4)
            next = (double)k * pow((double)n / (DOTS_MAX / 4.0), 1 / (0.75 * DOTS_MAX));
    }
}

static void exceedance_dot(const struct panel *p, const struct fit_found *found, size_t i,
                           const void *context)
{
    const double value = found->losses.rows[i].value;
    // between what is exceeded with and without the loss itself
    const double above =
        losses_exceedance(&found->losses, value) + 0.5 / (double)found->losses.count;
    (void)context;
    if (within(&p->y, log10(above)))
        fprintf(p->out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>\n",
                at(&p->x, log10(value)), at(&p->y, log10(above)));
}

static void exceedance_curve(const struct panel *p, const struct curve *curve, size_t number)
{
    bool drawing = false;
    fprintf(p->out, "<path class=\"curve c%zu\" d=\"", number);
    for (int i = 0; i <= CURVE_STEPS; i++) {
        const double x = p->x.low + (p->x.high - p->x.low) * i / CURVE_STEPS;
        const double y = log10(distribution_survival(curve->law, pow(10, x)));
        if (!within(&p->y, y))
            continue;
        fprintf(p->out, "%s%.1f %.1f", drawing ? "L" : "M", at(&p->x, x), at(&p->y, y));
        drawing = true;
    }
    fputs("\"/>\n", p->out);
}

static void legend(const struct panel *p, const struct curve *curves, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double y = p->y.from - 16 - 20 * (double)(n - 1 - i);
        fprintf(p->out,
                "<line class=\"curve c%zu\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                i, p->x.from + 14, p->x.from + 48, y, y, p->x.from + 56, y + 4, curves[i].name);
    }
}

static void exceedance(const struct fit_found *found, const struct curve *curves, size_t n,
                       FILE *out)
{
    const double least = log10(0.4 / (double)found->losses.count);
    const struct panel p = {losses_axis(found, 96, 600), {520, 96, least, 0.03}, out};
    head(&p, "How many losses exceed so much", "loss");
    grid_x(&p);
    grid_y(&p, one_in);
    each_dot(&p, found, NULL, exceedance_dot);
    for (size_t i = n; i-- > 0;)
        exceedance_curve(&p, &curves[i], i);
    legend(&p, curves, n);
}

static void quantile_dot(const struct panel *p, const struct fit_found *found, size_t i,
                         const void *context)
{
    const struct curve *curves = context;
    const double value = found->losses.rows[i].value;
    const double tail =
        losses_exceedance(&found->losses, value) + 0.5 / (double)found->losses.count;
    for (size_t c = 0; c < CURVES_MAX && curves[c].law != NULL; c++) {
        double expected;
        distribution_quantile(curves[c].law, 1, &tail, &expected);
        if (expected > 0 && within(&p->x, log10(expected)))
            fprintf(p->out, "<circle class=\"q d%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n", c,
                    at(&p->x, log10(expected)), at(&p->y, log10(value)), c == 0 ? 2.8 : 1.7);
    }
}

static void quantiles(const struct fit_found *found, const struct curve *curves, FILE *out)
{
    const struct panel p = {losses_axis(found, 690, 1114), losses_axis(found, 520, 96), out};
    head(&p, "Losses against what each law expects", "loss by the law");
    grid_x(&p);
    grid_y(&p, amount);
    fprintf(out, "<line class=\"even\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
            p.x.from, p.x.to, p.y.from, p.y.to);
    each_dot(&p, found, curves, quantile_dot);
}

static void shape_range(const struct fit_found *found, struct axis *y)
{
    y->low = -0.1;
    y->high = 0.6;
    for (size_t i = 0; i < found->shape_count; i++) {
        const double k = found->shapes[i].shape, se = found->shapes[i].standard_error;
        if (isfinite(k) && isfinite(se)) {
            y->low = fmin(y->low, fmax(k - 2 * se, -1));
            y->high = fmax(y->high, fmin(k + 2 * se, 2.5));
        }
    }
}

static void shape_band(const struct panel *p, const struct fit_found *found)
{
    const struct tail_point *points = found->shapes;
    const char *link = "M";
    fputs("<path class=\"band\" d=\"", p->out);
    for (size_t i = 0; i < 2 * found->shape_count; i++) {
        const bool up = i < found->shape_count;
        const struct tail_point *point = &points[up ? i : 2 * found->shape_count - 1 - i];
        const double half = (up ? 1.96 : -1.96) * point->standard_error;
        if (!isfinite(point->shape + half))
            continue;
        fprintf(p->out, "%s%.1f %.1f", link, at(&p->x, log10(point->threshold)),
                at(&p->y, fmin(p->y.high, fmax(p->y.low, point->shape + half))));
        link = "L";
    }
    link = "M";
    fputs("Z\"/>\n<path class=\"curve c0\" d=\"", p->out);
    for (size_t i = 0; i < found->shape_count; i++) {
        if (!isfinite(points[i].shape) || !within(&p->y, points[i].shape))
            continue;
        fprintf(p->out, "%s%.1f %.1f", link, at(&p->x, log10(points[i].threshold)),
                at(&p->y, points[i].shape));
        link = "L";
    }
    fputs("\"/>\n", p->out);
}

static void shapes(const struct fit_found *found, FILE *out)
{
    struct panel p = {{96, 1114, 0, 0}, {860, 644, 0, 0}, out};
    const double low = log10(found->shapes[0].threshold),
                 high = log10(found->shapes[found->shape_count - 1].threshold),
                 given = log10(found->tail.threshold);
    p.x.low = fmin(low, given) - 0.02;
    p.x.high = fmax(high, given) + 0.02;
    shape_range(found, &p.y);
    head(&p, "The tail's shape by threshold, with its 95 % range: high enough where it settles",
         "threshold");
    grid_x(&p);
    for (double k = ceil(p.y.low * 2) / 2; k <= p.y.high; k += 0.5)
        line_y(&p, k, text_format("%.1f", k + 0.0));
    shape_band(&p, found);
    fprintf(out, "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
            at(&p.x, given), at(&p.x, given), p.y.from, p.y.to);
    if (found->tail.gpd.state == FIT_FOUND && within(&p.y, found->tail.gpd.p[2]))
        fprintf(out, "<circle class=\"d1\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n", at(&p.x, given),
                at(&p.y, found->tail.gpd.p[2]));
}

void fit_plot(const struct fit_found *found, FILE *out)
{
    struct curve curves[CURVES_MAX] = {{0}};
    const size_t n = curves_choose(found, curves);
    const bool tail = found->has_tail && found->shape_count > 1;
    const int height = tail ? 920 : 580;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1140 %d\" role=\"img\" "
            "aria-label=\"Losses and fitted laws\">\n%s"
            "<rect width=\"1140\" height=\"%d\" fill=\"var(--ground)\"/>\n"
            "<text class=\"title\" x=\"96\" y=\"38\">%s: %s losses%s</text>\n",
            height, style, height, html(found->options->column), whole_text(found->losses.count),
            found->losses.alike ? "" : ", of rows that differ in what would be recorded");
    if (found->losses.distinct > 1) {
        exceedance(found, curves, n, out);
        quantiles(found, curves, out);
    }
    if (tail)
        shapes(found, out);
    fputs("</svg>\n", out);
}

#include "commands/years.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/print.h"

struct ordered_losses years_sorted(const int64_t *annual_loss, uint64_t years)
{
    int64_t *sorted = must_alloc(years, sizeof *sorted);
    int64_t *scratch = must_alloc(years, sizeof *scratch);
    uint64_t count = 0;
    for (uint64_t t = 0; t < years; t++)
        if (annual_loss[t] != 0)
            sorted[count++] = annual_loss[t];
    losses_sort(sorted, scratch, count);
    free(scratch);
    return (struct ordered_losses){.years = years, .count = count, .sorted = sorted};
}

struct portfolio_years portfolio_years(const struct outcome *outcome)
{
    const uint64_t years = outcome->portfolio->settings.years;
    const struct ordered_losses net = years_sorted(outcome->annual_loss, years);
    return (struct portfolio_years){net, outcome->annual_loss_gross != NULL
                                             ? years_sorted(outcome->annual_loss_gross, years)
                                             : net};
}

void portfolio_years_free(struct portfolio_years *years)
{
    if (years->gross.sorted != years->net.sorted)
        free((void *)years->gross.sorted);
    free((void *)years->net.sorted);
}

struct estimate year_in(const struct ordered_losses *losses, double period, double resolution)
{
    if ((double)losses->years < 10 * period)
        return (struct estimate){NAN, NAN, NAN};
    return losses_var_estimate(losses, years_beyond_period(losses->years, period), resolution);
}

double estimate_error(const struct estimate *x)
{
    return (x->upper - x->lower) / (2 * 1.96);
}

const char *estimate_text(const struct estimate *x)
{
    return money_text(x->value, estimate_error(x));
}

const char *estimate_range_text(const struct estimate *x)
{
    double error = estimate_error(x);
    if (isnan(x->lower) && isnan(x->upper))
        return "not known";
    if (isnan(x->upper))
        return text_format("at least %s", money_text(x->lower, NAN));
    if (isnan(x->lower))
        return text_format("at most %s", money_text(x->upper, NAN));
    return text_format("%s to %s", money_text(x->lower, error), money_text(x->upper, error));
}

// A canvas of dots: 2 x 4 to a character in Unicode's braille block, 1 x 1 in ASCII.
enum { CURVE_COLUMNS = 72, CURVE_LINES = 11 };

struct canvas {
    int across, down; // dots to a character
    unsigned char dots[CURVE_LINES][CURVE_COLUMNS];
};

static void canvas_set(struct canvas *canvas, int x, int y)
{
    static const unsigned char bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (x < 0 || y < 0 || x >= CURVE_COLUMNS * canvas->across || y >= CURVE_LINES * canvas->down)
        return;
    canvas->dots[y / canvas->down][x / canvas->across] |= bit[y % canvas->down][x % canvas->across];
}

static void canvas_print_line(const struct canvas *canvas, int line)
{
    int last = CURVE_COLUMNS - 1;
    while (last >= 0 && canvas->dots[line][last] == 0)
        last--;
    for (int column = 0; column <= last; column++) {
        unsigned char dots = canvas->dots[line][column];
        if (dots == 0)
            putchar(' ');
        else if (canvas->across == 1)
            putchar('*');
        else // U+2800 + dots
            printf("\xe2%c%c", 0xa0 + (dots >> 6), 0x80 + (dots & 0x3f));
    }
    putchar('\n');
}

// How many of the years lose more than `loss`.
static uint64_t years_beyond(const struct ordered_losses *losses, int64_t loss)
{
    uint64_t low = 0, high = losses->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (losses->sorted[middle] > loss)
            high = middle;
        else
            low = middle + 1;
    }
    return losses->count - low;
}

static void curve_draw(struct canvas *canvas, const struct ordered_losses *losses, double low,
                       double high, double top, double bottom)
{
    int width = CURVE_COLUMNS * canvas->across, height = CURVE_LINES * canvas->down;
    int before = -1;
    for (int x = 0; x < width; x++) {
        double loss = pow(10, low + (high - low) * x / (width - 1));
        uint64_t beyond = years_beyond(losses, (int64_t)loss);
        if (beyond == 0)
            break;
        double chance = log10((double)beyond / (double)losses->years);
        int y = (int)lround((top - chance) / (top - bottom) * (height - 1));
        for (int step = before < 0 ? y : before + 1; step <= y; step++)
            canvas_set(canvas, x, step);
        canvas_set(canvas, x, y);
        before = y;
    }
}

// Marks 1, 2, 5, 10 ... of money under the canvas, as far apart as their labels need.
static void print_money_axis(double low, double high, double resolution, int indent)
{
    char line[CURVE_COLUMNS + 24];
    memset(line, ' ', sizeof line);
    int end = -2;
    bool decades = CURVE_COLUMNS / (high - low) < 30; // else three labels would not fit
    for (int power = (int)floor(low + log10(resolution)); power < 18; power++) {
        static const double steps[] = {1, 2, 5};
        for (int i = 0; i < (decades ? 1 : 3); i++) {
            double amount = steps[i] * pow(10, power);
            double at = log10(amount / resolution);
            if (at < low || at > high)
                continue;
            const char *label = money_text(amount, amount);
            int length = (int)strlen(label);
            int start = (int)lround((at - low) / (high - low) * (CURVE_COLUMNS - 1)) - length / 2;
            if (start < end + 2 || start + length > (int)sizeof line - 1)
                continue;
            memcpy(line + start, label, (size_t)length);
            end = start + length;
        }
    }
    if (end > 0)
        printf("%*s%.*s\n", indent, "", end, line);
}

void print_curve(const struct ordered_losses *losses, double resolution, const char *currency)
{
    // From the loss that nine in ten of the years with one exceed to the one that ten years exceed.
    if (losses->count < 40)
        return;
    double low = log10((double)losses->sorted[losses->count / 10]);
    double high = log10((double)losses->sorted[losses->count - 10]);
    double top = log10((double)(losses->count - losses->count / 10) / (double)losses->years);
    double bottom = log10(10 / (double)losses->years);
    if (high - low < 0.01 || top - bottom < 0.1)
        return;
    struct canvas canvas = {.across = print_utf8() ? 2 : 1, .down = print_utf8() ? 4 : 1};
    curve_draw(&canvas, losses, low, high, top, bottom);

    heading("Chance that a year loses more than ... %s", text_shown(currency, 16));
    double labelled = 1; // return period of the next label
    static const double periods[] = {1,    2,    5,    10,  20,  50,  100, 200, 500,
                                     1000, 2000, 5000, 1e4, 1e5, 1e6, 1e7, 1e8};
    for (int line = 0; line < CURVE_LINES; line++) {
        // A line is labelled with the last round period that falls upon it.
        double from = pow(10, -(top - (top - bottom) * (line - 0.5) / (CURVE_LINES - 1)));
        double to = pow(10, -(top - (top - bottom) * (line + 0.5) / (CURVE_LINES - 1)));
        const char *label = "";
        for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
            if (periods[i] >= from && periods[i] < to && periods[i] >= labelled) {
                label = text_format("1 in %s", whole_text((uint64_t)periods[i]));
                labelled = periods[i] * 1.5;
            }
        printf("  %14s %s", label, sign("\u2502", "|"));
        canvas_print_line(&canvas, line);
    }
    print_money_axis(low, high, resolution, 18);
}

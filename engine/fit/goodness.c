#include "fit/goodness.h"

#include <math.h>
#include <stdlib.h>

#include "random/elementary.h"

struct image {
    double above; // P(X > x), given what could be recorded
    bool censored;
};

static int compare_images(const void *a, const void *b)
{
    const struct image *x = a, *y = b;

    if (x->above != y->above)
        return x->above > y->above ? -1 : 1;
    return (int)x->censored - (int)y->censored;
}

static void images_fill(struct image *images, const struct distribution_family *family,
                        const double *p, const struct losses *losses)
{
    double low = 0, high = HUGE_VAL, above_low = 1, above_high = 0;

    for (size_t i = 0; i < losses->count; i++) {
        const struct loss *loss = &losses->rows[i];

        if (loss->low != low || loss->high != high) {
            low = loss->low;
            high = loss->high;
            above_low = low > 0 ? family->survival(p, low) : 1;
            above_high = high < HUGE_VAL ? family->survival(p, high) : 0;
        }
        images[i].above =
            (family->survival(p, loss->value) - above_high) / (above_low - above_high);
        images[i].above = fmin(1, fmax(0, images[i].above));
        images[i].censored = loss->censored;
    }
    qsort(images, losses->count, sizeof *images, compare_images);
}

// The largest distance to the product-limit estimate of the images, before and behind each step.
static double kolmogorov(const struct image *images, size_t n)
{
    double survival = 1, largest = 0;

    for (size_t i = 0; i < n; i++) {
        if (images[i].censored)
            continue;
        largest = fmax(largest, fabs(survival - images[i].above));
        survival *= (double)(n - i - 1) / (double)(n - i);
        largest = fmax(largest, fabs(survival - images[i].above));
    }
    return largest;
}

// Stephens, Journal of the American Statistical Association 69 (1974), 730-737. A loss beyond the
// law's reach makes the second infinite.
static double cramer(const struct image *images, size_t n)
{
    double sum = 1 / (12.0 * (double)n);

    for (size_t i = 0; i < n; i++) {
        const double away = (1 - images[i].above) - (2 * (double)i + 1) / (2 * (double)n);

        sum += away * away;
    }
    return sum;
}

static double anderson(const struct image *images, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        const double above = images[n - 1 - i].above, below = 1 - images[i].above;

        if (!(above > 0 && below > 0))
            return HUGE_VAL;
        sum += (2 * (double)i + 1) * (elementary_log1p(-images[i].above) + elementary_log(above));
    }
    return -(double)n - sum / (double)n;
}

bool goodness_find(struct fit *fit, const struct distribution_family *family,
                   const struct losses *losses, struct arena *scratch)
{
    struct image *images = arena_alloc(scratch, losses->count, sizeof *images);

    if (!images)
        return false;
    images_fill(images, family, fit->p, losses);
    fit->ks = kolmogorov(images, losses->count);
    fit->cvm = losses->censored > 0 ? (double)NAN : cramer(images, losses->count);
    fit->ad = losses->censored > 0 ? (double)NAN : anderson(images, losses->count);
    return true;
}

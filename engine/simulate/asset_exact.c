#include "simulate/asset_exact.h"

#include <math.h>
#include <stdlib.h>

#include "base/keyed.h"

// Ranges of assets go from thread to thread: so few assets that their sums stay in a cache while
// all scenarios pass, but so many that finding a selection's part in the range costs little beside
// adding it.
enum { RANGE_ASSETS = 1 << 15, SELECTED_LEAST = 64 };

static size_t ranges_of(const struct portfolio *portfolio, size_t threads)
{
    const double most = (double)portfolio->assets.count / RANGE_ASSETS;
    double selected = 0;

    for (size_t s = 0; s < portfolio->scenario_count; s++)
        selected += (double)portfolio->scenarios[s].selection->count;
    selected /= (double)portfolio->scenario_count + 1;
    return threads + (size_t)(selected / SELECTED_LEAST < most ? selected / SELECTED_LEAST : most);
}

// Selections are in ascending order.
static size_t first_from(const struct selection *selection, size_t asset)
{
    size_t low = 0, high = selection->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (selection->assets[middle] < asset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// What one scenario adds to the assets from `first` to end - 1.
static void exact_add(const struct scenario_plan *plan, size_t first, size_t end,
                      struct asset_exact *exact)
{
    const struct selection *selection = plan->scenario->selection;
    const bool depends = scenario_plan_depends(plan);

    for (size_t i = first_from(selection, first);
         i < selection->count && selection->assets[i] < end; i++) {
        struct asset_exact *asset = &exact[selection->assets[i]];
        const double aal = scenario_plan_asset_aal(plan, i);
        const double quantity = (double)plan->assets->quantity[selection->assets[i]];

        asset->rate += scenario_plan_asset_rate(plan, i);
        asset->aal += aal;
        asset->variance +=
            depends ? NAN : (plan->row_variance - plan->unit_variance / quantity) * aal * aal;
    }
}

struct asset_exact *asset_exact_new(const struct portfolio *portfolio,
                                    const struct scenario_plans *plans)
{
    const size_t n = portfolio->assets.count, threads = (size_t)plans->arena_count;
    const size_t ranges = ranges_of(portfolio, threads);
    struct asset_exact *exact = calloc(n + 1, sizeof *exact);

    if (!exact)
        return NULL;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t r = 0; r < ranges; r++)
        for (size_t s = 0; s < plans->count; s++)
            exact_add(&plans->plans[s], n * r / ranges, n * (r + 1) / ranges, exact);
    return exact;
}

uint32_t *asset_exact_largest(const struct portfolio *portfolio, const struct asset_exact *exact,
                              size_t *count)
{
    const size_t n = portfolio->assets.count;
    const size_t most = portfolio->settings.detail < n ? portfolio->settings.detail : n;
    struct keyed *order = malloc((n + 1) * sizeof *order);
    struct keyed *spare = malloc((n + 1) * sizeof *spare);
    uint32_t *largest = order && spare ? malloc((most + 1) * sizeof *largest) : NULL;

    *count = 0;
    for (size_t a = 0; largest && a < n; a++)
        order[a] = (struct keyed){keyed_descending(exact[a].aal), (uint32_t)a};
    if (largest)
        keyed_sort(order, spare, n);
    for (; largest && *count < most && exact[order[*count].row].aal > 0; ++*count)
        largest[*count] = order[*count].row;
    free(order);
    free(spare);
    return largest;
}

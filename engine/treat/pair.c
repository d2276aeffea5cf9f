#include "treat/pair.h"

#include <math.h>
#include <stdlib.h>

#include "simulate/address.h"

// Steps of the capability's tail probability: the lowest to 2^-OCTAVES, then OCTAVES octaves of
// CUTS equal ones. A step's height is the chance to pass at its upper end, which the step beyond
// has everywhere: so at least about half of all attempts are accepted, however rare success is.
enum { OCTAVES = 32, CUTS = 4, STEPS = 1 + OCTAVES * CUTS, ATTEMPTS_MAX = 1024 };

struct staircase {
    const struct distribution *capability, *resistance;
    double height[STEPS]; // P(resistance < the upper end of the step); step 0 holds the largest
    double up_to[STEPS];  // sum of height x width
};

struct pair_tables {
    size_t count, room;
    struct staircase *stairs;
    size_t last; // met
};

struct pair_tables *pair_tables_new(void)
{
    return calloc(1, sizeof(struct pair_tables));
}

void pair_tables_free(struct pair_tables *tables)
{
    if (tables)
        free(tables->stairs);
    free(tables);
}

// The tail probability where step j begins; it ends where the next does, the last at 1.
static double step_start(int j)
{
    return j == 0 ? 0 : ldexp(CUTS + (j - 1) % CUTS, (j - 1) / CUTS - OCTAVES) / CUTS;
}

static void staircase_fill(struct staircase *s)
{
    double tail[STEPS], upper[STEPS], sum = 0;

    for (int j = 0; j < STEPS; j++)
        tail[j] = fmax(step_start(j), 0x1p-65);
    distribution_quantile(s->capability, STEPS, tail, upper);
    for (int j = 0; j < STEPS; j++) {
        s->height[j] = distribution_at_most_strict(s->resistance, upper[j]);
        sum += s->height[j] * (step_start(j + 1) - step_start(j));
        s->up_to[j] = sum;
    }
}

// The first step whose sum reaches `place`, the last if none does.
static int step_find(const struct staircase *s, double place)
{
    int low = 0, high = STEPS - 1;

    while (low < high) {
        const int middle = (low + high) / 2;

        if (place > s->up_to[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct staircase *staircase_find(struct pair_tables *tables,
                                        const struct distribution *capability,
                                        const struct distribution *resistance)
{
    for (size_t i = 0; i < tables->count; i++) {
        const size_t at = (tables->last + i) % tables->count;

        if (tables->stairs[at].capability == capability &&
            tables->stairs[at].resistance == resistance) {
            tables->last = at;
            return &tables->stairs[at];
        }
    }
    if (tables->count == tables->room) {
        const size_t room = 2 * tables->room + 16;
        struct staircase *stairs = realloc(tables->stairs, room * sizeof *stairs);

        if (!stairs)
            return NULL;
        tables->stairs = stairs;
        tables->room = room;
    }
    tables->last = tables->count++;
    tables->stairs[tables->last] =
        (struct staircase){.capability = capability, .resistance = resistance};
    staircase_fill(&tables->stairs[tables->last]);
    return &tables->stairs[tables->last];
}

// Two uniforms in (0, 1].
static void uniforms(uint64_t key, uint32_t block, uint64_t index, uint32_t sub_draw, double *u)
{
    const struct philox_block x = philox(key, (uint32_t)index, (uint32_t)(index >> 32), block,
                                         address_of(PURPOSE_PAIR, sub_draw));

    u[0] = philox_tail(x.word[0], x.word[1]);
    u[1] = philox_tail(x.word[2], x.word[3]);
}

bool pair_draw(struct pair_tables *tables, const struct distribution *capability,
               const struct distribution *resistance, uint64_t key, uint32_t block, uint64_t index,
               double *capability_value, double *resistance_value)
{
    const struct staircase *s = staircase_find(tables, capability, resistance);
    double below = 1, first[2], second[2] = {1, 1};

    if (!s)
        return false;
    *capability_value = 0;
    for (uint32_t k = 0; k < ATTEMPTS_MAX; k++) {
        double tail;
        int step;

        uniforms(key, block, index, 2 * k, first);
        uniforms(key, block, index, 2 * k + 1, second);
        step = step_find(s, first[0] * s->up_to[STEPS - 1]);
        tail =
            fmax(step_start(step) + first[1] * (step_start(step + 1) - step_start(step)), 0x1p-65);
        distribution_quantile(capability, 1, &tail, capability_value);
        below = distribution_at_most_strict(resistance, *capability_value);
        if (second[0] * s->height[step] <= below)
            break;
    }
    below = fmax(1 - second[1] * below, 0x1p-65);
    distribution_quantile(resistance, 1, &below, resistance_value);
    return true;
}

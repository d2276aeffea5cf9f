// Plans of treatments: the published optima of eight treatments, and random problems against a
// search through all sets that is written independently here. Everything goes both ways: by
// enumeration and by cuts.
#include "treat/planner_parts.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "random.h"

enum { MOST = 18, TERMS_MOST = 12, SETS_MOST = 1 << MOST };

static const struct planner_effort exactly = {0, 100000};
static const enum planner_path paths[] = {PLANNER_ENUMERATE, PLANNER_CUTS};

// ---- memory that runs out --------------------------------------------------------------------

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

static long until_failure = -1; // negative: never

static bool fails_now(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails_now() ? NULL : __real_reallocarray(old, count, size);
}

// ---- problems --------------------------------------------------------------------------------

static struct instance {
    struct planner_problem problem;
    double budget;
    double cost[MOST], charge[MOST];
    enum planner_state state[MOST];
    struct planner_pair requires[MOST], excludes[MOST];
    struct planner_term terms[TERMS_MOST];
    uint32_t treatment[TERMS_MOST][MOST];
    double strength[TERMS_MOST][MOST];
} instance;

static bool chance(double probability)
{
    return random_between(0, 1) < probability;
}

static uint32_t one_of(size_t count)
{
    return (uint32_t)(random_next() % count);
}

static void instance_clear(size_t count)
{
    memset(&instance, 0, sizeof instance);
    instance.problem = (struct planner_problem){.count = count,
                                                .cost = instance.cost,
                                                .charge = instance.charge,
                                                .state = instance.state,
                                                .requires = instance.requires,
                                                .excludes = instance.excludes,
                                                .terms = instance.terms};
}

static void term_put(size_t t, uint32_t treatment, double strength)
{
    struct planner_term *term = &instance.terms[t];

    term->treatment = instance.treatment[t];
    term->strength = instance.strength[t];
    instance.treatment[t][term->count] = treatment;
    instance.strength[t][term->count++] = strength;
}

static void instance_random(size_t count)
{
    struct planner_problem *problem = &instance.problem;
    double all = 0;

    instance_clear(count);
    problem->constant = chance(0.3) ? random_between(-50, 50) : 0;
    for (size_t j = 0; j < count; j++) {
        // round costs meet a round budget exactly
        instance.cost[j] = chance(0.1) ? 0 : floor(random_between(1, 40)) / 10;
        instance.charge[j] = chance(0.5) ? 0 : random_between(-1, 10);
        if (chance(0.1))
            instance.state[j] = chance(0.4) ? PLANNER_CHOSEN : PLANNER_REFUSED;
        if (count > 1 && chance(0.15))
        instance.requires[problem->requires_count++] =
            (struct planner_pair){(uint32_t)j, one_of(count)};
        if (count > 1 && chance(0.12))
            instance.excludes[problem->excludes_count++] =
                (struct planner_pair){(uint32_t)j, (uint32_t)((j + 1) % count)};
        all += instance.cost[j];
    }
    problem->term_count = one_of(TERMS_MOST + 1);
    for (size_t t = 0; t < problem->term_count; t++) {
        instance.terms[t].weight = chance(0.05) ? 0 : exp(random_between(-1, 5));
        for (uint32_t j = 0; j < count; j++)
            if (chance(0.4))
                term_put(t, j,
                         chance(0.06)   ? HUGE_VAL
                         : chance(0.1)  ? random_between(-1, 0)
                         : chance(0.05) ? random_between(20, 900)
                                        : random_between(0, 2));
    }
    instance.budget = chance(0.1) ? HUGE_VAL : round(10 * all * random_between(0, 0.7)) / 10;
}

// ---- the independent search ------------------------------------------------------------------

static struct known {
    double cost, value;
    uint32_t set;
} known[SETS_MOST], front[SETS_MOST];
static size_t known_count, front_count;

static bool has(uint32_t set, uint32_t j)
{
    return set >> j & 1;
}

static double value_of(uint32_t set)
{
    const struct planner_problem *problem = &instance.problem;
    double value = problem->constant;

    for (uint32_t j = 0; j < problem->count; j++)
        value += has(set, j) ? problem->charge[j] : 0;
    for (size_t t = 0; t < problem->term_count; t++) {
        double left = problem->terms[t].weight;

        for (size_t i = 0; i < problem->terms[t].count; i++)
            if (has(set, problem->terms[t].treatment[i]))
                left *= exp(-problem->terms[t].strength[i]);
        value += left;
    }
    return value;
}

static bool allowed(uint32_t set)
{
    const struct planner_problem *problem = &instance.problem;

    for (uint32_t j = 0; j < problem->count; j++)
        if ((problem->state[j] == PLANNER_CHOSEN && !has(set, j)) ||
            (problem->state[j] == PLANNER_REFUSED && has(set, j)))
            return false;
    for (size_t i = 0; i < problem->requires_count; i++)
        if (has(set, problem->requires[i].a) && !has(set, problem->requires[i].b))
            return false;
    for (size_t i = 0; i < problem->excludes_count; i++)
        if (has(set, problem->excludes[i].a) && has(set, problem->excludes[i].b))
            return false;
    return true;
}

static int by_cost(const void *left, const void *right)
{
    const struct known *a = left, *b = right;

    if (fabs(a->cost - b->cost) > 1e-9)
        return a->cost < b->cost ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

static void know_all(double budget)
{
    known_count = 0;
    for (uint32_t set = 0; set < UINT32_C(1) << instance.problem.count; set++) {
        double cost = 0;

        if (!allowed(set))
            continue;
        for (uint32_t j = 0; j < instance.problem.count; j++)
            cost += has(set, j) ? instance.cost[j] : 0;
        if (cost <= budget + 1e-9)
            known[known_count++] = (struct known){cost, value_of(set), set};
    }
}

static double least_known(void)
{
    double least = HUGE_VAL;

    for (size_t i = 0; i < known_count; i++)
        least = fmin(least, known[i].value);
    return least;
}

static void know_front(void)
{
    qsort(known, known_count, sizeof *known, by_cost);
    front_count = 0;
    for (size_t i = 0; i < known_count; i++)
        if (front_count == 0 || front[front_count - 1].value - known[i].value >
                                    1e-11 * fabs(front[front_count - 1].value))
            front[front_count++] = known[i];
}

static uint32_t set_of(const bool *chosen)
{
    uint32_t set = 0;

    for (uint32_t j = 0; j < instance.problem.count; j++)
        set |= (uint32_t)chosen[j] << j;
    return set;
}

// Values may cancel: what a rounding is measured against.
static double magnitude(void)
{
    double sum = fabs(instance.problem.constant);

    for (size_t j = 0; j < instance.problem.count; j++)
        sum += fabs(instance.charge[j]);
    for (size_t t = 0; t < instance.problem.term_count; t++) {
        double raised = instance.terms[t].weight;

        for (size_t i = 0; i < instance.terms[t].count; i++)
            raised *= exp(-fmin(instance.strength[t][i], 0));
        sum += raised;
    }
    return sum;
}

static void assert_near(double a, double b)
{
    const double off = fabs(a - b);

    if (!(off <= 1e-11 * (magnitude() + 1e-300)))
        fail_msg("%.17g is not %.17g", a, b);
}

// ---- tests -----------------------------------------------------------------------------------

// J1 of tests/data/treatments.json: optimum_eal_by_budget, and the runner-up's expected loss
static const struct {
    double budget;
    const char *chosen; // MFA EDR backups training WAF DLP vendors redundancy
    double value, second;
} published[] = {
    {50000, "00010000", 1890639.992685357, 1986808.799493481},
    {100000, "00100000", 1553959.523300449, 1575988.273060579},
    {150000, "10100000", 1311880.520749352, 1413699.674732924},
    {200000, "00110010", 1273041.580154797, 1280181.183631778},
    {300000, "10101010", 974123.907323138, 1064636.05026858},
    {400000, "10111010", 942424.5702055643, 959093.4596897708},
    {500000, "11111010", 814089.6847398325, 836881.9796267546},
    {710000, "11111111", 673128.4485432982, 695920.7434302202},
};

static void published_make(bool charged)
{
    static const double cost[] = {60000, 150000, 90000, 30000, 70000, 110000, 80000, 120000};
    // ransom, bec, webapp, insider, outage, thirdparty: rate exp(mu + sigma^2 / 2)
    static const double rate[] = {0.25, 1.2, 0.6, 0.15, 2.0, 0.35};
    static const double mu[] = {14, 11.2, 12.1, 13, 10.5, 13.2};
    static const double sigma[] = {1.3, 1.1, 1.4, 1.2, 1.0, 1.5};
    static const double left[6][8] = {{0.7, 0.55 * 0.9, 0.45, 0.92, 1, 1, 1, 1},
                                      {0.35, 1, 1, 0.75, 1, 1, 1, 1},
                                      {0.85, 1, 1, 1, 0.5, 1, 1, 1},
                                      {1, 0.9 * 0.9, 1, 1, 1, 0.7 * 0.7, 1, 1},
                                      {1, 1, 0.6, 1, 1, 1, 1, 0.4 * 0.8},
                                      {1, 1, 1, 1, 1, 0.95, 0.7 * 0.9, 0.95}};

    instance_clear(8);
    memcpy(instance.cost, cost, sizeof cost);
    if (charged)
        memcpy(instance.charge, cost, sizeof cost);
    instance.problem.term_count = 6;
    for (size_t t = 0; t < 6; t++) {
        instance.terms[t].weight = rate[t] * exp(mu[t] + sigma[t] * sigma[t] / 2);
        for (uint32_t j = 0; j < 8; j++)
            if (left[t][j] < 1)
                term_put(t, j, -log(left[t][j]));
    }
}

static void assert_published(const bool *chosen, const char *expected)
{
    for (size_t j = 0; j < 8; j++)
        assert_int_equal(chosen[j], expected[j] == '1');
}

static void published_optima_are_found_for_every_budget(void **unused)
{
    (void)unused;
    published_make(false);
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
            bool chosen[8], near[2 * 8], all;
            struct planner_plan plan = {.chosen = chosen};
            size_t found;

            assert_true(planner_solve_by(paths[p], &instance.problem, published[i].budget, &exactly,
                                         &plan));
            assert_true(plan.feasible);
            assert_published(chosen, published[i].chosen);
            assert_true(fabs(plan.value / published[i].value - 1) < 1e-12);
            assert_true(plan.bound <= plan.value && plan.bound >= plan.value * (1 - 2e-6));
            // the runner-up is the next of the near best
            assert_true(planner_near_best_by(paths[p], &instance.problem, published[i].budget,
                                             published[i].second / published[i].value - 1 + 1e-9, 2,
                                             &exactly, near, &found, &all));
            assert_int_equal(found, 2);
            assert_true(all);
            assert_published(near, published[i].chosen);
            assert_true(fabs(planner_value(&instance.problem, near + 8) / published[i].second - 1) <
                        1e-12);
        }
}

// J1's min_total_cost: the treatments' cost and the expected loss together
static void published_least_total_is_found(void **unused)
{
    (void)unused;
    published_make(true);
    for (size_t p = 0; p < 2; p++) {
        bool chosen[8];
        struct planner_plan plan = {.chosen = chosen};

        assert_true(planner_solve_by(paths[p], &instance.problem, HUGE_VAL, &exactly, &plan));
        assert_published(chosen, "10111010");
        assert_true(fabs(plan.value / 1272424.570205564 - 1) < 1e-12);
    }
}

static void best_of_random_problems_is_found_both_ways(void **unused)
{
    (void)unused;
    for (size_t round = 0; round < 300; round++) {
        instance_random(round < 8 ? MOST : 1 + round % 13);
        know_all(instance.budget);
        for (size_t p = 0; p < 2; p++) {
            bool chosen[MOST];
            struct planner_plan plan = {.chosen = chosen};
            const double least = least_known();

            assert_true(
                planner_solve_by(paths[p], &instance.problem, instance.budget, &exactly, &plan));
            assert_int_equal(plan.feasible, known_count > 0);
            if (!plan.feasible)
                continue;
            assert_true(planner_allowed(&instance.problem, chosen, instance.budget));
            assert_true(allowed(set_of(chosen)));
            assert_near(plan.value, value_of(set_of(chosen)));
            assert_near(plan.cost, planner_cost(&instance.problem, chosen));
            assert_true(plan.bound <= plan.value);
            assert_true(plan.bound <= least + 1e-12 * magnitude());
            if (paths[p] == PLANNER_CUTS) {
                // the solver's tolerance is all that is left
                assert_true(plan.value <= least + 3e-6 * fabs(least) + 1e-7 * magnitude());
                assert_true(plan.bound >= plan.value - 3e-6 * fabs(least) - 1e-7 * magnitude());
            } else {
                assert_near(plan.value, least);
                assert_true(plan.bound == plan.value);
            }
        }
    }
}

static void bound_holds_when_the_search_stops_early(void **unused)
{
    (void)unused;
    for (size_t round = 0; round < 60; round++) {
        const struct planner_effort effort = {round % 3 ? 1e-6 : 0.05, round % 5};
        bool chosen[MOST];
        struct planner_plan plan = {.chosen = chosen};

        instance_random(12);
        know_all(instance.budget);
        assert_true(
            planner_solve_by(PLANNER_CUTS, &instance.problem, instance.budget, &effort, &plan));
        if (plan.feasible)
            assert_true(plan.bound <= least_known() + 1e-12 * magnitude());
    }
}

static void near_best_are_all_there(void **unused)
{
    (void)unused;
    for (size_t round = 0; round < 120; round++) {
        const double slack = chance(0.2) ? 0 : random_between(0, 0.2);

        instance_random(1 + round % 11);
        know_all(instance.budget);
        for (size_t p = 0; p < 2; p++) {
            const double threshold = least_known() + slack * fabs(least_known());
            const double noise = 1e-11 * magnitude() + (p ? 1e-6 * fabs(threshold) : 0);
            static bool chosen[400 * MOST];
            size_t found, surely = 0, perhaps = 0;
            const size_t most = round % 4 ? 400 : 3;
            bool all;

            for (size_t i = 0; i < known_count; i++) {
                surely += known[i].value <= threshold - noise;
                perhaps += known[i].value <= threshold + noise;
            }
            if (p && perhaps > 25)
                continue; // a program for each
            assert_true(planner_near_best_by(paths[p], &instance.problem, instance.budget, slack,
                                             most, &exactly, chosen, &found, &all));
            assert_true(found <= perhaps && found <= most);
            if (all)
                assert_true(found >= surely);
            else
                assert_int_equal(found, most);
            if (perhaps <= most)
                assert_true(all);
            for (size_t i = 0; i < found; i++) {
                const bool *set = chosen + i * instance.problem.count;

                assert_true(planner_allowed(&instance.problem, set, instance.budget));
                assert_true(value_of(set_of(set)) <= threshold + noise);
                for (size_t k = 0; k < i; k++)
                    assert_true(set_of(set) != set_of(chosen + k * instance.problem.count));
                if (i > 0)
                    assert_true(value_of(set_of(set)) >=
                                value_of(set_of(chosen + (i - 1) * instance.problem.count)) -
                                    noise);
            }
        }
    }
}

static struct planner_plan plans[2000];
static bool plans_chosen[2000][MOST];

static void frontier_is_the_front_of_all_sets(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 2000; i++)
        plans[i].chosen = plans_chosen[i];
    for (size_t round = 0; round < 150; round++) {
        size_t found;

        instance_random(1 + round % 12);
        know_all(HUGE_VAL);
        know_front();
        assert_true(planner_frontier_by(PLANNER_ENUMERATE, &instance.problem, 2000, &exactly, plans,
                                        &found));
        assert_int_equal(found, front_count);
        for (size_t i = 0; i < found; i++) {
            assert_true(plans[i].feasible && allowed(set_of(plans[i].chosen)));
            assert_true(fabs(plans[i].cost - front[i].cost) < 1e-9);
            assert_near(plans[i].value, front[i].value);
            assert_true(plans[i].bound == plans[i].value);
        }
        // thinned: ends stay, each is one of the front
        if (front_count > 4) {
            assert_true(planner_frontier_by(PLANNER_ENUMERATE, &instance.problem, 4, &exactly,
                                            plans, &found));
            assert_true(found >= 2 && found <= 4);
            assert_near(plans[0].value, front[0].value);
            assert_near(plans[found - 1].value, front[front_count - 1].value);
        }
        if (round >= 40)
            continue;
        assert_true(
            planner_frontier_by(PLANNER_CUTS, &instance.problem, 5, &exactly, plans, &found));
        assert_int_equal(found > 0, front_count > 0);
        for (size_t i = 0; i < found; i++) {
            double least = HUGE_VAL;

            for (size_t k = 0; k < front_count; k++)
                if (front[k].cost <= plans[i].cost + 1e-9)
                    least = fmin(least, front[k].value);
            assert_true(plans[i].bound <= least + 1e-12 * magnitude());
            assert_true(plans[i].value <= least + 3e-6 * fabs(least) + 1e-7 * magnitude());
            assert_true(i == 0 ||
                        (plans[i].cost > plans[i - 1].cost && plans[i].value < plans[i - 1].value));
        }
    }
}

static void equal_sets_are_told_apart_by_cost_then_order(void **unused)
{
    // 0 does nothing and costs 1; 1 and 2 do the same, 3 as well but costs more
    instance_clear(4);
    (void)unused;
    instance.problem.term_count = 1;
    instance.terms[0].weight = 10;
    for (uint32_t j = 1; j < 4; j++)
        term_put(0, j, 1);
    instance.cost[0] = 1;
    instance.cost[1] = instance.cost[2] = 2;
    instance.cost[3] = 3;
    instance.excludes[0] = (struct planner_pair){1, 2};
    instance.excludes[1] = (struct planner_pair){1, 3};
    instance.excludes[2] = (struct planner_pair){2, 3};
    instance.problem.excludes_count = 3;

    bool chosen[4];
    struct planner_plan plan = {.chosen = chosen};

    assert_true(planner_solve(&instance.problem, HUGE_VAL, &exactly, &plan));
    assert_int_equal(set_of(chosen), 1 << 1);
}

static void contradictions_are_infeasible(void **unused)
{
    (void)unused;
    for (size_t p = 0; p < 2; p++)
        for (int which = 0; which < 4; which++) {
            bool chosen[3], all;
            struct planner_plan plan = {.chosen = chosen}, two[2] = {plan, plan};
            size_t found;

            instance_clear(3);
            instance.cost[0] = 5;
            instance.state[0] = PLANNER_CHOSEN;
            instance.requires[0] = (struct planner_pair){0, 1};
            instance.problem.requires_count = which < 3;
            instance.state[1] = which == 0 ? PLANNER_REFUSED : PLANNER_FREE;
            instance.excludes[0] = (struct planner_pair){which == 1 ? 0 : 2, 1};
            instance.problem.excludes_count = which == 1 || which == 2;
            instance.state[2] = which == 2 ? PLANNER_CHOSEN : PLANNER_FREE;

            const double budget = which == 3 ? 4 : 100;

            assert_true(planner_solve_by(paths[p], &instance.problem, budget, &exactly, &plan));
            assert_false(plan.feasible);
            assert_true(planner_near_best_by(paths[p], &instance.problem, budget, 0.1, 1, &exactly,
                                             chosen, &found, &all));
            assert_int_equal(found, 0);
            assert_true(planner_frontier_by(paths[p], &instance.problem, 2, &exactly, two, &found));
            assert_int_equal(found, which == 3);
        }
}

static void exhausted_memory_is_reported(void **unused)
{
    (void)unused;
    random_state = 4711;
    do
        instance_random(7);
    while (instance.problem.term_count < 3 || isinf(instance.budget) ||
           (know_all(instance.budget), known_count < 8));
    for (size_t p = 0; p < 2; p++)
        for (int what = 0; what < 3; what++) {
            bool good = false;
            long at = 0;

            for (; !good && at < 20000; at++) {
                bool chosen[MOST], all;
                struct planner_plan plan = {.chosen = chosen};
                size_t found;

                until_failure = at;
                if (what == 0)
                    good = planner_solve_by(paths[p], &instance.problem, instance.budget, &exactly,
                                            &plan);
                else if (what == 1)
                    good = planner_near_best_by(paths[p], &instance.problem, instance.budget, 0.05,
                                                1, &exactly, chosen, &found, &all);
                else
                    good = planner_frontier_by(paths[p], &instance.problem, 3, &exactly, plans,
                                               &found);
                if (until_failure >= 0 && !good)
                    fail_msg("failed without a reason");
                until_failure = -1;
            }
            assert_true(good && at > 5);
        }
}

// What a solver prints would end up in what the program prints.
static void nothing_is_printed(void **unused)
{
    char path[] = "/tmp/planner-XXXXXX";
    const int file = mkstemp(path), out = dup(1), err = dup(2);
    struct stat status;
    bool good = true;

    (void)unused;
    assert_true(file >= 0 && out >= 0 && err >= 0);
    unlink(path);
    fflush(NULL);
    dup2(file, 1);
    dup2(file, 2);
    for (size_t round = 0; round < 40; round++) {
        const struct planner_effort effort = {0, round % 4 ? 10000 : 2};
        bool chosen[MOST];
        struct planner_plan plan = {.chosen = chosen};

        instance_random(8 + round % 10);
        good = good &&
               planner_solve_by(PLANNER_CUTS, &instance.problem, instance.budget, &effort, &plan);
    }
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_true(good);
    close(file);
    close(out);
    close(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_optima_are_found_for_every_budget),
        cmocka_unit_test(published_least_total_is_found),
        cmocka_unit_test(best_of_random_problems_is_found_both_ways),
        cmocka_unit_test(bound_holds_when_the_search_stops_early),
        cmocka_unit_test(near_best_are_all_there),
        cmocka_unit_test(frontier_is_the_front_of_all_sets),
        cmocka_unit_test(equal_sets_are_told_apart_by_cost_then_order),
        cmocka_unit_test(contradictions_are_infeasible),
        cmocka_unit_test(exhausted_memory_is_reported),
        cmocka_unit_test(nothing_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "commands/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/print.h"
#include "commands/progress.h"
#include "commands/show.h"
#include "commands/years.h"

static const struct manual manual = {
    .command = "compare",
    .operands = "LAST.h5 TONIGHT.h5",
    .summary = "Says what changed from one run to the next, and why.",
    .text =
        "Both files hold the inputs they were made of, so that rows are compared with rows:\n"
        "nothing else is needed. Runs of the same seed and years draw the same events wherever\n"
        "nothing changed; the error of a difference is then taken year by year, and is far\n"
        "smaller than that of either level. Otherwise it says so.\n"
        "\n"
        "A scenario's difference is told with what caused it: its own row, a threat, event or\n"
        "driver that it names, the assets that it selects. The difference is that of the exact\n"
        "AAL where this is known on both sides, else of the sampled one.\n"
        "\n"
        "--fail-on says what ends with exit status 1; several are separated by commas:\n"
        "  verdict      a point of the appetite is judged worse than before (the default)\n"
        "  aal:PERCENT  the AAL grew by more than that, simulation error left out\n"
        "\n"
        "Example:\n"
        "  lossmill compare last.h5 tonight.h5\n"
        "  lossmill compare last.h5 tonight.h5 --fail-on verdict,aal:10 --json\n",
    .operands_min = 2,
    .operands_max = 2,
};

const char *const headline_keys[HEADLINES] = {"aal", "one_year_in_20", "one_year_in_200", "tvar"};

void *compare_room(struct comparison *c, size_t count, size_t size)
{
    return must_have(arena_alloc(&c->arena, count, size));
}

// ---- what ends with status 1

struct failing {
    bool verdict, aal;
    double percent;
};

static bool failing_read(const char *text, struct failing *failing)
{
    *failing = (struct failing){0};
    while (true) {
        size_t length = strcspn(text, ",");
        char word[40], *end;
        if (length >= sizeof word)
            return false;
        memcpy(word, text, length);
        word[length] = '\0';
        if (strcmp(word, "verdict") == 0) {
            failing->verdict = true;
        } else if (strncmp(word, "aal:", 4) == 0 && strspn(word + 4, "0123456789.") > 0) {
            failing->aal = true;
            failing->percent = strtod(word + 4, &end);
            if (*end != '\0' || !isfinite(failing->percent))
                return false;
        } else {
            return false;
        }
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

// The lower 95 % limit of the difference, or the exact one, against the AAL before.
static bool fails(const struct comparison *c, const struct failing *failing)
{
    const struct difference *aal = &c->headline[HEADLINE_AAL];
    double before = aal->before, grown = aal->difference;
    if (!isnan(c->aal_exact[BEFORE]) && !isnan(c->aal_exact[AFTER])) {
        before = c->aal_exact[BEFORE];
        grown = c->aal_exact[AFTER] - before;
    } else if (isfinite(aal->error)) {
        grown -= 1.96 * aal->error;
    }
    return (failing->verdict && c->verdicts_worse > 0) ||
           (failing->aal && grown > failing->percent / 100 * before);
}

// ---- opening

static bool ids_agree(const char *const *a, size_t count, const char *const *b, size_t others)
{
    bool same = count == others;
    for (size_t i = 0; same && i < count; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

// What is found by its place in the study is found in the results likewise: a file that was
// tampered with must not lead astray.
static bool results_fit_study(const struct compare_side *side)
{
    const struct portfolio *p = side->portfolio, *q = &side->study.portfolio;
    bool same = p->scenario_count == q->scenario_count && p->event_count == q->event_count &&
                ids_agree(p->assets.id, p->assets.count, q->assets.id, q->assets.count);
    for (size_t i = 0; same && i < p->scenario_count; i++)
        same = strcmp(p->scenarios[i].id, q->scenarios[i].id) == 0;
    for (size_t i = 0; same && i < p->event_count; i++)
        same = strcmp(p->events[i].id, q->events[i].id) == 0;
    return same && p->settings.years == side->kept.years && p->settings.years > 0;
}

static bool side_open(struct comparison *c, struct compare_side *side, int threads,
                      struct progress_line *progress, struct diagnostics *d)
{
    const struct place at = {.file = side->path};
    if (!results_read(side->path, &side->results, d) ||
        !results_study_read(side->path, &c->arena, &side->kept, d))
        return false;
    side->outcome = results_outcome(side->results);
    side->portfolio = side->outcome->portfolio;
    side->treated = results_treatments(side->results);
    side->gross = side->outcome->annual_loss_gross != NULL ? side->outcome->annual_loss_gross
                                                           : side->outcome->annual_loss;
    size_t count = side->kept.input_count;
    struct study_input *given = compare_room(c, count, sizeof *given);
    for (size_t i = 0; i < count; i++)
        given[i] = (struct study_input){.name = side->kept.inputs[i].name,
                                        .bytes = side->kept.inputs[i].bytes,
                                        .size = side->kept.inputs[i].size};
    const struct study_options options = {.years = &side->kept.years,
                                          .seed = &side->kept.seed,
                                          .tell = progress_line_tell,
                                          .context = progress,
                                          .threads = threads,
                                          .given = given,
                                          .given_count = count};
    struct diagnostics *own =
        must_have(diagnostics_new()); // its warnings were told when it was run
    bool good = study_read(&side->study, side->path, &options, own);
    if (!good)
        diagnostics_append(d, own);
    diagnostics_free(own);
    if (good && !results_fit_study(side)) {
        diagnostics_add(d, &at, "its results are not those of the study that it holds");
        good = false;
    }
    return good;
}

static bool sides_agree(const struct comparison *c, struct diagnostics *d)
{
    const struct settings *a = &c->sides[BEFORE].portfolio->settings;
    const struct settings *b = &c->sides[AFTER].portfolio->settings;
    const struct place at = {.file = c->sides[AFTER].path};
    if (strcmp(a->currency, b->currency) == 0)
        return true;
    diagnostics_add(d, &at, "is in %s, but %s is in %s: amounts cannot be compared",
                    text_shown(b->currency, 20), text_shown(c->sides[BEFORE].path, 60),
                    text_shown(a->currency, 20));
    return false;
}

// Whether both draw the same events for what did not change.
static void pairing_find(struct comparison *c)
{
    const struct compare_side *a = &c->sides[BEFORE], *b = &c->sides[AFTER];
    const struct settings *s = &a->portfolio->settings, *t = &b->portfolio->settings;
    if (a->kept.sampling_version != b->kept.sampling_version)
        c->not_paired = "the engines draw by different rules (sampling_version)";
    else if (s->seed != t->seed && s->years != t->years)
        c->not_paired = "the seeds and the numbers of years differ";
    else if (s->seed != t->seed)
        c->not_paired = "the seeds differ";
    else if (s->years != t->years)
        c->not_paired = "the numbers of years differ";
    else if (s->resolution != t->resolution)
        c->not_paired = "the smallest amounts counted differ (resolution)";
    else if (s->annual_loss != t->annual_loss)
        c->not_paired = "annual_loss is events in one, product in the other";
    c->paired = c->not_paired == NULL;
}

static size_t level_find(const struct settings *s, double level)
{
    for (size_t l = 0; l < s->quantile_count; l++)
        if (s->quantiles[l] == level)
            return l;
    return SIZE_MAX;
}

// The level that ranks tonight, or the one nearest to it (to 0.99) that both runs have.
static void level_choose(struct comparison *c)
{
    const struct compare_side *b = &c->sides[AFTER];
    const struct settings *s = &c->sides[BEFORE].portfolio->settings, *t = &b->portfolio->settings;
    double wanted = 0.99;
    if (b->treated != NULL && b->portfolio->treatments.count > 0 && t->quantile_count > 0)
        wanted = t->quantiles[b->treated->level];
    c->level = NAN;
    for (size_t l = 0; l < t->quantile_count; l++) {
        size_t there = level_find(s, t->quantiles[l]);
        if (there == SIZE_MAX ||
            (!isnan(c->level) && fabs(t->quantiles[l] - wanted) >= fabs(c->level - wanted)))
            continue;
        c->level = t->quantiles[l];
        c->level_at[AFTER] = l;
        c->level_at[BEFORE] = there;
    }
}

// ---- the headline

static bool infinite(const struct comparison *c)
{
    return isinf(c->sides[BEFORE].outcome->summary.aal_error) ||
           isinf(c->sides[AFTER].outcome->summary.aal_error);
}

// Of every headline figure; those that the years do not support are NaN.
static void figures_paired(struct comparison *c, const int64_t *before, const int64_t *after,
                           struct difference *out)
{
    const struct settings *s = &c->sides[AFTER].portfolio->settings;
    const double levels[HEADLINES] = {0.5, 0.95, 0.995, isnan(c->level) ? 0.5 : c->level};
    struct portfolio p = {.settings = *s};
    p.settings.quantiles = levels;
    p.settings.quantile_count = HEADLINES;
    p.settings.return_period_count = 0;
    struct world_figures was = {0}, is = {0};
    const struct world_years base = {&before, NULL}, world = {&after, NULL};
    if (!world_figures_alloc(&p, &c->arena, &was) || !world_figures_alloc(&p, &c->arena, &is) ||
        !world_figures_fill(&p, &base, &base, NULL, false, &was) ||
        !world_figures_fill(&p, &base, &world, NULL, infinite(c), &is))
        must_have(NULL);
    out[HEADLINE_AAL] =
        (struct difference){was.aal, is.aal, -is.aal_saved.value, is.aal_saved.error};
    for (int h = HEADLINE_20; h <= HEADLINE_200; h++)
        out[h] = (struct difference){was.var[h], is.var[h], is.var[h] - was.var[h],
                                     is.var_saved[h].error};
    out[HEADLINE_TVAR] = (struct difference){was.tvar[HEADLINE_TVAR], is.tvar[HEADLINE_TVAR],
                                             -is.tvar_saved[HEADLINE_TVAR].value,
                                             is.tvar_saved[HEADLINE_TVAR].error};
}

static void figures_apart(struct comparison *c, const int64_t *const years[SIDES],
                          struct difference *out)
{
    static const double periods[HEADLINES] = {[HEADLINE_20] = 20, [HEADLINE_200] = 200};
    double value[HEADLINES][SIDES], error[HEADLINES][SIDES];
    for (int side = 0; side < SIDES; side++) {
        const struct settings *s = &c->sides[side].portfolio->settings;
        struct ordered_losses x = years_sorted(years[side], s->years);
        const double n = (double)s->years;
        __int128 sum = losses_sum(&x);
        value[HEADLINE_AAL][side] = money_of_units((double)sum / n, s->resolution);
        error[HEADLINE_AAL][side] =
            money_of_units(losses_deviation(&x, sum) / sqrt(n), s->resolution);
        for (int h = HEADLINE_20; h <= HEADLINE_200; h++) {
            struct estimate e =
                losses_var_estimate(&x, years_beyond_period(s->years, periods[h]), s->resolution);
            value[h][side] = e.value;
            error[h][side] = estimate_error(&e);
        }
        value[HEADLINE_TVAR][side] =
            isnan(c->level) ? NAN
                            : losses_tvar(&x, years_beyond_quantile(s->years, c->level),
                                          s->resolution, &error[HEADLINE_TVAR][side]);
        free((void *)x.sorted);
    }
    for (int h = 0; h < HEADLINES; h++)
        out[h] = (struct difference){value[h][BEFORE], value[h][AFTER],
                                     value[h][AFTER] - value[h][BEFORE],
                                     hypot(error[h][BEFORE], error[h][AFTER])};
    if (infinite(c))
        out[HEADLINE_AAL].error = HUGE_VAL;
}

static void figures_of(struct comparison *c, const int64_t *before, const int64_t *after,
                       struct difference *out)
{
    static const double periods[HEADLINES] = {[HEADLINE_20] = 20, [HEADLINE_200] = 200};
    const int64_t *const years[SIDES] = {before, after};
    if (c->paired)
        figures_paired(c, before, after, out);
    else
        figures_apart(c, years, out);
    for (int h = HEADLINE_20; h <= HEADLINE_200; h++)
        for (int side = 0; side < SIDES; side++)
            if ((double)c->sides[side].portfolio->settings.years < 10 * periods[h])
                out[h] = (struct difference){NAN, NAN, NAN, NAN};
    if (isnan(c->level))
        out[HEADLINE_TVAR] = (struct difference){NAN, NAN, NAN, NAN};
}

struct difference compare_means(struct comparison *c, const int64_t *before, const int64_t *after)
{
    const uint64_t years = c->sides[AFTER].portfolio->settings.years;
    const double resolution = c->sides[AFTER].portfolio->settings.resolution;
    const double n = (double)years;
    __int128 was = 0, is = 0;
    double squares = 0;
    for (uint64_t y = 0; y < years; y++) {
        const double d = (double)(after[y] - before[y]);
        was += before[y];
        is += after[y];
        squares += d * d;
    }
    const double mean = (double)(is - was) / n;
    const double error = years < 2 ? NAN : sqrt(fmax(squares / n - mean * mean, 0) / (n - 1));
    return (struct difference){money_of_units((double)was / n, resolution),
                               money_of_units((double)is / n, resolution),
                               money_of_units(mean, resolution), money_of_units(error, resolution)};
}

static void headline_fill(struct comparison *c)
{
    struct difference gross[HEADLINES];
    const struct outcome *a = c->sides[BEFORE].outcome, *b = c->sides[AFTER].outcome;
    figures_of(c, a->annual_loss, b->annual_loss, c->headline);
    c->insured = a->annual_loss_gross != NULL || b->annual_loss_gross != NULL;
    if (c->insured)
        figures_of(c, c->sides[BEFORE].gross, c->sides[AFTER].gross, gross);
    else
        memcpy(gross, c->headline, sizeof gross);
    c->gross_aal = gross[HEADLINE_AAL];
    c->gross_tvar = gross[HEADLINE_TVAR];
    c->aal_exact[BEFORE] = a->summary.aal_exact;
    c->aal_exact[AFTER] = b->summary.aal_exact;
}

// ---- verdicts

static size_t points_of(const struct compare_side *side, const struct appetite_point **points)
{
    *points = side->treated != NULL ? side->treated->portfolio->treatments.appetite : NULL;
    return side->treated != NULL ? side->treated->portfolio->treatments.appetite_count : 0;
}

static void verdict_set(struct verdict_change *x, int side, const struct compare_side *of, size_t a)
{
    const struct appetite_point *point = &of->treated->portfolio->treatments.appetite[a];
    x->in[side] = true;
    x->scope = point->scope;
    x->loss = point->loss;
    x->tolerated[side] = point->probability;
    x->exceeds[side] = of->treated->appetite[a].exceeds.value;
    x->verdict[side] = of->treated->appetite[a].verdict;
}

static void verdicts_fill(struct comparison *c)
{
    const struct appetite_point *was, *is;
    size_t before = points_of(&c->sides[BEFORE], &was), after = points_of(&c->sides[AFTER], &is);
    c->verdicts = compare_room(c, before + after + 1, sizeof *c->verdicts);
    for (size_t a = 0; a < before + after; a++)
        c->verdicts[a] = (struct verdict_change){.tolerated = {NAN, NAN}, .exceeds = {NAN, NAN}};
    for (size_t a = 0; a < after; a++)
        verdict_set(&c->verdicts[c->verdict_count++], AFTER, &c->sides[AFTER], a);
    for (size_t a = 0; a < before; a++) {
        size_t v = 0;
        while (v < after && (c->verdicts[v].in[BEFORE] || c->verdicts[v].loss != was[a].loss ||
                             strcmp(c->verdicts[v].scope, was[a].scope) != 0))
            v++;
        if (v == after)
            v = c->verdict_count++;
        verdict_set(&c->verdicts[v], BEFORE, &c->sides[BEFORE], a);
    }
    for (size_t v = 0; v < c->verdict_count; v++) {
        struct verdict_change *x = &c->verdicts[v];
        x->worse = x->in[BEFORE] && x->in[AFTER] && x->verdict[AFTER] > x->verdict[BEFORE];
        c->verdicts_worse += x->worse;
    }
}

// ---- treatments

static size_t treatments_of(const struct compare_side *side, const struct treatment **rows)
{
    *rows = side->treated != NULL ? side->treated->portfolio->treatments.rows : NULL;
    return side->treated != NULL ? side->treated->portfolio->treatments.count : 0;
}

static void treatment_set(struct treatment_change *x, int side, const struct compare_side *of,
                          size_t i)
{
    const struct treatment_figures *f = &of->treated->treatments[i];
    x->id = of->treated->portfolio->treatments.rows[i].id;
    x->in[side] = true;
    x->rank[side] = f->rank;
    x->lower[side] = f->rank_lower;
    x->upper[side] = f->rank_upper;
    x->saved[side] = f->alone.aal_saved.value;
}

static int by_rank(const void *a, const void *b)
{
    const struct treatment_change *x = a, *y = b;
    if (x->in[AFTER] != y->in[AFTER])
        return x->in[AFTER] ? -1 : 1;
    int side = x->in[AFTER] ? AFTER : BEFORE;
    if (x->rank[side] != y->rank[side])
        return x->rank[side] < y->rank[side] ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void treatments_fill(struct comparison *c)
{
    const struct treatment *was, *is;
    size_t n = treatments_of(&c->sides[BEFORE], &was), m = treatments_of(&c->sides[AFTER], &is);
    c->treatments = compare_room(c, n + m + 1, sizeof *c->treatments);
    for (size_t i = 0, j = 0; i < n || j < m;) { // both in the order of ids
        int order = i == n ? 1 : j == m ? -1 : strcmp(was[i].id, is[j].id);
        struct treatment_change *x = &c->treatments[c->treatment_count];
        *x = (struct treatment_change){.saved = {NAN, NAN}};
        if (order <= 0)
            treatment_set(x, BEFORE, &c->sides[BEFORE], i++);
        if (order >= 0)
            treatment_set(x, AFTER, &c->sides[AFTER], j++);
        x->certain =
            order != 0 || x->lower[AFTER] > x->upper[BEFORE] || x->upper[AFTER] < x->lower[BEFORE];
        if (order != 0 || x->rank[BEFORE] != x->rank[AFTER])
            c->treatment_count++;
    }
    if (c->treatment_count > 0)
        qsort(c->treatments, c->treatment_count, sizeof *c->treatments, by_rank);
}

static const struct plan_figures *plan_within(const struct compare_side *side, double budget)
{
    const struct plan_figures *best = NULL;
    for (size_t p = 0; side->treated != NULL && p < side->treated->plan_count; p++)
        if (side->treated->plans[p].budget_cost <= budget &&
            (best == NULL || side->treated->plans[p].budget_cost >= best->budget_cost))
            best = &side->treated->plans[p];
    return best;
}

static bool chooses(const struct compare_side *side, const struct plan_figures *plan,
                    const char *id)
{
    const struct treatment *rows;
    size_t n = treatments_of(side, &rows);
    for (size_t i = 0; plan != NULL && i < n; i++)
        if (plan->chosen[i] && strcmp(rows[i].id, id) == 0)
            return true;
    return false;
}

// The ids that the plan of one side has and the other's has not.
static const char *plan_less(const struct comparison *c, const struct plan_change *x, int side)
{
    const struct treatment *rows;
    size_t n = treatments_of(&c->sides[side], &rows);
    const char *text = "";
    for (size_t i = 0; x->plan[side] != NULL && i < n; i++)
        if (x->plan[side]->chosen[i] && !chooses(&c->sides[!side], x->plan[!side], rows[i].id))
            text =
                text_format("%s%s%s", text, *text == '\0' ? "" : ", ", text_shown(rows[i].id, 40));
    return text;
}

static int by_amount(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// At every budget where a frontier has a plan: whether the other's differs. A difference that stays
// the same up to the next budget is told once.
static void plans_fill(struct comparison *c)
{
    size_t room = 0, count = 0;
    for (int side = 0; side < SIDES; side++)
        room += c->sides[side].treated != NULL ? c->sides[side].treated->plan_count : 0;
    double *budgets = compare_room(c, room + 1, sizeof *budgets);
    c->plans = compare_room(c, room + 1, sizeof *c->plans);
    for (int side = 0; side < SIDES; side++)
        for (size_t p = 0; c->sides[side].treated != NULL && p < c->sides[side].treated->plan_count;
             p++)
            if (isfinite(c->sides[side].treated->plans[p].budget_cost))
                budgets[count++] = c->sides[side].treated->plans[p].budget_cost;
    qsort(budgets, count, sizeof *budgets, by_amount);
    for (size_t b = 0; b < count; b++) {
        struct plan_change x = {.budget = budgets[b]};
        for (int side = 0; side < SIDES; side++)
            x.plan[side] = plan_within(&c->sides[side], x.budget);
        x.dropped = plan_less(c, &x, BEFORE);
        x.taken = plan_less(c, &x, AFTER);
        const struct plan_change *last = c->plan_count > 0 ? &c->plans[c->plan_count - 1] : NULL;
        if (last != NULL && last->plan[BEFORE] == x.plan[BEFORE] &&
            last->plan[AFTER] == x.plan[AFTER])
            continue;
        if (*x.dropped != '\0' || *x.taken != '\0')
            c->plans[c->plan_count++] = x;
    }
}

// ----

static int comparison_fill(struct comparison *c, int threads, struct progress_line *progress,
                           struct diagnostics *d)
{
    for (int side = 0; side < SIDES; side++)
        if (!side_open(c, &c->sides[side], threads, progress, d))
            return input_status(d);
    if (!sides_agree(c, d))
        return input_status(d);
    pairing_find(c);
    level_choose(c);
    headline_fill(c);
    verdicts_fill(c);
    progress_line_tell(progress, NAN, "comparing rows");
    if (!compare_rows(c->sides, &c->arena, c->tables, threads, d))
        return input_status(d);
    for (int t = 0; t < COMPARE_TABLES; t++)
        c->rows_differ = c->rows_differ || c->tables[t].count > 0;
    progress_line_tell(progress, NAN, "looking for causes");
    if (!compare_causes(c, threads, d) || !compare_groups(c, d))
        return input_status(d);
    treatments_fill(c);
    plans_fill(c);
    return STATUS_DONE;
}

static int compare_run(struct comparison *c, const struct failing *failing, int threads, bool quiet,
                       bool json)
{
    struct progress_line progress = progress_line_start(quiet);
    struct diagnostics *d = must_have(diagnostics_new());
    int status = comparison_fill(c, threads, &progress, d);
    progress_line_clear(&progress);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    if (status == STATUS_DONE) {
        if (json)
            compare_json(c);
        else
            compare_text(c);
        if (fails(c, failing))
            status = STATUS_NO;
    }
    for (int side = 0; side < SIDES; side++) {
        study_free(&c->sides[side].study);
        results_free(c->sides[side].results);
    }
    arena_free(&c->arena);
    return status;
}

int command_compare(int argc, char **argv)
{
    const char *fail_on = "verdict";
    uint64_t top = 0, threads = (uint64_t)machine_threads();
    bool quiet = false, json = false;
    const struct option_row rows[] = {
        {'n', "top", "N", "rows, scenarios and others to list of each kind (text: 10; else all)",
         OPTION_WHOLE, &top, 1, UINT32_MAX},
        {0, "fail-on", "KIND", "what ends with exit status 1 (verdict)", OPTION_TEXT, &fail_on, 0,
         0},
        {'t', "threads", "N", "(the processors of this process)", OPTION_WHOLE, &threads, 1, 4096},
        {'q', "quiet", NULL, "no progress", OPTION_FLAG, &quiet, 0, 0},
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &json, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    struct failing failing;
    if (!failing_read(fail_on, &failing))
        return options_wrong(&manual, "--fail-on %s: verdict or aal:PERCENT is expected",
                             text_shown(fail_on, 40));
    struct comparison c = {.sides = {{.path = argv[1]}, {.path = argv[2]}}};
    c.top = top > 0 ? (size_t)top : json ? SIZE_MAX : 10;
    return output_finish(compare_run(&c, &failing, (int)threads, quiet, json));
}

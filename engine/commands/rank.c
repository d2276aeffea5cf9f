#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/csv.h"
#include "commands/json.h"
#include "commands/options.h"
#include "commands/print.h"
#include "commands/replay.h"
#include "treat/ranking.h"

static const struct manual manual = {
    .command = "rank",
    .operands = "RUN.h5",
    .summary = "Ranks the treatments of a run: what each costs, and what it is worth.",
    .text =
        "Each treatment is held against the base run on the very same events, so that what it\n"
        "saves is known far better than the losses themselves. Ranges are simulation error at 95 "
        "%.\n"
        "\n"
        "  a year    what it costs: once per lifetime spread over it, and every year\n"
        "  saves     of the average annual loss, alone; TVaR: of the worst years' mean, likewise\n"
        "  net       saved AAL less the annualised cost\n"
        "  b/c       saved AAL per annualised cost\n"
        "  last in   saved AAL as the last of all treatments\n"
        "  share     of what all save together (Shapley): shares add up\n"
        "  rank      and the ranks that simulation error leaves open\n"
        "\n"
        "--by takes aal, tvar, net_benefit, benefit_cost, tvar_cost (TVaR saved per cost), rosi,\n"
        "payback (chance to save its cost in a year), breach (of the appetite, saved), last_in,\n"
        "share. Without it the study's objective ranks.\n"
        "\n"
        "Example:\n"
        "  lossmill rank run.h5 --by benefit_cost --top 10\n",
    .operands_min = 1,
    .operands_max = 1,
};

enum criterion {
    BY_AAL,
    BY_TVAR,
    BY_NET_BENEFIT,
    BY_BENEFIT_COST,
    BY_TVAR_COST,
    BY_ROSI,
    BY_PAYBACK,
    BY_BREACH,
    BY_LAST_IN,
    BY_SHARE,
    CRITERIA
};
static const char *const criterion_names[CRITERIA] = {
    "aal",  "tvar",    "net_benefit", "benefit_cost", "tvar_cost",
    "rosi", "payback", "breach",      "last_in",      "share"};
static const char *const criterion_texts[CRITERIA] = {
    "saved AAL",
    "saved TVaR",
    "net benefit",
    "saved AAL per cost",
    "saved TVaR per cost",
    "return on security investment",
    "chance to save its cost in a year",
    "saved chance to breach the appetite",
    "saved AAL as the last one",
    "share in what all save",
};

// Everything that is printed, in the order of ranks.
struct table {
    const struct replay_run *run;
    enum criterion by;
    size_t count;
    size_t *order;
    struct ranked *ranked; // [treatment]; rank_lower 0: no interval
    struct reduction *last_aal, *last_tvar;
    size_t worst_point; // of the appetite: the one most exceeded; NO_ROW: there is none
};

static const struct treatment *treatment_of(const struct table *t, size_t i)
{
    return &t->run->study.portfolio.treatments.rows[i];
}

static const struct treatment_figures *figures_of(const struct table *t, size_t i)
{
    return &t->run->treatments.treatments[i];
}

// The point of the appetite that is most exceeded, relative to what is tolerated.
static size_t worst_point_find(const struct replay_run *run)
{
    const struct treatments *t = &run->study.portfolio.treatments;
    size_t worst = NO_ROW;
    double most = 0;
    for (size_t a = 0; a < t->appetite_count; a++) {
        double ratio = run->treatments.base.exceeds[a] / fmax(t->appetite[a].probability, 1e-12);
        if (worst == NO_ROW || ratio > most) {
            worst = a;
            most = ratio;
        }
    }
    return worst;
}

static const struct appetite_point *breach_point(const struct table *t)
{
    return &t->run->study.portfolio.treatments.appetite[t->worst_point];
}

static double criterion_value(const struct table *t, size_t i)
{
    const struct treatment_figures *f = figures_of(t, i);
    switch (t->by) {
    case BY_ROSI:
        return f->rosi;
    case BY_PAYBACK:
        return f->payback_probability;
    case BY_BREACH:
        return t->worst_point == NO_ROW ? NAN : f->alone.exceeds_saved[t->worst_point].value;
    case BY_LAST_IN:
        return t->last_aal[i].value;
    case BY_SHARE:
        return f->aal_share;
    default:
        return t->ranked[i].score;
    }
}

struct keyed {
    double value;
    size_t index;
};

// NaN last.
static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (isnan(x->value) != isnan(y->value))
        return isnan(x->value) ? 1 : -1;
    if (x->value != y->value && !isnan(x->value))
        return x->value > y->value ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static void order_by_value(struct table *t)
{
    struct keyed *keyed = must_alloc(t->count, sizeof *keyed);
    for (size_t i = 0; i < t->count; i++)
        keyed[i] = (struct keyed){criterion_value(t, i), i};
    qsort(keyed, t->count, sizeof *keyed, compare_keyed);
    for (size_t place = 0; place < t->count; place++) {
        t->order[place] = keyed[place].index;
        t->ranked[keyed[place].index].rank = (uint32_t)place + 1;
    }
    free(keyed);
}

static bool table_fill(struct table *t, struct diagnostics *d)
{
    static const enum ranking_by by[] = {[BY_AAL] = RANKING_AAL,
                                         [BY_TVAR] = RANKING_TVAR,
                                         [BY_NET_BENEFIT] = RANKING_NET_BENEFIT,
                                         [BY_BENEFIT_COST] = RANKING_BENEFIT_COST,
                                         [BY_TVAR_COST] = RANKING_TVAR_COST};
    t->count = t->run->study.portfolio.treatments.count;
    t->order = must_alloc(t->count, sizeof *t->order);
    t->ranked = must_alloc(t->count, sizeof *t->ranked);
    t->last_aal = must_alloc(t->count, sizeof *t->last_aal);
    t->last_tvar = must_alloc(t->count, sizeof *t->last_tvar);
    t->worst_point = worst_point_find(t->run);
    if (!treat_session_shares(t->run->session, d) ||
        !treat_session_last_in(t->run->session, t->last_aal, t->last_tvar, d))
        return false;
    if (t->by <= BY_TVAR_COST && !treat_session_rank(t->run->session, by[t->by], t->ranked, d))
        return false;
    order_by_value(t);
    return true;
}

static void table_free(struct table *t)
{
    free(t->order);
    free(t->ranked);
    free(t->last_aal);
    free(t->last_tvar);
}

// The ranks that are left open, where these are several.
static const char *range_text(const struct ranked *x)
{
    if (x->rank_lower == x->rank_upper)
        return "";
    return text_format("%u%s%u", x->rank_lower, sign("\u2013", "-"), x->rank_upper);
}

static const char *ratio_text(double ratio)
{
    return isnan(ratio) ? "-" : text_format(fabs(ratio) < 9.95 ? "%.2f" : "%.0f", ratio);
}

// The column of ratios: what ranks, where no other column shows it.
static const char *ratio_head(const struct table *t)
{
    switch (t->by) {
    case BY_ROSI:
        return "ROSI";
    case BY_PAYBACK:
        return "Payback";
    case BY_BREACH:
        return "Breach";
    case BY_TVAR_COST:
        return "TVaR/c";
    default:
        return "B/c";
    }
}

static const char *ratio_cell(const struct table *t, size_t i)
{
    const struct treatment_figures *f = figures_of(t, i);
    switch (t->by) {
    case BY_ROSI:
        return ratio_text(f->rosi);
    case BY_PAYBACK:
        return share_text(f->payback_probability);
    case BY_BREACH:
        return text_format("%.3g %%", 100 * criterion_value(t, i));
    case BY_TVAR_COST:
        return ratio_text(1 / f->cost_per_tvar);
    default:
        return ratio_text(f->benefit_cost);
    }
}

static void print_ranking(const struct table *t, uint64_t top)
{
    const struct column columns[] = {
        {"Rank", ALIGN_RIGHT, 0},    {"95 %", ALIGN_LEFT, 0},   {"Treatment", ALIGN_LEFT, 22},
        {"A year", ALIGN_RIGHT, 0},  {"Saves", ALIGN_RIGHT, 0}, {"95 %", ALIGN_LEFT, 0},
        {"TVaR", ALIGN_RIGHT, 0},    {"Net", ALIGN_RIGHT, 0},   {ratio_head(t), ALIGN_RIGHT, 0},
        {"Last in", ALIGN_RIGHT, 0}, {"Share", ALIGN_RIGHT, 0},
    };
    size_t shown = top < t->count ? (size_t)top : t->count;
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    for (size_t place = 0; place < shown; place++) {
        size_t i = t->order[place];
        const struct treatment_figures *f = figures_of(t, i);
        const struct reduction *saved = &f->alone.aal_saved;
        const struct reduction *tail = &f->alone.tvar_saved[t->run->treatments.level];
        listing_cell(listing, text_format("%u", t->ranked[i].rank));
        listing_cell(listing, range_text(&t->ranked[i]));
        listing_cell(listing, treatment_of(t, i)->id);
        listing_cell(listing, money_text(f->cost.annualised, NAN));
        listing_cell(listing, money_text(saved->value, saved->error));
        listing_cell(listing, plus_minus_text(saved->error));
        listing_cell(listing, money_text(tail->value, tail->error));
        listing_cell(listing, money_text(f->net_benefit.value, f->net_benefit.error));
        listing_cell(listing, ratio_cell(t, i));
        listing_cell(listing, money_text(t->last_aal[i].value, t->last_aal[i].error));
        listing_cell(listing, money_text(f->aal_share, NAN));
    }
    listing_print(listing, 2);
    if (t->count > shown)
        printf("  and %s more (--top N)\n", whole_text(t->count - shown));
}

static void note(const char *text)
{
    paragraph(2, text);
}

// Who is no candidate: their states.
static void print_states(const struct table *t)
{
    for (enum treatment_state state = TREATMENT_APPROVED; state < TREATMENT_STATES; state++) {
        const char *ids = "";
        for (size_t place = 0; place < t->count; place++) {
            const struct treatment *x = treatment_of(t, t->order[place]);
            if (x->state == state)
                ids = text_format("%s%s%s", ids, *ids == '\0' ? "" : ", ", text_shown(x->id, 30));
        }
        if (*ids == '\0')
            continue;
        note(text_format("%s: %s.",
                         state == TREATMENT_FORBIDDEN ? "Forbidden, in no plan"
                         : state == TREATMENT_EXISTING
                             ? "Existing, at work in the base; saves: against a world without it"
                             : text_format("In every plan, %s", treatment_state_names[state]),
                         ids));
    }
}

static void print_dominated(const struct table *t)
{
    for (size_t place = 0; place < t->count; place++) {
        size_t a = t->order[place];
        size_t best = t->count;
        if (treatment_of(t, a)->option == OPTION_RETAIN ||
            treatment_of(t, a)->state == TREATMENT_FORBIDDEN)
            continue;
        for (size_t b = 0; b < t->count; b++)
            if (treat_session_dominates(t->run->session, (uint32_t)b, (uint32_t)a) &&
                (best == t->count ||
                 figures_of(t, b)->net_benefit.value > figures_of(t, best)->net_benefit.value))
                best = b;
        if (best < t->count)
            note(text_format(
                "%s before %s: alone it costs no more, and saves no less of any scenario "
                "or shared event.",
                text_shown(treatment_of(t, best)->id, 30), text_shown(treatment_of(t, a)->id, 30)));
    }
}

// Rounded up to two digits.
static uint64_t two_digits(double number)
{
    double place = pow(10, fmax(floor(log10(number)) - 1, 0));
    return (uint64_t)(ceil(number / place) * place);
}

// Neighbours in the ranking that the simulation cannot tell apart, and what would.
static void print_ties(const struct table *t)
{
    enum { TIES_SHOWN = 5 };
    uint64_t years = t->run->study.portfolio.settings.years;
    size_t ties = 0;
    for (size_t place = 0; place + 1 < t->count && t->by <= BY_TVAR_COST; place++) {
        const struct ranked *x = &t->ranked[t->order[place]];
        if (!(x->settling_years > (double)years) || ties++ >= TIES_SHOWN)
            continue;
        const char *both =
            text_format("%s and %s", text_shown(treatment_of(t, t->order[place])->id, 30),
                        text_shown(treatment_of(t, t->order[place + 1])->id, 30));
        if (isinf(x->settling_years))
            note(text_format("%s are equal as far as any number of years tells.", both));
        else
            note(text_format("%s could change places: some %s years would tell.", both,
                             whole_text(two_digits(x->settling_years))));
    }
    if (ties > TIES_SHOWN)
        note(text_format("and %s more that more years may change.", whole_text(ties - TIES_SHOWN)));
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// How much sharper the differences are than those of two independent runs.
static void print_sharpness(const struct table *t)
{
    double years = (double)t->run->study.portfolio.settings.years;
    double *ratio = must_alloc(t->count, sizeof *ratio);
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct world_figures *x = &figures_of(t, i)->alone;
        double independent =
            (t->run->treatments.base.sd * t->run->treatments.base.sd + x->sd * x->sd) / years;
        double paired = x->aal_saved.error * x->aal_saved.error;
        if (paired > 0 && isfinite(paired))
            ratio[n++] = independent / paired;
    }
    qsort(ratio, n, sizeof *ratio, compare_doubles);
    if (n > 0)
        note(text_format("On common events the variance of a saving is %s to %s times smaller than "
                         "from two runs, %s in the middle.",
                         number_text(ratio[0]), number_text(ratio[n - 1]),
                         number_text(ratio[n / 2])));
    free(ratio);
}

static void print_text(const struct table *t, uint64_t top)
{
    const struct settings *settings = &t->run->study.portfolio.settings;
    printf("%s\n", text_shown(settings->title, 98));
    printf("%s treatment%s by %s, on %s simulated years; in %s a year\n", whole_text(t->count),
           t->count == 1 ? "" : "s", criterion_texts[t->by], whole_text(settings->years),
           text_shown(settings->currency, 12));
    printf("Saves: of the average annual loss, alone; TVaR: of the mean of the worst %g %% of "
           "years\n\n",
           100 * (1 - settings->quantiles[t->run->treatments.level]));
    print_ranking(t, top);
    printf("\n");
    if (t->by == BY_BREACH)
        note(text_format("Breach: of the chance of a year above %s (%s).",
                         money_text(breach_point(t)->loss, NAN),
                         text_shown(breach_point(t)->scope, 40)));
    print_states(t);
    print_ties(t);
    print_dominated(t);
    print_sharpness(t);
    printf("\nNext:\n\n  lossmill plan %s --budget 250k,500k,1M\n", text_shown(t->run->path, 200));
}

// The same figures by name for programs.
struct figure {
    const char *name;
    double value;
};
enum { FIGURES = 24 };

static void figures_list(const struct table *t, size_t i, struct figure out[FIGURES])
{
    const struct treatment_figures *f = figures_of(t, i);
    size_t level = t->run->treatments.level;
    bool any = t->worst_point != NO_ROW;
    const struct figure figures[FIGURES] = {
        {"cost_upfront", f->cost.upfront},
        {"cost_annual", f->cost.annual},
        {"cost_first_year", f->cost.first_year},
        {"cost_annualised", f->cost.annualised},
        {"aal", f->alone.aal},
        {"aal_reduction", f->alone.aal_saved.value},
        {"aal_reduction_error", f->alone.aal_saved.error},
        {"aal_reduction_exact", f->aal_saved_exact},
        {"var_reduction", f->alone.var_saved[level].value},
        {"var_reduction_error", f->alone.var_saved[level].error},
        {"tvar_reduction", f->alone.tvar_saved[level].value},
        {"tvar_reduction_error", f->alone.tvar_saved[level].error},
        {"breach_reduction", any ? f->alone.exceeds_saved[t->worst_point].value : NAN},
        {"breach_reduction_error", any ? f->alone.exceeds_saved[t->worst_point].error : NAN},
        {"net_benefit", f->net_benefit.value},
        {"rosi", f->rosi},
        {"benefit_cost", f->benefit_cost},
        {"cost_per_tvar", f->cost_per_tvar},
        {"payback_probability", f->payback_probability},
        {"last_in_aal_reduction", t->last_aal[i].value},
        {"last_in_aal_reduction_error", t->last_aal[i].error},
        {"last_in_tvar_reduction", t->last_tvar[i].value},
        {"last_in_tvar_reduction_error", t->last_tvar[i].error},
        {"aal_share", f->aal_share},
    };
    memcpy(out, figures, sizeof figures);
}

static void print_json(const struct table *t, uint64_t top)
{
    const struct settings *settings = &t->run->study.portfolio.settings;
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "title", settings->title);
    json_text(&json, "currency", settings->currency);
    json_whole(&json, "years", settings->years);
    json_text(&json, "by", criterion_names[t->by]);
    json_number(&json, "tvar_level", settings->quantiles[t->run->treatments.level]);
    json_open(&json, "treatments", '[');
    for (size_t place = 0; place < t->count && place < top; place++) {
        size_t i = t->order[place];
        const struct ranked *x = &t->ranked[i];
        struct figure figures[FIGURES];
        json_open(&json, NULL, '{');
        json_whole(&json, "rank", x->rank);
        if (x->rank_lower > 0) {
            json_whole(&json, "rank_lower", x->rank_lower);
            json_whole(&json, "rank_upper", x->rank_upper);
            json_number(&json, "settling_years", x->settling_years);
        }
        json_text(&json, "treatment_id", treatment_of(t, i)->id);
        json_text(&json, "name", treatment_of(t, i)->name);
        json_text(&json, "option", treatment_option_names[treatment_of(t, i)->option]);
        json_text(&json, "state", treatment_state_names[treatment_of(t, i)->state]);
        figures_list(t, i, figures);
        for (size_t k = 0; k < FIGURES; k++)
            json_number(&json, figures[k].name, figures[k].value);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

static void print_csv(const struct table *t, uint64_t top)
{
    struct csv csv = {.out = stdout};
    struct figure figures[FIGURES];
    csv_text(&csv, "rank");
    csv_text(&csv, "rank_lower");
    csv_text(&csv, "rank_upper");
    csv_text(&csv, "treatment_id");
    csv_text(&csv, "name");
    csv_text(&csv, "option");
    csv_text(&csv, "state");
    figures_list(t, 0, figures);
    for (size_t k = 0; k < FIGURES; k++)
        csv_text(&csv, figures[k].name);
    csv_end(&csv);
    for (size_t place = 0; place < t->count && place < top; place++) {
        size_t i = t->order[place];
        const struct ranked *x = &t->ranked[i];
        csv_whole(&csv, x->rank);
        csv_number(&csv, x->rank_lower > 0 ? x->rank_lower : NAN);
        csv_number(&csv, x->rank_lower > 0 ? x->rank_upper : NAN);
        csv_text(&csv, treatment_of(t, i)->id);
        csv_text(&csv, treatment_of(t, i)->name);
        csv_text(&csv, treatment_option_names[treatment_of(t, i)->option]);
        csv_text(&csv, treatment_state_names[treatment_of(t, i)->state]);
        figures_list(t, i, figures);
        for (size_t k = 0; k < FIGURES; k++)
            csv_number(&csv, figures[k].value);
        csv_end(&csv);
    }
}

static int rank_run(const char *path, const char *by, uint64_t top, int threads, bool quiet,
                    bool json, bool csv)
{
    static const enum criterion of_objective[OBJECTIVES] = {[OBJECTIVE_AAL] = BY_AAL,
                                                            [OBJECTIVE_TVAR] = BY_TVAR,
                                                            [OBJECTIVE_NET_BENEFIT] =
                                                                BY_NET_BENEFIT};
    struct replay_run run;
    int status = replay_open(&run, manual.command, path, threads, quiet);
    if (status == STATUS_DONE) {
        struct table table = {.run = &run};
        struct diagnostics *d = must_have(diagnostics_new());
        table.by = of_objective[run.study.portfolio.treatments.settings.objective];
        for (size_t c = 0; by != NULL && c < CRITERIA; c++)
            if (strcmp(by, criterion_names[c]) == 0)
                table.by = (enum criterion)c;
        if (table.by == BY_BREACH && run.study.portfolio.treatments.appetite_count == 0) {
            progress_line_clear(&run.progress);
            fprintf(stderr, "lossmill rank: --by breach: the study has no appetite.csv\n");
            diagnostics_free(d);
            replay_close(&run);
            return STATUS_INPUT;
        }
        bool good = table_fill(&table, d);
        progress_line_clear(&run.progress);
        diagnostics_print(d, stderr);
        diagnostics_free(d);
        if (!good)
            status = STATUS_SYSTEM;
        else if (json)
            print_json(&table, top > 0 ? top : UINT64_MAX);
        else if (csv)
            print_csv(&table, top > 0 ? top : UINT64_MAX);
        else
            print_text(&table, top > 0 ? top : UINT64_MAX);
        table_free(&table);
    }
    replay_close(&run);
    return status;
}

int command_rank(int argc, char **argv)
{
    const char *by = NULL;
    uint64_t top = 0, threads = (uint64_t)machine_threads();
    bool quiet = false, json = false, csv = false;
    const struct option_row rows[] = {
        {'b', "by", "CRITERION", "what ranks (the study's objective)", OPTION_TEXT, &by, 0, 0},
        {'n', "top", "N", "treatments to list (all)", OPTION_WHOLE, &top, 1, UINT32_MAX},
        {'t', "threads", "N", "(the processors of this process)", OPTION_WHOLE, &threads, 1, 4096},
        {'q', "quiet", NULL, "no progress", OPTION_FLAG, &quiet, 0, 0},
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &json, 0, 0},
        {0, "csv", NULL, "one treatment per row, for spreadsheets", OPTION_FLAG, &csv, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if (json && csv)
        return options_wrong(&manual, "--json and --csv exclude each other");
    bool known = by == NULL;
    for (size_t c = 0; !known && c < CRITERIA; c++)
        known = strcmp(by, criterion_names[c]) == 0;
    if (!known) {
        const char *near = nearest_name(by, criterion_names, CRITERIA);
        return options_wrong(&manual, "--by %s: no such criterion%s%s%s", text_shown(by, 30),
                             near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                             near != NULL ? "?" : "");
    }
    return output_finish(rank_run(argv[1], by, top, (int)threads, quiet, json, csv));
}

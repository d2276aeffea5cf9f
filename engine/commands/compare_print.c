// `compare` for people: verdicts, headline, causes, rows, groups, treatments; at most 100 columns.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/compare.h"
#include "commands/print.h"
#include "commands/show.h"

enum { PAGE_COLUMNS = 99 };

static const char *signed_text(double amount, double error)
{
    if (fabs(amount) < 0.005)
        return "0"; // less than a hundredth
    return amount > 0 ? text_format("+%s", money_text(amount, error)) : money_text(amount, error);
}

static const char *level_text(double level)
{
    return text_format("%g %%", 100 * level);
}

static const char *grown_text(const struct difference *x)
{
    if (!(x->before > 0) || isnan(x->difference) || x->difference == 0)
        return "";
    double percent = 100 * x->difference / x->before;
    if (fabs(percent) < 0.05)
        return "";
    return text_format(fabs(percent) < 9.95 ? "%+.1f %%" : "%+.0f %%", percent);
}

static void more_line(size_t count, size_t shown, const char *what)
{
    if (count > shown)
        printf("  and %s more %s (--top N)\n", whole_text(count - shown), what);
}

static size_t shown_of(const struct comparison *c, size_t count)
{
    return count < c->top ? count : c->top;
}

// A paragraph: broken at blanks, its lines indented.
static void print_wrapped(const char *text, size_t indent)
{
    while (*text != '\0') {
        size_t width = 0, end = 0, last = 0;
        for (; text[end] != '\0'; end++) {
            if (((unsigned char)text[end] & 0xc0) != 0x80 && ++width > PAGE_COLUMNS - indent)
                break;
            if (text[end] == ' ')
                last = end;
        }
        if (text[end] != '\0' && last > 0)
            end = last;
        printf("%*s%.*s\n", (int)indent, "", (int)end, text);
        for (text += end; *text == ' '; text++)
            ;
    }
}

static void print_sides(const struct comparison *c)
{
    static const struct column columns[] = {
        {"", ALIGN_LEFT, 0}, {"", ALIGN_LEFT, 30}, {"", ALIGN_LEFT, 0}};
    struct listing *listing = listing_new(columns, 3);
    for (int side = 0; side < SIDES; side++) {
        const struct settings *s = &c->sides[side].portfolio->settings;
        bool dated = s->as_of != NULL && *s->as_of != '\0';
        listing_cell(listing, side == BEFORE ? "before" : "after");
        listing_cell(listing, c->sides[side].path);
        listing_cell(listing, text_format("%s%s%s%s years, seed %llu", dated ? "as of " : "",
                                          dated ? text_shown(s->as_of, 12) : "", dated ? ", " : "",
                                          whole_text(s->years), (unsigned long long)s->seed));
    }
    listing_print_bare(listing, 2);
}

static void print_title(const struct comparison *c)
{
    printf("What changed: %s\n", text_shown(c->sides[AFTER].portfolio->settings.title, 84));
    print_sides(c);
    if (c->paired)
        printf("  Same seed and years: where nothing changed, both drew the same events.\n");
    else
        print_wrapped(text_format("Not the same sample: %s. Errors of differences are those of two "
                                  "independent runs, and what did not change differs too where no "
                                  "exact figure is known.",
                                  c->not_paired),
                      2);
}

// ---- verdicts

static const char *verdict_text(const struct verdict_change *x, int side)
{
    return x->in[side] ? verdict_names[x->verdict[side]] : "none";
}

static void print_verdicts(const struct comparison *c)
{
    const struct column columns[] = {
        {"", ALIGN_LEFT, 0},
        {"Appetite", ALIGN_LEFT, 20},
        {"a year above", ALIGN_RIGHT, 0},
        {"tolerated", ALIGN_RIGHT, 0},
        {"before", ALIGN_RIGHT, 0},
        {"verdict", ALIGN_LEFT, 0},
        {"after", ALIGN_RIGHT, 0},
        {"verdict", ALIGN_LEFT, 0},
    };
    size_t changed = 0, points = 0;
    struct listing *listing = listing_new(columns, 8);
    for (size_t v = 0; v < c->verdict_count; v++) {
        const struct verdict_change *x = &c->verdicts[v];
        bool both = x->in[BEFORE] && x->in[AFTER];
        points += x->in[AFTER];
        if (both && x->verdict[BEFORE] == x->verdict[AFTER] &&
            x->tolerated[BEFORE] == x->tolerated[AFTER])
            continue;
        changed++;
        double was = x->tolerated[BEFORE], is = x->tolerated[AFTER];
        listing_cell(listing, x->worse ? "WORSE" : both ? "" : x->in[AFTER] ? "new" : "gone");
        listing_cell(listing, x->scope);
        listing_cell(listing, money_text(x->loss, NAN));
        listing_cell(listing, both && was != is
                                  ? text_format("%s -> %s", chance_text(was), chance_text(is))
                                  : chance_text(x->in[AFTER] ? is : was));
        for (int side = 0; side < SIDES; side++) {
            listing_cell(listing, chance_text(x->exceeds[side]));
            listing_cell(listing, verdict_text(x, side));
        }
    }
    printf("\n");
    if (changed > 0) {
        listing_print(listing, 2);
        return;
    }
    listing_print_bare(listing, 2);
    if (points > 0)
        printf("  Appetite: %s verdict%s, as before.\n", whole_text(points),
               points == 1 ? "" : "s");
    else
        printf("  Neither run has an appetite to be judged by.\n");
}

// ---- headline

static void headline_row(struct listing *listing, const char *name, const struct difference *x)
{
    listing_cell(listing, name);
    listing_cell(listing, money_text(x->before, NAN));
    listing_cell(listing, money_text(x->after, NAN));
    listing_cell(listing, signed_text(x->difference, x->error));
    listing_cell(listing, isnan(x->error) ? "" : plus_minus_text(x->error));
    listing_cell(listing, grown_text(x));
}

static void print_headline(const struct comparison *c)
{
    static const struct column columns[] = {
        {"", ALIGN_LEFT, 0},       {"Before", ALIGN_RIGHT, 0},
        {"After", ALIGN_RIGHT, 0}, {"Difference", ALIGN_RIGHT, 0},
        {"95 %", ALIGN_LEFT, 0},   {"Change", ALIGN_RIGHT, 0},
    };
    struct listing *listing = listing_new(columns, 6);
    headline_row(listing, "Average annual loss (AAL)", &c->headline[HEADLINE_AAL]);
    if (!isnan(c->aal_exact[BEFORE]) && !isnan(c->aal_exact[AFTER])) {
        struct difference exact = {c->aal_exact[BEFORE], c->aal_exact[AFTER],
                                   c->aal_exact[AFTER] - c->aal_exact[BEFORE], NAN};
        headline_row(listing, "  exact", &exact);
    }
    headline_row(listing, "One year in 20 loses more than", &c->headline[HEADLINE_20]);
    headline_row(listing, "One year in 200 loses more than", &c->headline[HEADLINE_200]);
    if (!isnan(c->level))
        headline_row(listing, text_format("TVaR %s", level_text(c->level)),
                     &c->headline[HEADLINE_TVAR]);
    printf("\n");
    listing_print(listing, 2);
    printf("  In %s%s; 95 %% is %ssimulation error of the difference.\n",
           text_shown(c->sides[AFTER].portfolio->settings.currency, 16),
           c->insured ? ", net of current insurance" : "", c->paired ? "paired " : "");
}

// ---- causes

// Where the exact AAL stays and other assets are hit, the sampled one still moves.
static const char *aal_kind_text(const struct moved *x)
{
    if (!x->exact)
        return " (sampled)";
    if (fabs(x->aal.difference) < 0.005 && x->sampled_difference != 0)
        return text_format(" (sampled: %s)", signed_text(x->sampled_difference, NAN));
    return "";
}

static void print_moved(const struct comparison *c)
{
    size_t count = 0, told = 0;
    for (size_t i = 0; i < c->moved_count; i++)
        count += c->moved[i].causes != 0;
    if (count == 0) {
        heading("No scenario moved");
        return;
    }
    heading("What moved, and why%s",
            isnan(c->level)
                ? ""
                : text_format(" (TVaR: what it adds to that at %s)", level_text(c->level)));
    for (size_t i = 0; i < c->moved_count; i++) {
        const struct moved *x = &c->moved[i];
        if (x->causes == 0 || told == c->top)
            continue;
        told++;
        const char *tail =
            isnan(c->level) ? "" : text_format(", TVaR %s", signed_text(x->tvar_difference, NAN));
        print_wrapped(text_format("%s%s: AAL %s%s%s%s %s", x->of_event ? "event " : "",
                                  text_shown(x->id, 64), signed_text(x->aal.difference, NAN),
                                  aal_kind_text(x), tail, *x->because != '\0' ? "," : "",
                                  *x->because != '\0' ? text_format("because %s", x->because) : ""),
                      2);
    }
    more_line(count, told, "that moved");
}

static void sum_row(struct listing *listing, const struct comparison *c, const char *name,
                    const char *count, double aal, double tvar)
{
    listing_cell(listing, name);
    listing_cell(listing, count);
    listing_cell(listing, signed_text(aal, NAN));
    if (!isnan(c->level))
        listing_cell(listing, signed_text(tvar, NAN));
}

static void print_sums(const struct comparison *c)
{
    const struct column columns[] = {
        {"", ALIGN_LEFT, 52},
        {"Count", ALIGN_RIGHT, 0},
        {"AAL", ALIGN_RIGHT, 0},
        {isnan(c->level) ? "" : text_format("TVaR %s", level_text(c->level)), ALIGN_RIGHT, 0},
    };
    if (c->moved_count == 0)
        return;
    struct listing *listing = listing_new(columns, isnan(c->level) ? 3 : 4);
    for (size_t i = 0; i < c->cause_count; i++)
        sum_row(listing, c,
                c->causes[i].causes == 0 ? "none: the worst years are others"
                                         : causes_text(c->causes[i].causes),
                whole_text(c->causes[i].count), c->causes[i].aal, c->causes[i].tvar);
    double rest = c->gross_aal.difference - c->aal_sum;
    double tail = c->gross_tvar.difference - c->tvar_sum;
    if (fabs(rest) >= 0.01 || fabs(tail) >= 0.01)
        sum_row(listing, c, "rest: what is sampled less what is exact", "", rest,
                fabs(tail) >= 0.01 ? tail : 0);
    sum_row(listing, c, c->insured ? "all, before insurance" : "all", "", c->gross_aal.difference,
            c->gross_tvar.difference);
    if (c->insured)
        sum_row(listing, c, "current insurance takes", "",
                c->headline[HEADLINE_AAL].difference - c->gross_aal.difference,
                c->headline[HEADLINE_TVAR].difference - c->gross_tvar.difference);
    heading("By cause: what scenarios and shared events add to the difference");
    listing_print(listing, 2);
    if (c->assets_moved > 0)
        printf("  %s asset%s whose own row did not change moved with them, by %s (sampled).\n",
               whole_text(c->assets_moved), c->assets_moved == 1 ? "" : "s",
               signed_text(c->assets_moved_aal, NAN));
}

// ---- rows

static const char *cell_text(const char *cell)
{
    return *cell == '\0' ? "(empty)" : text_shown(cell, 40);
}

static const char *cells_text(const struct row_change *row)
{
    const char *text = "";
    for (size_t i = 0; i < row->cell_count; i++) {
        const struct cell_change *x = &row->cells[i];
        const char *one = strcmp(x->before, x->after) == 0
                              ? text_format("%s: the file of %s changed", text_shown(x->column, 40),
                                            cell_text(x->after))
                              : text_format("%s %s -> %s", text_shown(x->column, 40),
                                            cell_text(x->before), cell_text(x->after));
        text = text_format("%s%s%s", text, *text == '\0' ? "" : ", ", one);
        if (text_columns(text) > 400)
            return text_format("%s, ...", text);
    }
    return text;
}

static void print_row(const struct row_change *row)
{
    const char *aal = isnan(row->aal_difference) || row->aal_difference == 0
                          ? ""
                          : text_format(" (AAL %s)", signed_text(row->aal_difference, NAN));
    bool cells = row->kind == ROW_CHANGED || row->kind == ROW_SOURCE;
    print_wrapped(text_format("%s %s%s%s%s",
                              row->kind == ROW_ADDED     ? "+"
                              : row->kind == ROW_REMOVED ? "-"
                                                         : "~",
                              text_shown(row->key, 90), aal,
                              cells && row->cell_count > 0 ? ": " : "",
                              cells ? cells_text(row) : ""),
                  4);
}

static void print_tables(const struct comparison *c)
{
    if (!c->rows_differ) {
        heading("No row of the inputs changed");
        return;
    }
    heading("Rows of the inputs");
    for (int t = 0; t < COMPARE_TABLES; t++) {
        const struct table_changes *x = &c->tables[t];
        const char *text = "";
        size_t rows = shown_of(c, x->count);
        if (x->count == 0)
            continue;
        for (int k = 0; k < ROW_KINDS; k++)
            if (x->counts[k] > 0)
                text = text_format("%s%s%s %s", text, *text == '\0' ? "" : ", ",
                                   whole_text(x->counts[k]), row_kind_names[k]);
        printf("  %s: %s of %s\n", compare_table_names[t], text,
               whole_text(x->rows[x->rows[AFTER] > 0 ? AFTER : BEFORE]));
        for (size_t i = 0; i < rows; i++)
            print_row(&x->kept[i]);
        if (x->count > rows)
            printf("    and %s more (--top N)\n", whole_text(x->count - rows));
    }
}

// ---- groups

static void print_groups(const struct comparison *c, const struct moved_grouping *g)
{
    const struct column columns[] = {
        {text_shown(g->name, 38), ALIGN_LEFT, 38},
        {"Before", ALIGN_RIGHT, 0},
        {"After", ALIGN_RIGHT, 0},
        {"Difference", ALIGN_RIGHT, 0},
        {"95 %", ALIGN_LEFT, 0},
        {isnan(c->level) ? "" : text_format("of TVaR %s", level_text(c->level)), ALIGN_RIGHT, 0},
    };
    size_t shown = shown_of(c, g->count);
    if (g->count == 0)
        return;
    struct listing *listing = listing_new(columns, isnan(c->level) ? 5 : 6);
    for (size_t i = 0; i < shown; i++) {
        const struct moved_group *x = &g->groups[i];
        listing_cell(listing, x->shown);
        listing_cell(listing, x->in[BEFORE] ? money_text(x->aal.before, NAN) : "none");
        listing_cell(listing, x->in[AFTER] ? money_text(x->aal.after, NAN) : "none");
        listing_cell(listing, signed_text(x->aal.difference, x->aal.error));
        listing_cell(listing, plus_minus_text(x->aal.error));
        if (!isnan(c->level))
            listing_cell(listing, signed_text(x->tvar_difference, NAN));
    }
    if (fabs(g->rest_aal) >= 0.005 || fabs(g->rest_tvar) >= 0.005) {
        listing_cell(listing, "all others");
        listing_cell(listing, "");
        listing_cell(listing, "");
        listing_cell(listing, signed_text(g->rest_aal, NAN));
        listing_cell(listing, "");
        if (!isnan(c->level))
            listing_cell(listing, signed_text(g->rest_tvar, NAN));
    }
    heading("AAL by %s", text_shown(g->name, 60));
    listing_print(listing, 2);
    more_line(g->count, shown, g->count - shown == 1 ? "group" : "groups");
}

// ---- treatments

static const char *rank_text(const struct treatment_change *x, int side)
{
    return x->in[side] ? text_format("%u", x->rank[side]) : "-";
}

static void print_ranks(const struct comparison *c)
{
    static const struct column columns[] = {
        {"Treatment", ALIGN_LEFT, 34}, {"rank before", ALIGN_RIGHT, 0},
        {"after", ALIGN_RIGHT, 0},     {"saved before", ALIGN_RIGHT, 0},
        {"after", ALIGN_RIGHT, 0},     {"", ALIGN_LEFT, 0},
    };
    size_t shown = shown_of(c, c->treatment_count);
    struct listing *listing = listing_new(columns, 6);
    for (size_t i = 0; i < shown; i++) {
        const struct treatment_change *x = &c->treatments[i];
        listing_cell(listing, x->id);
        listing_cell(listing, rank_text(x, BEFORE));
        listing_cell(listing, rank_text(x, AFTER));
        listing_cell(listing, money_text(x->saved[BEFORE], NAN));
        listing_cell(listing, money_text(x->saved[AFTER], NAN));
        listing_cell(listing, !x->in[BEFORE]  ? "new"
                              : !x->in[AFTER] ? "gone"
                              : x->certain    ? ""
                                              : "within simulation error");
    }
    heading("Treatments of another rank");
    listing_print(listing, 2);
    more_line(c->treatment_count, shown, "of another rank");
}

static uint64_t budget_whole(double budget)
{
    return budget > 0 && budget < 1e18 ? (uint64_t)(budget + 0.5) : 0;
}

static void print_plans(const struct comparison *c)
{
    size_t shown = shown_of(c, c->plan_count);
    heading("Plans that changed, at a budget where a frontier has one");
    for (size_t i = 0; i < shown; i++) {
        const struct plan_change *x = &c->plans[i];
        print_wrapped(text_format("%s: %s%s%s%s%s", whole_text(budget_whole(x->budget)),
                                  *x->taken != '\0' ? "takes " : "", x->taken,
                                  *x->taken != '\0' && *x->dropped != '\0' ? "; " : "",
                                  *x->dropped != '\0' ? "drops " : "", x->dropped),
                      2);
    }
    more_line(c->plan_count, shown, c->plan_count - shown == 1 ? "budget" : "budgets");
}

static void print_treatments(const struct comparison *c)
{
    if (c->sides[BEFORE].treated == NULL && c->sides[AFTER].treated == NULL)
        return;
    if (c->treatment_count > 0)
        print_ranks(c);
    if (c->plan_count > 0)
        print_plans(c);
    if (c->treatment_count == 0 && c->plan_count == 0)
        printf("\nTreatments rank as before, and plans are the same.\n");
}

void compare_text(const struct comparison *c)
{
    print_title(c);
    print_verdicts(c);
    print_headline(c);
    print_moved(c);
    print_sums(c);
    print_tables(c);
    for (size_t g = 0; g < c->grouping_count; g++)
        print_groups(c, &c->groupings[g]);
    print_treatments(c);
}

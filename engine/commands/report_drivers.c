// What the loss consists of: shares of the average year and of the worst years, as bars in tables.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/groups.h"
#include "commands/html.h"
#include "commands/print.h"
#include "commands/report.h"
#include "commands/show.h"

enum { ROWS_FIRST = 8, GROUP_ROWS = 12 };

struct share {
    const char *name, *id; // either may be NULL
    double aal, tail;      // NaN: not known
};

struct panel {
    const char *title, *note; // note: html, may be NULL
    const struct share *shares;
    size_t count, all;      // listed; that there are
    const char *one, *more; // what the others are called
    bool tail;
};

static double scale_of(const struct panel *panel)
{
    double most = 0.01;
    for (size_t i = 0; i < panel->count; i++)
        most = fmax(most, fmax(panel->shares[i].aal, panel->shares[i].tail));
    return most;
}

static const char *bar(const char *class, double share, double scale, int top)
{
    if (!(share > 0))
        return "";
    return text_format("<rect class=\"%s\" y=\"%d\" width=\"%.2f%%\" height=\"5\" rx=\"1\"/>",
                       class, top, fmin(100 * share / scale, 100));
}

static void panel_rows(const struct report *r, const struct panel *panel, size_t from, size_t to)
{
    const double scale = scale_of(panel);
    fprintf(r->out,
            "<table class=\"shares\"><thead><tr><th scope=\"col\"><span class=\"hidden\">%s</span>"
            "</th><th scope=\"col\" class=\"num\"><span class=\"swatch average\"></span>average "
            "year</th>%s</tr></thead>\n<tbody>\n",
            html(panel->title),
            panel->tail ? text_format("<th scope=\"col\" class=\"num\"><span class=\"swatch "
                                      "worst\"></span>%s</th>",
                                      report_worst_text(r))
                        : "");
    for (size_t i = from; i < to; i++) {
        const struct share *x = &panel->shares[i];
        fprintf(r->out,
                "<tr><th scope=\"row\">%s<svg class=\"bars\" aria-hidden=\"true\" "
                "height=\"%d\">%s%s</svg></th><td class=\"num\">%s</td>",
                html_name(x->name, x->id), panel->tail ? 12 : 6, bar("average", x->aal, scale, 0),
                panel->tail ? bar("worst", x->tail, scale, 6) : "", share_text(x->aal));
        if (panel->tail)
            fprintf(r->out, "<td class=\"num\">%s</td>", share_text(x->tail));
        fputs("</tr>\n", r->out);
    }
    fputs("</tbody></table>\n", r->out);
}

static void panel_print(const struct report *r, const struct panel *panel)
{
    size_t first = panel->count <= ROWS_FIRST + 2 ? panel->count : ROWS_FIRST;
    if (panel->count == 0)
        return;
    fprintf(r->out, "<section class=\"panel\"><h3>%s</h3>\n", html(panel->title));
    panel_rows(r, panel, 0, first);
    if (first < panel->count) {
        fprintf(r->out, "<details><summary>%zu more</summary>\n", panel->count - first);
        panel_rows(r, panel, first, panel->count);
        fputs("</details>\n", r->out);
    }
    if (panel->all > panel->count) {
        double aal = 0, tail = 0;
        for (size_t i = 0; i < panel->count; i++) {
            aal += panel->shares[i].aal;
            tail += panel->shares[i].tail;
        }
        fprintf(r->out, "<p class=\"note\">%s more %s", whole_text(panel->all - panel->count),
                panel->all - panel->count == 1 ? panel->one : panel->more);
        if (!isnan(aal))
            fprintf(r->out, "; those listed are %s of the average year%s", share_text(aal),
                    panel->tail && !isnan(tail)
                        ? text_format(" and %s of the %s", share_text(tail), report_worst_text(r))
                        : "");
        fputs(".</p>\n", r->out);
    }
    if (panel->note != NULL)
        fprintf(r->out, "<p class=\"note\">%s</p>\n", panel->note);
    fputs("</section>\n", r->out);
}

// The largest of them, either in the average or in the worst years.
static int compare_shares(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    double p = fmax(x->aal, x->tail), q = fmax(y->aal, y->tail);
    if (isnan(p) || isnan(q) || p == q)
        return isnan(p) != isnan(q)
                   ? (isnan(p) ? 1 : -1)
                   : strcmp(x->id != NULL ? x->id : "", y->id != NULL ? y->id : "");
    return p > q ? -1 : 1;
}

static void shares_sort(struct share *shares, size_t count)
{
    qsort(shares, count, sizeof *shares, compare_shares);
}

static size_t positive(const struct share *shares, size_t count)
{
    while (count > 0 && !(shares[count - 1].aal > 0) && !(shares[count - 1].tail > 0))
        count--;
    return count;
}

static void scenarios(const struct report *r)
{
    const struct portfolio *p = r->portfolio;
    struct share *shares = must_alloc(p->scenario_count, sizeof *shares);
    for (size_t i = 0; i < p->scenario_count; i++) {
        const struct contributor *x = &r->outcome->scenarios[i];
        shares[i] = (struct share){p->scenarios[i].name, p->scenarios[i].id,
                                   share_average(&r->totals, x), share_worst(&r->totals, x)};
    }
    shares_sort(shares, p->scenario_count);
    size_t all = positive(shares, p->scenario_count);
    panel_print(r, &(struct panel){"Scenarios", NULL, shares, all < REPORT_ROWS ? all : REPORT_ROWS,
                                   all, "scenario", "scenarios", r->totals.has_level});
    free(shares);
}

static void assets(const struct report *r)
{
    const struct assets *a = &r->portfolio->assets;
    struct share *shares = must_alloc(a->count, sizeof *shares);
    for (size_t i = 0; i < a->count; i++) {
        const struct contributor *x = &r->outcome->assets[i];
        shares[i] = (struct share){a->name != NULL ? a->name[i] : NULL, a->id[i],
                                   share_average(&r->totals, x), share_worst(&r->totals, x)};
    }
    shares_sort(shares, a->count);
    size_t all = positive(shares, a->count);
    panel_print(r, &(struct panel){"Assets", NULL, shares, all < REPORT_ROWS ? all : REPORT_ROWS,
                                   all, "asset", "assets", r->totals.has_level});
    free(shares);
}

static void shared_events(const struct report *r)
{
    const struct portfolio *p = r->portfolio;
    struct share *shares = must_alloc(p->event_count + 1, sizeof *shares);
    double aal = 0, tail = 0;
    if (p->event_count > 0) {
        for (size_t e = 0; e < p->event_count; e++) {
            const struct contributor *x = &r->outcome->events[e].all;
            shares[e] = (struct share){p->events[e].name, p->events[e].id,
                                       share_average(&r->totals, x), share_worst(&r->totals, x)};
            aal += shares[e].aal;
            tail += shares[e].tail;
        }
        shares_sort(shares, p->event_count);
        size_t count = p->event_count < REPORT_ROWS ? p->event_count : REPORT_ROWS;
        if (count == p->event_count)
            shares[count++] =
                (struct share){"all other incidents", NULL, fmax(1 - aal, 0), fmax(1 - tail, 0)};
        panel_print(r,
                    &(struct panel){"Shared events", "Each strikes once and hits many assets.",
                                    shares, count, count > p->event_count ? count : p->event_count,
                                    "shared event", "shared events", r->totals.has_level});
    }
    free(shares);
}

static void fixed(const struct report *r, const char *title, const double *share,
                  const char *const *names, size_t count, const char *note)
{
    struct share *shares = must_alloc(count, sizeof *shares);
    for (size_t i = 0; i < count; i++) {
        char *name = must_have(strdup(names[i]));
        for (char *c = name; *c != '\0'; c++)
            if (*c == '_')
                *c = ' ';
        shares[i] = (struct share){name, NULL, share[i], NAN};
    }
    shares_sort(shares, count);
    panel_print(r, &(struct panel){title, note, shares, positive(shares, count),
                                   positive(shares, count), "", "", false});
    for (size_t i = 0; i < count; i++)
        free((char *)shares[i].name);
    free(shares);
}

// A group's part of the portfolio's TVaR: years beyond the VaR count whole, those at it share what
// is left of the tail.
static double group_tail(const struct report *r, const int64_t *group)
{
    const uint64_t years = r->settings->years;
    const double beyond = years_beyond_quantile(years, r->settings->quantiles[r->totals.level]);
    const int64_t var = losses_var(&r->years.gross, beyond);
    const int64_t *all = r->gross_loss;
    double above = 0, at = 0, sum_above = 0, sum_at = 0;
    for (uint64_t t = 0; t < years; t++) {
        if (all[t] > var) {
            above++;
            sum_above += (double)group[t];
        } else if (all[t] == var) {
            at++;
            sum_at += (double)group[t];
        }
    }
    double part = at > 0 ? fmax(beyond - above, 0) / at : 0;
    double contribution = (sum_above + part * sum_at) / beyond * r->settings->resolution;
    return contribution / r->totals.tvar;
}

// "threat_id*business_unit" as people would say it.
static const char *grouping_title(const char *name)
{
    const char *title = "By ";
    for (; *name != '\0'; name++)
        title = *name == '_'   ? text_format("%s ", title)
                : *name == '*' ? text_format("%s \u00d7 ", title)
                               : text_format("%s%c", title, *name);
    return title;
}

static bool grouping(const struct report *r, size_t g)
{
    const struct grouping *names = &r->portfolio->groupings[g];
    const struct summary *summary = r->outcome->groups[g].summary;
    size_t count = names->count < GROUP_ROWS ? names->count : GROUP_ROWS;
    size_t *order = summaries_order(summary, names->count);
    struct share *shares = must_alloc(count, sizeof *shares);
    int64_t *units = must_alloc(r->settings->years, sizeof *units);
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        double tail = NAN;
        if (r->totals.has_level && r->totals.tvar > 0) {
            good = results_group_years(r->path, r->portfolio, (uint32_t)g, (uint32_t)order[i],
                                       units, r->d);
            tail = good ? group_tail(r, units) : NAN;
        }
        double aal = summary[order[i]].aal / r->totals.aal;
        shares[i] = (struct share){group_shown(r->outcome, g, order[i]), NULL,
                                   isfinite(aal) ? aal : NAN, tail};
    }
    const char *note = group_note(r->outcome, g);
    if (good)
        panel_print(r, &(struct panel){grouping_title(names->name),
                                       note != NULL ? html(note) : NULL, shares, count,
                                       names->count, "group", "groups", r->totals.has_level});
    free(units);
    free(shares);
    free(order);
    return good;
}

// What stands out, in a sentence.
static void lead(const struct report *r)
{
    double events = 0;
    fputs("<p class=\"lead\">Shares of the average annual loss", r->out);
    if (r->totals.has_level)
        fprintf(r->out, ", and of the average of the %s of years (TVaR at %s)",
                report_worst_text(r), report_level_text(r));
    fputs(".", r->out);
    for (size_t e = 0; e < r->portfolio->event_count; e++)
        events += share_worst(&r->totals, &r->outcome->events[e].all);
    if (events > 0)
        fprintf(r->out,
                " What strikes many assets at once makes up <strong>%s</strong> of what the "
                "%s of years lose.",
                share_text(events), report_worst_text(r));
    fputs("</p>\n", r->out);
}

bool report_drivers(const struct report *r)
{
    static const char *const effects[EFFECTS] = {"confidentiality", "integrity", "availability",
                                                 "not given"};
    bool good = true;
    fputs("<section aria-labelledby=\"drivers\">\n<h2 id=\"drivers\">What drives the loss?</h2>\n",
          r->out);
    lead(r);
    fputs("<div class=\"panels\">\n", r->out);
    shared_events(r);
    scenarios(r);
    assets(r);
    fixed(r, "What is harmed", r->outcome->effect_share, effects, EFFECTS, NULL);
    fixed(r, "Forms of loss", r->outcome->form_share, loss_form_names, LOSS_FORMS, NULL);
    for (size_t g = 0; g < r->portfolio->grouping_count && good; g++)
        good = grouping(r, g);
    fputs("</div>\n", r->out);
    const char *own = events_own_note(r->outcome);
    if (own != NULL)
        fprintf(r->out, "<p class=\"note\">%s</p>\n", html(own));
    if (r->insured)
        fputs("<p class=\"note\">Shares are of the loss before insurance.</p>\n", r->out);
    fputs("</section>\n", r->out);
    return good;
}

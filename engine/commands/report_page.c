// The head of a report, the curve's section, and the method at its end.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/appetite.h"
#include "commands/headline.h"
#include "commands/html.h"
#include "commands/print.h"
#include "commands/report.h"
#include "commands/years.h"

extern const unsigned char report_d3_licence[];
extern const size_t report_d3_licence_size;

const char *report_level_text(const struct report *r)
{
    return text_format("%g %%", 100 * r->settings->quantiles[r->totals.level]);
}

const char *report_worst_text(const struct report *r)
{
    return text_format("worst %.3g\u00a0%%", 100 * (1 - r->settings->quantiles[r->totals.level]));
}

const char *report_money(double amount, double error)
{
    const char *text = money_text(amount, error);
    return amount < 0 ? text_format("\u2212%s", text + (*text == '-')) : text;
}

const char *report_error_text(double standard_error)
{
    return text_format("\u00b1 %s", money_error_text(1.96 * standard_error));
}

const char *report_verdict_html(enum verdict verdict)
{
    static const char *const marks[VERDICTS] = {
        [VERDICT_WITHIN] = "\u2713", [VERDICT_UNDECIDED] = "?", [VERDICT_BREACHED] = "\u2715"};
    return text_format(
        "<span class=\"verdict %s\"><span class=\"mark\" aria-hidden=\"true\">%s</span>%s</span>",
        verdict_names[verdict], marks[verdict], verdict_names[verdict]);
}

static void key_figure(const struct report *r, const char *label, const char *value,
                       const char *range, const char *more)
{
    fprintf(r->out,
            "<div class=\"key\"><dt>%s</dt><dd><strong>%s</strong>"
            "<span class=\"range\">%s</span>%s%s%s</dd></div>\n",
            label, value, range, *more != '\0' ? "<span class=\"range\">" : "", more,
            *more != '\0' ? "</span>" : "");
}

static void key_period(const struct report *r, double period)
{
    struct estimate x = year_in(&r->years.net, period, r->settings->resolution);
    key_figure(r, text_format("One year in %g exceeds", period), estimate_text(&x),
               isnan(x.value) ? "too few years for this" : estimate_range_text(&x), "");
}

static void key_figures(const struct report *r)
{
    const struct summary *s = &r->outcome->summary;
    fputs("<dl class=\"keys\">\n", r->out);
    key_figure(r, "Average annual loss", money_text(s->aal, s->aal_error),
               report_error_text(s->aal_error),
               isnan(s->aal_exact) ? "" : text_format("exact: %s", money_text(s->aal_exact, NAN)));
    key_period(r, 20);
    key_period(r, 200);
    // where all years agree there is no spread to estimate an error from
    const char *range =
        s->probability_of_loss == 0 ? "in none of the years"
        : s->probability_of_loss == 1
            ? "in every simulated year"
            : text_format("\u00b1 %s", share_text(1.96 * s->probability_of_loss_error));
    key_figure(r, "Chance of any loss in a year", share_text(s->probability_of_loss), range, "");
    fputs("</dl>\n", r->out);
}

static const char *in_text(double chance)
{
    double years = 1 / chance;
    return years >= 10 && years < 1e15 ? text_format("1 in %s", whole_text((uint64_t)(years + 0.5)))
                                       : text_format("1 in %s", number_text(years));
}

// "business_unit=Production", which may be broken at the sign.
static const char *scope_html(const char *scope)
{
    const char *equals = scope != NULL ? strchr(scope, '=') : NULL;
    if (equals == NULL)
        return html_name(scope, NULL);
    return text_format("<bdi>%s=<wbr>%s</bdi>",
                       html(text_format("%.*s", (int)(equals - scope), scope)), html(equals + 1));
}

static void appetite(const struct report *r)
{
    const struct treatments *t = &r->portfolio->treatments;
    bool undecided = false;
    if (t->appetite_count == 0)
        return;
    fprintf(r->out,
            "<section aria-labelledby=\"appetite\">\n<h2 id=\"appetite\">Is that within the "
            "appetite?</h2>\n<p class=\"lead\"><strong>%s:</strong> %s.</p>\n",
            appetite_answer(r->treated), appetite_reason(r->treated));
    fprintf(r->out,
            "<div class=\"scroll\" role=\"region\" aria-label=\"Appetite\" tabindex=\"0\">"
            "<table>\n<caption>Chance that a year loses more than the tolerated amount, "
            "today</caption>\n<thead><tr><th scope=\"col\">A year of</th>"
            "<th scope=\"col\" class=\"num\">Tolerated</th><th scope=\"col\" class=\"num\">Found"
            "</th><th scope=\"col\" class=\"num wide\">95 %% range</th>"
            "<th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n");
    for (size_t a = 0; a < t->appetite_count; a++) {
        const struct appetite_figures *x = &r->treated->appetite[a];
        undecided = undecided || x->verdict == VERDICT_UNDECIDED;
        fprintf(r->out,
                "<tr><th scope=\"row\">%s <span class=\"range\">above %s</span></th>"
                "<td class=\"num\">%s <span class=\"in\">%s</span></td>"
                "<td class=\"num\">%s</td>"
                "<td class=\"num wide\">%s to %s</td><td>%s</td></tr>\n",
                scope_html(t->appetite[a].scope), money_text(t->appetite[a].loss, NAN),
                chance_text(t->appetite[a].probability), in_text(t->appetite[a].probability),
                chance_text(x->exceeds.value), chance_text(x->exceeds.lower),
                chance_text(x->exceeds.upper), report_verdict_html(x->verdict));
    }
    fputs("</tbody></table></div>\n", r->out);
    if (undecided)
        fputs("<p class=\"note\">Undecided: more simulated years would tell.</p>\n", r->out);
    fputs("</section>\n", r->out);
}

static void contents(const struct report *r)
{
    const struct treatments *t = &r->portfolio->treatments;
    fputs("<nav aria-label=\"Contents\"><ul>\n", r->out);
    if (t->appetite_count > 0)
        fputs("<li><a href=\"#appetite\">Appetite</a></li>\n", r->out);
    fputs("<li><a href=\"#exceedance\">How bad a year can be</a></li>\n"
          "<li><a href=\"#drivers\">What drives it</a></li>\n",
          r->out);
    if (t->count > 0)
        fputs("<li><a href=\"#treatments\">What helps</a></li>\n", r->out);
    if (r->plan_count > 0)
        fputs("<li><a href=\"#plans\">What a budget buys</a></li>\n", r->out);
    if (r->residual != NULL)
        fputs("<li><a href=\"#registers\">Registers</a></li>\n", r->out);
    fputs("<li><a href=\"#method\">Method</a></li>\n</ul></nav>\n", r->out);
}

void report_headline(const struct report *r)
{
    const struct settings *s = r->settings;
    bool dated = s->as_of != NULL && *s->as_of != '\0';
    fprintf(r->out, "<header>\n<p class=\"kind\">Risk report%s%s</p>\n<h1><bdi>%s</bdi></h1>\n",
            dated ? " \u00b7 as of " : "", dated ? html(s->as_of) : "", html(s->title));
    fprintf(r->out,
            "<p class=\"meta\">What security incidents could cost in a year, in <bdi>%s</bdi>, "
            "from %s simulated years</p>\n",
            html(s->currency), whole_text(s->years));
    contents(r);
    if (s->annual_loss == ANNUAL_LOSS_PRODUCT)
        fprintf(r->out, "<p class=\"warning\" role=\"note\">%s</p>\n", html(product_warning));
    key_figures(r);
    fputs("<p class=\"note\">Ranges, 95 %, are <em>simulation error, not the uncertainty of the "
          "inputs</em>: they shrink with more simulated years, and say nothing of how good the "
          "estimates are that went in.</p>\n",
          r->out);
    const char *note = exact_note(&r->outcome->summary);
    if (note != NULL)
        fprintf(r->out, "<p class=\"note\">%s</p>\n", html(note));
    if (r->insured)
        fprintf(r->out,
                "<p class=\"note\">Net of current insurance; before it the average annual loss is "
                "%s.</p>\n",
                money_text(r->totals.aal, NAN));
    fputs("</header>\n", r->out);
}

static void exceedance_table(const struct report *r)
{
    const struct settings *s = r->settings;
    const struct exceedance *x = &r->outcome->exceedance;
    bool oep = x->oep != NULL && s->annual_loss == ANNUAL_LOSS_EVENTS;
    bool plan = r->plan < r->plan_count;
    if (s->return_period_count == 0 || x->aep == NULL)
        return;
    fputs("<details open><summary>The curve as a table</summary>\n<div class=\"scroll\" "
          "role=\"region\" aria-label=\"Loss exceedance\" tabindex=\"0\"><table>\n"
          "<thead><tr><th scope=\"col\" class=\"num\">One year in</th>"
          "<th scope=\"col\" class=\"num\">loses more than</th>"
          "<th scope=\"col\" class=\"num\">95 % range</th>",
          r->out);
    if (oep)
        fputs("<th scope=\"col\" class=\"num\">has a single event above</th>"
              "<th scope=\"col\" class=\"num\">95 % range</th>",
              r->out);
    if (plan)
        fputs("<th scope=\"col\" class=\"num\" id=\"exceedance-plan\">with the plan</th>", r->out);
    fputs("</tr></thead>\n<tbody>\n", r->out);
    for (size_t i = 0; i < s->return_period_count; i++) {
        fprintf(r->out, "<tr><th scope=\"row\" class=\"num\">%s</th><td class=\"num\">%s</td>",
                number_text(s->return_periods[i]), estimate_text(&x->aep[i]));
        fprintf(r->out, "<td class=\"num\">%s</td>", estimate_range_text(&x->aep[i]));
        if (oep)
            fprintf(r->out, "<td class=\"num\">%s</td><td class=\"num\">%s</td>",
                    estimate_text(&x->oep[i]), estimate_range_text(&x->oep[i]));
        if (plan)
            fprintf(r->out, "<td class=\"num\" data-period=\"%.17g\">%s</td>", s->return_periods[i],
                    money_text(r->plans[r->plan]->figures.aep[i], NAN));
        fputs("</tr>\n", r->out);
    }
    fputs("</tbody></table></div></details>\n", r->out);
}

void report_exceedance(const struct report *r)
{
    appetite(r);
    fputs("<section aria-labelledby=\"exceedance\">\n"
          "<h2 id=\"exceedance\">How bad can a year be?</h2>\n"
          "<p class=\"lead\">The chance that a year loses more than a given amount. The higher the "
          "loss, the rarer the year.</p>\n"
          "<figure class=\"chart\" id=\"curve\" hidden></figure>\n",
          r->out);
    exceedance_table(r);
    fputs("</section>\n", r->out);
}

static void fact(const struct report *r, const char *name, const char *value)
{
    if (value != NULL && *value != '\0')
        fprintf(r->out, "<div><dt>%s</dt><dd><bdi>%s</bdi></dd></div>\n", name, html(value));
}

static const char *numbers_text(const double *numbers, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = text_format("%s%s%g", text, i > 0 ? ", " : "", numbers[i]);
    return text;
}

static void facts(const struct report *r)
{
    const struct settings *s = r->settings;
    const struct treatment_settings *t = &r->portfolio->treatments.settings;
    fputs("<h3>Settings</h3>\n<dl class=\"facts\">\n", r->out);
    fact(r, "Engine",
         text_format("%s %s", results_attribute(r->results, "engine"),
                     results_attribute(r->results, "engine_version")));
    fact(r, "As of", s->as_of);
    fact(r, "Simulated years", whole_text(s->years));
    fact(r, "Seed", text_format("%llu", (unsigned long long)s->seed));
    fact(r, "Currency", s->currency);
    fact(r, "Smallest amount counted", text_format("%g", s->resolution));
    fact(r, "Uncertain inputs",
         s->rate_uncertainty == RATE_UNCERTAINTY_NONE ? "their means" : "drawn anew every year");
    fact(r, "Annual loss",
         s->annual_loss == ANNUAL_LOSS_PRODUCT ? "rate times magnitude"
                                               : "sum of the year's events");
    fact(r, "Return periods", numbers_text(s->return_periods, s->return_period_count));
    fact(r, "Quantiles", numbers_text(s->quantiles, s->quantile_count));
    if (r->portfolio->treatments.count > 0) {
        fact(r, "Treatments ranked by",
             t->objective == OBJECTIVE_AAL    ? "average annual loss saved"
             : t->objective == OBJECTIVE_TVAR ? "TVaR saved"
                                              : "net benefit");
        fact(r, "Budget counts",
             t->budget_basis == BUDGET_ANNUALISED ? "annualised cost" : "cost in the first year");
        fact(r, "Horizon", text_format("%g years", t->horizon_years));
        fact(r, "Discount rate", share_text(t->discount_rate));
    }
    if (r->outcome->capped_events > 0)
        fact(r, "Events cut at the limit of one event's loss",
             whole_text(r->outcome->capped_events));
    fputs("</dl>\n", r->out);
}

static void input_hashes(const struct report *r)
{
    size_t count;
    const char *const *lines = results_input_hashes(r->results, &count);
    fputs("<h3>Hashes</h3>\n<div class=\"scroll\" role=\"region\" aria-label=\"Hashes\" "
          "tabindex=\"0\"><table class=\"hashes\">\n<thead><tr><th scope=\"col\">Of</th>"
          "<th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n",
          r->out);
    fprintf(r->out,
            "<tr><th scope=\"row\">the run: content_sha256</th><td><code>%s</code></td></tr>\n",
            html(results_attribute(r->results, "content_sha256")));
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(lines[i], " ");
        const char *name = lines[i] + length + strspn(lines[i] + length, " ");
        fprintf(r->out, "<tr><th scope=\"row\"><bdi>%s</bdi></th><td><code>%s</code></td></tr>\n",
                html(name), html(text_format("%.*s", (int)length, lines[i])));
    }
    fputs("</tbody></table></div>\n", r->out);
}

void report_method(const struct report *r)
{
    fputs("<section aria-labelledby=\"method\">\n<h2 id=\"method\">Method and assumptions</h2>\n"
          "<div class=\"prose\">\n",
          r->out);
    fprintf(r->out,
            "<p>Incidents were drawn event by event for %s independent years, from the "
            "frequencies, chances and losses that the study states. A year's loss is the sum of "
            "its events. A shared event strikes once and hits many assets; a driver makes a whole "
            "year better or worse. Uncertain inputs were drawn anew every year, unless the "
            "settings say otherwise.</p>\n",
            whole_text(r->settings->years));
    fputs("<p><strong>Simulation error.</strong> Another seed would draw other years and give "
          "slightly other figures. The ranges hold the figure that infinitely many years would "
          "give, in 95 cases of 100. They are not the uncertainty of the inputs: if a frequency is "
          "estimated too low by half, no number of years will show it. Amounts are shown with the "
          "digits that the years support, three at most; the run's file keeps all.</p>\n"
          "<p><strong>Words.</strong> <em>One year in 200</em>: the annual loss that is exceeded "
          "with a chance of 0.5 % a year; not something that comes every 200 years. <em>AEP</em> "
          "is of the year's total, <em>OEP</em> of its largest single event. <em>VaR</em> at 99 % "
          "is the loss that 99 % of years stay below; <em>TVaR</em> is the average of the years "
          "from there up.</p>\n",
          r->out);
    if (r->portfolio->treatments.count > 0)
        fputs(
            "<p><strong>Treatments</strong> were priced on the very same events as today's "
            "losses, so that what they save is known better than the losses themselves. "
            "Annualised cost spreads what is paid once over the treatment's lifetime. A plan is "
            "on the efficient frontier if no other set of treatments found costs less and leaves "
            "less; what was proven of that is said above the slider. Plans are chosen by expected "
            "figures and then simulated, so that a dearer plan may come out a little higher.</p>\n",
            r->out);
    if (r->insured)
        fputs("<p><strong>Insurance.</strong> The portfolio's losses, the appetite, treatments and "
              "plans are net of the insurance that there is today. Largest single events, and what "
              "is told of scenarios, assets, shared events and groups, are before it.</p>\n",
              r->out);
    fputs("<p>The same study, years and seed give the same figures, to the last digit, on any "
          "machine.</p>\n</div>\n",
          r->out);
    facts(r);
    input_hashes(r);
    fprintf(r->out,
            "<details class=\"licence\"><summary>Licence of the drawing library</summary>"
            "<pre>%.*s</pre></details>\n",
            (int)report_d3_licence_size, (const char *)report_d3_licence);
    fputs("</section>\n", r->out);
}

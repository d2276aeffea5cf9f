#include <math.h>
#include <stdlib.h>

#include "commands/print.h"
#include "commands/registers.h"
#include "commands/show.h"

static const char *const columns[] = {
    "kind",       "id",         "name",         "owner",
    "threat_id",  "threat",     "event",        "effect",
    "event_rate", "basis",      "aal_exact",    "aal",
    "aal_error",  "aal_itself", "level",        "tvar_share",
    "var",        "tvar",       "residual_aal", "residual_aal_itself",
    "option",     "treatments", "candidates",   REGISTER_DECISION_COLUMNS,
};

struct risks {
    const struct portfolio *portfolio;
    const struct outcome *outcome;
    const struct residual *residual;
    struct touch touch;
    double *aal;
    size_t level;
    double tvar; // of all contributions together
    struct sheet sheet;
};

// Rounding may leave less than nothing of what is gone.
static double remaining(double aal, double saved)
{
    return fmax(aal - saved, 0);
}

static double scenario_saved(const struct risks *r, size_t s)
{
    return r->residual->treatment_count > 0 ? r->residual->scenario_saved[s] : 0;
}

static double tvar_share(const struct risks *r, double contribution)
{
    return r->tvar > 0 ? contribution / r->tvar : NAN;
}

static const char *effect_text(uint8_t effect)
{
    return text_format("%s%s%s%s%s", effect & EFFECT_C ? "C" : "",
                       effect & EFFECT_C && effect & (EFFECT_I | EFFECT_A) ? "|" : "",
                       effect & EFFECT_I ? "I" : "",
                       effect & EFFECT_I && effect & EFFECT_A ? "|" : "",
                       effect & EFFECT_A ? "A" : "");
}

// What was decided; else what is being done; else nothing is said.
static void write_option(struct risks *r, size_t row, uint32_t decision)
{
    const struct treatments *t = &r->portfolio->treatments;
    const char *names[OPTIONS];
    bool used[OPTIONS] = {false};
    size_t n = 0;
    if (decision != NO_ROW)
        used[r->portfolio->governance.decisions[decision].option] = true;
    for (size_t i = 0; i < t->count && decision == NO_ROW; i++)
        if (touch_has(&r->touch, i, row) && t->rows[i].state != TREATMENT_CANDIDATE &&
            t->rows[i].state != TREATMENT_FORBIDDEN)
            used[t->rows[i].option] = true;
    for (int option = 0; option < OPTIONS; option++)
        if (used[option])
            names[n++] = treatment_option_names[option];
    if (n == 0)
        names[n++] = "undecided";
    sheet_list(&r->sheet, names, n);
}

static void write_handling(struct risks *r, size_t row, uint32_t decision)
{
    write_option(r, row, decision);
    register_touching(&r->sheet, r->portfolio, &r->touch, row, false);
    register_touching(&r->sheet, r->portfolio, &r->touch, row, true);
    register_decision(&r->sheet, r->portfolio, decision, r->aal);
}

static void write_figures(struct risks *r, const struct contributor *x, double itself)
{
    bool levels = r->portfolio->settings.quantile_count > 0;
    sheet_text(&r->sheet, "gross");
    sheet_number(&r->sheet, x->aal_exact);
    sheet_number(&r->sheet, x->aal);
    sheet_number(&r->sheet, x->aal_error);
    sheet_number(&r->sheet, itself);
    sheet_number(&r->sheet, levels ? r->portfolio->settings.quantiles[r->level] : NAN);
    sheet_number(&r->sheet, levels ? tvar_share(r, x->tvar_contribution[r->level]) : NAN);
    sheet_number(&r->sheet, levels ? x->var[r->level] : NAN);
    sheet_number(&r->sheet, levels ? x->tvar[r->level] : NAN);
}

static void write_scenario(struct risks *r, size_t s)
{
    const struct scenario *x = &r->portfolio->scenarios[s];
    const struct contributor *figures = &r->outcome->scenarios[s];
    sheet_text(&r->sheet, "scenario");
    sheet_text(&r->sheet, x->id);
    sheet_text(&r->sheet, x->name);
    sheet_text(&r->sheet, x->owner);
    sheet_text(&r->sheet, x->threat_id);
    sheet_text(&r->sheet, x->threat_name);
    sheet_text(&r->sheet, x->event != NO_ROW ? r->portfolio->events[x->event].id : NULL);
    sheet_text(&r->sheet, effect_text(x->effect));
    sheet_number(&r->sheet, figures->event_rate);
    write_figures(r, figures, figures->aal);
    for (int i = 0; i < 2; i++) // a scenario is all its own
        sheet_number(&r->sheet, remaining(figures->aal, scenario_saved(r, s)));
    write_handling(r, s, r->portfolio->governance.of_scenario[s]);
}

// The decision that all scenarios of an event share.
static uint32_t event_decision(const struct risks *r, const struct shared_event *x)
{
    const uint32_t *of = r->portfolio->governance.of_scenario;
    uint32_t decision = x->scenario_count > 0 ? of[x->scenarios[0]] : NO_ROW;
    for (size_t i = 1; i < x->scenario_count; i++)
        if (of[x->scenarios[i]] != decision)
            return NO_ROW;
    return decision;
}

static void write_event(struct risks *r, size_t e)
{
    const struct shared_event *x = &r->portfolio->events[e];
    const struct event_outcome *figures = &r->outcome->events[e];
    bool decided = r->residual->treatment_count > 0;
    uint8_t effect = 0;
    for (size_t i = 0; i < x->scenario_count; i++)
        effect |= r->portfolio->scenarios[x->scenarios[i]].effect;
    sheet_text(&r->sheet, "shared event");
    sheet_text(&r->sheet, x->id);
    sheet_text(&r->sheet, x->name);
    sheet_text(&r->sheet, x->owner);
    sheet_missing(&r->sheet);
    sheet_missing(&r->sheet);
    sheet_text(&r->sheet, x->id);
    sheet_text(&r->sheet, effect_text(effect));
    sheet_number(&r->sheet, figures->all.event_rate);
    write_figures(r, &figures->all, figures->own_aal);
    sheet_number(&r->sheet, remaining(figures->all.aal, decided ? r->residual->event_saved[e] : 0));
    sheet_number(&r->sheet,
                 remaining(figures->own_aal, decided ? r->residual->event_own_saved[e] : 0));
    write_handling(r, r->portfolio->scenario_count + e, event_decision(r, x));
}

static void write_portfolio(struct risks *r)
{
    const struct summary *x = &r->outcome->summary;
    bool levels = r->portfolio->settings.quantile_count > 0;
    double rate = 0;
    for (uint64_t y = 0; y < r->portfolio->settings.years; y++)
        rate += r->outcome->event_count[y];
    sheet_text(&r->sheet, "portfolio");
    sheet_text(&r->sheet, "portfolio");
    sheet_text(&r->sheet, r->portfolio->settings.title);
    for (int i = 0; i < 5; i++)
        sheet_missing(&r->sheet);
    sheet_number(&r->sheet, rate / (double)r->portfolio->settings.years);
    sheet_text(&r->sheet, "net");
    sheet_missing(&r->sheet);
    sheet_number(&r->sheet, x->aal);
    sheet_number(&r->sheet, x->aal_error);
    sheet_missing(&r->sheet);
    sheet_number(&r->sheet, levels ? r->portfolio->settings.quantiles[r->level] : NAN);
    sheet_missing(&r->sheet);
    sheet_number(&r->sheet, levels ? x->var[r->level].value : NAN);
    sheet_number(&r->sheet, levels ? x->tvar[r->level] : NAN);
    sheet_number(&r->sheet, r->residual->treatment_count > 0 ? r->residual->whole.aal : x->aal);
    for (int i = 0; i < 4; i++)
        sheet_missing(&r->sheet);
    register_decision(&r->sheet, r->portfolio, NO_ROW, r->aal);
}

void register_risks(const struct replay_run *run, const struct residual *residual, FILE *out,
                    const struct sheet_form *form)
{
    struct arena arena = {0};
    struct risks r = {.portfolio = &run->study.portfolio,
                      .outcome = results_outcome(run->results),
                      .residual = residual,
                      .aal = register_aals(run),
                      .level = level_nearest(&run->study.portfolio.settings, 0.99)};
    must_have(touch_risks(r.portfolio, &arena, &r.touch) ? r.touch.bits : NULL);
    for (size_t s = 0; s < r.portfolio->scenario_count && r.portfolio->settings.quantile_count > 0;
         s++)
        r.tvar += r.outcome->scenarios[s].tvar_contribution[r.level];
    for (size_t e = 0; e < r.portfolio->event_count && r.portfolio->settings.quantile_count > 0;
         e++)
        r.tvar += r.outcome->events[e].own_tvar_contribution[r.level];
    sheet_start(&r.sheet, out, form, "risk register", &r.portfolio->settings, columns,
                sizeof columns / sizeof *columns);
    for (size_t s = 0; s < r.portfolio->scenario_count; s++)
        write_scenario(&r, s);
    for (size_t e = 0; e < r.portfolio->event_count; e++)
        write_event(&r, e);
    write_portfolio(&r);
    sheet_end(&r.sheet);
    free(r.aal);
    arena_free(&arena);
}

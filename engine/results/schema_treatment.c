// The part of the schema that a run fills where its study has treatments or an appetite: what
// `struct treatment_outcome` holds.
#include "results/schema_parts.h"

#define CELL(name, cell)                                                                           \
    static void *name##_cell(const struct schema_view *v, size_t i, size_t j)                      \
    {                                                                                              \
        (void)i, (void)j;                                                                          \
        return (void *)&v->cell;                                                                   \
    }
// Of one array per row, which may be NULL.
#define ARRAY_CELL(name, array, member)                                                            \
    static void *name##_cell(const struct schema_view *v, size_t i, size_t j)                      \
    {                                                                                              \
        return v->array == NULL ? NULL : (void *)&v->array[j] member;                              \
    }
#define NO_MEMBER

// What treatments and plans have in common.
#define WORLD_CELLS(table, world)                                                                  \
    CELL(table##_aal, world.aal)                                                                   \
    CELL(table##_sd, world.sd)                                                                     \
    CELL(table##_aal_reduction, world.aal_saved.value)                                             \
    CELL(table##_aal_reduction_error, world.aal_saved.error)                                       \
    ARRAY_CELL(table##_var, world.var, NO_MEMBER)                                                  \
    ARRAY_CELL(table##_aep, world.aep, NO_MEMBER)                                                  \
    ARRAY_CELL(table##_tvar, world.tvar, NO_MEMBER)                                                \
    ARRAY_CELL(table##_var_reduction, world.var_saved, .value)                                     \
    ARRAY_CELL(table##_var_reduction_error, world.var_saved, .error)                               \
    ARRAY_CELL(table##_tvar_reduction, world.tvar_saved, .value)                                   \
    ARRAY_CELL(table##_tvar_reduction_error, world.tvar_saved, .error)                             \
    ARRAY_CELL(table##_exceeds_reduction, world.exceeds_saved, .value)                             \
    ARRAY_CELL(table##_exceeds_reduction_error, world.exceeds_saved, .error)
WORLD_CELLS(treatment, treated->treatments[i].alone)
WORLD_CELLS(plan, treated->plans[i].figures)

CELL(setting_quantile, portfolio->settings.quantiles[i])
CELL(setting_return_period, portfolio->settings.return_periods[i])

CELL(treatment_id, portfolio->treatments.rows[i].id)
CELL(treatment_name, portfolio->treatments.rows[i].name)
CELL(treatment_option, portfolio->treatments.rows[i].option)
CELL(treatment_state, portfolio->treatments.rows[i].state)
CELL(treatment_owner, portfolio->treatments.rows[i].owner)
CELL(treatment_due, portfolio->treatments.rows[i].due)
CELL(treatment_cost_upfront, treated->treatments[i].cost.upfront)
CELL(treatment_cost_annual, treated->treatments[i].cost.annual)
CELL(treatment_cost_first_year, treated->treatments[i].cost.first_year)
CELL(treatment_cost_annualised, treated->treatments[i].cost.annualised)
CELL(treatment_aal_share, treated->treatments[i].aal_share)
CELL(treatment_aal_reduction_exact, treated->treatments[i].aal_saved_exact)
ARRAY_CELL(treatment_exceeds, treated->treatments[i].alone.exceeds, NO_MEMBER)
CELL(treatment_net_benefit, treated->treatments[i].net_benefit.value)
CELL(treatment_net_benefit_error, treated->treatments[i].net_benefit.error)
CELL(treatment_rosi, treated->treatments[i].rosi)
CELL(treatment_benefit_cost, treated->treatments[i].benefit_cost)
CELL(treatment_cost_per_tvar, treated->treatments[i].cost_per_tvar)
CELL(treatment_payback_probability, treated->treatments[i].payback_probability)
CELL(treatment_rank, treated->treatments[i].rank)
CELL(treatment_rank_lower, treated->treatments[i].rank_lower)
CELL(treatment_rank_upper, treated->treatments[i].rank_upper)
CELL(treatment_settling_years, treated->treatments[i].settling_years)
CELL(treatment_annual_loss, treated->annual_loss[i * v->portfolio->settings.years + j])

CELL(plan_budget_cost, treated->plans[i].budget_cost)
CELL(plan_annualised_cost, treated->plans[i].annualised_cost)
CELL(plan_value, treated->plans[i].value)
CELL(plan_bound, treated->plans[i].bound)
CELL(plan_gap, treated->plans[i].gap)
CELL(plan_modelled, treated->plans[i].modelled)
CELL(plan_chosen, treated->plans[i].chosen[j])
CELL(plan_exceeds, treated->plans[i].appetite[j].exceeds.value)
CELL(plan_exceeds_lower, treated->plans[i].appetite[j].exceeds.lower)
CELL(plan_exceeds_upper, treated->plans[i].appetite[j].exceeds.upper)
CELL(plan_verdict, treated->plans[i].appetite[j].verdict)

CELL(appetite_scope, portfolio->treatments.appetite[i].scope)
CELL(appetite_loss, portfolio->treatments.appetite[i].loss)
CELL(appetite_probability, portfolio->treatments.appetite[i].probability)
CELL(appetite_exceeds, treated->appetite[i].exceeds.value)
CELL(appetite_exceeds_lower, treated->appetite[i].exceeds.lower)
CELL(appetite_exceeds_upper, treated->appetite[i].exceeds.upper)
CELL(appetite_verdict, treated->appetite[i].verdict)

// clang-format off
#define LEVEL_   {AXIS_QUANTILE, AXIS_NONE}
#define YEAR_    {AXIS_YEAR, AXIS_NONE}
#define POINT_   {AXIS_POINT, AXIS_NONE}
#define TREAT_   {AXIS_TREATMENT, AXIS_NONE}
#define TREAT_LV {AXIS_TREATMENT, AXIS_QUANTILE}
#define TREAT_PT {AXIS_TREATMENT, AXIS_POINT}
#define PLAN_    {AXIS_PLAN, AXIS_NONE}
#define PLAN_LV  {AXIS_PLAN, AXIS_QUANTILE}
#define TREAT_RP {AXIS_TREATMENT, AXIS_RETURN_PERIOD}
#define PLAN_RP  {AXIS_PLAN, AXIS_RETURN_PERIOD}
#define PLAN_PT  {AXIS_PLAN, AXIS_POINT}

static const struct schema_column columns[] = {
    {"/treatment", "treatment_id", TEXT, TREAT_, NO, "treatment id", treatment_id_cell, NULL, false},
    {"/treatment", "quantile", REAL, LEVEL_, NO, "level of VaR and TVaR", setting_quantile_cell, NULL, false},
    {"/treatment", "return_period", REAL, {AXIS_RETURN_PERIOD, AXIS_NONE}, UNIT_YEARS, "return period", setting_return_period_cell, NULL, false},
    {"/treatment", "point", SCHEMA_RANK, POINT_, NO, "point of /appetite, from 1", NULL, NULL, false},
    {"/treatment", "year", SCHEMA_ORDINAL, YEAR_, NO, "simulated year, from 0", NULL, NULL, false},
    {"/treatment", "name", TEXT, TREAT_, NO, "name", treatment_name_cell, NULL, false},
    {"/treatment", "option", SCHEMA_OPTION, TREAT_, NO, "modify, share, avoid or retain", treatment_option_cell, NULL, false},
    {"/treatment", "state", SCHEMA_STATE, TREAT_, NO, "candidate, approved, in_progress, existing, mandatory or forbidden", treatment_state_cell, NULL, false},
    {"/treatment", "owner", TEXT, TREAT_, NO, "owner", treatment_owner_cell, NULL, false},
    {"/treatment", "due", TEXT, TREAT_, NO, "due date", treatment_due_cell, NULL, false},
    {"/treatment", "cost_upfront", REAL, TREAT_, CUR, "expected cost once per lifetime", treatment_cost_upfront_cell, NULL, false},
    {"/treatment", "cost_annual", REAL, TREAT_, CUR, "expected cost every year", treatment_cost_annual_cell, NULL, false},
    {"/treatment", "cost_first_year", REAL, TREAT_, CUR, "cost_upfront and cost_annual", treatment_cost_first_year_cell, NULL, false},
    {"/treatment", "cost_annualised", REAL, TREAT_, CUR, "cost_upfront as an annuity over the lifetime, and cost_annual", treatment_cost_annualised_cell, NULL, false},
    {"/treatment", "aal", REAL, TREAT_, CUR, "average annual loss that the treatment alone leaves, sampled", treatment_aal_cell, NULL, false},
    {"/treatment", "sd", REAL, TREAT_, CUR, "standard deviation of the annual loss that it leaves", treatment_sd_cell, NULL, false},
    {"/treatment", "aal_reduction", REAL, TREAT_, CUR, "reduction of the average annual loss, sampled", treatment_aal_reduction_cell, NULL, false},
    {"/treatment", "aal_reduction_error", REAL, TREAT_, CUR, "paired standard error of aal_reduction; infinite where the law has no variance", treatment_aal_reduction_error_cell, NULL, false},
    {"/treatment", "aal_reduction_exact", REAL, TREAT_, CUR, "reduction of the average annual loss, exact; missing where there is no closed form", treatment_aal_reduction_exact_cell, NULL, false},
    {"/treatment", "aal_share", REAL, TREAT_, CUR, "share in what all but forbidden and existing treatments save together (Shapley)", treatment_aal_share_cell, NULL, false},
    {"/treatment", "aep", REAL, TREAT_RP, CUR, "annual loss that it leaves, exceeded in one year in return_period", treatment_aep_cell, NULL, false},
    {"/treatment", "var", REAL, TREAT_LV, CUR, "value at risk of the annual loss that it leaves", treatment_var_cell, NULL, false},
    {"/treatment", "var_reduction", REAL, TREAT_LV, CUR, "reduction of the value at risk", treatment_var_reduction_cell, NULL, false},
    {"/treatment", "var_reduction_error", REAL, TREAT_LV, CUR, "paired standard error of var_reduction", treatment_var_reduction_error_cell, NULL, false},
    {"/treatment", "tvar", REAL, TREAT_LV, CUR, "tail value at risk of the annual loss that it leaves", treatment_tvar_cell, NULL, false},
    {"/treatment", "tvar_reduction", REAL, TREAT_LV, CUR, "reduction of the tail value at risk", treatment_tvar_reduction_cell, NULL, false},
    {"/treatment", "tvar_reduction_error", REAL, TREAT_LV, CUR, "paired standard error of tvar_reduction", treatment_tvar_reduction_error_cell, NULL, false},
    {"/treatment", "exceeds", REAL, TREAT_PT, NO, "probability that the annual loss exceeds the point's loss", treatment_exceeds_cell, NULL, false},
    {"/treatment", "exceeds_reduction", REAL, TREAT_PT, NO, "reduction of that probability", treatment_exceeds_reduction_cell, NULL, false},
    {"/treatment", "exceeds_reduction_error", REAL, TREAT_PT, NO, "paired standard error of exceeds_reduction", treatment_exceeds_reduction_error_cell, NULL, false},
    {"/treatment", "net_benefit", REAL, TREAT_, CUR, "aal_reduction less cost_annualised", treatment_net_benefit_cell, NULL, false},
    {"/treatment", "net_benefit_error", REAL, TREAT_, CUR, "standard error of net_benefit", treatment_net_benefit_error_cell, NULL, false},
    {"/treatment", "rosi", REAL, TREAT_, NO, "net_benefit over cost_annualised; missing where it costs nothing", treatment_rosi_cell, NULL, false},
    {"/treatment", "benefit_cost", REAL, TREAT_, NO, "aal_reduction over cost_annualised; missing likewise", treatment_benefit_cost_cell, NULL, false},
    {"/treatment", "cost_per_tvar", REAL, TREAT_, NO, "cost_annualised over tvar_reduction at the attribute tvar_level; missing where either is not positive", treatment_cost_per_tvar_cell, NULL, false},
    {"/treatment", "payback_probability", REAL, TREAT_, NO, "probability that a year's reduction is at least that year's annualised cost", treatment_payback_probability_cell, NULL, false},
    {"/treatment", "rank", SCHEMA_PLACE, TREAT_, NO, "rank by the attribute objective, 1 the best", treatment_rank_cell, NULL, false},
    {"/treatment", "rank_lower", SCHEMA_PLACE, TREAT_, NO, "best rank within the 95 % limits of simulation error", treatment_rank_lower_cell, NULL, false},
    {"/treatment", "rank_upper", SCHEMA_PLACE, TREAT_, NO, "worst rank, likewise", treatment_rank_upper_cell, NULL, false},
    {"/treatment", "settling_years", REAL, TREAT_, UNIT_YEARS, "simulated years that would tell it from the next in rank; infinite: no number would; missing for the last", treatment_settling_years_cell, NULL, false},
    {"/treatment", "annual_loss", MONEY, {AXIS_TREATMENT, AXIS_YEAR}, CUR, "loss of the year that the treatment alone leaves; absent where that would be too much", treatment_annual_loss_cell, NULL, true},

    {"/plan", "plan", SCHEMA_RANK, PLAN_, NO, "place on the efficient frontier, by cost, from 1", NULL, NULL, false},
    {"/plan", "treatment_id", TEXT, TREAT_, NO, "treatment id", treatment_id_cell, NULL, true},
    {"/plan", "quantile", REAL, LEVEL_, NO, "level of VaR and TVaR", setting_quantile_cell, NULL, false},
    {"/plan", "return_period", REAL, {AXIS_RETURN_PERIOD, AXIS_NONE}, UNIT_YEARS, "return period", setting_return_period_cell, NULL, false},
    {"/plan", "point", SCHEMA_RANK, POINT_, NO, "point of /appetite, from 1", NULL, NULL, false},
    {"/plan", "chosen", SCHEMA_FLAG, {AXIS_PLAN, AXIS_TREATMENT}, NO, "1 where the plan has the treatment, else 0", plan_chosen_cell, NULL, false},
    {"/plan", "budget_cost", REAL, PLAN_, CUR, "cost that the budget limits, by the attribute budget_basis of /treatment", plan_budget_cost_cell, NULL, false},
    {"/plan", "annualised_cost", REAL, PLAN_, CUR, "sum of cost_annualised", plan_annualised_cost_cell, NULL, false},
    {"/plan", "value", REAL, PLAN_, CUR, "what the planner makes small, by the attribute objective of /treatment, in expectation", plan_value_cell, NULL, false},
    {"/plan", "bound", REAL, PLAN_, CUR, "proven lower bound of value for every plan of no more cost", plan_bound_cell, NULL, false},
    {"/plan", "gap", REAL, PLAN_, NO, "value less bound, over value", plan_gap_cell, NULL, false},
    {"/plan", "modelled", SCHEMA_FLAG, PLAN_, NO, "1 where some effect enters the proof by its sampled worth alone, else 0", plan_modelled_cell, NULL, false},
    {"/plan", "aal", REAL, PLAN_, CUR, "average annual loss that the plan leaves, sampled", plan_aal_cell, NULL, false},
    {"/plan", "sd", REAL, PLAN_, CUR, "standard deviation of the annual loss that it leaves", plan_sd_cell, NULL, false},
    {"/plan", "aal_reduction", REAL, PLAN_, CUR, "reduction of the average annual loss, sampled", plan_aal_reduction_cell, NULL, false},
    {"/plan", "aal_reduction_error", REAL, PLAN_, CUR, "paired standard error of aal_reduction; infinite where the law has no variance", plan_aal_reduction_error_cell, NULL, false},
    {"/plan", "aep", REAL, PLAN_RP, CUR, "annual loss that it leaves, exceeded in one year in return_period", plan_aep_cell, NULL, false},
    {"/plan", "var", REAL, PLAN_LV, CUR, "value at risk of the annual loss that it leaves", plan_var_cell, NULL, false},
    {"/plan", "var_reduction", REAL, PLAN_LV, CUR, "reduction of the value at risk", plan_var_reduction_cell, NULL, false},
    {"/plan", "var_reduction_error", REAL, PLAN_LV, CUR, "paired standard error of var_reduction", plan_var_reduction_error_cell, NULL, false},
    {"/plan", "tvar", REAL, PLAN_LV, CUR, "tail value at risk of the annual loss that it leaves", plan_tvar_cell, NULL, false},
    {"/plan", "tvar_reduction", REAL, PLAN_LV, CUR, "reduction of the tail value at risk", plan_tvar_reduction_cell, NULL, false},
    {"/plan", "tvar_reduction_error", REAL, PLAN_LV, CUR, "paired standard error of tvar_reduction", plan_tvar_reduction_error_cell, NULL, false},
    {"/plan", "exceeds", REAL, PLAN_PT, NO, "probability that the annual loss exceeds the point's loss", plan_exceeds_cell, NULL, false},
    {"/plan", "exceeds_lower", REAL, PLAN_PT, NO, "lower 95 % limit of exceeds", plan_exceeds_lower_cell, NULL, false},
    {"/plan", "exceeds_upper", REAL, PLAN_PT, NO, "upper 95 % limit of exceeds", plan_exceeds_upper_cell, NULL, false},
    {"/plan", "exceeds_reduction", REAL, PLAN_PT, NO, "reduction of that probability", plan_exceeds_reduction_cell, NULL, false},
    {"/plan", "exceeds_reduction_error", REAL, PLAN_PT, NO, "paired standard error of exceeds_reduction", plan_exceeds_reduction_error_cell, NULL, false},
    {"/plan", "verdict", SCHEMA_VERDICT, PLAN_PT, NO, "within, undecided or breached: exceeds against the tolerated probability, at 95 %", plan_verdict_cell, NULL, false},

    {"/appetite", "point", SCHEMA_RANK, POINT_, NO, "point of the tolerated curve, from 1", NULL, NULL, false},
    {"/appetite", "scope", TEXT, POINT_, NO, "portfolio, or COLUMN=GROUP", appetite_scope_cell, NULL, false},
    {"/appetite", "loss", REAL, POINT_, CUR, "annual loss that is seldom to be exceeded", appetite_loss_cell, NULL, false},
    {"/appetite", "probability", REAL, POINT_, NO, "tolerated probability of more than loss in a year", appetite_probability_cell, NULL, false},
    {"/appetite", "exceeds", REAL, POINT_, NO, "probability of more than loss in a year, without any plan", appetite_exceeds_cell, NULL, false},
    {"/appetite", "exceeds_lower", REAL, POINT_, NO, "lower 95 % limit of exceeds", appetite_exceeds_lower_cell, NULL, false},
    {"/appetite", "exceeds_upper", REAL, POINT_, NO, "upper 95 % limit of exceeds", appetite_exceeds_upper_cell, NULL, false},
    {"/appetite", "verdict", SCHEMA_VERDICT, POINT_, NO, "within, undecided or breached: exceeds against probability, at 95 %", appetite_verdict_cell, NULL, false},
};
// clang-format on
const struct schema_part schema_treatment = {columns, sizeof columns / sizeof *columns};

const char *const *schema_words(enum schema_type type, size_t *count)
{
    switch (type) {
    case SCHEMA_OPTION:
        *count = OPTIONS;
        return treatment_option_names;
    case SCHEMA_STATE:
        *count = TREATMENT_STATES;
        return treatment_state_names;
    case SCHEMA_VERDICT:
        *count = VERDICTS;
        return verdict_names;
    default:
        *count = 0;
        return NULL;
    }
}

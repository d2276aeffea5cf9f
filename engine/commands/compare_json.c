// `compare` for programs: everything by name.
#include <math.h>
#include <stdio.h>

#include "commands/compare.h"
#include "commands/json.h"

static void difference_json(struct json *json, const char *key, const struct difference *x)
{
    json_open(json, key, '{');
    json_number(json, "before", x->before);
    json_number(json, "after", x->after);
    json_number(json, "difference", x->difference);
    json_number(json, "standard_error", x->error);
    json_close(json, '}');
}

static void side_json(struct json *json, const char *key, const struct compare_side *side)
{
    const struct settings *s = &side->portfolio->settings;
    json_open(json, key, '{');
    json_text(json, "path", side->path);
    json_text(json, "title", s->title);
    json_text(json, "as_of", s->as_of);
    json_whole(json, "years", s->years);
    json_whole(json, "seed", s->seed);
    json_whole(json, "sampling_version", side->kept.sampling_version);
    json_text(json, "engine_version", results_attribute(side->results, "engine_version"));
    json_text(json, "content_sha256", results_attribute(side->results, "content_sha256"));
    json_close(json, '}');
}

static void headline_json(struct json *json, const struct comparison *c)
{
    json_open(json, "headline", '{');
    for (int h = 0; h < HEADLINES; h++)
        difference_json(json, headline_keys[h], &c->headline[h]);
    json_number(json, "tvar_level", c->level);
    json_open(json, "aal_exact", '{');
    json_number(json, "before", c->aal_exact[BEFORE]);
    json_number(json, "after", c->aal_exact[AFTER]);
    json_number(json, "difference", c->aal_exact[AFTER] - c->aal_exact[BEFORE]);
    json_close(json, '}');
    json_bool(json, "net_of_insurance", c->insured);
    difference_json(json, "aal_before_insurance", &c->gross_aal);
    difference_json(json, "tvar_before_insurance", &c->gross_tvar);
    json_close(json, '}');
}

static void verdicts_json(struct json *json, const struct comparison *c)
{
    static const char *const keys[SIDES] = {"before", "after"};
    json_whole(json, "verdicts_worse", c->verdicts_worse);
    json_open(json, "verdicts", '[');
    for (size_t v = 0; v < c->verdict_count; v++) {
        const struct verdict_change *x = &c->verdicts[v];
        json_open(json, NULL, '{');
        json_text(json, "scope", x->scope);
        json_number(json, "loss", x->loss);
        json_bool(json, "worse", x->worse);
        for (int side = 0; side < SIDES; side++) {
            if (!x->in[side]) {
                json_text(json, keys[side], NULL);
                continue;
            }
            json_open(json, keys[side], '{');
            json_text(json, "verdict", verdict_names[x->verdict[side]]);
            json_number(json, "tolerated", x->tolerated[side]);
            json_number(json, "exceeds", x->exceeds[side]);
            json_close(json, '}');
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void row_json(struct json *json, const struct row_change *row)
{
    json_open(json, NULL, '{');
    json_text(json, "change", row_kind_names[row->kind]);
    json_text(json, "key", row->key);
    json_text(json, "id", row->id);
    if (!isnan(row->aal_difference))
        json_number(json, "aal_difference", row->aal_difference);
    json_open(json, "cells", '[');
    for (size_t i = 0; i < row->cell_count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "column", row->cells[i].column);
        json_text(json, "before", row->cells[i].before);
        json_text(json, "after", row->cells[i].after);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void tables_json(struct json *json, const struct comparison *c)
{
    json_open(json, "tables", '[');
    for (int t = 0; t < COMPARE_TABLES; t++) {
        const struct table_changes *x = &c->tables[t];
        if (x->rows[BEFORE] + x->rows[AFTER] == 0)
            continue;
        json_open(json, NULL, '{');
        json_text(json, "table", compare_table_names[t]);
        json_whole(json, "rows_before", x->rows[BEFORE]);
        json_whole(json, "rows_after", x->rows[AFTER]);
        json_whole(json, "added", x->counts[ROW_ADDED]);
        json_whole(json, "removed", x->counts[ROW_REMOVED]);
        json_whole(json, "changed", x->counts[ROW_CHANGED]);
        json_whole(json, "source_changed", x->counts[ROW_SOURCE]);
        json_open(json, "rows", '[');
        for (size_t i = 0; i < x->count && i < c->top; i++)
            row_json(json, &x->kept[i]);
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void causes_json(struct json *json, unsigned causes)
{
    static const char *const words[] = {"new",      "gone",     "row",    "threat",
                                        "event",    "driver",   "assets", "treatments",
                                        "defaults", "settings", "sample", "unknown"};
    json_open(json, "causes", '[');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (causes & 1u << i)
            json_text(json, NULL, words[i]);
    json_close(json, ']');
}

static void moved_json(struct json *json, const struct comparison *c)
{
    json_open(json, "scenarios", '[');
    for (size_t i = 0; i < c->moved_count && i < c->top; i++) {
        const struct moved *x = &c->moved[i];
        json_open(json, NULL, '{');
        json_text(json, x->of_event ? "event_id" : "scenario_id", x->id);
        json_number(json, "aal_before", x->aal.before);
        json_number(json, "aal_after", x->aal.after);
        json_number(json, "aal_difference", x->aal.difference);
        json_bool(json, "exact", x->exact);
        json_number(json, "aal_difference_sampled", x->sampled_difference);
        json_number(json, "tvar_contribution_difference", x->tvar_difference);
        causes_json(json, x->causes);
        json_text(json, "because", x->because);
        json_whole(json, "assets_added", x->assets_added);
        json_whole(json, "assets_removed", x->assets_removed);
        json_whole(json, "assets_reweighted", x->assets_reweighted);
        json_bool(json, "seats_redrawn", x->reseated);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "by_cause", '[');
    for (size_t i = 0; i < c->cause_count; i++) {
        json_open(json, NULL, '{');
        causes_json(json, c->causes[i].causes);
        json_whole(json, "count", c->causes[i].count);
        json_number(json, "aal_difference", c->causes[i].aal);
        json_number(json, "tvar_contribution_difference", c->causes[i].tvar);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "sums", '{');
    json_number(json, "aal_attributed", c->aal_sum);
    json_number(json, "aal_total", c->gross_aal.difference);
    json_number(json, "aal_rest", c->gross_aal.difference - c->aal_sum);
    json_number(json, "tvar_attributed", c->tvar_sum);
    json_number(json, "tvar_total", c->gross_tvar.difference);
    json_number(json, "tvar_rest", c->gross_tvar.difference - c->tvar_sum);
    json_close(json, '}');
    json_open(json, "assets_without_a_changed_row", '{');
    json_whole(json, "count", c->assets_moved);
    json_number(json, "aal_difference", c->assets_moved_aal);
    json_close(json, '}');
}

static void groups_json(struct json *json, const struct comparison *c)
{
    json_open(json, "groupings", '[');
    for (size_t g = 0; g < c->grouping_count; g++) {
        json_open(json, NULL, '{');
        json_text(json, "by", c->groupings[g].name);
        json_open(json, "groups", '[');
        for (size_t i = 0; i < c->groupings[g].count && i < c->top; i++) {
            const struct moved_group *x = &c->groupings[g].groups[i];
            json_open(json, NULL, '{');
            json_text(json, "name", x->name);
            json_bool(json, "before", x->in[BEFORE]);
            json_bool(json, "after", x->in[AFTER]);
            difference_json(json, "aal", &x->aal);
            json_number(json, "tvar_contribution_difference", x->tvar_difference);
            json_close(json, '}');
        }
        json_close(json, ']');
        json_number(json, "aal_rest", c->groupings[g].rest_aal);
        json_number(json, "tvar_rest", c->groupings[g].rest_tvar);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void rank_json(struct json *json, const char *key, const struct treatment_change *x,
                      int side)
{
    if (!x->in[side]) {
        json_text(json, key, NULL);
        return;
    }
    json_open(json, key, '{');
    json_whole(json, "rank", x->rank[side]);
    json_whole(json, "rank_lower", x->lower[side]);
    json_whole(json, "rank_upper", x->upper[side]);
    json_number(json, "aal_reduction", x->saved[side]);
    json_close(json, '}');
}

static void plan_json(struct json *json, const struct comparison *c, const struct plan_change *x,
                      const char *key, int side)
{
    const struct compare_side *of = &c->sides[side];
    if (x->plan[side] == NULL) {
        json_text(json, key, NULL);
        return;
    }
    json_open(json, key, '{');
    json_number(json, "budget_cost", x->plan[side]->budget_cost);
    json_number(json, "aal", x->plan[side]->figures.aal);
    json_open(json, "treatments", '[');
    for (size_t i = 0; i < of->treated->portfolio->treatments.count; i++)
        if (x->plan[side]->chosen[i])
            json_text(json, NULL, of->treated->portfolio->treatments.rows[i].id);
    json_close(json, ']');
    json_close(json, '}');
}

static void treatments_json(struct json *json, const struct comparison *c)
{
    json_open(json, "treatments", '[');
    for (size_t i = 0; i < c->treatment_count && i < c->top; i++) {
        const struct treatment_change *x = &c->treatments[i];
        json_open(json, NULL, '{');
        json_text(json, "treatment_id", x->id);
        rank_json(json, "before", x, BEFORE);
        rank_json(json, "after", x, AFTER);
        json_bool(json, "beyond_error", x->certain);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "plans", '[');
    for (size_t i = 0; i < c->plan_count && i < c->top; i++) {
        json_open(json, NULL, '{');
        json_number(json, "budget", c->plans[i].budget);
        plan_json(json, c, &c->plans[i], "before", BEFORE);
        plan_json(json, c, &c->plans[i], "after", AFTER);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void compare_json(const struct comparison *c)
{
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    side_json(&json, "before", &c->sides[BEFORE]);
    side_json(&json, "after", &c->sides[AFTER]);
    json_text(&json, "currency", c->sides[AFTER].portfolio->settings.currency);
    json_bool(&json, "paired", c->paired);
    json_text(&json, "not_paired_because", c->not_paired);
    verdicts_json(&json, c);
    headline_json(&json, c);
    tables_json(&json, c);
    moved_json(&json, c);
    groups_json(&json, c);
    treatments_json(&json, c);
    json_close(&json, '}');
}

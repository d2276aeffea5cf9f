#include <math.h>

#include "commands/print.h"
#include "commands/registers.h"

static const char *const columns[] = {
    "kind",     "zone",      "from",     "to",         "sl_t_fr1",   "sl_t_fr2", "sl_t_fr3",
    "sl_t_fr4", "sl_t_fr5",  "sl_t_fr6", "sl_t_fr7",   "sl_a_fr1",   "sl_a_fr2", "sl_a_fr3",
    "sl_a_fr4", "sl_a_fr5",  "sl_a_fr6", "sl_a_fr7",   "gap_fr1",    "gap_fr2",  "gap_fr3",
    "gap_fr4",  "gap_fr5",   "gap_fr6",  "gap_fr7",    "gaps",       "assets",   "units",
    "basis",    "aal_exact", "aal",      "treatments", "candidates",
};

static void write_level(struct sheet *sheet, int level)
{
    if (level == SECURITY_LEVEL_NOT_STATED)
        sheet_missing(sheet);
    else
        sheet_whole(sheet, (uint64_t)level);
}

static void write_levels(struct sheet *sheet, const struct zone *zone)
{
    const char *gaps[FOUNDATIONAL_REQUIREMENTS];
    size_t n = 0;
    for (size_t fr = 0; fr < FOUNDATIONAL_REQUIREMENTS; fr++)
        write_level(sheet, zone->target[fr]);
    for (size_t fr = 0; fr < FOUNDATIONAL_REQUIREMENTS; fr++)
        write_level(sheet, zone->achieved[fr]);
    for (size_t fr = 0; fr < FOUNDATIONAL_REQUIREMENTS; fr++) {
        write_level(sheet, zone_gap(zone, fr));
        if (zone_gap(zone, fr) > 0)
            gaps[n++] =
                text_format("FR%zu %s: %d", fr + 1, foundational_codes[fr], zone_gap(zone, fr));
    }
    sheet_list(sheet, gaps, n);
}

static void write_losses(struct sheet *sheet, const struct replay_run *run, const struct zone *zone)
{
    const struct outcome *outcome = results_outcome(run->results);
    double exact = 0, sampled = 0, units = 0;
    for (size_t i = 0; i < zone->asset_count; i++) {
        const struct contributor *x = &outcome->assets[zone->assets[i]];
        exact += x->aal_exact;
        sampled += x->aal;
        units += (double)run->study.portfolio.assets.quantity[zone->assets[i]];
    }
    sheet_whole(sheet, zone->asset_count);
    sheet_number(sheet, units);
    sheet_text(sheet, "gross");
    sheet_number(sheet, exact);
    sheet_number(sheet, sampled);
}

void register_zones(const struct replay_run *run, FILE *out, const struct sheet_form *form)
{
    const struct portfolio *portfolio = &run->study.portfolio;
    struct arena arena = {0};
    struct touch touch;
    struct sheet sheet;
    must_have(touch_zones(portfolio, &arena, &touch) ? touch.bits : NULL);
    sheet_start(&sheet, out, form, "zones and conduits", &portfolio->settings, columns,
                sizeof columns / sizeof *columns);
    for (size_t z = 0; z < portfolio->governance.zone_count; z++) {
        const struct zone *zone = &portfolio->governance.zones[z];
        bool conduit = *zone->id == '\0';
        sheet_text(&sheet, conduit ? "conduit" : "zone");
        sheet_text(&sheet, zone->id);
        sheet_text(&sheet, zone->from);
        sheet_text(&sheet, zone->to);
        write_levels(&sheet, zone);
        if (conduit)
            for (int i = 0; i < 5; i++)
                sheet_missing(&sheet);
        else
            write_losses(&sheet, run, zone);
        register_touching(&sheet, portfolio, &touch, z, false);
        register_touching(&sheet, portfolio, &touch, z, true);
    }
    sheet_end(&sheet);
    arena_free(&arena);
}

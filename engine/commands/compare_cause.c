// Which scenarios and groups moved, and why.
//
// A scenario's events are a pure function of its own row, of the rows that it names and of what it
// selects: where none of these changed, and years, seed and engine are the same, it draws the very
// same losses. So a cause is looked for there, and only there.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/compare.h"
#include "commands/print.h"
#include "simulate/exposure.h"

// Per table the columns that move losses; others are names, owners and tags.
static const char *const telling[COMPARE_TABLES][16] = {
    [TABLE_THREATS] = {"capability"},
    [TABLE_SCENARIOS] = {"threat_id", "assets", "frequency", "frequency_per", "counts",
                         "susceptibility", "event", "hit_probability", "driver", "form_correlation",
                         "loss_basis", "outage_hours", "stated"},
    [TABLE_EVENTS] = {"frequency", "counts", "driver", "hit_correlation", "stated"},
    [TABLE_DRIVERS] = {"frequency", "severity_correlation"},
};

static bool is_telling(enum compare_table which, const char *column)
{
    for (size_t i = 0; i < 16 && telling[which][i] != NULL; i++)
        if (strcmp(telling[which][i], column) == 0)
            return true;
    return (which == TABLE_SCENARIOS || which == TABLE_EVENTS) &&
           (strncmp(column, "primary_", 8) == 0 || strncmp(column, "secondary_", 10) == 0);
}

const char *causes_text(unsigned causes)
{
    static const char *const words[] = {"new",
                                        "gone",
                                        "its own row",
                                        "its threat",
                                        "its shared event",
                                        "its driver",
                                        "the assets it selects",
                                        "an existing treatment",
                                        "defaults.csv",
                                        "study.ini",
                                        "another sample",
                                        "no cause found"};
    const char *text = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (causes & 1u << i)
            text = text_format("%s%s%s", text, *text == '\0' ? "" : ", ", words[i]);
    return causes == 0 ? "unchanged itself" : text;
}

// What changed of a selection, from a scenario's point of view.
struct selected {
    const struct selection *before, *after;
    bool by_value, by_resistance; // whether these count
    size_t added, removed, reweighted;
    const char *first_added, *first_removed, *first_reweighted;
};

struct causes {
    struct comparison *c;
    const struct portfolio *portfolio[SIDES]; // as read again
    const struct outcome *outcome[SIDES];
    uint32_t *asset_after;      // [asset before]: its index after, NO_ROW
    unsigned char *resistance;  // [asset before]: its cell changed
    bool *treated[SIDES];       // [scenario]: an existing treatment that acts on it changed
    bool *event_treated[SIDES]; // [event]
    bool *event_reached;        // [event after]: a scenario of it changed
    size_t selected_room, selected_count;
    struct selected *selected; // open addressing
    bool defaults, settings, sample;
    bool any_assets;
};

// ---- text: "assets: 2 added (srv-9, ...)"

static const char *joined(const char *text, const char *more)
{
    return text_format("%s%s%s", text, *text == '\0' ? "" : "; ", more);
}

static const char *cell_text(const char *cell)
{
    return *cell == '\0' ? "(empty)" : text_shown(cell, 40);
}

static const char *cells_text(const struct row_change *row, enum compare_table which)
{
    const char *text = "";
    for (size_t i = 0; i < row->cell_count; i++) {
        const struct cell_change *x = &row->cells[i];
        if (!is_telling(which, x->column))
            continue;
        const char *one = row->kind == ROW_SOURCE || strcmp(x->before, x->after) == 0
                              ? text_format("%s: the file of %s changed", text_shown(x->column, 40),
                                            cell_text(x->after))
                              : text_format("%s %s -> %s", text_shown(x->column, 40),
                                            cell_text(x->before), cell_text(x->after));
        text = text_format("%s%s%s", text, *text == '\0' ? "" : ", ", one);
    }
    return text;
}

static const char *count_text(const char *text, size_t count, const char *what, const char *first)
{
    if (count == 0)
        return text;
    return text_format("%s%s%s %s (%s%s)", text, *text == '\0' ? "" : ", ", whole_text(count), what,
                       text_shown(first, 30), count > 1 ? ", ..." : "");
}

// Whether the row of that id changed in what moves losses; then that is added to the text.
static bool row_tells(const struct causes *w, enum compare_table which, const char *id,
                      const char *label, const char **text)
{
    const struct row_change *row =
        id != NULL && *id != '\0' ? row_change_find(&w->c->tables[which], id) : NULL;
    if (row == NULL)
        return false;
    const char *cells = cells_text(row, which);
    if (*cells == '\0' || row->kind == ROW_ADDED || row->kind == ROW_REMOVED)
        return false;
    if (label != NULL)
        cells = text_format("%s %s: %s", label, text_shown(id, 40), cells);
    *text = joined(*text, cells);
    return true;
}

// ---- assets

static void assets_match(struct causes *w)
{
    const struct assets *a = &w->portfolio[BEFORE]->assets, *b = &w->portfolio[AFTER]->assets;
    const struct table_changes *rows = &w->c->tables[TABLE_ASSETS];
    w->asset_after = compare_room(w->c, a->count + 1, sizeof *w->asset_after);
    w->resistance = compare_room(w->c, a->count + 1, 1);
    for (size_t i = 0, j = 0; i < a->count; i++) {
        while (j < b->count && strcmp(b->id[j], a->id[i]) < 0)
            j++;
        w->asset_after[i] =
            j < b->count && strcmp(b->id[j], a->id[i]) == 0 ? (uint32_t)j : (uint32_t)NO_ROW;
    }
    // both in the order of ids
    for (size_t i = 0, r = 0; i < a->count && r < rows->count; i++) {
        while (r < rows->count && strcmp(rows->kept[r].key, a->id[i]) < 0)
            r++;
        if (r < rows->count && strcmp(rows->kept[r].key, a->id[i]) == 0)
            w->resistance[i] = row_change_has(&rows->kept[r], "resistance");
    }
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void selected_fill(const struct causes *w, struct selected *x)
{
    const struct assets *a = &w->portfolio[BEFORE]->assets, *b = &w->portfolio[AFTER]->assets;
    size_t i = 0, j = 0;
    while (i < x->before->count || j < x->after->count) {
        uint32_t was = i < x->before->count ? x->before->assets[i] : NO_ROW;
        uint32_t is = j < x->after->count ? x->after->assets[j] : NO_ROW;
        uint32_t then = was != NO_ROW ? w->asset_after[was] : NO_ROW;
        if (was != NO_ROW && (then == NO_ROW || (is != NO_ROW && then < is) || is == NO_ROW)) {
            if (x->removed++ == 0)
                x->first_removed = a->id[was];
            i++;
        } else if (was == NO_ROW || then > is) {
            if (x->added++ == 0)
                x->first_added = b->id[is];
            j++;
        } else {
            bool same = a->quantity[was] == b->quantity[is] &&
                        (!x->by_value || same_number(a->value[was], b->value[is])) &&
                        (!x->by_resistance || !w->resistance[was]);
            if (!same && x->reweighted++ == 0)
                x->first_reweighted = b->id[is];
            i++;
            j++;
        }
    }
}

static size_t slot_of(const struct selected *x, size_t room)
{
    uint64_t hash = (uint64_t)(uintptr_t)x->before * UINT64_C(0x9e3779b97f4a7c15) ^
                    (uint64_t)(uintptr_t)x->after * UINT64_C(0xc2b2ae3d27d4eb4f) ^
                    (uint64_t)(2 * x->by_value + x->by_resistance) * UINT64_C(0x165667b19e3779f9);
    return (size_t)(hash >> 20) & (room - 1);
}

// Made once per distinct pair: selectors are shared by many scenarios.
static const struct selected *selected_of(struct causes *w, const struct scenario *before,
                                          const struct scenario *after)
{
    struct selected x = {.before = before->selection, .after = after->selection};
    x.by_value = before->severity.loss_basis == LOSS_BASIS_VALUE ||
                 after->severity.loss_basis == LOSS_BASIS_VALUE;
    x.by_resistance = before->capability != NULL || after->capability != NULL;
    size_t at = slot_of(&x, w->selected_room);
    for (; w->selected[at].before != NULL; at = (at + 1) & (w->selected_room - 1)) {
        const struct selected *y = &w->selected[at];
        if (y->before == x.before && y->after == x.after && y->by_value == x.by_value &&
            y->by_resistance == x.by_resistance)
            return y;
    }
    selected_fill(w, &x);
    w->selected[at] = x;
    return &w->selected[at];
}

// ---- existing treatments

static bool treatment_touched(const struct comparison *c, const char *id)
{
    static const enum compare_table tables[] = {TABLE_TREATMENTS, TABLE_EFFECTS};
    for (size_t t = 0; t < 2; t++) {
        const struct table_changes *rows = &c->tables[tables[t]];
        for (size_t i = 0; i < rows->count; i++)
            if (strcmp(rows->kept[i].id, id) == 0)
                return true;
    }
    return false;
}

static void treatments_mark(struct causes *w, int side)
{
    const struct portfolio *p = w->portfolio[side];
    const struct treatments *t = &p->treatments;
    bool *touched = compare_room(w->c, t->count + 1, sizeof *touched);
    w->treated[side] = compare_room(w->c, p->scenario_count + 1, sizeof **w->treated);
    w->event_treated[side] = compare_room(w->c, p->event_count + 1, sizeof **w->event_treated);
    for (size_t i = 0; i < t->count; i++)
        touched[i] =
            t->rows[i].state == TREATMENT_EXISTING && treatment_touched(w->c, t->rows[i].id);
    for (size_t e = 0; e < t->effect_count; e++) {
        const struct effect *x = &t->effects[e];
        if (!touched[x->treatment])
            continue;
        for (size_t i = 0; i < x->scenario_count; i++)
            w->treated[side][x->scenarios[i]] = true;
        for (size_t i = 0; i < x->event_count; i++)
            w->event_treated[side][x->events[i]] = true;
    }
}

// ---- scenarios

static struct difference best_difference(const struct contributor *was,
                                         const struct contributor *is, bool *exact)
{
    struct difference x = {0, 0, 0, NAN};
    *exact = (was == NULL || !isnan(was->aal_exact)) && (is == NULL || !isnan(is->aal_exact));
    if (was != NULL)
        x.before = *exact ? was->aal_exact : was->aal;
    if (is != NULL)
        x.after = *exact ? is->aal_exact : is->aal;
    x.difference = x.after - x.before;
    // the same sum in another order is not another sum
    if (*exact && fabs(x.difference) <= 1e-12 * (fabs(x.before) + fabs(x.after)))
        x.difference = 0;
    return x;
}

static double tail_difference(const struct comparison *c, const double *was, const double *is)
{
    if (isnan(c->level))
        return NAN;
    return (is != NULL ? is[c->level_at[AFTER]] : 0) - (was != NULL ? was[c->level_at[BEFORE]] : 0);
}

// By less than a hundredth is not at all. NaN counts as moved.
static bool has_moved(const struct moved *x)
{
    return !(fabs(x->aal.difference) < 0.005) || x->sampled_difference != 0;
}

static void assets_tell(struct causes *w, const struct scenario *was, const struct scenario *is,
                        struct moved *x)
{
    const struct selected *s = selected_of(w, was, is);
    const char *text = "";
    x->assets_added = s->added;
    x->assets_removed = s->removed;
    x->assets_reweighted = s->reweighted;
    if (s->added + s->removed + s->reweighted == 0)
        return;
    w->any_assets = true;
    x->causes |= CAUSE_ASSETS;
    text = count_text(text, s->added, "added", s->first_added);
    text = count_text(text, s->removed, "removed", s->first_removed);
    text = count_text(text, s->reweighted, "re-weighted", s->first_reweighted);
    x->because = joined(x->because, text_format("assets: %s", text));
}

static const char *event_id(const struct portfolio *p, uint32_t event)
{
    return event != NO_ROW ? p->events[event].id : NULL;
}

static const char *driver_id(const struct portfolio *p, uint32_t driver)
{
    return driver != NO_ROW ? p->drivers[driver].id : NULL;
}

static void rest_tell(const struct causes *w, struct moved *x)
{
    static const struct {
        enum cause cause;
        const char *text;
    } last[] = {{CAUSE_SETTINGS, "study.ini changed"},
                {CAUSE_DEFAULTS, "defaults.csv changed"},
                {CAUSE_SAMPLE, "another sample: nothing of it changed"}};
    const bool found[] = {w->settings, w->defaults, w->sample};
    if (x->causes != 0 || !has_moved(x))
        return;
    for (size_t i = 0; i < 3; i++)
        if (found[i] && (last[i].cause != CAUSE_SAMPLE || x->causes == 0)) {
            x->causes |= last[i].cause;
            x->because = joined(x->because, last[i].text);
        }
    if (x->causes == 0) {
        x->causes = CAUSE_UNKNOWN;
        x->because = "no cause found in the inputs; a class of assets may have been drawn anew";
    }
}

// A driver or an event's own driver.
static void driver_tells(const struct causes *w, uint32_t was, uint32_t is, struct moved *x)
{
    const char *id = driver_id(w->portfolio[AFTER], is);
    if (id == NULL)
        id = driver_id(w->portfolio[BEFORE], was);
    if (row_tells(w, TABLE_DRIVERS, id, "driver", &x->because))
        x->causes |= CAUSE_DRIVER;
}

static void scenario_tells(struct causes *w, uint32_t before, uint32_t after, struct moved *x)
{
    const struct portfolio *p = w->portfolio[BEFORE], *q = w->portfolio[AFTER];
    const struct scenario *was = &p->scenarios[before], *is = &q->scenarios[after];
    if (row_tells(w, TABLE_SCENARIOS, is->id, NULL, &x->because))
        x->causes |= CAUSE_ROW;
    if ((was->capability != NULL || is->capability != NULL) &&
        row_tells(w, TABLE_THREATS, is->threat_id, "threat", &x->because))
        x->causes |= CAUSE_THREAT;
    if (is->event != NO_ROW &&
        row_tells(w, TABLE_EVENTS, event_id(q, is->event), "event", &x->because))
        x->causes |= CAUSE_EVENT;
    driver_tells(w, was->driver, is->driver, x);
    if (is->event != NO_ROW && was->event != NO_ROW)
        driver_tells(w, p->events[was->event].driver, q->events[is->event].driver, x);
    assets_tell(w, was, is, x);
    bool treated = w->treated[BEFORE][before] || w->treated[AFTER][after] ||
                   (was->event != NO_ROW && w->event_treated[BEFORE][was->event]) ||
                   (is->event != NO_ROW && w->event_treated[AFTER][is->event]);
    if (treated) {
        x->causes |= CAUSE_TREATMENTS;
        x->because = joined(x->because, "an existing treatment of it changed");
    }
}

static void scenario_move(struct causes *w, uint32_t before, uint32_t after, struct moved *x)
{
    const struct contributor *was =
        before != NO_ROW ? &w->outcome[BEFORE]->scenarios[before] : NULL;
    const struct contributor *is = after != NO_ROW ? &w->outcome[AFTER]->scenarios[after] : NULL;
    *x = (struct moved){.because = ""};
    x->id = is != NULL ? w->portfolio[AFTER]->scenarios[after].id
                       : w->portfolio[BEFORE]->scenarios[before].id;
    x->aal = best_difference(was, is, &x->exact);
    x->sampled_difference = (is != NULL ? is->aal : 0) - (was != NULL ? was->aal : 0);
    x->tvar_difference = tail_difference(w->c, was != NULL ? was->tvar_contribution : NULL,
                                         is != NULL ? is->tvar_contribution : NULL);
    if (was == NULL || is == NULL) {
        x->causes = was == NULL ? CAUSE_NEW : CAUSE_GONE;
        x->because = was == NULL ? "new" : "removed";
        return;
    }
    scenario_tells(w, before, after, x);
    // what changed without moving anything is told among the rows
    if (!has_moved(x))
        x->causes = 0;
    rest_tell(w, x);
}

static void event_move(struct causes *w, uint32_t before, uint32_t after, struct moved *x)
{
    const struct event_outcome *was = before != NO_ROW ? &w->outcome[BEFORE]->events[before] : NULL;
    const struct event_outcome *is = after != NO_ROW ? &w->outcome[AFTER]->events[after] : NULL;
    struct contributor own[SIDES] = {{0}};
    *x = (struct moved){.because = "", .of_event = true};
    x->id = is != NULL ? w->portfolio[AFTER]->events[after].id
                       : w->portfolio[BEFORE]->events[before].id;
    if (was != NULL)
        own[BEFORE] = (struct contributor){.aal = was->own_aal, .aal_exact = was->own_aal_exact};
    if (is != NULL)
        own[AFTER] = (struct contributor){.aal = is->own_aal, .aal_exact = is->own_aal_exact};
    x->aal = best_difference(was != NULL ? &own[BEFORE] : NULL, is != NULL ? &own[AFTER] : NULL,
                             &x->exact);
    x->sampled_difference = own[AFTER].aal - own[BEFORE].aal;
    x->tvar_difference = tail_difference(w->c, was != NULL ? was->own_tvar_contribution : NULL,
                                         is != NULL ? is->own_tvar_contribution : NULL);
    if (was == NULL || is == NULL) {
        x->causes = was == NULL ? CAUSE_NEW : CAUSE_GONE;
        x->because = was == NULL ? "new" : "removed";
        return;
    }
    if (row_tells(w, TABLE_EVENTS, x->id, NULL, &x->because))
        x->causes |= CAUSE_ROW;
    driver_tells(w, w->portfolio[BEFORE]->events[before].driver,
                 w->portfolio[AFTER]->events[after].driver, x);
    if (w->event_treated[BEFORE][before] || w->event_treated[AFTER][after]) {
        x->causes |= CAUSE_TREATMENTS;
        x->because = joined(x->because, "an existing treatment of it changed");
    }
    if (!has_moved(x))
        x->causes = 0;
    if (x->causes == 0 && has_moved(x) && w->event_reached[after]) {
        // what an occurrence costs itself, it costs if it hits anything
        x->causes = CAUSE_ASSETS;
        x->because = "it hits through scenarios that changed";
    }
    rest_tell(w, x);
}

// A file that was tampered with may hold NaN anywhere.
static double size_of(double difference)
{
    return isnan(difference) ? 0 : fabs(difference);
}

static int by_size(const void *a, const void *b)
{
    const struct moved *x = a, *y = b;
    double p = size_of(x->aal.difference), q = size_of(y->aal.difference);
    if (p != q)
        return p > q ? -1 : 1;
    p = size_of(x->tvar_difference);
    q = size_of(y->tvar_difference);
    if (p != q)
        return p > q ? -1 : 1;
    return x->of_event != y->of_event ? x->of_event - y->of_event : strcmp(x->id, y->id);
}

// Walks the ids of both sides, ascending, and pairs what is the same.
static const char *id_at(const struct portfolio *p, bool events, size_t i)
{
    return events ? p->events[i].id : p->scenarios[i].id;
}

struct pair {
    uint32_t at[SIDES];
};

static size_t pairs_make(const struct causes *w, bool events, struct pair *pairs)
{
    const struct portfolio *p = w->portfolio[BEFORE], *q = w->portfolio[AFTER];
    size_t n = events ? p->event_count : p->scenario_count;
    size_t m = events ? q->event_count : q->scenario_count;
    size_t i = 0, j = 0, count = 0;
    while (i < n || j < m) {
        int order = i == n ? 1 : j == m ? -1 : strcmp(id_at(p, events, i), id_at(q, events, j));
        pairs[count].at[BEFORE] = order <= 0 ? (uint32_t)i++ : (uint32_t)NO_ROW;
        pairs[count].at[AFTER] = order >= 0 ? (uint32_t)j++ : (uint32_t)NO_ROW;
        count++;
    }
    return count;
}

// ---- rows, through what names them

static void row_reaches(struct comparison *c, enum compare_table which, const char *id, double aal)
{
    const struct row_change *found =
        id != NULL && *id != '\0' ? row_change_find(&c->tables[which], id) : NULL;
    if (found == NULL)
        return;
    struct row_change *row = &c->tables[which].kept[found - c->tables[which].kept];
    row->aal_difference = (isnan(row->aal_difference) ? 0 : row->aal_difference) + aal;
}

// The scenario's difference counts for each changed row that it names, before or after, once.
static void rows_reach(struct causes *w, const struct pair *pair, const struct moved *x)
{
    const char *ids[5][SIDES] = {{NULL}};
    static const enum compare_table tables[5] = {TABLE_SCENARIOS, TABLE_THREATS, TABLE_EVENTS,
                                                 TABLE_DRIVERS, TABLE_DRIVERS};
    for (int side = 0; side < SIDES; side++) {
        const struct portfolio *p = w->portfolio[side];
        if (pair->at[side] == NO_ROW)
            continue;
        const struct scenario *s = &p->scenarios[pair->at[side]];
        ids[0][side] = s->id;
        ids[1][side] = s->threat_id;
        ids[2][side] = event_id(p, s->event);
        ids[3][side] = driver_id(p, s->driver);
        ids[4][side] = s->event != NO_ROW ? driver_id(p, p->events[s->event].driver) : NULL;
    }
    for (size_t t = 0; t < 5; t++) {
        const char *was = ids[t][BEFORE], *is = ids[t][AFTER];
        row_reaches(w->c, tables[t], was, x->aal.difference);
        if (was == NULL || is == NULL || strcmp(was, is) != 0)
            row_reaches(w->c, tables[t], is, x->aal.difference);
    }
}

// A scenario that is new, gone or changed in more than another sample.
static void event_reach(struct causes *w, const struct pair *pair, const struct moved *x)
{
    const struct portfolio *p = w->portfolio[BEFORE], *q = w->portfolio[AFTER];
    uint32_t was = pair->at[BEFORE] != NO_ROW ? p->scenarios[pair->at[BEFORE]].event : NO_ROW;
    if ((x->causes & ~(unsigned)CAUSE_SAMPLE) == 0)
        return;
    if (pair->at[AFTER] != NO_ROW && q->scenarios[pair->at[AFTER]].event != NO_ROW)
        w->event_reached[q->scenarios[pair->at[AFTER]].event] = true;
    for (size_t e = 0; was != NO_ROW && e < q->event_count; e++)
        if (strcmp(q->events[e].id, p->events[was].id) == 0)
            w->event_reached[e] = true;
}

static void assets_reach(struct causes *w)
{
    struct comparison *c = w->c;
    const struct portfolio *p = w->portfolio[BEFORE], *q = w->portfolio[AFTER];
    struct table_changes *rows = &c->tables[TABLE_ASSETS];
    size_t i = 0, j = 0, r = 0;
    while (i < p->assets.count || j < q->assets.count) {
        int order = i == p->assets.count   ? 1
                    : j == q->assets.count ? -1
                                           : strcmp(p->assets.id[i], q->assets.id[j]);
        const char *id = order <= 0 ? p->assets.id[i] : q->assets.id[j];
        const struct contributor *was = order <= 0 ? &w->outcome[BEFORE]->assets[i] : NULL;
        const struct contributor *is = order >= 0 ? &w->outcome[AFTER]->assets[j] : NULL;
        bool exact;
        double moved = best_difference(was, is, &exact).difference;
        double sampled = (is != NULL ? is->aal : 0) - (was != NULL ? was->aal : 0);
        while (r < rows->count && strcmp(rows->kept[r].key, id) < 0)
            r++;
        if (r < rows->count && strcmp(rows->kept[r].key, id) == 0) {
            rows->kept[r].aal_difference = moved;
        } else if (sampled != 0) {
            c->assets_moved++;
            c->assets_moved_aal += sampled;
        }
        i += order <= 0;
        j += order >= 0;
    }
}

// ---- seats drawn anew

static bool reseated(const struct exposure *was, const struct exposure *is)
{
    for (size_t i = 0; i < was->seating_count; i++) {
        const struct seating *x = &was->seatings[i];
        bool any = false, same = false;
        for (size_t j = 0; j < is->seating_count; j++) {
            const struct seating *y = &is->seatings[j];
            if (x->exponent != y->exponent)
                continue;
            any = true;
            same = same || (x->part == y->part && x->seat_count == y->seat_count);
        }
        if (any && !same)
            return true;
    }
    return false;
}

static bool seats_compare(struct causes *w, const struct pair *pairs, size_t count,
                          struct moved *moved, int threads)
{
    struct exposures x[SIDES] = {{0}};
    struct arena *arenas = compare_room(w->c, SIDES * (size_t)threads, sizeof *arenas);
    bool good = true;
    for (int side = 0; good && side < SIDES; side++)
        good = exposures_make(w->portfolio[side], threads, arenas + side * threads, &x[side]);
    for (size_t i = 0; good && i < count; i++) {
        if (!(moved[i].causes & (CAUSE_ASSETS | CAUSE_THREAT)) || pairs[i].at[BEFORE] == NO_ROW ||
            pairs[i].at[AFTER] == NO_ROW)
            continue;
        moved[i].reseated = reseated(&x[BEFORE].exposures[x[BEFORE].seats[pairs[i].at[BEFORE]]],
                                     &x[AFTER].exposures[x[AFTER].seats[pairs[i].at[AFTER]]]);
        if (moved[i].reseated)
            moved[i].because = joined(moved[i].because, "a class of them drawn anew (its size)");
    }
    for (int side = 0; side < SIDES; side++)
        exposures_free(&x[side]);
    for (int i = 0; i < SIDES * threads; i++)
        arena_free(&arenas[i]);
    return good;
}

// ---- sums

static int by_cause_size(const void *a, const void *b)
{
    const struct cause_sum *x = a, *y = b;
    if (size_of(x->aal) != size_of(y->aal))
        return size_of(x->aal) > size_of(y->aal) ? -1 : 1;
    return x->causes < y->causes ? -1 : x->causes > y->causes;
}

static void causes_sum(struct comparison *c)
{
    size_t room = 0;
    c->tvar_sum = isnan(c->level) ? NAN : 0;
    for (size_t i = 0; i < c->moved_count; i++) {
        const struct moved *x = &c->moved[i];
        size_t k = 0;
        while (k < c->cause_count && c->causes[k].causes != x->causes)
            k++;
        if (k == c->cause_count) {
            if (k == room) { // at most 2^12 sets, in truth a handful
                struct cause_sum *wider = compare_room(c, 2 * room + 16, sizeof *wider);
                if (k > 0)
                    memcpy(wider, c->causes, k * sizeof *wider);
                c->causes = wider;
                room = 2 * room + 16;
            }
            c->causes[c->cause_count++] = (struct cause_sum){.causes = x->causes};
        }
        c->causes[k].count++;
        c->causes[k].aal += x->aal.difference;
        c->causes[k].tvar += x->tvar_difference;
        c->aal_sum += x->aal.difference;
        c->tvar_sum += x->tvar_difference;
    }
    if (c->cause_count > 0)
        qsort(c->causes, c->cause_count, sizeof *c->causes, by_cause_size);
}

// ---- all of it

// Keys of study.ini that change what a row means, or what is drawn.
static bool settings_tell(const struct comparison *c)
{
    static const char *const keys[] = {"study.stated",      "study.rate_uncertainty",
                                       "study.annual_loss", "study.resolution",
                                       "study.bad_assets",  "csv.decimal",
                                       "csv.encoding"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (row_change_find(&c->tables[TABLE_SETTINGS], keys[i]) != NULL)
            return true;
    return false;
}

static void causes_start(struct causes *w, struct comparison *c)
{
    *w = (struct causes){.c = c};
    for (int side = 0; side < SIDES; side++) {
        w->portfolio[side] = &c->sides[side].study.portfolio;
        w->outcome[side] = c->sides[side].outcome;
        treatments_mark(w, side);
    }
    assets_match(w);
    size_t pairs = w->portfolio[AFTER]->scenario_count;
    for (w->selected_room = 64; w->selected_room < 2 * pairs; w->selected_room *= 2)
        ;
    w->event_reached =
        compare_room(c, w->portfolio[AFTER]->event_count + 1, sizeof *w->event_reached);
    w->selected = compare_room(c, w->selected_room, sizeof *w->selected);
    w->defaults = c->tables[TABLE_DEFAULTS].count > 0;
    w->settings = settings_tell(c);
    w->sample = !c->paired;
}

static bool worth_keeping(const struct moved *x)
{
    return x->causes != 0 || has_moved(x) ||
           (!isnan(x->tvar_difference) && x->tvar_difference != 0);
}

bool compare_causes(struct comparison *c, int threads, struct diagnostics *d)
{
    struct causes w;
    causes_start(&w, c);
    size_t scenarios = w.portfolio[0]->scenario_count + w.portfolio[1]->scenario_count;
    size_t events = w.portfolio[0]->event_count + w.portfolio[1]->event_count;
    struct pair *pairs = compare_room(c, scenarios + events + 1, sizeof *pairs);
    c->moved = compare_room(c, scenarios + events + 1, sizeof *c->moved);
    scenarios = pairs_make(&w, false, pairs);
    for (size_t i = 0; i < scenarios; i++) {
        scenario_move(&w, pairs[i].at[BEFORE], pairs[i].at[AFTER], &c->moved[i]);
        rows_reach(&w, &pairs[i], &c->moved[i]);
        event_reach(&w, &pairs[i], &c->moved[i]);
    }
    if (w.any_assets && !seats_compare(&w, pairs, scenarios, c->moved, threads)) {
        diagnostics_fail(d, &(struct place){0}, "memory is exhausted");
        return false;
    }
    events = pairs_make(&w, true, pairs + scenarios);
    for (size_t i = scenarios; i < scenarios + events; i++) {
        event_move(&w, pairs[i].at[BEFORE], pairs[i].at[AFTER], &c->moved[i]);
        row_reaches(c, TABLE_EVENTS, c->moved[i].id, c->moved[i].aal.difference);
    }
    for (size_t i = 0; i < scenarios + events; i++)
        if (worth_keeping(&c->moved[i]))
            c->moved[c->moved_count++] = c->moved[i];
    qsort(c->moved, c->moved_count, sizeof *c->moved, by_size);
    causes_sum(c);
    assets_reach(&w);
    return true;
}

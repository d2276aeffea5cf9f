#include "study/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/ids.h"

enum { FACTORS_MAX = 4 };
static const uint64_t cells_max = 1 << 26; // (scenario part, asset part) pairs of one grouping

enum owner { OWNER_ASSET, OWNER_SCENARIO, OWNER_THREAT };

// One column of a grouping.
struct factor {
    enum owner owner;
    const struct column *column;
};

// The combinations of the columns of one side (assets, or scenarios with their threats), numbered.
struct side {
    size_t rows, parts;
    uint32_t *part;  // per row; NULL where no factor is of this side
    uint32_t *first; // per part: a row that has it
};

struct group_reading {
    struct reading *reading;
    const char *name;
    struct place at;
    size_t factor_count;
    struct factor factors[FACTORS_MAX];
    const uint32_t *threat_row; // per scenario, UINT32_MAX where none
    struct side assets, scenarios;
};

static const struct column *find(const struct table *table, const char *name)
{
    const int which = table_column(table, name);

    return which < 0 ? NULL : &table->columns[which];
}

static bool unknown_column(struct group_reading *g, const char *name)
{
    const struct reading *reading = g->reading;
    const struct table *tables[] = {&reading->assets, &reading->scenarios, &reading->threats};
    const char *near = NULL;

    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < tables[t]->column_count; i++) {
            const char *candidate =
                text_nearest(name, strlen(name), &tables[t]->columns[i].name, 1, near ? 1 : 2);

            near = candidate ? candidate : near;
        }
    }
    diagnostics_add(g->reading->d, &g->at,
                    "no column '%s' in assets.csv, scenarios.csv or threats.csv%s%s%s", name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

// `column`, or `asset.column`, `scenario.column`, `threat.column` where several tables have it.
static bool factor_read(struct group_reading *g, const char *name, struct factor *factor)
{
    static const char *const prefixes[] = {"asset.", "scenario.", "threat."};
    const struct reading *reading = g->reading;
    const struct table *tables[] = {&reading->assets, &reading->scenarios, &reading->threats};
    const struct column *found[3];
    size_t count = 0, last = 0;

    for (size_t t = 0; t < 3; t++) {
        const size_t length = strlen(prefixes[t]);
        const bool prefixed = strncmp(name, prefixes[t], length) == 0;

        if (prefixed && find(tables[t], name + length)) {
            *factor = (struct factor){(enum owner)t, find(tables[t], name + length)};
            return true;
        }
        found[t] = find(tables[t], name);
        count += found[t] != NULL;
        last = found[t] ? t : last;
    }
    if (count == 0)
        return unknown_column(g, name);
    if (found[OWNER_SCENARIO] && found[OWNER_THREAT] && count == 2 &&
        strcmp(name, "threat_id") == 0) {
        last = OWNER_SCENARIO; // the same thing in both
    } else if (count > 1) {
        diagnostics_add(
            g->reading->d, &g->at, "'%s' is a column of several tables: write%s%s%s%s%s%s%s%s",
            name, found[0] ? " asset." : "", found[0] ? name : "",
            found[0] && found[1] ? " or" : "", found[1] ? " scenario." : "", found[1] ? name : "",
            found[2] ? " or" : "", found[2] ? " threat." : "", found[2] ? name : "");
        return false;
    }
    *factor = (struct factor){(enum owner)last, found[last]};
    return true;
}

// "a*b" into factors.
static bool factors_read(struct group_reading *g)
{
    const char *from = g->name;
    bool good = true;

    for (;;) {
        size_t length = strcspn(from, "*"), trimmed;
        const char *next = from + length;
        const char *name;

        trimmed = length;
        while (trimmed > 0 && (*from == ' ' || *from == '\t'))
            from++, trimmed--;
        while (trimmed > 0 && (from[trimmed - 1] == ' ' || from[trimmed - 1] == '\t'))
            trimmed--;
        if (g->factor_count == FACTORS_MAX) {
            diagnostics_add(g->reading->d, &g->at, "more than %d columns crossed", FACTORS_MAX);
            return false;
        }
        name = arena_text(&g->reading->scratch, from, trimmed);
        if (!name)
            return reading_out_of_memory(g->reading);
        good = factor_read(g, name, &g->factors[g->factor_count]) && good;
        g->factor_count++;
        if (*next == '\0')
            return good;
        from = next + 1;
    }
}

// The code of a row of its side in a factor's column.
static uint32_t code_of(const struct group_reading *g, const struct factor *factor, size_t row)
{
    if (factor->owner != OWNER_THREAT)
        return factor->column->code[row];
    return g->threat_row[row] == UINT32_MAX ? 0 : factor->column->code[g->threat_row[row]];
}

static bool of_assets(const struct factor *factor)
{
    return factor->owner == OWNER_ASSET;
}

// Numbers the combinations: each factor refines the parts that the ones before have made.
static bool side_fill(struct group_reading *g, struct side *side, bool assets)
{
    struct reading *reading = g->reading;

    side->parts = 1;
    for (size_t f = 0; f < g->factor_count; f++) {
        const struct factor *factor = &g->factors[f];
        struct words pairs;

        if (of_assets(factor) != assets)
            continue;
        if (!side->part)
            side->part = arena_alloc(reading->kept, side->rows + 1, sizeof *side->part);
        if (!side->part || !words_start(&pairs, &reading->scratch, &reading->scratch))
            return reading_out_of_memory(reading);
        for (size_t row = 0; row < side->rows; row++) {
            const uint32_t pair[2] = {side->part[row], code_of(g, factor, row)};
            const uint32_t code = words_add(&pairs, (const char *)pair, sizeof pair);

            if (code == WORDS_NONE)
                return reading_out_of_memory(reading);
            side->part[row] = code - 1; // code 0 is the empty text
        }
        side->parts = pairs.count - 1;
    }
    side->first = arena_alloc(&reading->scratch, side->parts + 1, sizeof *side->first);
    if (!side->first)
        return reading_out_of_memory(reading);
    for (size_t row = side->rows; row-- > 0;)
        side->first[side->part ? side->part[row] : 0] = (uint32_t)row;
    return true;
}

// present[scenario part * asset parts + asset part] = 1 where some exposure has the pair.
static bool pairs_mark(struct group_reading *g, unsigned char *present)
{
    const struct portfolio *portfolio = &g->reading->study->portfolio;
    const size_t parts = g->assets.parts;
    // how many pairs of each scenario part are marked: most of them soon are
    uint32_t *marked = arena_alloc(&g->reading->scratch, g->scenarios.parts + 1, sizeof *marked);

    if (!marked)
        return false;
    for (size_t s = 0; s < portfolio->scenario_count; s++) {
        const struct selection *selection = portfolio->scenarios[s].selection;
        const uint32_t part = g->scenarios.part ? g->scenarios.part[s] : 0;
        unsigned char *row = present + part * parts;

        if (!selection)
            continue;
        for (size_t i = 0; i < selection->count && marked[part] < parts; i++) {
            const uint32_t other = g->assets.part ? g->assets.part[selection->assets[i]] : 0;

            marked[part] += !row[other];
            row[other] = 1;
        }
    }
    return true;
}

struct named_pair {
    const char *name;
    uint32_t pair;
};

static int compare_names(const void *a, const void *b)
{
    const struct named_pair *x = a, *y = b;
    const int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->pair > y->pair) - (x->pair < y->pair);
}

// The values of the factors, joined by " * ".
static const char *pair_name(struct group_reading *g, size_t pair)
{
    static const char joint[] = " * ";
    const size_t asset = g->assets.first[pair % g->assets.parts];
    const size_t scenario = g->scenarios.first[pair / g->assets.parts];
    const char *values[FACTORS_MAX];
    size_t size = 1;
    char *name, *end;

    for (size_t f = 0; f < g->factor_count; f++) {
        const struct factor *factor = &g->factors[f];

        values[f] =
            factor->column->words.text[code_of(g, factor, of_assets(factor) ? asset : scenario)];
        size += strlen(values[f]) + sizeof joint;
    }
    if (g->factor_count == 1)
        return values[0];
    name = end = arena_alloc(g->reading->kept, size, 1);
    for (size_t f = 0; f < g->factor_count && name; f++) {
        if (f > 0)
            end = stpcpy(end, joint);
        end = stpcpy(end, values[f]);
    }
    return name;
}

static bool events_cost(const struct portfolio *portfolio)
{
    for (size_t e = 0; e < portfolio->event_count; e++)
        for (int stage = 0; stage < STAGES; stage++)
            for (int form = 0; form < LOSS_FORMS; form++)
                if (portfolio->events[e].severity.loss[stage][form])
                    return true;
    return false;
}

// What a shared event itself costs belongs to no asset and no scenario. Where groups are not
// events, it goes to the group without a name, which is made where no row has it.
static bool events_own_find(struct group_reading *g, struct grouping *grouping)
{
    const struct portfolio *portfolio = &g->reading->study->portfolio;
    uint32_t *own = arena_alloc(g->reading->kept, portfolio->event_count + 1, sizeof *own);
    const char **names;

    if (!own)
        return reading_out_of_memory(g->reading);
    if (!events_cost(portfolio))
        return true;
    grouping->events_own = own;
    if (grouping_is_events(g->name)) {
        // ids and names ascend alike; an event without a group hits nothing, and so costs nothing
        for (size_t e = 0, k = 0; e < portfolio->event_count; e++) {
            while (k + 1 < grouping->count &&
                   strcmp(grouping->names[k], portfolio->events[e].id) < 0)
                k++;
            own[e] = (uint32_t)k;
        }
        return true;
    }
    if (grouping->count > 0 && *grouping->names[0] == '\0')
        return true;
    names = arena_alloc(g->reading->kept, grouping->count + 2, sizeof *names);
    if (!names)
        return reading_out_of_memory(g->reading);
    names[0] = "";
    memcpy(names + 1, grouping->names, grouping->count * sizeof *names);
    grouping->names = names;
    grouping->count++;
    return true;
}

static bool groups_number(struct group_reading *g, struct grouping *grouping)
{
    struct reading *reading = g->reading;
    const size_t pairs = g->scenarios.parts * g->assets.parts;
    unsigned char *present = arena_alloc(&reading->scratch, pairs + 1, 1);
    uint32_t *code = arena_alloc(reading->kept, pairs + 1, sizeof *code);
    struct named_pair *named;
    const char **names;
    size_t count = 0;

    if (!present || !code || !pairs_mark(g, present))
        return reading_out_of_memory(reading);
    for (size_t pair = 0; pair < pairs; pair++)
        count += present[pair];
    named = arena_alloc(&reading->scratch, count + 1, sizeof *named);
    names = arena_alloc(reading->kept, count + 1, sizeof *names);
    if (!named || !names)
        return reading_out_of_memory(reading);
    count = 0;
    memset(code, 0xff, pairs * sizeof *code);
    for (size_t pair = 0; pair < pairs; pair++) {
        if (!present[pair])
            continue;
        named[count] = (struct named_pair){pair_name(g, pair), (uint32_t)pair};
        if (!named[count++].name)
            return reading_out_of_memory(reading);
    }
    qsort(named, count, sizeof *named, compare_names);
    for (size_t i = 0; i < count; i++) {
        names[i] = named[i].name;
        code[named[i].pair] = (uint32_t)i;
    }
    *grouping = (struct grouping){.name = g->name,
                                  .count = count,
                                  .names = names,
                                  .scenario_part = g->scenarios.part,
                                  .asset_part = g->assets.part,
                                  .asset_parts = (uint32_t)g->assets.parts,
                                  .code = code};
    if (!events_own_find(g, grouping))
        return false;
    for (size_t i = 0; i < count && grouping->count > count; i++)
        code[named[i].pair]++; // the nameless group stands before all
    return true;
}

static bool grouping_read(struct reading *reading, const char *name, const uint32_t *threat_row,
                          struct grouping *grouping)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    struct group_reading g = {
        .reading = reading,
        .name = name,
        .at = {"study.ini", reading->rules.groupings_line, "groups.by", name},
        .threat_row = threat_row,
        .assets = {.rows = portfolio->assets.count},
        .scenarios = {.rows = portfolio->scenario_count},
    };

    if (!factors_read(&g) || !side_fill(&g, &g.assets, true) || !side_fill(&g, &g.scenarios, false))
        return false;
    if ((uint64_t)g.scenarios.parts * g.assets.parts > cells_max) {
        diagnostics_add(reading->d, &g.at, "%zu by %zu values are too many to cross",
                        g.scenarios.parts, g.assets.parts);
        return false;
    }
    return groups_number(&g, grouping);
}

static uint32_t *threat_rows(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    uint32_t *rows = arena_alloc(&reading->scratch, portfolio->scenario_count + 1, sizeof *rows);

    for (size_t s = 0; rows && s < portfolio->scenario_count; s++) {
        const size_t row = reading->threat_id < 0 ? SIZE_MAX
                                                  : ids_row(&reading->threats, reading->threat_id,
                                                            portfolio->scenarios[s].threat_id);

        rows[s] = row == SIZE_MAX ? UINT32_MAX : (uint32_t)row;
    }
    return rows;
}

void groups_read(struct reading *reading)
{
    struct portfolio *portfolio = &reading->study->portfolio;
    const struct rules *rules = &reading->rules;
    struct grouping *groupings =
        arena_alloc(reading->kept, rules->grouping_count + 1, sizeof *groupings);
    const uint32_t *threat_row = threat_rows(reading);
    size_t count = 0;

    if (!groupings || !threat_row) {
        reading_out_of_memory(reading);
        return;
    }
    for (size_t i = 0; i < rules->grouping_count; i++) {
        const struct place at = {"study.ini", rules->groupings_line, "groups.by",
                                 rules->groupings[i]};
        bool twice = false;

        for (size_t j = 0; j < i; j++)
            twice = twice || strcmp(rules->groupings[i], rules->groupings[j]) == 0;
        if (twice)
            diagnostics_add(reading->d, &at, "stands twice in the list");
        else if (grouping_read(reading, rules->groupings[i], threat_row, &groupings[count]))
            count++;
    }
    portfolio->groupings = groupings;
    portfolio->grouping_count = count;
}

// Per value of the column: the assets with reached[a] == 0.
static void unreached_by_value(struct reading *reading, const struct column *column,
                               const unsigned char *reached)
{
    const struct assets *assets = &reading->study->portfolio.assets;
    struct study_facts *facts = &reading->study->facts;
    struct unreached_group *groups =
        arena_alloc(reading->kept, column->words.count, sizeof *groups);
    size_t count = 0;

    if (!groups) {
        reading_out_of_memory(reading);
        return;
    }
    for (size_t a = 0; a < assets->count; a++) {
        struct unreached_group *group = &groups[column->code[a]];

        if (reached[a])
            continue;
        group->assets++;
        if (!isnan(assets->value[a]))
            group->value += assets->value[a] * (double)assets->quantity[a];
    }
    for (size_t code = 0; code < column->words.count; code++) {
        if (groups[code].assets == 0)
            continue;
        groups[count] = groups[code];
        groups[count++].name = column->words.text[code];
    }
    facts->unreached_by = column->name;
    facts->unreached_groups = groups;
    facts->unreached_group_count = count;
}

void groups_find_unreached(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    struct study_facts *facts = &reading->study->facts;
    const struct assets *assets = &portfolio->assets;
    unsigned char *reached = arena_alloc(&reading->scratch, assets->count + 1, 1);
    const struct column *column = NULL;
    size_t left = assets->count;

    if (!reached) {
        reading_out_of_memory(reading);
        return;
    }
    for (size_t s = 0; s < portfolio->scenario_count; s++) {
        const struct selection *selection = portfolio->scenarios[s].selection;

        for (size_t i = 0; selection && i < selection->count && left > 0; i++) {
            left -= !reached[selection->assets[i]];
            reached[selection->assets[i]] = 1;
        }
    }
    facts->unreached_assets = left;
    for (size_t a = 0; a < assets->count; a++) {
        if (!reached[a] && !isnan(assets->value[a]))
            facts->unreached_value += assets->value[a] * (double)assets->quantity[a];
    }
    for (size_t i = 0; i < reading->rules.grouping_count && !column; i++)
        column = find(&reading->assets, reading->rules.groupings[i]);
    if (column && facts->unreached_assets > 0)
        unreached_by_value(reading, column, reached);
}

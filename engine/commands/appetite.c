#include "commands/appetite.h"

#include "commands/print.h"

struct verdict_counts {
    size_t all, of[VERDICTS];
};

static struct verdict_counts counts_of(const struct treatment_outcome *treated)
{
    struct verdict_counts counts = {0};
    if (treated != NULL)
        counts.all = treated->portfolio->treatments.appetite_count;
    for (size_t a = 0; a < counts.all; a++)
        counts.of[treated->appetite[a].verdict]++;
    return counts;
}

const char *appetite_answer(const struct treatment_outcome *treated)
{
    const struct verdict_counts counts = counts_of(treated);
    if (counts.all == 0)
        return NULL;
    return counts.of[VERDICT_BREACHED] > 0    ? "No"
           : counts.of[VERDICT_UNDECIDED] > 0 ? "Not surely"
                                              : "Yes";
}

const char *appetite_reason(const struct treatment_outcome *treated)
{
    const struct verdict_counts counts = counts_of(treated);
    const size_t breached = counts.of[VERDICT_BREACHED], undecided = counts.of[VERDICT_UNDECIDED];
    const char *points = counts.all == 1 ? "point" : "points";
    if (breached > 0)
        return text_format("breached at %zu of %zu %s%s", breached, counts.all, points,
                           undecided > 0 ? text_format(", and undecided at %zu", undecided) : "");
    if (undecided > 0)
        return text_format("undecided at %zu of %zu %s", undecided, counts.all, points);
    return counts.all == 1 ? "within at its one point"
                           : text_format("within at all %zu points", counts.all);
}

void json_appetite(struct json *json, const struct treatments *t,
                   const struct appetite_figures *figures)
{
    json_open(json, "appetite", '[');
    for (size_t a = 0; a < t->appetite_count; a++) {
        json_open(json, NULL, '{');
        json_text(json, "scope", t->appetite[a].scope);
        json_number(json, "loss", t->appetite[a].loss);
        json_number(json, "tolerated", t->appetite[a].probability);
        json_number(json, "exceeds", figures[a].exceeds.value);
        json_number(json, "exceeds_lower", figures[a].exceeds.lower);
        json_number(json, "exceeds_upper", figures[a].exceeds.upper);
        json_text(json, "verdict", verdict_names[figures[a].verdict]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

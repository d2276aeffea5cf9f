// What a person should know before pasting a cell.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/fit.h"
#include "commands/print.h"

// Below these, standard errors are crude, and a tail is a guess.
enum { FEW_LOSSES = 30, FEW_ABOVE = 30 };

// AIC within which two laws are told apart by nothing (Burnham and Anderson, Model Selection and
// Multimodel Inference, section 2.6).
#define AIC_EQUAL 2.0

static void __attribute__((format(printf, 2, 3)))
note(struct fit_found *found, const char *format, ...)
{
    char *text;
    va_list arguments;
    if (found->note_count == sizeof found->notes / sizeof *found->notes)
        return;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        must_have(NULL);
    found->notes[found->note_count++] = text_format("%s", text);
    free(text);
}

static const char *name_of(const struct fit_found *found, size_t i)
{
    return found->fits[i].law->name;
}

// "lognormal, gamma and weibull": the first `count`.
static const char *names_text(const struct fit_found *found, size_t count)
{
    const char *text = name_of(found, 0);
    for (size_t i = 1; i < count; i++)
        text = text_format("%s%s%s", text, i + 1 == count ? " and " : ", ", name_of(found, i));
    return text;
}

static const char *best_text(const struct fit_found *found)
{
    const struct fit *fits = found->fits;
    size_t equal = 1;
    while (equal < found->found && fits[equal].aic - fits[0].aic <= AIC_EQUAL)
        equal++;
    if (found->found == 1)
        return text_format("%s is the only law here that can be fitted.", name_of(found, 0));
    if (equal == 1)
        return text_format("%s describes these losses best: its AIC is %s below that of the next, "
                           "%s.",
                           name_of(found, 0), number_text(fits[1].aic - fits[0].aic),
                           name_of(found, 1));
    double low = HUGE_VAL, high = 0;
    for (size_t i = 0; i < equal; i++) {
        low = fmin(low, found->cells[i].quantile[FIT_LEVELS - 1]);
        high = fmax(high, found->cells[i].quantile[FIT_LEVELS - 1]);
    }
    const char *text = text_format("%s describe these losses about equally well: their AIC lies "
                                   "within %.0f.",
                                   names_text(found, equal), AIC_EQUAL);
    if (high > 1.5 * low)
        text = text_format("%s One loss in 1,000 exceeds %s by one of them and %s by another: what "
                           "is known of such losses otherwise should decide.",
                           text, money_text(low, NAN), money_text(high, NAN));
    return text;
}

const char *fit_verdict(const struct fit_found *found)
{
    if (found->found == 0)
        return "No law could be fitted: the empirical cell, or a range by judgement, is what is "
               "left.";
    const struct fit *best = &found->fits[0];
    // Of a law given beforehand, KS exceeds this in 5 % of samples (Kolmogorov's limit, good from
    // 35 losses on); of one that was fitted to them, in fewer. Censoring would widen it.
    const double chance = 1.358 / sqrt((double)found->losses.count);
    const char *text = best_text(found);
    if (found->losses.censored == 0 && best->ks > chance)
        text =
            text_format("%s Still, its KS of %.3f is more than chance explains (%.3f for so many "
                        "losses): look at --plot%s.",
                        text, best->ks, chance,
                        found->has_tail ? ""
                                        : "; --threshold gives the large losses a law of their "
                                          "own");
    if (found->mixed.law != NULL)
        text = text_format("%s The joined law's AIC is %s %s.", text,
                           number_text(fabs(best->aic - found->tail.aic)),
                           found->tail.aic < best->aic ? "lower" : "higher");
    return text;
}

static void data_notes(struct fit_found *found)
{
    const struct losses *losses = &found->losses;
    if (found->data->left_out > 0)
        note(found, "%s without a value %s left out.",
             found->data->left_out == 1 ? "A row"
                                        : text_format("%s rows", whole_text(found->data->left_out)),
             found->data->left_out == 1 ? "is" : "are");
    if (losses->count < FEW_LOSSES)
        note(found,
             "%zu losses tell little of a law and nothing of its tail: standard errors are crude, "
             "and a range by judgement (lognormal90) may know more.",
             losses->count);
    if (losses->distinct > 1 && losses->commonest >= 5 && losses->commonest * 10 >= losses->count)
        note(
            found,
            "One value stands %s times in %s: rounded, a default, or a limit? If the true loss was "
            "at least that, --censored-column says so.",
            whole_text(losses->commonest), whole_text(losses->count));
    if (found->found > 0 && strcmp(name_of(found, 0), "pareto") == 0 && losses->least_low == 0)
        note(
            found,
            "No loss is below %s, and pareto begins just there. Were smaller ones recorded at all? "
            "If not, --truncated-below judges the other laws fairly.",
            money_text(losses->smallest, NAN));
    if (losses->distinct == 1)
        note(found, "All losses are equal: the cell is the number itself.");
}

// Of laws that were not fitted; beta is spoken of only where it was asked for.
static void law_note(struct fit_found *found, size_t i)
{
    const char *name = name_of(found, i);
    const bool asked = found->options->laws != NULL;
    switch (found->fits[i].state) {
    case FIT_FOUND:
        break;
    case FIT_OUTSIDE:
        if (strcmp(name, "beta") == 0 && asked)
            note(found, "beta is left out: it takes losses between 0 and 1, such as shares of a "
                        "value.");
        else if (strcmp(name, "beta") != 0 && found->losses.distinct > 1)
            note(found, "%s is left out: these losses do not determine it.", name);
        break;
    case FIT_EXPONENTIAL:
        note(found,
             "%s is left out: the best of its kind is its limit with an infinite shape, which is "
             "the exponential law.",
             name);
        break;
    case FIT_ENDLESS:
        note(found,
             "%s is left out: its likelihood has no maximum, but rises towards an end of the "
             "family. Losses truncated far out look like this: nothing tells what lies below.",
             name);
        break;
    case FIT_REFUSED:
        note(found, "%s is left out: its best parameters are beyond what a cell takes.", name);
        break;
    }
}

static void infinite_note(struct fit_found *found, const char *name)
{
    note(found,
         "%s: the mean is infinite, so that a study refuses the cell. What can one loss cost at "
         "most? --cap X ends it there.",
         name);
}

static void truncation_note(struct fit_found *found)
{
    const struct losses *losses = &found->losses;
    if (losses->truncated == 0)
        return;
    if (!losses->alike) {
        note(found,
             "Rows differ in what would have been recorded: cells, means and quantiles of laws "
             "are of all losses, those of the data of what was recorded. A frequency in the "
             "study must count all, the unrecorded ones too.");
        return;
    }
    if (found->found > 0 && found->fits[0].recorded > 0)
        note(found,
             "The cells describe the losses that are recorded, and go with a frequency of those. "
             "If %s holds for the others too, %s of all losses are recorded: without `from` and "
             "`to` its cell is the law of all, and the frequency is to be divided by %.4g.",
             name_of(found, 0), share_text(found->fits[0].recorded), found->fits[0].recorded);
}

static void fit_note(struct fit_found *found, size_t i)
{
    const struct fit *fit = &found->fits[i];
    const struct fit_cell *cell = &found->cells[i];
    if (cell->law == NULL)
        note(found, "%s: a study would refuse the cell, for what is recorded is too far out.",
             name_of(found, i));
    else if (isinf(cell->mean))
        infinite_note(found, name_of(found, i));
    if (strcmp(fit->law->name, "normal") == 0 && fit->family->survival(fit->p, 0) < 0.999)
        note(found, "normal: %s of the fitted law lies below 0, which the cell cuts off.",
             share_text(1 - fit->family->survival(fit->p, 0)));
    for (int p = 0; p < fit->count; p++)
        if (isnan(fit->standard_error[p]) && fit->law->kind[p] != PARAMETER_FIXED &&
            !(fit->law->end_read_off && p == 0)) {
            note(found, "%s: its likelihood is too flat for standard errors.", name_of(found, i));
            break;
        }
}

static void tail_notes(struct fit_found *found)
{
    const struct tail *tail = &found->tail;
    const double shape = tail->gpd.p[2];
    if (tail->gpd.state != FIT_FOUND) {
        note(found, "Nothing could be fitted above the threshold: try a lower one.");
        return;
    }
    if (tail->above < FEW_ABOVE)
        note(found, "%zu losses above the threshold tell little of the tail's shape.", tail->above);
    if (isinf(found->tail_cell.mean))
        infinite_note(found, "gpd");
    else if (shape >= 0.5 && found->options->cap == NULL)
        note(found, "gpd: with a shape of 0.5 or more the variance is infinite: means settle "
                    "slowly, however many years are simulated.");
    if (shape < -0.5)
        note(found, "gpd: with a shape below -0.5 standard errors mean little (Smith 1985).");
    if (found->losses.censored > 0)
        note(found, "With censored losses there is no joined cell: some that are written below the "
                    "threshold may lie above it.");
}

void fit_notes_fill(struct fit_found *found)
{
    data_notes(found);
    truncation_note(found);
    for (size_t i = 0; i < found->found; i++)
        fit_note(found, i);
    for (size_t i = found->found; i < found->count; i++)
        law_note(found, i);
    if (found->has_tail)
        tail_notes(found);
}

// The fits for people.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/fit.h"
#include "commands/print.h"

// To so many digits, without an exponent where people do without.
static const char *digits_text(double x, int digits)
{
    if (fabs(x) < pow(10, digits - 1) || fabs(x) >= 1e15)
        return text_format("%#.*g", digits, x); // 0.10, not 0.1
    const double place = pow(10, floor(log10(fabs(x))) + 1 - digits);
    return text_format("%s%s", x < 0 ? "-" : "",
                       whole_text((uint64_t)(round(fabs(x) / place) * place)));
}

const char *fit_estimate_text(double value, double error)
{
    if (!(error > 0))
        return text_format("%.7g", value);
    return text_format("%s %s %s", digits_text(value, 5), sign("±", "+-"), digits_text(error, 2));
}

static const char *lower_case(const char *name)
{
    char text[32];
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < sizeof text; n++)
        text[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] - 'A' + 'a') : name[n];
    text[n] = '\0';
    return text_format("%s", text);
}

static const char *parameters_text(const struct fit *fit)
{
    const char *text = "";
    for (int i = 0; i < fit->count; i++) {
        if (fit->law == &law_gpd && i == 0)
            continue; // the threshold is what was given
        text = text_format("%s%s%s %s", text, *text != '\0' ? ", " : "",
                           lower_case(fit->family->parameters[i]),
                           fit_estimate_text(fit->p[i], fit->standard_error[i]));
    }
    return text;
}

static void print_head(const struct fit_found *found)
{
    const struct losses *losses = &found->losses;
    const struct fit_options *options = found->options;
    const char *text = text_format("%s losses in %s of %s, from %s to %s, on average %s",
                                   whole_text(losses->count), options->column,
                                   fit_file_name(options), money_text(losses->smallest, NAN),
                                   money_text(losses->largest, NAN), money_text(losses->mean, NAN));
    if (losses->censored > 0)
        text = text_format("%s; %s of them censored", text, whole_text(losses->censored));
    if (losses->truncated > 0)
        text = text_format("%s; recorded%s%s%s%s", text, options->below != NULL ? " from " : "",
                           options->below != NULL ? options->below : "",
                           options->above != NULL ? " to " : "",
                           options->above != NULL ? options->above : "");
    paragraph(0, text);
}

static void likelihood_row(struct listing *listing, const char *name, const char *parameters,
                           double log_likelihood, double aic, double bic)
{
    listing_cell(listing, name);
    listing_cell(listing, parameters);
    listing_cell(listing, text_format("%.3f", log_likelihood));
    listing_cell(listing, text_format("%.2f", aic));
    listing_cell(listing, text_format("%.2f", bic));
}

// With the joined law in its place.
static void print_fits(const struct fit_found *found)
{
    static const struct column columns[] = {{"Law", ALIGN_LEFT, 0},
                                            {"Parameters, and one standard error", ALIGN_LEFT, 0},
                                            {"Log-likelihood", ALIGN_RIGHT, 0},
                                            {"AIC", ALIGN_RIGHT, 0},
                                            {"BIC", ALIGN_RIGHT, 0}};
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    const struct tail *tail = &found->tail;
    bool joined = found->mixed.law == NULL; // already told of
    heading("Laws by AIC");
    for (size_t i = 0; i <= found->found; i++) {
        const struct fit *fit = &found->fits[i];
        if (!joined && (i == found->found || tail->aic < fit->aic)) {
            likelihood_row(listing, "joined",
                           text_format("%s up to %s, then gpd", tail->body->law->name,
                                       money_text(tail->threshold, NAN)),
                           tail->log_likelihood, tail->aic, tail->bic);
            joined = true;
        }
        if (i < found->found)
            likelihood_row(listing, fit->law->name, parameters_text(fit), fit->log_likelihood,
                           fit->aic, fit->bic);
    }
    listing_print(listing, 2);
}

static const char *distance_text(double distance)
{
    if (isnan(distance))
        return "-";
    return isinf(distance) ? "infinite" : text_format("%.5f", distance);
}

static void level_cells(struct listing *listing, double mean, const double *quantile)
{
    listing_cell(listing, isinf(mean) ? "infinite" : money_text(mean, NAN));
    for (int level = 0; level < FIT_LEVELS; level++)
        listing_cell(listing, money_text(quantile[level], NAN));
}

static void cell_row(struct listing *listing, const char *name, const struct fit *fit,
                     const struct fit_cell *cell)
{
    listing_cell(listing, name);
    listing_cell(listing, fit != NULL ? distance_text(fit->ks) : "");
    listing_cell(listing, fit != NULL ? distance_text(fit->cvm) : "");
    listing_cell(listing, fit != NULL ? distance_text(fit->ad) : "");
    level_cells(listing, cell->mean, cell->quantile);
}

// How far each law is from the data, and what it says of large losses.
static void print_closeness(const struct fit_found *found)
{
    static const struct column columns[] = {
        {"Law", ALIGN_LEFT, 0},        {"KS", ALIGN_RIGHT, 0},      {"CvM", ALIGN_RIGHT, 0},
        {"AD", ALIGN_RIGHT, 0},        {"Mean", ALIGN_RIGHT, 0},    {"1 in 2", ALIGN_RIGHT, 0},
        {"1 in 10", ALIGN_RIGHT, 0},   {"1 in 20", ALIGN_RIGHT, 0}, {"1 in 100", ALIGN_RIGHT, 0},
        {"1 in 1,000", ALIGN_RIGHT, 0}};
    const struct losses *losses = &found->losses;
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    struct fit_cell data = {.mean = losses->censored > 0 ? (double)NAN : losses->mean};
    heading("How close they are, and what a loss in so many exceeds");
    for (int level = 0; level < FIT_LEVELS; level++)
        data.quantile[level] = losses_quantile(losses, fit_tails[level]);
    cell_row(listing, "the data", NULL, &data);
    for (size_t i = 0; i < found->found; i++)
        cell_row(listing, found->fits[i].law->name, &found->fits[i], &found->cells[i]);
    if (found->mixed.law != NULL)
        cell_row(listing, "joined", NULL, &found->mixed);
    listing_print(listing, 2);
}

static void print_tail(const struct fit_found *found)
{
    const struct tail *tail = &found->tail;
    if (!found->has_tail || tail->gpd.state != FIT_FOUND)
        return;
    heading("Above %s: %s of %s losses, %s", money_text(tail->threshold, NAN),
            whole_text(tail->above), whole_text(tail->total), share_text(tail->share));
    const struct column bare[] = {{"", ALIGN_LEFT, 0}, {"", ALIGN_LEFT, 0}};
    struct listing *listing = listing_new(bare, 2);
    listing_cell(listing, "gpd");
    listing_cell(listing,
                 text_format("%s; log-likelihood %.3f, KS %.4f, AD %s", parameters_text(&tail->gpd),
                             tail->gpd.log_likelihood, tail->gpd.ks, distance_text(tail->gpd.ad)));
    if (tail->body != NULL) {
        listing_cell(listing, text_format("%s below", tail->body->law->name));
        listing_cell(listing, parameters_text(tail->body));
    }
    for (int level = 3; level < FIT_LEVELS; level++)
        if (fit_tails[level] <= tail->share) {
            listing_cell(listing, text_format("1 in %s",
                                              whole_text((uint64_t)(1 / fit_tails[level] + 0.5))));
            double shortfall = tail_expected_shortfall(tail, fit_tails[level]);
            listing_cell(listing,
                         text_format("exceeds %s; such losses are %s on average",
                                     money_text(tail_quantile(tail, fit_tails[level]), NAN),
                                     isinf(shortfall) ? "infinite" : money_text(shortfall, NAN)));
        }
    listing_print_bare(listing, 2);
    paragraph(2,
              "The threshold counts as given. It is high enough where the shape no longer drifts: "
              "see --plot.");
}

static void print_cell(struct listing *listing, const char *name, const struct fit_cell *cell)
{
    if (cell->law == NULL)
        return;
    listing_cell(listing, name);
    listing_cell(listing, cell->text);
}

static void print_cells(const struct fit_found *found)
{
    const struct column bare[] = {{"", ALIGN_LEFT, 0}, {"", ALIGN_LEFT, 0}};
    struct listing *listing = listing_new(bare, 2);
    heading("Cells to paste");
    print_cell(listing, "joined", &found->mixed);
    print_cell(listing, "spliced", &found->spliced);
    if (found->has_tail)
        print_cell(listing, "tail", &found->tail_cell);
    for (size_t i = 0; i < found->found; i++)
        print_cell(listing, found->fits[i].law->name, &found->cells[i]);
    if (found->empirical != NULL) {
        listing_cell(listing, "as they are");
        listing_cell(listing, found->empirical);
    }
    listing_print_bare(listing, 2);
}

void fit_print(const struct fit_found *found)
{
    print_head(found);
    if (found->found > 0) {
        print_fits(found);
        print_closeness(found);
    }
    print_tail(found);
    putchar('\n');
    paragraph(0, fit_verdict(found));
    print_cells(found);
    if (found->note_count > 0)
        heading("To be careful with");
    for (size_t i = 0; i < found->note_count; i++)
        paragraph(2, found->notes[i]);
}

// Fitted counts, for people and for programs.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/fit.h"
#include "commands/json.h"
#include "commands/print.h"

// What a year's frequency and counts cells say.
struct year {
    double rate, k;                             // k: of negbinomial
    const char *rate_text, *counts, *uncertain; // NULL where there is none
};

// Laws in the order of their AIC; how many are possible.
static size_t by_aic(const struct counts *counts, enum count_law order[COUNT_LAWS])
{
    size_t n = 0;
    for (int law = 0; law < COUNT_LAWS; law++) {
        if (!counts->fit[law].possible)
            continue;
        size_t at = n++;
        for (; at > 0 && counts->fit[order[at - 1]].aic > counts->fit[law].aic; at--)
            order[at] = order[at - 1];
        order[at] = (enum count_law)law;
    }
    return n;
}

// A year is `periods` periods; counts of different periods are independent of each other, so that
// the sum of negative binomials of shape K has shape periods x K.
static struct year year_of(const struct fit_options *options, const struct counts *counts,
                           enum count_law law)
{
    const struct count_fit *fit = &counts->fit[law];
    const double periods = options->periods > 0 ? (double)options->periods : 1;
    struct year year = {.rate = periods * fit->rate, .k = periods * fit->k};
    year.counts = count_law_names[law];
    if (law == COUNT_AT_MOST_ONCE && periods > 1)
        return (struct year){.rate = year.rate};
    if (law == COUNT_NEGBINOMIAL)
        year.counts = text_format("negbinomial %.5g", year.k);
    year.rate_text = text_format("%.6g", year.rate);
    // Jeffreys' prior and N Poisson incidents leave a gamma law of shape N + 1/2, a probability a
    // beta law; with more variation, one with the estimate's mean and standard error.
    if (law == COUNT_POISSON)
        year.uncertain =
            text_format("gamma %.6g %.6g", counts->total + 0.5, periods / counts->exposure);
    else if (law == COUNT_AT_MOST_ONCE)
        year.uncertain = text_format("beta %.6g %.6g", counts->total + 0.5,
                                     (double)counts->periods - counts->total + 0.5);
    else if (fit->rate_error > 0)
        year.uncertain = text_format("gamma %.6g %.6g",
                                     fit->rate * fit->rate / (fit->rate_error * fit->rate_error),
                                     periods * fit->rate_error * fit->rate_error / fit->rate);
    return year;
}

static void print_fits(const struct counts *counts, const enum count_law *order, size_t n)
{
    static const struct column columns[] = {
        {"Counts", ALIGN_LEFT, 0},          {"Rate", ALIGN_LEFT, 0}, {"K", ALIGN_LEFT, 0},
        {"Log-likelihood", ALIGN_RIGHT, 0}, {"AIC", ALIGN_RIGHT, 0}, {"BIC", ALIGN_RIGHT, 0}};
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    heading("Laws by AIC: per period and unit of exposure, with one standard error");
    for (size_t i = 0; i < n; i++) {
        const struct count_fit *fit = &counts->fit[order[i]];
        listing_cell(listing, count_law_names[order[i]]);
        listing_cell(listing, fit_estimate_text(fit->rate, fit->rate_error));
        listing_cell(listing,
                     order[i] == COUNT_NEGBINOMIAL ? fit_estimate_text(fit->k, fit->k_error) : "");
        listing_cell(listing, text_format("%.3f", fit->log_likelihood));
        listing_cell(listing, text_format("%.2f", fit->aic));
        listing_cell(listing, text_format("%.2f", fit->bic));
    }
    listing_print(listing, 2);
}

static const char *verdict(const struct counts *counts)
{
    const struct count_fit *poisson = &counts->fit[COUNT_POISSON],
                           *wide = &counts->fit[COUNT_NEGBINOMIAL];
    const char *spread =
        text_format("Pearson's statistic is %s on %zu degrees of freedom (p = %.2g)",
                    number_text(counts->pearson), counts->periods - 1, counts->pearson_p);
    if (!wide->possible)
        return text_format("The counts vary no more than Poisson ones would: %s. negbinomial has "
                           "no best K: poisson is its limit.",
                           spread);
    if (wide->aic < poisson->aic - 2)
        return text_format("The counts vary more than Poisson ones would: %s. negbinomial's AIC is "
                           "%s lower.",
                           spread, number_text(poisson->aic - wide->aic));
    return text_format("Nothing speaks against poisson: %s.", spread);
}

static void print_cells(const struct fit_options *options, const struct counts *counts,
                        const enum count_law *order, size_t n)
{
    static const struct column columns[] = {{"counts", ALIGN_LEFT, 0},
                                            {"frequency", ALIGN_LEFT, 0},
                                            {"or, with its uncertainty", ALIGN_LEFT, 0}};
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    heading("Cells to paste: a year%s", options->exposure != NULL ? ", per unit of exposure" : "");
    for (size_t i = 0; i < n; i++) {
        struct year year = year_of(options, counts, order[i]);
        if (year.rate_text == NULL)
            continue;
        listing_cell(listing, year.counts);
        listing_cell(listing, year.rate_text);
        listing_cell(listing, year.uncertain != NULL ? year.uncertain : "");
    }
    listing_print(listing, 2);
}

void fit_counts_print(const struct fit_options *options, const struct fit_data *data,
                      const struct counts *counts)
{
    enum count_law order[COUNT_LAWS];
    const size_t n = by_aic(counts, order);
    paragraph(0,
              text_format("%s incidents in %s periods, in %s of %s: %s a period, with a variance "
                          "of %s, at most %s",
                          whole_text((uint64_t)counts->total), whole_text(counts->periods),
                          options->column, fit_file_name(options), number_text(counts->mean),
                          number_text(counts->variance), number_text(counts->most)));
    print_fits(counts, order, n);
    putchar('\n');
    paragraph(0, verdict(counts));
    print_cells(options, counts, order, n);
    if (options->periods > 1 && counts->fit[COUNT_NEGBINOMIAL].possible)
        paragraph(2,
                  "K of a year takes its periods as independent. If whole years are good or bad, "
                  "it is smaller: fit yearly counts.");
    if (data->left_out > 0)
        paragraph(
            2, text_format("Rows without a value are left out: %s.", whole_text(data->left_out)));
    if (counts->periods < 10)
        paragraph(2, text_format("%zu periods tell little of how counts vary.", counts->periods));
}

static void write_fit(struct json *json, const struct fit_options *options,
                      const struct counts *counts, enum count_law law)
{
    const struct count_fit *fit = &counts->fit[law];
    struct year year = year_of(options, counts, law);
    json_open(json, NULL, '{');
    json_text(json, "law", count_law_names[law]);
    json_number(json, "rate", fit->rate);
    json_number(json, "rate_standard_error", fit->rate_error);
    json_number(json, "k", law == COUNT_NEGBINOMIAL ? fit->k : NAN);
    json_number(json, "k_standard_error", law == COUNT_NEGBINOMIAL ? fit->k_error : NAN);
    json_number(json, "log_likelihood", fit->log_likelihood);
    json_number(json, "aic", fit->aic);
    json_number(json, "bic", fit->bic);
    json_text(json, "frequency", year.rate_text);
    json_text(json, "frequency_uncertain", year.uncertain);
    json_text(json, "counts", year.rate_text != NULL ? year.counts : NULL);
    json_close(json, '}');
}

void fit_counts_json(const struct fit_options *options, const struct fit_data *data,
                     const struct counts *counts, FILE *out)
{
    enum count_law order[COUNT_LAWS];
    const size_t n = by_aic(counts, order);
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "file", options->file);
    json_text(&json, "column", options->column);
    json_whole(&json, "periods", counts->periods);
    json_whole(&json, "left_out", data->left_out);
    json_number(&json, "incidents", counts->total);
    json_number(&json, "exposure", counts->exposure);
    json_number(&json, "mean", counts->mean);
    json_number(&json, "variance", counts->variance);
    json_number(&json, "pearson", counts->pearson);
    json_number(&json, "pearson_p", counts->pearson_p);
    json_open(&json, "fits", '[');
    for (size_t i = 0; i < n; i++)
        write_fit(&json, options, counts, order[i]);
    json_close(&json, ']');
    json_text(&json, "verdict", verdict(counts));
    json_close(&json, '}');
}

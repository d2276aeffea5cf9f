// The fits for programs.
#include <math.h>

#include "commands/fit.h"
#include "commands/json.h"

static void write_levels(struct json *json, double mean, const double *quantile)
{
    json_number(json, "mean", mean);
    json_open(json, "quantiles", '[');
    for (int i = 0; i < FIT_LEVELS; i++) {
        json_open(json, NULL, '{');
        json_number(json, "exceedance_probability", fit_tails[i]);
        json_number(json, "loss", quantile[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_data(struct json *json, const struct fit_found *found)
{
    const struct losses *losses = &found->losses;
    double quantile[FIT_LEVELS];
    for (int i = 0; i < FIT_LEVELS; i++)
        quantile[i] = losses_quantile(losses, fit_tails[i]);
    json_open(json, "data", '{');
    json_text(json, "file", found->options->file);
    json_text(json, "column", found->options->column);
    json_whole(json, "losses", losses->count);
    json_whole(json, "censored", losses->censored);
    json_whole(json, "left_out", found->data->left_out);
    json_text(json, "truncated_below", found->options->below);
    json_text(json, "truncated_above", found->options->above);
    json_number(json, "smallest", losses->smallest);
    json_number(json, "largest", losses->largest);
    json_number(json, "sd", losses->sd);
    write_levels(json, losses->mean, quantile);
    json_text(json, "cell", found->empirical);
    json_close(json, '}');
}

static void write_parameters(struct json *json, const struct fit *fit)
{
    json_open(json, "parameters", '[');
    for (int i = 0; i < fit->count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "name", fit->family->parameters[i]);
        json_number(json, "value", fit->p[i]);
        json_number(json, "standard_error", fit->standard_error[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "covariance", '[');
    for (int i = 0; i < fit->count; i++)
        json_numbers(json, NULL, fit->covariance[i], (size_t)fit->count);
    json_close(json, ']');
}

static void write_fit(struct json *json, const char *key, const struct fit *fit,
                      const struct fit_cell *cell)
{
    json_open(json, key, '{');
    json_text(json, "law", fit->law->name);
    write_parameters(json, fit);
    json_number(json, "log_likelihood", fit->log_likelihood);
    json_number(json, "aic", fit->aic);
    json_number(json, "bic", fit->bic);
    json_number(json, "ks", fit->ks);
    json_number(json, "cvm", fit->cvm);
    json_number(json, "ad", fit->ad);
    json_number(json, "recorded_share", fit->recorded);
    if (cell != NULL) {
        write_levels(json, cell->mean, cell->quantile);
        json_text(json, "cell", cell->law != NULL ? cell->text : NULL);
    }
    json_close(json, '}');
}

static void write_left_out(struct json *json, const struct fit_found *found)
{
    static const char *const reasons[] = {[FIT_OUTSIDE] = "outside",
                                          [FIT_EXPONENTIAL] = "exponential_limit",
                                          [FIT_ENDLESS] = "no_maximum",
                                          [FIT_REFUSED] = "beyond_cell"};
    json_open(json, "not_fitted", '[');
    for (size_t i = found->found; i < found->count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "law", found->fits[i].law->name);
        json_text(json, "reason", reasons[found->fits[i].state]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_shapes(struct json *json, const struct fit_found *found)
{
    json_open(json, "shape_by_threshold", '[');
    for (size_t i = 0; i < found->shape_count; i++) {
        json_open(json, NULL, '{');
        json_number(json, "threshold", found->shapes[i].threshold);
        json_whole(json, "above", found->shapes[i].above);
        json_number(json, "shape", found->shapes[i].shape);
        json_number(json, "standard_error", found->shapes[i].standard_error);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_tail(struct json *json, const struct fit_found *found)
{
    const struct tail *tail = &found->tail;
    json_open(json, "tail", '{');
    json_number(json, "threshold", tail->threshold);
    json_whole(json, "above", tail->above);
    json_number(json, "share", tail->share);
    if (tail->gpd.state == FIT_FOUND) {
        write_fit(json, "gpd", &tail->gpd, &found->tail_cell);
        json_open(json, "quantiles", '[');
        for (int i = 0; i < FIT_LEVELS; i++) {
            if (fit_tails[i] > tail->share)
                continue;
            json_open(json, NULL, '{');
            json_number(json, "exceedance_probability", fit_tails[i]);
            json_number(json, "loss", tail_quantile(tail, fit_tails[i]));
            json_number(json, "expected_shortfall", tail_expected_shortfall(tail, fit_tails[i]));
            json_close(json, '}');
        }
        json_close(json, ']');
        json_text(json, "spliced_cell", found->spliced.law != NULL ? found->spliced.text : NULL);
    }
    if (tail->body != NULL) {
        write_fit(json, "body", tail->body, NULL);
        json_open(json, "joined", '{');
        json_number(json, "log_likelihood", tail->log_likelihood);
        json_number(json, "aic", tail->aic);
        json_number(json, "bic", tail->bic);
        write_levels(json, found->mixed.mean, found->mixed.quantile);
        json_text(json, "cell", found->mixed.law != NULL ? found->mixed.text : NULL);
        json_close(json, '}');
    }
    write_shapes(json, found);
    json_close(json, '}');
}

void fit_json(const struct fit_found *found, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    write_data(&json, found);
    json_open(&json, "fits", '[');
    for (size_t i = 0; i < found->found; i++)
        write_fit(&json, NULL, &found->fits[i], &found->cells[i]);
    json_close(&json, ']');
    write_left_out(&json, found);
    if (found->has_tail)
        write_tail(&json, found);
    json_text(&json, "verdict", fit_verdict(found));
    json_open(&json, "notes", '[');
    for (size_t i = 0; i < found->note_count; i++)
        json_text(&json, NULL, found->notes[i]);
    json_close(&json, ']');
    json_close(&json, '}');
}

#include "commands/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/html.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/print.h"
#include "commands/show.h"
#include "commands/years.h"

static const struct manual manual = {
    .command = "report",
    .operands = "RUN.h5 -o REPORT.html",
    .summary = "Writes a run as one page for those who decide.",
    .text =
        "REPORT.html is one file that needs no network: it opens from a mail attachment, prints "
        "on\n"
        "A4, and is readable by its owner only. It shows how much could be lost, against the\n"
        "appetite; what drives the loss; the treatments ranked; and what each budget would buy.\n"
        "--budget finds the best plan for it, as `lossmill plan` does, and takes as long: the "
        "page\n"
        "begins with it, and marks it on the slider.\n"
        "--registers adds, folded, what an auditor asks for: risks with their decisions, "
        "treatment\n"
        "plan, Statement of Applicability, zones.\n"
        "The same run gives the same bytes. A report that exists is replaced once the new one is\n"
        "complete; any other file is left as it is.\n"
        "\n"
        "Example:\n"
        "  lossmill report run.h5 -o report.html\n"
        "  lossmill report run.h5 -o report.html --budget 500k\n",
    .operands_min = 1,
    .operands_max = 1,
};

// What the file starts with, by which it is known again.
static const char magic[] = "<!DOCTYPE html>\n<!-- lossmill report -->\n";

extern const unsigned char report_css[], report_js[], report_d3[], report_d3_licence[];
extern const size_t report_css_size, report_js_size, report_d3_size, report_d3_licence_size;

struct piece {
    const unsigned char *bytes;
    size_t size;
};

#define PIECE(name)                                                                                \
    {                                                                                              \
        name, name##_size                                                                          \
    }
#define PIECE_OF(text)                                                                             \
    {                                                                                              \
        (const unsigned char *)(text), sizeof(text) - 1                                            \
    }

enum { SCRIPT_PIECES = 4 };

// The source expression of a content security policy that allows these bytes and no others.
static const char *policy_hash(const struct piece *pieces, size_t count)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = {0};
    struct sha256_ctx hash;
    sha256_init(&hash);
    for (size_t i = 0; i < count; i++)
        sha256_update(&hash, pieces[i].size, pieces[i].bytes);
    sha256_digest(&hash, sizeof digest, digest);
    base64_encode_raw(text, sizeof digest, digest);
    return text_format("'sha256-%s'", text);
}

static void element(FILE *out, const char *tag, const struct piece *pieces, size_t count)
{
    fprintf(out, "<%s>", tag);
    for (size_t i = 0; i < count; i++)
        fwrite(pieces[i].bytes, 1, pieces[i].size, out);
    fprintf(out, "</%s>\n", tag);
}

static bool page(const struct report *r)
{
    const struct piece style[] = {PIECE(report_css)}, script[] = {PIECE(report_js)};
    const struct piece library[SCRIPT_PIECES] = {PIECE_OF("/*!\n"), PIECE(report_d3_licence),
                                                 PIECE_OF("*/\n"), PIECE(report_d3)};
    fprintf(r->out,
            "%s<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "script-src %s %s; style-src %s; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<meta name=\"generator\" content=\"lossmill %s\">\n"
            "<title>%s: risk report</title>\n",
            magic, policy_hash(library, SCRIPT_PIECES), policy_hash(script, 1),
            policy_hash(style, 1), LOSSMILL_VERSION, html(r->settings->title));
    element(r->out, "style", style, 1);
    fputs("</head>\n<body>\n", r->out);
    report_headline(r);
    fputs("<main>\n", r->out);
    report_exceedance(r);
    bool good = report_drivers(r);
    report_treatments(r);
    report_plans(r);
    if (r->residual != NULL)
        report_registers(r);
    report_method(r);
    fputs("</main>\n<script type=\"application/json\" id=\"data\">", r->out);
    report_data(r);
    fputs("</script>\n", r->out);
    element(r->out, "script", library, SCRIPT_PIECES);
    element(r->out, "script", script, 1);
    fputs("</body>\n</html>\n", r->out);
    return good;
}

double report_net_benefit(const struct plan_figures *plan)
{
    return plan->figures.aal_saved.value - plan->annualised_cost;
}

double report_plan_year_in(const struct report *r, const struct world_figures *plan, double period)
{
    const struct settings *s = r->settings;
    for (size_t i = 0; i < s->return_period_count; i++)
        if (s->return_periods[i] == period)
            return plan->aep[i];
    for (size_t i = 0; i < s->quantile_count; i++)
        if (fabs((1 - s->quantiles[i]) * period - 1) < 1e-9)
            return plan->var[i];
    return NAN;
}

static bool surely_within(const struct report *r, const struct plan_figures *plan)
{
    size_t points = r->portfolio->treatments.appetite_count;
    for (size_t a = 0; a < points; a++)
        if (plan->appetite[a].verdict != VERDICT_WITHIN)
            return false;
    return points > 0;
}

// The run's own plans, and with them `asked`, if there is one and they have not got it.
static void plans_gather(struct report *r, const struct plan_figures *asked)
{
    const struct treatment_outcome *x = r->treated;
    const size_t own = x != NULL ? x->plan_count : 0, treatments = r->portfolio->treatments.count;
    r->plans = must_alloc(own + 1, sizeof *r->plans);
    size_t same = own, before = 0;
    for (size_t p = 0; p < own && asked != NULL; p++) {
        before += x->plans[p].budget_cost <= asked->budget_cost;
        if (memcmp(x->plans[p].chosen, asked->chosen, treatments * sizeof *asked->chosen) == 0)
            same = p;
    }
    r->asked_apart = asked != NULL && same == own;
    r->plan_count = own + r->asked_apart;
    r->plan_asked = asked == NULL ? r->plan_count : r->asked_apart ? before : same;
    for (size_t p = 0; p < own; p++)
        r->plans[p + (r->asked_apart && p >= before)] = &x->plans[p];
    if (r->asked_apart)
        r->plans[before] = asked;
}

// Where the page starts: at what was asked for; else at the cheapest plan that is within the
// appetite, or at the one that is worth most.
static void plan_choose(struct report *r)
{
    const size_t count = r->plan_count;
    r->plan_best = r->plan_good = count;
    for (size_t p = 0; p < count; p++) {
        if (r->plan_best == count ||
            report_net_benefit(r->plans[p]) > report_net_benefit(r->plans[r->plan_best]))
            r->plan_best = p;
        if (r->plan_good == count && surely_within(r, r->plans[p]))
            r->plan_good = p;
    }
    if (isnan(r->budget))
        r->plan = r->plan_good < count ? r->plan_good : r->plan_best;
    else
        r->plan = r->plan_asked < count ? r->plan_asked : 0; // what fits no budget is dearer
}

static void report_fill(struct report *r, const struct plan_figures *asked)
{
    r->outcome = results_outcome(r->results);
    r->treated = results_treatments(r->results);
    r->portfolio = r->outcome->portfolio;
    r->settings = &r->portfolio->settings;
    r->years = portfolio_years(r->outcome);
    r->largest = years_sorted(r->outcome->largest_event, r->settings->years);
    r->insured = r->outcome->annual_loss_gross != NULL;
    r->gross_loss = r->insured ? r->outcome->annual_loss_gross : r->outcome->annual_loss;
    const size_t level = r->treated != NULL && r->portfolio->treatments.count > 0
                             ? r->treated->level
                             : level_nearest(r->settings, 0.99);
    r->totals = totals_of(r->outcome, &r->years.gross, level);
    plans_gather(r, asked);
    plan_choose(r);
}

static void report_clear(struct report *r)
{
    portfolio_years_free(&r->years);
    free((void *)r->largest.sorted);
    free(r->plans);
}

static int report_write(struct report *r, const char *path)
{
    struct output_file file;
    if (!output_open(&file, "report", path))
        return STATUS_SYSTEM;
    r->out = file.stream;
    if (!page(r)) {
        output_abandon(&file);
        return input_status(r->d);
    }
    return output_commit(&file, "report") ? STATUS_DONE : STATUS_SYSTEM;
}

struct request {
    const char *path, *output;
    double budget; // NaN: none was asked for
    bool registers;
    int threads;
};

// Only what is asked for of the study is worth the time to read it again.
static int run_read(const struct request *request, struct replay_run *run, struct diagnostics *d)
{
    if (request->registers || !isnan(request->budget))
        return replay_read(run, request->path, request->threads, false);
    *run = (struct replay_run){.path = request->path};
    return results_read(request->path, &run->results, d) ? STATUS_DONE : input_status(d);
}

// The plan that `plan --budget` finds.
static int plan_ask(const struct request *request, struct replay_run *run,
                    struct plan_answer *answer, struct diagnostics *d)
{
    int status = replay_price(run, manual.command, request->threads);
    if (status != STATUS_DONE)
        return status;
    const struct plan_request asked = {
        .budget = request->budget, .objective = run->study.portfolio.treatments.settings.objective};
    const bool good = treat_session_plan(run->session, &asked, answer, d);
    progress_line_clear(&run->progress);
    return good ? STATUS_DONE : STATUS_SYSTEM;
}

static int report_make(const struct request *request)
{
    struct diagnostics *d = must_have(diagnostics_new());
    struct replay_run run;
    struct residual residual = {0};
    struct plan_answer answer = {0};
    int status = run_read(request, &run, d);
    if (status == STATUS_DONE && !isnan(request->budget))
        status = plan_ask(request, &run, &answer, d);
    if (status == STATUS_DONE && request->registers)
        status = replay_residual(&run, &residual, request->threads);
    if (status == STATUS_DONE) {
        struct report report = {.path = request->path,
                                .results = run.results,
                                .budget = request->budget,
                                .run = &run,
                                .residual = request->registers ? &residual : NULL,
                                .d = d};
        report_fill(&report, answer.feasible ? &answer.best : NULL);
        status = report_write(&report, request->output);
        report_clear(&report);
    }
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    residual_free(&residual);
    replay_close(&run);
    return status;
}

int command_report(int argc, char **argv)
{
    struct request request = {.budget = NAN};
    const char *budget = NULL;
    uint64_t threads = (uint64_t)machine_threads();
    const struct option_row rows[] = {
        {'o', "output", "FILE", "the file to write", OPTION_TEXT, &request.output, 0, 0},
        {'b', "budget", "B", "where the slider starts: the best plan for B, such as 500k",
         OPTION_TEXT, &budget, 0, 0},
        {0, "registers", NULL, "also the registers that `export` writes", OPTION_FLAG,
         &request.registers, 0, 0},
        {'t', "threads", "N", "threads (the processors of this process)", OPTION_WHOLE, &threads, 1,
         4096},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if (request.output == NULL || *request.output == '\0')
        return options_wrong(&manual, "where to? Add -o and the name of the file to write");
    if (budget != NULL && !amount_parse(budget, strlen(budget), &request.budget))
        return options_wrong(&manual, "--budget %s: an amount such as 500k is expected",
                             text_shown(budget, 40));
    if (!output_possible("report", request.output, magic, sizeof magic - 1, "a lossmill report"))
        return STATUS_SYSTEM;

    request.path = argv[1];
    request.threads = (int)threads;
    return output_finish(report_make(&request));
}

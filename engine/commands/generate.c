// Synthetic studies: every row is a pure function of (seed, table, row number), so that more rows
// leave the earlier ones as they are.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/folder.h"
#include "commands/options.h"
#include "commands/print.h"

static const struct manual manual = {
    .command = "generate",
    .operands = "DIR --assets N --scenarios N",
    .summary =
        "Writes a synthetic study of any size into a new folder, to measure and to try with.",
    .text =
        "The same numbers and seed give the same files. Assets have a class, business unit, site,\n"
        "zone, value, quantity, resistance and two tags; scenarios select by class, business "
        "unit,\n"
        "zone and site, with rates and losses of plausible size. None of it is data.\n"
        "\n"
        "Example:\n"
        "  lossmill generate big --assets 1000000 --scenarios 1000\n"
        "  lossmill check big\n"
        "  lossmill generate pairs --assets 50000 --single-asset   # a scenario for each asset\n",
    .operands_min = 1,
    .operands_max = 1,
};

struct plan {
    const char *folder;
    uint64_t assets, scenarios, threats, seed, years;
    bool single_asset;
};

enum stream { STREAM_ASSETS = 1, STREAM_THREATS, STREAM_SCENARIOS };

// splitmix64 (Steele, Lea, Flood 2014), started at a hash of where it is used.
struct dice {
    uint64_t state;
};

static uint64_t dice_word(struct dice *dice)
{
    uint64_t z = (dice->state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static struct dice dice_of(uint64_t seed, enum stream stream, uint64_t row)
{
    struct dice dice = {seed};
    dice.state = dice_word(&dice) ^ (uint64_t)stream;
    dice.state = dice_word(&dice) ^ row;
    dice.state = dice_word(&dice);
    return dice;
}

static double dice_uniform(struct dice *dice) // in [0, 1)
{
    return ldexp((double)(dice_word(dice) >> 11), -53);
}

static double dice_normal(struct dice *dice) // nearly: the sum of twelve uniforms less its mean
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += dice_uniform(dice);
    return sum;
}

static size_t dice_choose(struct dice *dice, size_t count)
{
    return (size_t)(dice_uniform(dice) * (double)count);
}

// Rounded to two digits, so that a study holds a limited number of different distributions and so
// that the last bit of pow() does not show.
static double two_digits(double x)
{
    char text[32];
    double rounded;
    snprintf(text, sizeof text, "%.1e", x);
    sscanf(text, "%lf", &rounded);
    return rounded;
}

// Log-uniform in [low, high], to two digits.
static double dice_log_uniform(struct dice *dice, double low, double high)
{
    return two_digits(low * pow(high / low, dice_uniform(dice)));
}

// In plain decimals with as many digits as x has.
static void write_number(FILE *out, double x)
{
    if (x >= 10)
        fprintf(out, "%.0f", x);
    else
        fprintf(out, "%.*f", x >= 1 ? 1 : 1 + (int)-floor(log10(x)), x);
}

static const struct class
{
    const char *name, *zone;
    double weight;          // share of all assets; together 1
    double value, spread;   // median, and sd of the logarithm
    uint64_t units;         // at most, of a row
    const char *resistance; // of 0 to 100
} classes[] = {
    {"laptop", "office", 0.34, 1400, 0.3, 40, "pert 20 45 70"},
    {"workstation", "office", 0.16, 1800, 0.4, 20, "pert 25 50 75"},
    {"mobile", "office", 0.10, 600, 0.3, 60, "pert 30 50 75"},
    {"server", "data-centre", 0.16, 18000, 0.9, 4, "pert 35 60 85"},
    {"virtual-machine", "data-centre", 0.08, 6000, 0.7, 8, "pert 35 60 85"},
    {"database", "data-centre", 0.04, 150000, 1.2, 1, "pert 45 65 90"},
    {"application", "dmz", 0.05, 220000, 1.3, 1, "pert 30 55 80"},
    {"network-device", "dmz", 0.04, 5000, 0.8, 4, "pert 40 65 90"},
    {"plc", "plant", 0.03, 45000, 0.9, 6, "pert 10 35 65"},
};
enum { CLASSES = sizeof classes / sizeof *classes, SITES = 24 };

static const char *const business_units[] = {
    "Sales",   "Production", "Logistics",       "Finance",  "Research",
    "Service", "Personnel",  "Shared Services", "Purchase", "Quality",
};
enum { BUSINESS_UNITS = sizeof business_units / sizeof *business_units };

static const char *const levels[] = {"low", "medium", "high"};

// What selectors can ask of an asset.
struct traits {
    const struct class *class;
    const char *business_unit, *criticality;
    unsigned site;
};

static struct traits traits_of(struct dice *dice)
{
    struct traits traits = {.class = &classes[CLASSES - 1]};
    double u = dice_uniform(dice);
    for (size_t c = 0; c < CLASSES; c++) {
        if (u < classes[c].weight) {
            traits.class = &classes[c];
            break;
        }
        u -= classes[c].weight;
    }
    double skewed = dice_uniform(dice); // the first units and sites are the largest
    traits.business_unit = business_units[(size_t)(skewed * skewed * BUSINESS_UNITS)];
    skewed = dice_uniform(dice);
    traits.site = 1 + (unsigned)(skewed * skewed * SITES);
    traits.criticality = levels[dice_choose(dice, 3)];
    return traits;
}

static int id_width(uint64_t count)
{
    int width = 3;
    for (uint64_t limit = 1000; limit <= count && width < 19; limit *= 10)
        width++;
    return width;
}

static void write_assets(FILE *out, const struct plan *plan)
{
    int width = id_width(plan->assets);
    fputs("asset_id,name,class,business_unit,site,zone,value,quantity,resistance,confidentiality,"
          "integrity,availability,criticality,cost_centre\n",
          out);
    for (uint64_t i = 1; i <= plan->assets; i++) {
        struct dice dice = dice_of(plan->seed, STREAM_ASSETS, i);
        struct traits traits = traits_of(&dice);
        const struct class *class = traits.class;
        double value = two_digits(class->value * exp(class->spread * dice_normal(&dice)));
        uint64_t quantity = 1 + dice_choose(&dice, class->units);
        fprintf(out, "A%0*llu,%s %llu,%s,%s,site-%02u,%s,%.0f,%llu,%s,%zu,%zu,%zu,%s,CC%03zu\n",
                width, (unsigned long long)i, class->name, (unsigned long long)i, class->name,
                traits.business_unit, traits.site, class->zone, value, (unsigned long long)quantity,
                class->resistance, dice_choose(&dice, 5), dice_choose(&dice, 5),
                dice_choose(&dice, 5), traits.criticality, dice_choose(&dice, 400));
    }
}

static const struct threat {
    const char *name, *actor, *action, *technique;
    const char *capability; // "": its scenarios give their susceptibility
} threats[] = {
    {"Ransomware crew", "organised crime", "encrypt and extort", "T1486", "pert 30 55 90"},
    {"Payment fraudster", "organised crime", "deceive", "T1657", ""},
    {"Data thief", "organised crime", "steal data", "T1567", "pert 25 50 85"},
    {"Careless employee", "insider", "err", "", ""},
    {"Industrial spy", "state", "steal know-how", "T1213", "pert 45 70 97"},
    {"Flooder", "activist", "deny service", "T1498", ""},
    {"Insider", "insider", "abuse rights", "T1078", ""},
    {"Supplier failure", "supplier", "fail", "", ""},
};
enum { THREATS = sizeof threats / sizeof *threats };

static void write_threats(FILE *out, const struct plan *plan)
{
    fputs("threat_id,name,actor,action,technique,capability\n", out);
    for (uint64_t i = 0; i < plan->threats; i++) {
        const struct threat *threat = &threats[i % THREATS];
        fprintf(out, "T%0*llu,%s %llu,%s,%s,%s,%s\n", id_width(plan->threats),
                (unsigned long long)i + 1, threat->name, (unsigned long long)i / THREATS + 1,
                threat->actor, threat->action, threat->technique, threat->capability);
    }
}

// Selects what a certain asset is one of, so that it never selects nothing.
static void write_selector(FILE *out, const struct plan *plan, struct dice *dice, uint64_t scenario)
{
    uint64_t asset = plan->single_asset ? (scenario - 1) % plan->assets + 1
                                        : 1 + dice_choose(dice, plan->assets);
    struct dice of_asset = dice_of(plan->seed, STREAM_ASSETS, asset);
    struct traits x = traits_of(&of_asset);
    size_t kind = dice_choose(dice, 6);
    if (plan->single_asset)
        fprintf(out, "asset_id=A%0*llu", id_width(plan->assets), (unsigned long long)asset);
    else if (kind == 0)
        fprintf(out, "class=%s", x.class->name);
    else if (kind == 1)
        fprintf(out, "class=%s and business_unit='%s'", x.class->name, x.business_unit);
    else if (kind == 2)
        fprintf(out, "zone=%s and criticality=%s", x.class->zone, x.criticality);
    else if (kind == 3)
        fprintf(out, "business_unit='%s' and site=site-%02u", x.business_unit, x.site);
    else if (kind == 4)
        fprintf(out, "zone=%s and class=%s and site in site-%02u site-01", x.class->zone,
                x.class->name, x.site);
    else
        fprintf(out, "class=%s and criticality in high %s", x.class->name, x.criticality);
}

static void write_frequency(FILE *out, const struct plan *plan, struct dice *dice)
{
    double rate =
        plan->single_asset ? dice_log_uniform(dice, 2e-4, 2e-2) : dice_log_uniform(dice, 0.02, 4);
    size_t kind = dice_choose(dice, 3);
    if (kind == 1)
        fputs("pert ", out);
    if (kind == 2)
        fputs("lognormal90 ", out);
    if (kind > 0) {
        write_number(out, two_digits(rate / (kind == 1 ? 3 : 4)));
        fputc(' ', out);
    }
    if (kind != 2)
        write_number(out, rate);
    if (kind == 1)
        fputc(' ', out);
    if (kind > 0)
        write_number(out, two_digits(rate * (kind == 1 ? 2.5 : 4)));
}

static void write_loss(FILE *out, struct dice *dice, double probability, double scale)
{
    static const double ratios[] = {6, 10, 20, 40, 80};
    double low = dice_log_uniform(dice, 0.3, 6);
    double ratio = ratios[dice_choose(dice, 5)];
    double mode = dice_uniform(dice) < 0.5 ? 3 : 2;
    bool pert = dice_uniform(dice) < 0.3;
    bool present = dice_uniform(dice) < probability;
    fputc(',', out);
    if (!present)
        return;
    low *= scale;
    if (pert)
        fprintf(out, "pert %.0f %.0f %.0f", low, low * mode, low * ratio);
    else
        fprintf(out, "lognormal90 %.0f %.0f", low, low * ratio);
}

static void write_scenarios(FILE *out, const struct plan *plan)
{
    static const char *const effects[] = {"C", "I", "A", "C|A", "I|A", "C|I"};
    int width = id_width(plan->scenarios), threat_width = id_width(plan->threats);
    fputs(
        "scenario_id,name,threat_id,assets,effect,frequency,frequency_per,susceptibility,"
        "primary_productivity,primary_response,primary_competitive_advantage,secondary_probability,"
        "secondary_fines,secondary_reputation,region\n",
        out);
    for (uint64_t i = 1; i <= plan->scenarios; i++) {
        struct dice dice = dice_of(plan->seed, STREAM_SCENARIOS, i);
        uint64_t number = dice_choose(&dice, plan->threats);
        const struct threat *threat = &threats[number % THREATS];
        fprintf(out, "S%0*llu,%s %llu,T%0*llu,", width, (unsigned long long)i, threat->name,
                (unsigned long long)i, threat_width, (unsigned long long)number + 1);
        write_selector(out, plan, &dice, i);
        fprintf(out, ",%s,", effects[dice_choose(&dice, 6)]);
        write_frequency(out, plan, &dice);
        fputs(",scenario,", out);
        double likely = dice_log_uniform(&dice, 0.02, 0.3);
        if (*threat->capability == '\0') {
            fputs("pert ", out);
            write_number(out, two_digits(likely / 3));
            fputc(' ', out);
            write_number(out, likely);
            fputc(' ', out);
            write_number(out, two_digits(likely * 2.5));
        }
        write_loss(out, &dice, 0.7, 4000);
        write_loss(out, &dice, 1, 2000); // a scenario without any loss is an error
        write_loss(out, &dice, 0.3, 1000);
        bool secondary = dice_uniform(&dice) < 0.4;
        fprintf(out, ",%s", secondary ? "pert 0.05 0.15 0.4" : "");
        write_loss(out, &dice, secondary ? 0.6 : 0, 5000);
        write_loss(out, &dice, secondary ? 1 : 0, 5000);
        fprintf(out, ",%s\n", i % 3 == 0 ? "north" : i % 3 == 1 ? "south" : "overseas");
    }
}

static void write_settings(FILE *out, const struct plan *plan)
{
    static const int periods[] = {2, 5, 10, 20, 50, 100, 200, 500, 1000};
    fprintf(out,
            "# Synthetic: lossmill generate DIR --assets %llu --scenarios %llu --threats %llu"
            " --seed %llu%s\n"
            "[study]\n"
            "title = Synthetic study of %s assets\n"
            "currency = EUR\n"
            "as_of = 2026-01-01\n"
            "years = %llu\n"
            "seed = %llu\n\n"
            "[groups]\n"
            "by = class, business_unit\n\n"
            "[report]\n"
            "return_periods =",
            (unsigned long long)plan->assets, (unsigned long long)plan->scenarios,
            (unsigned long long)plan->threats, (unsigned long long)plan->seed,
            plan->single_asset ? " --single-asset" : "", whole_text(plan->assets),
            (unsigned long long)plan->years, (unsigned long long)plan->seed);
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
        if (i == 0 || (uint64_t)periods[i] * 10 <= plan->years)
            fprintf(out, "%s %d", i == 0 ? "" : ",", periods[i]);
    fprintf(out, "\n");
}

static int study_write(const struct plan *plan)
{
    static const struct {
        const char *name;
        void (*write)(FILE *out, const struct plan *plan);
    } files[] = {
        {"study.ini", write_settings},
        {"assets.csv", write_assets},
        {"threats.csv", write_threats},
        {"scenarios.csv", write_scenarios},
    };
    int status = folder_prepare(plan->folder);
    if (status != STATUS_DONE)
        return status;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct new_file file;
        if (!file_begin(&file, plan->folder, files[i].name))
            return STATUS_SYSTEM;
        files[i].write(file.stream, plan);
        if (!file_end(&file))
            return STATUS_SYSTEM;
    }
    folder_done();
    return STATUS_DONE;
}

int command_generate(int argc, char **argv)
{
    struct plan plan = {.threats = 20, .seed = 1, .years = 100000};
    const struct option_row rows[] = {
        {'a', "assets", "N", "rows of assets.csv", OPTION_WHOLE, &plan.assets, 1, 100000000},
        {'c', "scenarios", "N", "rows of scenarios.csv", OPTION_WHOLE, &plan.scenarios, 1,
         100000000},
        {0, "single-asset", NULL,
         "each scenario selects one asset (--scenarios: as many as assets)", OPTION_FLAG,
         &plan.single_asset, 0, 0},
        {0, "threats", "N", "rows of threats.csv (20)", OPTION_WHOLE, &plan.threats, 1, 1000000},
        {'s', "seed", "N", "another seed is another study (1)", OPTION_WHOLE, &plan.seed, 0,
         INT64_MAX},
        {'n', "years", "N", "simulated years, in study.ini (100000)", OPTION_WHOLE, &plan.years, 20,
         (uint64_t)1 << 40},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if (plan.scenarios == 0 && plan.single_asset)
        plan.scenarios = plan.assets;
    if (plan.assets == 0 || plan.scenarios == 0)
        return options_wrong(&manual, "how large? Give --assets and --scenarios");
    plan.folder = argv[1];
    status = study_write(&plan);
    if (status != STATUS_DONE)
        return status;
    printf("%s assets and %s scenarios are in %s. Next:\n\n  lossmill check %s\n",
           whole_text(plan.assets), whole_text(plan.scenarios), text_shown(plan.folder, 200),
           text_shown(plan.folder, 200));
    return output_finish(STATUS_DONE);
}

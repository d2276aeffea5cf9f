#include "study/settings.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "study/files.h"
#include "study/ini.h"

enum { QUANTILES_MAX = 16, RETURN_PERIODS_MAX = 64, GROUPINGS_MAX = 64 };

// What a statistic of the tail needs at least: ten years beyond it (design, section 5).
enum { YEARS_BEYOND = 10 };

static const double default_return_periods[] = {2, 5, 10, 20, 50, 100, 200, 250, 500, 1000};
static const double default_quantiles[] = {0.9, 0.95, 0.99, 0.995, 0.999};

struct settings_reading {
    struct reading *reading;
    struct settings *settings;
    struct treatment_settings *treatment;
    struct ini ini;
    struct place return_periods_at, quantiles_at; // line 0 where not given
};

typedef void setting_reader(struct settings_reading *s, const char *value, const struct place *at);

bool settings_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    uint64_t x = 0;

    if (*text == '\0')
        return false;
    for (; *text; text++) {
        const unsigned digit = (unsigned)*text - '0';

        if (digit > 9 || x > (UINT64_MAX - digit) / 10)
            return false;
        x = 10 * x + digit;
    }
    if (x < low || x > high)
        return false;
    *value = x;
    return true;
}

// The index of the word in `names` (NULL behind the last), -1 after a diagnostic.
static int choice(struct settings_reading *s, const char *value, const struct place *at,
                  const char *const *names)
{
    char all[200] = "";
    size_t used = 0;

    for (int i = 0; names[i]; i++) {
        if (strcmp(value, names[i]) == 0)
            return i;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                                 i == 0         ? ""
                                 : names[i + 1] ? ", "
                                                : " or ",
                                 names[i]);
    }
    diagnostics_add(s->reading->d, at, "must be %s", all);
    return -1;
}

static bool plain_text(struct settings_reading *s, const char *value, const struct place *at,
                       size_t limit, const char **text)
{
    const size_t length = strlen(value);
    uint32_t code;

    if (length == 0 || length > limit) {
        diagnostics_add(s->reading->d, at, "must be a text of 1 to %zu bytes", limit);
        return false;
    }
    for (size_t i = 0; i < length;) {
        i += utf8_decode(value + i, length - i, &code);
        if (utf8_is_control(code)) {
            diagnostics_add(s->reading->d, at, "holds a control character");
            return false;
        }
    }
    *text = value;
    return true;
}

static void read_title(struct settings_reading *s, const char *value, const struct place *at)
{
    plain_text(s, value, at, 128, &s->settings->title);
}

static void read_currency(struct settings_reading *s, const char *value, const struct place *at)
{
    if (strpbrk(value, " \t"))
        diagnostics_add(s->reading->d, at, "must be one currency without blanks, such as EUR");
    else
        plain_text(s, value, at, 16, &s->settings->currency);
}

bool settings_date(const char *text)
{
    static const char shape[] = "0000-00-00";
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    for (size_t i = 0; i < sizeof shape; i++) {
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    }
    year = 1000 * (text[0] - '0') + 100 * (text[1] - '0') + 10 * (text[2] - '0') + text[3] - '0';
    month = 10 * (text[5] - '0') + text[6] - '0';
    day = 10 * (text[8] - '0') + text[9] - '0';
    if (month < 1 || month > 12)
        return false;
    return day >= 1 && day <= days[month - 1] + (month == 2 && year % 4 == 0 &&
                                                 (year % 100 != 0 || year % 400 == 0));
}

static void read_as_of(struct settings_reading *s, const char *value, const struct place *at)
{
    if (settings_date(value))
        s->settings->as_of = value;
    else
        diagnostics_add(s->reading->d, at, "must be a date such as 2026-01-31");
}

static void read_resolution(struct settings_reading *s, const char *value, const struct place *at)
{
    double x;

    if (text_number(value, strlen(value), false, &x) && x >= 1e-6 && x <= 1e6)
        s->settings->resolution = x;
    else
        diagnostics_add(s->reading->d, at,
                        "must be the smallest amount of money that is counted, "
                        "from 0.000001 to 1000000, such as 0.01");
}

static void read_years(struct settings_reading *s, const char *value, const struct place *at)
{
    if (!settings_whole(value, 1, 1000000000, &s->settings->years))
        diagnostics_add(s->reading->d, at,
                        "must be a whole number from 1 to 1000000000, in plain "
                        "digits");
}

static void read_seed(struct settings_reading *s, const char *value, const struct place *at)
{
    if (!settings_whole(value, 0, UINT64_MAX, &s->settings->seed))
        diagnostics_add(s->reading->d, at, "must be a whole number from 0 to 18446744073709551615");
}

static void read_stated(struct settings_reading *s, const char *value, const struct place *at)
{
    static const char *const names[] = {"current", "inherent", NULL};
    const int which = choice(s, value, at, names);

    if (which >= 0)
        s->reading->rules.stated = which == 0 ? STATED_CURRENT : STATED_INHERENT;
}

static void read_rate_uncertainty(struct settings_reading *s, const char *value,
                                  const struct place *at)
{
    static const char *const names[] = {"year", "none", NULL};
    const int which = choice(s, value, at, names);

    if (which >= 0)
        s->settings->rate_uncertainty = which == 0 ? RATE_UNCERTAINTY_YEAR : RATE_UNCERTAINTY_NONE;
}

static void read_annual_loss(struct settings_reading *s, const char *value, const struct place *at)
{
    static const char *const names[] = {"events", "product", NULL};
    const int which = choice(s, value, at, names);

    s->reading->rules.annual_loss_line = at->line;
    if (which >= 0)
        s->settings->annual_loss = which == 0 ? ANNUAL_LOSS_EVENTS : ANNUAL_LOSS_PRODUCT;
}

static void read_empty_selection(struct settings_reading *s, const char *value,
                                 const struct place *at)
{
    static const char *const names[] = {"error", "warn", NULL};

    s->reading->rules.empty_selection_allowed = choice(s, value, at, names) == 1;
}

static void read_bad_assets(struct settings_reading *s, const char *value, const struct place *at)
{
    struct rules *rules = &s->reading->rules;

    if (strncmp(value, "skip ", 5) == 0 &&
        settings_whole(value + 5, 1, UINT32_MAX, &rules->bad_assets_limit))
        rules->bad_assets_skipped = true;
    else if (strcmp(value, "error") != 0)
        diagnostics_add(s->reading->d, at,
                        "must be error, or skip and the number of rows that may "
                        "be left out, such as skip 100");
}

static void read_decimal(struct settings_reading *s, const char *value, const struct place *at)
{
    static const char *const names[] = {"point", "comma", NULL};

    s->reading->rules.decimal_comma = choice(s, value, at, names) == 1;
}

static void read_encoding(struct settings_reading *s, const char *value, const struct place *at)
{
    static const char *const names[] = {"utf-8", "windows-1252", NULL};

    s->reading->rules.windows_1252 = choice(s, value, at, names) == 1;
}

// Splits at commas or blanks (`blanks`), removes blanks around, and passes over what is empty.
static size_t list_split(struct settings_reading *s, const char *value, const char *separators,
                         size_t limit, const struct place *at, const char **items)
{
    size_t count = 0;

    for (const char *from = value;;) {
        size_t length;

        from += strspn(from, separators);
        from += strspn(from, " \t");
        from += strspn(from, separators);
        if (*from == '\0')
            return count;
        length = strcspn(from, separators);
        if (count == limit) {
            diagnostics_add(s->reading->d, at, "a list of more than %zu", limit);
            return count;
        }
        items[count] = from;
        from += length;
        while (length > 0 && (items[count][length - 1] == ' ' || items[count][length - 1] == '\t'))
            length--;
        items[count] = arena_text(s->reading->kept, items[count], length);
        if (!items[count]) {
            reading_out_of_memory(s->reading);
            return count;
        }
        count++;
    }
}

// Numbers within (low, high), sorted, each once.
static size_t numbers_read(struct settings_reading *s, const char *value, const struct place *at,
                           size_t limit, double low, double high, const char *expected,
                           double *numbers)
{
    const char *items[RETURN_PERIODS_MAX];
    const size_t count = list_split(s, value, ", \t", limit, at, items);
    size_t kept = 0;

    if (count == 0)
        diagnostics_add(s->reading->d, at, "%s expected", expected);
    for (size_t i = 0; i < count; i++) {
        double x;
        size_t to = kept;

        if (!text_number(items[i], strlen(items[i]), false, &x) || !(x > low) || !(x < high)) {
            diagnostics_add(s->reading->d, at, "'%s': %s expected", items[i], expected);
            continue;
        }
        while (to > 0 && numbers[to - 1] > x)
            to--;
        if (to > 0 && numbers[to - 1] == x)
            continue;
        memmove(numbers + to + 1, numbers + to, (kept - to) * sizeof *numbers);
        numbers[to] = x;
        kept++;
    }
    return kept;
}

static void read_return_periods(struct settings_reading *s, const char *value,
                                const struct place *at)
{
    double *periods = arena_alloc(s->reading->kept, RETURN_PERIODS_MAX, sizeof *periods);

    if (!periods) {
        reading_out_of_memory(s->reading);
        return;
    }
    s->settings->return_period_count = numbers_read(s, value, at, RETURN_PERIODS_MAX, 1, 1e9 + 1,
                                                    "return periods in years, above 1", periods);
    s->settings->return_periods = periods;
    s->return_periods_at = *at;
}

static void read_quantiles(struct settings_reading *s, const char *value, const struct place *at)
{
    double *quantiles = arena_alloc(s->reading->kept, QUANTILES_MAX, sizeof *quantiles);

    if (!quantiles) {
        reading_out_of_memory(s->reading);
        return;
    }
    s->settings->quantile_count = numbers_read(s, value, at, QUANTILES_MAX, 0, 1,
                                               "levels between 0 and 1, such as 0.99", quantiles);
    s->settings->quantiles = quantiles;
    s->quantiles_at = *at;
}

static void read_detail(struct settings_reading *s, const char *value, const struct place *at)
{
    if (!settings_whole(value, 0, UINT32_MAX, &s->settings->detail))
        diagnostics_add(s->reading->d, at,
                        "must be how many assets get VaR and TVaR, a whole "
                        "number");
}

static void read_groups(struct settings_reading *s, const char *value, const struct place *at)
{
    struct rules *rules = &s->reading->rules;
    const char **items = arena_alloc(s->reading->kept, GROUPINGS_MAX, sizeof *items);

    if (!items) {
        reading_out_of_memory(s->reading);
        return;
    }
    rules->grouping_count = list_split(s, value, ",", GROUPINGS_MAX, at, items);
    rules->groupings = items;
    rules->groupings_line = at->line;
}

// A number from `low` to `high`; *number stays as it is after a diagnostic.
static void read_number(struct settings_reading *s, const char *value, const struct place *at,
                        double low, double high, const char *expected, double *number)
{
    char message[TEXT_HABIT_MAX];
    const char *habit;
    double x;

    if (text_number(value, strlen(value), false, &x)) {
        if (x >= low && x <= high)
            *number = x;
        else
            diagnostics_add(s->reading->d, at, "must be %s", expected);
        return;
    }
    habit = text_number_habit(value, strlen(value), false, message);
    diagnostics_add(s->reading->d, at, "%s%s%s", habit ? habit : "",
                    habit ? "; expected " : "must be ", expected);
}

static void read_horizon_years(struct settings_reading *s, const char *value,
                               const struct place *at)
{
    read_number(s, value, at, DBL_MIN, 100, "years above 0 and at most 100, such as 5",
                &s->treatment->horizon_years);
}

static void read_discount_rate(struct settings_reading *s, const char *value,
                               const struct place *at)
{
    read_number(s, value, at, 0, nextafter(1, 0),
                "a rate a year from 0 to below 1, such as 0.05 for 5 %",
                &s->treatment->discount_rate);
}

static void read_objective(struct settings_reading *s, const char *value, const struct place *at)
{
    const char *names[OBJECTIVES + 1] = {NULL};
    int which;

    for (int i = 0; i < OBJECTIVES; i++)
        names[i] = objective_names[i];
    which = choice(s, value, at, names);
    if (which >= 0)
        s->treatment->objective = (enum objective)which;
}

static void read_budget_basis(struct settings_reading *s, const char *value, const struct place *at)
{
    static const char *const names[] = {"first_year", "annualised", NULL};

    s->treatment->budget_basis =
        choice(s, value, at, names) == 1 ? BUDGET_ANNUALISED : BUDGET_FIRST_YEAR;
}

static const struct setting {
    const char *section, *key;
    setting_reader *read;
    const char *missing; // what to say where it is not given; NULL: it has a default
} all_settings[] = {
    {"study", "title", read_title, "the name of the study"},
    {"study", "currency", read_currency, "such as currency = EUR"},
    {"study", "as_of", read_as_of, NULL},
    {"study", "resolution", read_resolution, NULL},
    {"study", "years", read_years, NULL},
    {"study", "seed", read_seed, NULL},
    {"study", "stated", read_stated, NULL},
    {"study", "rate_uncertainty", read_rate_uncertainty, NULL},
    {"study", "annual_loss", read_annual_loss, NULL},
    {"study", "empty_selection", read_empty_selection, NULL},
    {"study", "bad_assets", read_bad_assets, NULL},
    {"groups", "by", read_groups, NULL},
    {"report", "return_periods", read_return_periods, NULL},
    {"report", "quantiles", read_quantiles, NULL},
    {"report", "detail", read_detail, NULL},
    {"treatment", "horizon_years", read_horizon_years, NULL},
    {"treatment", "discount_rate", read_discount_rate, NULL},
    {"treatment", "objective", read_objective, NULL},
    {"treatment", "budget_basis", read_budget_basis, NULL},
    {"csv", "decimal", read_decimal, NULL},
    {"csv", "encoding", read_encoding, NULL},
};
enum { SETTINGS = sizeof all_settings / sizeof *all_settings };

static const char *dotted(struct reading *reading, const char *section, const char *key)
{
    char text[128];
    const int length =
        snprintf(text, sizeof text, "%s%s%s", section, *section == '\0' ? "" : ".", key);

    return length > 0 ? arena_text(&reading->scratch, text, strlen(text)) : NULL;
}

static void unknown(struct reading *reading, const struct ini_entry *entry, const struct place *at)
{
    const char *keys[SETTINGS], *nearest;
    size_t count = 0;
    bool section_known = false;

    for (size_t i = 0; i < SETTINGS; i++)
        section_known = section_known || strcmp(all_settings[i].section, entry->section) == 0;
    for (size_t i = 0; i < SETTINGS; i++) {
        if (section_known && strcmp(all_settings[i].section, entry->section) != 0)
            continue;
        keys[count++] = section_known ? all_settings[i].key : all_settings[i].section;
    }
    if (*entry->section == '\0') {
        diagnostics_add(reading->d, at, "stands before the first [section]; [study] expected");
        return;
    }
    nearest = text_nearest(section_known ? entry->key : entry->section,
                           strlen(section_known ? entry->key : entry->section), keys, count, 2);
    for (size_t i = 0; i < SETTINGS && section_known && !nearest; i++) {
        if (strcmp(all_settings[i].key, entry->key) == 0) {
            diagnostics_add(reading->d, at, "'%s' belongs into [%s]", entry->key,
                            all_settings[i].section);
            return;
        }
    }
    diagnostics_add(reading->d, at, "unknown %s '%s'%s%s%s", section_known ? "setting" : "section",
                    section_known ? entry->key : entry->section, nearest ? "; did you mean '" : "",
                    nearest ? nearest : "", nearest ? "'?" : "");
}

// `complete`: whether all lines could be read, so that what was not seen is missing.
static void entries_apply(struct settings_reading *s, bool complete)
{
    const struct place nowhere = {.file = "study.ini"};
    uint64_t seen[SETTINGS] = {0}; // line

    for (size_t i = 0; i < s->ini.count; i++) {
        const struct ini_entry *entry = &s->ini.entries[i];
        struct place at = {.file = "study.ini", .line = entry->line, .value = entry->value};
        size_t which = 0;

        at.column = dotted(s->reading, entry->section, entry->key);
        while (which < SETTINGS && (strcmp(all_settings[which].section, entry->section) != 0 ||
                                    strcmp(all_settings[which].key, entry->key) != 0))
            which++;
        if (which == SETTINGS) {
            unknown(s->reading, entry, &at);
        } else if (seen[which] > 0) {
            diagnostics_add(s->reading->d, &at, "is set already on line %llu",
                            (unsigned long long)seen[which]);
        } else {
            seen[which] = entry->line;
            all_settings[which].read(s, entry->value, &at);
        }
    }
    for (size_t i = 0; i < SETTINGS; i++) {
        if (complete && seen[i] == 0 && all_settings[i].missing)
            diagnostics_add(s->reading->d, &nowhere, "[%s] %s is missing: %s",
                            all_settings[i].section, all_settings[i].key, all_settings[i].missing);
    }
}

// Return period of the rarest year that `years` years support.
static double supported(const struct settings *settings)
{
    return (double)settings->years / YEARS_BEYOND;
}

static void return_periods_check(struct settings_reading *s)
{
    struct settings *settings = s->settings;
    size_t good = 0;

    if (s->return_periods_at.line == 0) {
        settings->return_periods = default_return_periods;
        settings->return_period_count = sizeof default_return_periods / sizeof(double);
    }
    while (good < settings->return_period_count &&
           settings->return_periods[good] <= supported(settings))
        good++;
    for (size_t i = good; i < settings->return_period_count && s->return_periods_at.line > 0; i++) {
        diagnostics_add(s->reading->d, &s->return_periods_at,
                        "a return period of %g years needs years = %.0f or more, not %llu",
                        settings->return_periods[i],
                        ceil(YEARS_BEYOND * settings->return_periods[i]),
                        (unsigned long long)settings->years);
    }
    settings->return_period_count = good;
}

static void quantiles_check(struct settings_reading *s)
{
    struct settings *settings = s->settings;
    size_t good = 0;

    if (s->quantiles_at.line == 0) {
        settings->quantiles = default_quantiles;
        settings->quantile_count = sizeof default_quantiles / sizeof(double);
    }
    // 1 + 1e-9: 1 - 0.999 is a little less than 1/1000
    while (good < settings->quantile_count &&
           1 <= (1 - settings->quantiles[good]) * supported(settings) * (1 + 1e-9))
        good++;
    for (size_t i = good; i < settings->quantile_count && s->quantiles_at.line > 0; i++) {
        diagnostics_add(s->reading->d, &s->quantiles_at,
                        "the quantile at %g needs years = %.0f or more, not %llu",
                        settings->quantiles[i],
                        ceil(YEARS_BEYOND / (1 - settings->quantiles[i]) * (1 - 1e-9)),
                        (unsigned long long)settings->years);
    }
    settings->quantile_count = good;
}

void settings_read(struct reading *reading)
{
    struct settings_reading s = {.reading = reading,
                                 .settings = &reading->study->portfolio.settings,
                                 .treatment = &reading->study->portfolio.treatments.settings,
                                 .ini = {.arena = reading->kept}};
    const struct study_input *input = files_read(reading, "study.ini", NULL, reading->d);
    bool complete;

    *s.settings = (struct settings){.title = "",
                                    .currency = "",
                                    .as_of = "",
                                    .resolution = 0.01,
                                    .years = 100000,
                                    .seed = 1,
                                    .detail = 1000};
    s.treatment->horizon_years = 5;
    if (!input)
        return;
    complete = ini_read(&s.ini, "study.ini", input->bytes, input->size, reading->d);
    entries_apply(&s, complete);
    if (reading->options->years)
        s.settings->years = *reading->options->years;
    if (reading->options->seed)
        s.settings->seed = *reading->options->seed;
    return_periods_check(&s);
    quantiles_check(&s);
}

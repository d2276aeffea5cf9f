#include <stdlib.h>
#include <string.h>

#include "commands/catalogue.h"
#include "commands/print.h"
#include "commands/registers.h"

static const char *const columns[] = {
    "control_id", "title", "theme",          "source",    "applicable", "justification",
    "status",     "owner", "study_controls", "scenarios", "treatments",
};

static const char not_stated[] = "not stated";
static const char not_applicable[] = "not_applicable";

struct soa {
    const struct portfolio *portfolio;
    uint32_t *annex; // [control of the study]: of Annex A, NO_ROW: none
    struct sheet sheet;
};

static uint32_t annex_row(const char *id)
{
    for (uint32_t i = 0; i < ANNEX_CONTROLS; i++)
        if (strcmp(annex_controls[i].id, id) == 0)
            return i;
    return NO_ROW;
}

// Texts of rows of controls.csv, each once.
struct texts {
    const char **text;
    size_t count;
};

static void texts_add(struct texts *texts, const char *text)
{
    if (*text == '\0')
        return;
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->text[i], text) == 0)
            return;
    texts->text[texts->count++] = text;
}

static void write_texts(struct soa *soa, struct texts *texts, bool must_state)
{
    if (must_state && texts->count == 0)
        sheet_text(&soa->sheet, not_stated);
    else if (texts->count == 1)
        sheet_text(&soa->sheet, texts->text[0]);
    else
        sheet_list(&soa->sheet, texts->text, texts->count);
    free(texts->text);
}

enum field { FIELD_JUSTIFICATION, FIELD_STATUS, FIELD_OWNER, FIELD_ID };

static const char *field_of(const struct control *control, enum field field)
{
    switch (field) {
    case FIELD_JUSTIFICATION:
        return control->justification;
    case FIELD_STATUS:
        return control->status;
    case FIELD_OWNER:
        return control->owner;
    default:
        return control->id;
    }
}

static void write_field(struct soa *soa, const uint32_t *rows, size_t count, enum field field)
{
    struct texts texts = {must_alloc(count, sizeof *texts.text), 0};
    for (size_t i = 0; i < count; i++)
        texts_add(&texts, field_of(&soa->portfolio->treatments.controls[rows[i]], field));
    if (field == FIELD_ID) {
        sheet_list(&soa->sheet, texts.text, texts.count);
        free(texts.text);
    } else {
        write_texts(soa, &texts, field != FIELD_OWNER);
    }
}

static const char *applicable(const struct soa *soa, const uint32_t *rows, size_t count)
{
    const char *answer = not_stated;
    for (size_t i = 0; i < count; i++) {
        const char *status = soa->portfolio->treatments.controls[rows[i]].status;
        if (strcmp(status, not_applicable) == 0)
            answer = answer == not_stated ? "no" : answer;
        else if (*status != '\0')
            answer = "yes";
    }
    return answer;
}

static void write_scenarios(struct soa *soa, const uint32_t *rows, size_t count)
{
    size_t scenarios = soa->portfolio->scenario_count, n = 0;
    bool *linked = must_alloc(scenarios, sizeof *linked);
    const char **ids = must_alloc(scenarios, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        const struct control *control = &soa->portfolio->treatments.controls[rows[i]];
        for (size_t k = 0; k < control->scenario_count; k++)
            linked[control->scenarios[k]] = true;
    }
    for (size_t s = 0; s < scenarios; s++)
        if (linked[s])
            ids[n++] = soa->portfolio->scenarios[s].id;
    sheet_list(&soa->sheet, ids, n);
    free(ids);
    free(linked);
}

static bool has_control(const struct treatment *x, const uint32_t *rows, size_t count)
{
    for (size_t i = 0; i < x->control_count; i++)
        for (size_t k = 0; k < count; k++)
            if (x->controls[i] == rows[k])
                return true;
    return false;
}

// "M11 (mandatory)": a control that is only proposed is not one that is there.
static void write_treatments(struct soa *soa, const uint32_t *rows, size_t count)
{
    const struct treatments *t = &soa->portfolio->treatments;
    const char **ids = must_alloc(t->count, sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        if (has_control(&t->rows[i], rows, count))
            ids[n++] =
                text_format("%s (%s)", t->rows[i].id, treatment_state_names[t->rows[i].state]);
    sheet_list(&soa->sheet, ids, n);
    free(ids);
}

// What the study's rows say of a control.
static void write_stated(struct soa *soa, const uint32_t *rows, size_t count)
{
    sheet_text(&soa->sheet, applicable(soa, rows, count));
    write_field(soa, rows, count, FIELD_JUSTIFICATION);
    write_field(soa, rows, count, FIELD_STATUS);
    write_field(soa, rows, count, FIELD_OWNER);
    write_field(soa, rows, count, FIELD_ID);
    write_scenarios(soa, rows, count);
    write_treatments(soa, rows, count);
}

static void write_annex(struct soa *soa)
{
    size_t all = soa->portfolio->treatments.control_count;
    uint32_t *rows = must_alloc(all, sizeof *rows);
    for (uint32_t a = 0; a < ANNEX_CONTROLS; a++) {
        size_t n = 0;
        for (uint32_t i = 0; i < all; i++)
            if (soa->annex[i] == a)
                rows[n++] = i;
        sheet_text(&soa->sheet, annex_controls[a].id);
        sheet_text(&soa->sheet, annex_controls[a].title);
        sheet_text(&soa->sheet, annex_controls[a].theme);
        sheet_text(&soa->sheet, "ISO/IEC 27001:2022 Annex A");
        write_stated(soa, rows, n);
    }
    free(rows);
}

// Controls that the organisation has from elsewhere belong into the statement too.
static void write_others(struct soa *soa)
{
    for (uint32_t i = 0; i < soa->portfolio->treatments.control_count; i++) {
        const struct control *x = &soa->portfolio->treatments.controls[i];
        if (soa->annex[i] != NO_ROW)
            continue;
        sheet_text(&soa->sheet, *x->reference != '\0' ? x->reference : x->id);
        sheet_text(&soa->sheet, x->name);
        sheet_missing(&soa->sheet);
        sheet_text(&soa->sheet, *x->framework != '\0' ? x->framework : not_stated);
        write_stated(soa, &i, 1);
    }
}

void register_controls(const struct replay_run *run, FILE *out, const struct sheet_form *form)
{
    const struct treatments *t = &run->study.portfolio.treatments;
    struct soa soa = {.portfolio = &run->study.portfolio,
                      .annex = must_alloc(t->control_count, sizeof *soa.annex)};
    for (size_t i = 0; i < t->control_count; i++)
        soa.annex[i] = annex_row(*t->controls[i].reference != '\0' ? t->controls[i].reference
                                                                   : t->controls[i].id);
    sheet_start(&soa.sheet, out, form, "statement of applicability", &soa.portfolio->settings,
                columns, sizeof columns / sizeof *columns);
    write_annex(&soa);
    write_others(&soa);
    sheet_end(&soa.sheet);
    free(soa.annex);
}

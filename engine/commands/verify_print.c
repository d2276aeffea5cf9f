#include "commands/verify.h"

#include <stdio.h>
#include <string.h>

#include "commands/json.h"
#include "commands/print.h"

static const char *const words[] = {[CHECK_OK] = "ok",
                                    [CHECK_FAILED] = "FAILED",
                                    [CHECK_IMPOSSIBLE] = "NOT PROVEN",
                                    [CHECK_SKIPPED] = "-"};
static const char *const states[] = {[CHECK_OK] = "ok",
                                     [CHECK_FAILED] = "failed",
                                     [CHECK_IMPOSSIBLE] = "not proven",
                                     [CHECK_SKIPPED] = "skipped"};

static void print_finding(const struct finding *finding)
{
    if (finding->text != NULL) {
        paragraph(14, text_format("%s: %s", finding->object, finding->text));
        return;
    }
    printf("%14s%s: ", "", text_shown(finding->object, 70));
    printf("%s of %s cells differ%s\n", whole_text(finding->differing), whole_text(finding->cells),
           finding->differing > finding->shown ? ", such as" : "");
    for (size_t i = 0; i < finding->shown; i++)
        paragraph(16, text_format("%s: found %s, expected %s", finding->first[i].where,
                                  finding->first[i].found, finding->first[i].expected));
}

static void print_check(const struct check *check, size_t width, size_t top)
{
    const struct finding *finding = check->findings;
    size_t shown = 0;
    if (*check->detail == '\0') {
        printf("  %-12s%s\n", words[check->state], check->what);
    } else if (16 + width + text_columns(check->detail) < 100) {
        printf("  %-12s%-*s  %s\n", words[check->state], (int)width, check->what,
               text_shown(check->detail, 0));
    } else {
        printf("  %-12s%s\n", words[check->state], check->what);
        paragraph(14, check->detail);
    }
    for (; finding != NULL && shown < top; finding = finding->next, shown++)
        print_finding(finding);
    if (check->finding_count > shown)
        printf("%14sand %s more (--top N)\n", "", whole_text(check->finding_count - shown));
}

// "2 checks failed, 1 could not be made".
static void print_failures(const struct findings *f)
{
    size_t failed = 0, impossible = 0;
    for (size_t i = 0; i < f->count; i++) {
        failed += f->checks[i].state == CHECK_FAILED;
        impossible += f->checks[i].state == CHECK_IMPOSSIBLE;
    }
    printf("\nNOT VERIFIED: ");
    if (failed > 0)
        printf("%zu check%s failed%s", failed, failed == 1 ? "" : "s", impossible > 0 ? ", " : "");
    if (impossible > 0)
        printf("%zu could not be made", impossible);
    printf(".\n");
}

void verify_print(const struct verify_request *request, const struct verification *v, size_t top)
{
    static const char *const verdicts[] = {
        [VERIFY_NOTHING] = "Consistent with itself; it was not simulated again.",
        [VERIFY_SAMPLE] = "Verified: consistent, and the sampled years are what the study gives.",
        [VERIFY_ALL] = "Verified: the file is what its study gives."};
    const struct findings *f = &v->findings;
    const char *section = "";
    size_t width = 0;
    printf("%s\n", text_shown(v->title, 98));
    printf("%s: %s simulated years, seed %llu, by lossmill %s\n", text_shown(request->path, 60),
           whole_text(v->years), (unsigned long long)v->seed, text_shown(v->engine_version, 20));
    printf("content_sha256 %s\n", v->content_sha256);
    for (size_t i = 0; i < f->count; i++)
        width = strlen(f->checks[i].what) > width ? strlen(f->checks[i].what) : width;
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(section, f->checks[i].section) != 0) {
            section = f->checks[i].section;
            heading("%s", section);
        }
        print_check(&f->checks[i], width, top);
    }
    if (findings_good(f))
        printf("\n%s\n", verdicts[request->simulation]);
    else
        print_failures(f);
}

static void json_finding(struct json *json, const struct finding *finding)
{
    json_open(json, NULL, '{');
    json_text(json, "object", finding->object);
    if (finding->text != NULL) {
        json_text(json, "text", finding->text);
    } else {
        json_whole(json, "cells", finding->cells);
        json_whole(json, "differing", finding->differing);
        json_open(json, "first", '[');
        for (size_t i = 0; i < finding->shown; i++) {
            json_open(json, NULL, '{');
            json_text(json, "where", finding->first[i].where);
            json_text(json, "found", finding->first[i].found);
            json_text(json, "expected", finding->first[i].expected);
            json_close(json, '}');
        }
        json_close(json, ']');
    }
    json_close(json, '}');
}

void verify_json(const struct verify_request *request, const struct verification *v, size_t top)
{
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "file", request->path);
    json_text(&json, "study", request->folder);
    json_text(&json, "title", v->title);
    json_whole(&json, "years", v->years);
    json_whole(&json, "seed", v->seed);
    json_text(&json, "engine_version", v->engine_version);
    json_whole(&json, "sampling_version", v->sampling_version);
    json_text(&json, "verified_by", request->version);
    json_text(&json, "content_sha256", v->content_sha256);
    json_text(&json, "simulated",
              request->simulation == VERIFY_ALL      ? "all"
              : request->simulation == VERIFY_SAMPLE ? "sample"
                                                     : "nothing");
    json_bool(&json, "same_bytes", v->same_bytes);
    json_bool(&json, "verified", findings_good(&v->findings));
    json_open(&json, "checks", '[');
    for (size_t i = 0; i < v->findings.count; i++) {
        const struct check *check = &v->findings.checks[i];
        const struct finding *finding = check->findings;
        json_open(&json, NULL, '{');
        json_text(&json, "section", check->section);
        json_text(&json, "check", check->what);
        json_text(&json, "state", states[check->state]);
        json_text(&json, "detail", check->detail);
        json_whole(&json, "findings_in_all", check->finding_count);
        json_open(&json, "findings", '[');
        for (size_t k = 0; finding != NULL && k < top; finding = finding->next, k++)
            json_finding(&json, finding);
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

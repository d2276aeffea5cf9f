#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/address.h"
#include "simulate/schedule.h"
#include "verify/again.h"
#include "verify/consistency.h"
#include "verify/contents.h"
#include "verify/folder.h"
#include "verify/sample.h"

static const char section[] = "Simulated again";

enum { YEARS_MAX = 1000000000 }; // as of `lossmill run`

static void facts_fill(struct run_file *run, struct verification *out)
{
    struct findings *f = &out->findings;
    const char *title = run_file_text(run, "/", "title");
    const char *version = run_file_text(run, "/", "engine_version");

    out->title = title != NULL ? findings_text(f, "%s", title) : NULL;
    out->engine_version = version != NULL ? findings_text(f, "%s", version) : NULL;
    out->years = (uint64_t)run_file_whole(run, "years");
    out->seed = (uint64_t)run_file_whole(run, "seed");
    out->sampling_version = (uint64_t)run_file_whole(run, "sampling_version");
    out->content_sha256 = findings_text(f, "%s", run->content);
}

// Whether this engine draws as the one that wrote the run. The same sampling version of another
// engine must give the same numbers.
static bool versions_check(const struct verify_request *request, struct verification *out)
{
    struct findings *f = &out->findings;
    struct check *check = check_start(f, section, "by an engine that draws alike");
    const char *wrote = out->engine_version != NULL ? out->engine_version : "unknown";

    check_tell(f, check, "lossmill %s, sampling version %d", request->version, SAMPLING_VERSION);
    if (out->sampling_version != SAMPLING_VERSION) {
        check_skip(f, check, CHECK_IMPOSSIBLE,
                   "the run is of lossmill %s, sampling version %llu; this is lossmill %s, which "
                   "draws otherwise (%d)",
                   wrote, (unsigned long long)out->sampling_version, request->version,
                   SAMPLING_VERSION);
        return false;
    }
    if (strcmp(wrote, request->version) != 0)
        check_tell(f, check, "the run is of lossmill %s, this is %s; both draw alike", wrote,
                   request->version);
    return true;
}

static void bytes_tell(struct verification *out, const struct check *of_cells,
                       const struct check *of_attributes)
{
    struct findings *f = &out->findings;
    struct check *check = check_start(f, section, "byte for byte the same file");

    if (of_cells->state != CHECK_OK || of_attributes->state != CHECK_OK)
        check_skip(f, check, CHECK_SKIPPED, "no: see above");
    else if (!out->same_bytes)
        check_skip(f, check, CHECK_SKIPPED,
                   "no, but it says the same: another version of HDF5, libdeflate or lossmill, or "
                   "packed anew");
}

static enum verified all_check(const struct verify_request *request, struct run_file *run,
                               const struct kept_inputs *inputs, bool folder_intact,
                               struct verification *out, struct diagnostics *d)
{
    struct findings *f = &out->findings;
    struct check *cells = check_start(f, section, "every array, bit by bit");
    struct check *attributes = check_start(f, section, "every attribute");
    struct again again;
    enum verified done = VERIFIED_DONE;

    if (again_read(request, inputs, folder_intact, out, cells, &again, d)) {
        done = again_all(request, run, out, cells, attributes, &again, d);
        bytes_tell(out, cells, attributes);
    } else {
        check_skip(f, attributes, CHECK_SKIPPED, "not possible either");
    }
    again_free(&again);
    return done;
}

static enum verified sample_check(const struct verify_request *request, struct run_file *run,
                                  const struct kept_inputs *inputs, bool folder_intact,
                                  struct verification *out, struct diagnostics *d)
{
    struct findings *f = &out->findings;
    const struct place at = {.file = request->path};
    const uint64_t years = out->years;
    struct check *choice = check_start(f, section, "a sample of the years");
    struct check *check = check_start(f, section, "its arrays by year, bit by bit");
    uint8_t *chosen = malloc(block_count(years) + 1);
    enum verified done = VERIFIED_DONE;
    struct again again = {0};
    char reason[160];

    if (chosen == NULL) {
        diagnostics_add(d, NULL, "out of memory");
        return VERIFIED_SYSTEM;
    }
    if (!sample_choose(request, years, run->content, chosen, reason)) {
        diagnostics_add(d, &at, "%s", reason);
        done = VERIFIED_INPUT;
    } else {
        choice->detail = sample_text(f, chosen, years);
        if (again_read(request, inputs, folder_intact, out, check, &again, d))
            done = again_blocks(request, run, out, check, chosen, &again, d);
    }
    again_free(&again);
    free(chosen);
    return done;
}

static enum verified simulation_check(const struct verify_request *request, struct run_file *run,
                                      const struct kept_inputs *inputs, bool folder_intact,
                                      struct verification *out, struct diagnostics *d)
{
    struct findings *f = &out->findings;

    if (request->simulation == VERIFY_NOTHING) {
        check_skip(f, check_start(f, section, "every array, bit by bit"), CHECK_SKIPPED,
                   "not asked for");
        return VERIFIED_DONE;
    }
    if (!versions_check(request, out))
        return VERIFIED_DONE;
    if (out->years < 1 || out->years > YEARS_MAX) {
        check_skip(f, check_start(f, section, "every array, bit by bit"), CHECK_IMPOSSIBLE,
                   "its attribute years is none that a run can have");
        return VERIFIED_DONE;
    }
    return request->simulation == VERIFY_ALL
               ? all_check(request, run, inputs, folder_intact, out, d)
               : sample_check(request, run, inputs, folder_intact, out, d);
}

// Everything, in memory that is shared with the process that looks into the file.
struct verifying {
    struct verification out;
    struct run_file run;
    struct kept_inputs inputs;
};

static void file_look(void *verifying)
{
    struct verifying *v = verifying;

    contents_check(&v->run, &v->out.findings, &v->inputs);
    facts_fill(&v->run, &v->out);
    if (v->run.results != NULL)
        consistency_check(&v->run, &v->out.findings);
}

static struct verifying *verifying_new(void)
{
    struct verifying *v = NULL;
    struct apart apart = {0};
    struct arena arena;

    if (apart_open(&apart, &arena))
        v = arena_alloc(&arena, 1, sizeof *v);
    if (v == NULL) {
        apart_close(&apart);
        return NULL;
    }
    v->out.looked = apart;
    v->out.findings.arena = arena;
    return v;
}

static bool file_check(const struct verify_request *request, struct verifying *v,
                       struct diagnostics *d)
{
    struct findings *f = &v->out.findings;
    bool good = run_file_start(&v->run, request->path, &f->arena, d);

    if (!good)
        return false;
    if (request->tell != NULL)
        request->tell(request->context, 0, "checking the file");
    run_file_read(&v->run);
    good = run_file_apart(&v->run, &v->out.looked, file_look, v, d);
    f->arena = (struct arena){0}; // from here on of this process
    return good;
}

enum verified verified_failed(const struct diagnostics *d)
{
    return diagnostics_failed(d) ? VERIFIED_SYSTEM : VERIFIED_INPUT;
}

enum verified verify_run(const struct verify_request *request, struct verification **out,
                         struct diagnostics *d)
{
    struct verifying *v = verifying_new();
    enum verified done;
    const struct place at = {.file = request->path};
    bool readable = true, folder_intact = false;

    *out = v != NULL ? &v->out : NULL;
    if (v == NULL) {
        diagnostics_fail(d, NULL, "out of memory while verifying");
        return VERIFIED_SYSTEM;
    }
    if (!file_check(request, v, d)) {
        done = verified_failed(d);
    } else {
        if (request->folder != NULL)
            folder_intact = folder_check(request, &v->out.findings, &v->inputs, &readable, d);
        done = readable ? simulation_check(request, &v->run, &v->inputs, folder_intact, &v->out, d)
                        : VERIFIED_INPUT;
    }
    // what could not be looked at is no finding
    if (!diagnostics_failed(d) && v->run.failure[0] != '\0')
        diagnostics_fail(d, &at, "not verified: %s", v->run.failure);
    else if (!diagnostics_failed(d) && v->out.findings.out_of_memory)
        diagnostics_fail(d, &at, "not verified: out of memory");
    if (diagnostics_failed(d))
        done = VERIFIED_SYSTEM;
    run_file_free(&v->run);
    return done;
}

void verification_free(struct verification *verification)
{
    struct apart looked, compared;

    if (verification == NULL)
        return;
    looked = verification->looked;
    compared = verification->compared;
    findings_free(&verification->findings);
    apart_close(&compared);
    apart_close(&looked);
}

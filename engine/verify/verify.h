// Whether a run's file is what it says: its contents have their hash, its figures follow from one
// another, and its study, simulated again, gives the same file.
#ifndef LOSSMILL_VERIFY_VERIFY_H
#define LOSSMILL_VERIFY_VERIFY_H

#include "base/diagnostics.h"
#include "results/apart.h"
#include "study/study.h"
#include "verify/findings.h"

enum verify_simulation {
    VERIFY_NOTHING, // only what stands in the file
    VERIFY_SAMPLE,  // some blocks of years
    VERIFY_ALL
};

struct verify_request {
    const char *path;
    const char *folder; // of the study; NULL: not compared with any
    enum verify_simulation simulation;
    // VERIFY_SAMPLE: so many blocks, or so large a share of them (0: not asked for), chosen by the
    // hash of the contents; or those in `blocks` ("0,3,10-12"). At least one.
    uint64_t sample_count;
    double sample_share;
    const char *blocks;
    const char *scratch; // file that VERIFY_ALL writes, the run once more, and removes
    int threads;
    const char *version;  // the engine's
    study_progress *tell; // or NULL
    void *context;
    // Told, unless NULL, before and behind the writing of VERIFY_ALL, where libhdf5 may crash.
    void (*writes)(bool begins);
};

// What was verified, beside the findings. Texts are of the findings' arena; NULL where the file
// does not say.
struct verification {
    struct apart looked, compared; // memory of the processes that read the file: this is in it
    struct findings findings;
    const char *title, *engine_version;
    uint64_t years, seed, sampling_version;
    const char *content_sha256; // recomputed
    bool same_bytes;            // VERIFY_ALL: the new file is the same, byte for byte
};

enum verified {
    VERIFIED_DONE,  // whether it is good, its findings tell
    VERIFIED_INPUT, // after a diagnostic: no run's file at all, or `blocks` names none of its
    VERIFIED_SYSTEM // after a diagnostic: memory, or the scratch folder
};

// *out is to be freed in any case; NULL for want of memory.
enum verified verify_run(const struct verify_request *request, struct verification **out,
                         struct diagnostics *d);
void verification_free(struct verification *verification);

// After a diagnostic: whether it is the file's fault, or the system's.
enum verified verified_failed(const struct diagnostics *d);

#endif

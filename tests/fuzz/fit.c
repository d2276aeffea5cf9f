// `lossmill fit` on any data. The first byte chooses the options.
#include "command.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[FUZZ_PATH_MAX];
    char *plain[] = {"fit", path, "-c", "loss", "--json", NULL};
    char *counts[] = {"fit", path, "-c", "count", "--counts", "--exposure", "at_risk", NULL};
    char *bounds[] = {"fit",
                      path,
                      "-c",
                      "loss",
                      "--truncated-below",
                      "deductible",
                      "--decimal-comma",
                      "--laws",
                      "lognormal,pareto",
                      NULL};
    char *censored[] = {"fit",    path,          "-c",  "loss", "--censored-column",
                        "capped", "--threshold", "90%", NULL};

    if (size == 0)
        return 0;
    fuzz_file(bytes + 1, size - 1, path);
    fuzz_silence();
    switch (bytes[0] % 4) {
    case 0:
        command_fit(5, plain);
        break;
    case 1:
        command_fit(7, counts);
        break;
    case 2:
        command_fit(9, bounds);
        break;
    default:
        command_fit(8, censored);
    }
    unlink(path);
    return 0;
}

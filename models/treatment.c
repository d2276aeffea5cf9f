#include "models/treatment.h"

const char *const treatment_option_names[OPTIONS] = {"modify", "share", "avoid", "retain"};

const char *const treatment_state_names[TREATMENT_STATES] = {
    "candidate", "approved", "in_progress", "existing", "mandatory", "forbidden",
};

const char *const effect_operation_names[OPERATIONS] = {"multiply", "add", "set", "cap"};

const char *const objective_names[OBJECTIVES] = {"aal", "tvar", "net_benefit"};

// The controls of ISO/IEC 27001:2022, Annex A: generated at build time from datasets/catalogues,
// whose README says whose words the titles are (ours), and that they are no substitute.
#ifndef LOSSMILL_COMMANDS_CATALOGUE_H
#define LOSSMILL_COMMANDS_CATALOGUE_H

enum { ANNEX_CONTROLS = 93 };

struct annex_control {
    const char *id, *title, *theme;
};

extern const struct annex_control annex_controls[ANNEX_CONTROLS]; // in the standard's order

#endif

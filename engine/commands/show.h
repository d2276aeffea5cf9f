// `show` in three forms.
#ifndef LOSSMILL_COMMANDS_SHOW_H
#define LOSSMILL_COMMANDS_SHOW_H

#include <stddef.h>
#include <stdint.h>

#include "commands/shares.h"
#include "results/file.h"

// `top` limits how many scenarios, assets and groups are listed.
void show_text(const struct results *results, uint64_t top);
void show_json(const struct results *results, uint64_t top);
void show_csv(const struct results *results, uint64_t top);

// Indices of contributors, the largest AAL first (exact where known); equal ones in the order of
// ids.
size_t *contributors_order(const struct contributor *contributors, size_t count);
size_t *summaries_order(const struct summary *summaries, size_t count);

// Indices of contributors, first those with the larger share of the average or of the worst years.
size_t *drivers_order(const struct contributor *contributors, size_t count,
                      const struct totals *totals);

// The index of the level of settings.quantiles nearest to `level`; 0 if there is none at all.
size_t level_nearest(const struct settings *settings, double level);

extern const char *const effect_names[EFFECTS];

#endif

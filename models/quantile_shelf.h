// Quantile tables are made once per shape: cells that differ in scale or range share them.
#ifndef LOSSMILL_MODELS_QUANTILE_SHELF_H
#define LOSSMILL_MODELS_QUANTILE_SHELF_H

#include "models/quantile_table.h"

struct shelved_table;

// All zero but for `arena` is an empty shelf. Owned by one thread at a time.
struct quantile_shelf {
    struct arena *arena; // where the tables live, and the shelf's own memory
    size_t count, capacity;
    struct shelved_table *tables;
};

// As the functions of quantile_table.h; the same table for the same shapes, bit by bit.
const struct quantile_table *quantile_shelf_gamma(struct quantile_shelf *shelf, double a);
const struct quantile_table *quantile_shelf_beta(struct quantile_shelf *shelf, double a, double b);

#endif

// A parsed selector: what selector_parse.c makes and selector.c evaluates.
#ifndef LOSSMILL_STUDY_SELECTOR_TREE_H
#define LOSSMILL_STUDY_SELECTOR_TREE_H

#include <stddef.h>

#include "study/selector.h"

enum selector_kind {
    SELECT_ALL,
    SELECT_AND, // of `left` and `right`
    SELECT_OR,
    SELECT_NOT,     // of `left`
    SELECT_EQUAL,   // any of the values
    SELECT_UNEQUAL, // the one value; so are the others
    SELECT_BELOW,
    SELECT_AT_MOST,
    SELECT_ABOVE,
    SELECT_AT_LEAST,
    SELECT_GLOB,
};

struct selector {
    enum selector_kind kind;
    const struct selector *left, *right;
    const char *column;
    size_t value_count;
    const char *const *values;
};

#endif

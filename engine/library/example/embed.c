// lossmill in a program of one's own: reads a study, simulates it, prints what may be lost and from
// what, and writes the file that `lossmill show` and its like read.
//
//     cc embed.c $(pkg-config --cflags --libs lossmill) -o embed
//     ./embed STUDY RUN.h5
#include <lossmill.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 5 };

static bool on_progress(void *context, double done, const char *phase)
{
    (void)context;
    fprintf(stderr, "\r%-24s %3.0f %%", phase, 100 * done);
    return true; // false would stop the run
}

static int by_aal(const void *a, const void *b)
{
    const struct lossmill_scenario *const *x = a, *const *y = b;
    return ((*x)->aal < (*y)->aal) - ((*x)->aal > (*y)->aal);
}

static bool print_largest(const struct lossmill *engine)
{
    size_t count = lossmill_study(engine)->scenario_count;
    const struct lossmill_scenario **sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = lossmill_scenario(engine, i);
    qsort(sorted, count, sizeof *sorted, by_aal);
    for (size_t i = 0; i < count && i < SHOWN; i++)
        printf("%-28s %14.2f a year\n", sorted[i]->id, sorted[i]->aal);
    free(sorted);
    return true;
}

static void print_summary(const struct lossmill *engine)
{
    const struct lossmill_summary *s = lossmill_summary(engine);
    printf("%s, %llu years, in %s\n", lossmill_study(engine)->title,
           (unsigned long long)lossmill_study(engine)->years, lossmill_study(engine)->currency);
    printf("Average annual loss %.2f, standard error %.2f\n", s->aal, s->aal_error);
    for (size_t l = 0; l < s->level_count; l++)
        if (s->level[l] == 0.95 || s->level[l] == 0.99)
            printf("VaR %.0f %% %.2f (%.2f to %.2f), TVaR %.2f\n", 100 * s->level[l],
                   s->var[l].value, s->var[l].lower, s->var[l].upper, s->tvar[l]);
}

static void print_diagnostics(const struct lossmill *engine)
{
    for (size_t i = 0; i < lossmill_diagnostic_count(engine); i++) {
        const struct lossmill_diagnostic *x = lossmill_diagnostic(engine, i);
        if (x->file != NULL)
            fprintf(stderr, "%s:%llu: ", x->file, (unsigned long long)x->line);
        if (x->column != NULL)
            fprintf(stderr, "%s: ", x->column);
        fprintf(stderr, "%s: %s\n", x->level == LOSSMILL_ERROR ? "error" : "warning", x->message);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "Usage: embed STUDY [RUN.h5]\n");
        return LOSSMILL_WRONG_USE;
    }
    struct lossmill *engine = lossmill_new();
    if (engine == NULL)
        return LOSSMILL_FAILED;
    enum lossmill_status status = lossmill_read(engine, argv[1]);
    print_diagnostics(engine); // warnings too
    if (status == LOSSMILL_DONE) {
        status = lossmill_run(engine, on_progress, NULL);
        fprintf(stderr, "\n");
        print_diagnostics(engine);
    }
    if (status == LOSSMILL_DONE) {
        print_summary(engine);
        if (!print_largest(engine))
            status = LOSSMILL_FAILED;
    }
    if (status == LOSSMILL_DONE && argc > 2) {
        status = lossmill_write(engine, argv[2]);
        print_diagnostics(engine);
    }
    lossmill_free(engine);
    return status;
}

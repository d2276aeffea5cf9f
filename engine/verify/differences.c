#include "verify/differences.h"

#include <stdio.h>
#include <string.h>

#include "verify/arrays.h"

static const char *const kinds[] = {"a group", "a dataset", "neither group nor dataset"};

// The name of an attribute, as findings name it.
static const char *attribute_path(struct findings *f, const char *object, const char *name)
{
    return findings_text(f, "%s @%s", object, name);
}

// Both lists are in the order of names.
static size_t attributes_compare(struct run_file *run, struct run_file *again, struct findings *f,
                                 struct check *check, const char *path)
{
    struct hdf5_attribute *found = NULL, *expected = NULL;
    size_t found_count = 0, expected_count = 0, i = 0, j = 0;

    if (!hdf5_attributes(&run->h, path, run->arena, &found, &found_count)) {
        finding_add(f, check, path, "%s", run_file_recover(run, f));
        return 0;
    }
    if (!hdf5_attributes(&again->h, path, again->arena, &expected, &expected_count)) {
        finding_add(f, check, path, "of the new simulation: %s", run_file_recover(again, f));
        return 0;
    }
    while (i < found_count || j < expected_count) {
        const int order = i == found_count      ? 1
                          : j == expected_count ? -1
                                                : strcmp(found[i].name, expected[j].name);
        const char *name = order <= 0 ? found[i].name : expected[j].name;
        const char *object = attribute_path(f, path, name);

        if (order < 0)
            finding_add(f, check, object, "added: \"%s\"", found[i].text);
        else if (order > 0)
            finding_add(f, check, object, "missing, expected \"%s\"", expected[j].text);
        else if (strcmp(path, "/") == 0 && strcmp(name, "engine_version") == 0)
            ; // told as such
        else if (found[i].size != expected[j].size ||
                 memcmp(found[i].bytes, expected[j].bytes, found[i].size) != 0)
            finding_add(f, check, object, "is \"%s\", expected \"%s\"", found[i].text,
                        expected[j].text);
        i += order <= 0;
        j += order >= 0;
    }
    return expected_count;
}

static bool same_bytes(const char *one, const char *other)
{
    char a[65536], b[sizeof a];
    FILE *x = fopen(one, "rbe"), *y = fopen(other, "rbe");
    bool same = x != NULL && y != NULL;
    size_t n = 1;

    while (same && n > 0) {
        n = fread(a, 1, sizeof a, x);
        same = fread(b, 1, sizeof b, y) == n && memcmp(a, b, n) == 0;
    }
    same = same && ferror(x) == 0 && ferror(y) == 0;
    if (x != NULL)
        fclose(x);
    if (y != NULL)
        fclose(y);
    return same;
}

// Inputs that the run does not keep are told where inputs are.
static bool input_is_absent(const struct run_file *run, const char *path)
{
    return strncmp(path, "/study", 6) == 0 && !run_file_has(run, path);
}

// `again` is of this process alone.
static void failure_pass_on(const struct run_file *again, struct run_file *run)
{
    if (run->failure[0] == '\0')
        memcpy(run->failure, again->failure, sizeof run->failure);
}

void differences_find(struct run_file *run, struct run_file *again, struct verification *out,
                      struct check *of_cells, struct check *of_attributes)
{
    struct findings *f = &out->findings;
    size_t i = 0, j = 0, datasets = 0, attributes = 0;

    if (!run_file_open(again)) {
        finding_add(f, of_cells, "/", "the new simulation cannot be read: %s",
                    run_file_recover(again, f));
        run_file_close(again);
        failure_pass_on(again, run);
        return;
    }
    attributes = attributes_compare(run, again, f, of_attributes, "/");
    while (i < run->object_count || j < again->object_count) {
        const struct hdf5_object *x = &run->objects[i], *y = &again->objects[j];
        const int order = i == run->object_count     ? 1
                          : j == again->object_count ? -1
                                                     : strcmp(x->path, y->path);

        if (order < 0) {
            finding_add(f, of_cells, x->path, "added: the new simulation has no such object");
        } else if (order > 0 && !input_is_absent(run, y->path)) {
            finding_add(f, of_cells, y->path, "missing");
        } else if (order == 0 && x->kind != y->kind) {
            finding_add(f, of_cells, x->path, "is %s, expected %s", kinds[x->kind], kinds[y->kind]);
        } else if (order == 0) {
            if (x->kind == HDF5_KIND_DATASET) {
                array_compare(run, again, f, of_cells, x->path);
                datasets++;
            }
            attributes += attributes_compare(run, again, f, of_attributes, x->path);
        }
        i += order <= 0;
        j += order >= 0;
    }
    run_file_close(again);
    failure_pass_on(again, run);
    check_tell(f, of_cells, "%zu datasets", datasets);
    check_tell(f, of_attributes, "%zu attributes", attributes);
    out->same_bytes = same_bytes(run->path, again->path);
}

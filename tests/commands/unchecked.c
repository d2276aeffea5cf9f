// In place of the HDF5 library's function: whoever makes a file on purpose gives its metadata the
// right checksums, so that damage made at random must not stop at them. Whatever stands there is
// right. Preloaded by test_hostile.py, and a part of the fuzzer's target results.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__attribute__((visibility("default"))) int H5F_get_checksums(const uint8_t *bytes, size_t size,
                                                             uint32_t *stored, uint32_t *computed);

int H5F_get_checksums(const uint8_t *bytes, size_t size, uint32_t *stored, uint32_t *computed)
{
    uint32_t there = 0;

    if (size >= sizeof there)
        memcpy(&there, bytes + size - sizeof there, sizeof there);
    if (stored)
        *stored = there;
    if (computed)
        *computed = there;
    return 0;
}

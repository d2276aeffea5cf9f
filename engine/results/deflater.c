#include "results/deflater.h"

#include <libdeflate.h>

// On annual losses of groups the higher levels cost several times as much for a tenth of the bytes.
enum { LEVEL = 1 };

// libdeflate's own, under a name of this side.
static struct libdeflate_compressor *compressor_of(struct deflater *deflater)
{
    return (struct libdeflate_compressor *)(void *)deflater;
}

struct deflater *deflater_new(void)
{
    return (struct deflater *)(void *)libdeflate_alloc_compressor(LEVEL);
}

void deflater_free(struct deflater *deflater)
{
    if (deflater)
        libdeflate_free_compressor(compressor_of(deflater));
}

size_t deflater_bound(size_t size)
{
    return libdeflate_zlib_compress_bound(NULL, size);
}

size_t deflater_run(struct deflater *deflater, const unsigned char *in, size_t size,
                    unsigned char *out)
{
    return libdeflate_zlib_compress(compressor_of(deflater), in, size, out, deflater_bound(size));
}

#include "verify/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/schedule.h"

// The first eight bytes of the SHA-256 of (content hash, number of the draw): whoever has the file
// can compute it, and whoever alters the file alters it.
static uint64_t draw(const char *content, uint32_t number)
{
    uint8_t digest[8];
    struct sha256_ctx hash;
    char text[128];
    const int length = snprintf(text, sizeof text, "%s %u", content, number);
    uint64_t bits = 0;

    sha256_init(&hash);
    sha256_update(&hash, (size_t)length, (const uint8_t *)text);
    sha256_digest(&hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        bits = bits << 8 | digest[i];
    return bits;
}

// `wanted` of the blocks, every choice as likely as any other: Floyd's way (Bentley and Floyd,
// CACM 30(9), 1987).
static void blocks_draw(const char *content, uint32_t blocks, uint32_t wanted, uint8_t *chosen)
{
    for (uint32_t last = blocks - wanted; last < blocks; last++) {
        const uint32_t at =
            (uint32_t)((unsigned __int128)draw(content, last) * ((uint64_t)last + 1) >> 64);

        chosen[chosen[at] ? last : at] = 1;
    }
}

static bool list_read(const char *list, uint32_t blocks, uint8_t *chosen, char reason[160])
{
    const char *at = list;

    for (;;) {
        char *end = (char *)(uintptr_t)at;
        const unsigned long long first = *at >= '0' && *at <= '9' ? strtoull(at, &end, 10) : blocks;
        unsigned long long last = first;

        if (first < blocks && *end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtoull(end + 1, &end, 10);
        if (first >= blocks || last >= blocks || last < first || (*end != ',' && *end != '\0')) {
            snprintf(reason, 160,
                     "'%.40s' is no list of blocks: the run has %u, from 0 to %u, such as 0,2-3",
                     list, blocks, blocks - 1);
            return false;
        }
        memset(chosen + first, 1, last - first + 1);
        if (*end == '\0')
            return true;
        at = end + 1;
    }
}

bool sample_choose(const struct verify_request *request, uint64_t years, const char *content,
                   uint8_t *chosen, char reason[160])
{
    const uint32_t blocks = block_count(years);
    uint64_t wanted = request->sample_count;

    memset(chosen, 0, blocks);
    if (request->blocks != NULL)
        return list_read(request->blocks, blocks, chosen, reason);
    if (request->sample_share > 0)
        wanted = (uint64_t)ceil(request->sample_share * blocks);
    wanted = wanted < 1 ? 1 : wanted > blocks ? blocks : wanted;
    blocks_draw(content, blocks, (uint32_t)wanted, chosen);
    return true;
}

const char *sample_text(struct findings *f, const uint8_t *chosen, uint64_t years)
{
    enum { SHOWN = 6 };
    const uint32_t blocks = block_count(years);
    char text[400] = "";
    uint32_t count = 0, runs = 0;

    for (uint32_t b = 0; b < blocks; b++) {
        uint32_t end = b;

        if (!chosen[b])
            continue;
        while (end < blocks && chosen[end])
            end++;
        count += end - b;
        if (runs++ < SHOWN) {
            const uint64_t last = (uint64_t)end * BLOCK_YEARS;
            const size_t used = strlen(text);

            snprintf(text + used, sizeof text - used, "%s%s to %s", runs > 1 ? "; " : "",
                     findings_whole(f, (uint64_t)b * BLOCK_YEARS),
                     findings_whole(f, (last < years ? last : years) - 1));
        }
        b = end;
    }
    return findings_text(f, "%u of %u blocks of years: %s%s", count, blocks, text,
                         runs > SHOWN ? "; and more" : "");
}

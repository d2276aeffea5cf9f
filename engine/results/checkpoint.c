#include "results/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>
#include <zstd.h>

#include "results/folder_sync.h"
#include "simulate/snapshot_state.h"

// The layout of memory that a snapshot depends on: another program's is not understood.
static const char magic[16] = "lossmill run 2\n";

struct head {
    char magic[sizeof magic];
    uint32_t sizes[4];
    uint32_t phase;
    uint32_t identity_size;
    uint64_t next, all;
};

static struct head head_make(const char *identity, struct snapshot_place place)
{
    struct head head = {.sizes = {sizeof(struct worst_event), sizeof(struct worst_year),
                                  sizeof(struct worst_events), BLOCK_YEARS},
                        .phase = place.phase,
                        .identity_size = (uint32_t)strlen(identity),
                        .next = place.next,
                        .all = place.all};
    memcpy(head.magic, magic, sizeof magic);
    return head;
}

enum { PACKED_ROOM = 1 << 17 };

// Bytes on their way to or from the file: head and identity as they are, the snapshot packed, for
// most of its years have no loss, and the hash of all that.
struct checkpoint {
    FILE *stream;
    struct sha256_ctx hash;
    struct snapshot_place place;
    ZSTD_CCtx *packer;
    ZSTD_DCtx *unpacker;
    ZSTD_inBuffer packed; // in `room`, read but not unpacked
    uint64_t left;        // packed bytes that have not been read
    unsigned char room[PACKED_ROOM];
};

static bool hashed_write(struct checkpoint *c, const void *bytes, size_t size)
{
    sha256_update(&c->hash, size, bytes);
    return fwrite(bytes, 1, size, c->stream) == size;
}

static bool pack(struct checkpoint *c, ZSTD_inBuffer in, ZSTD_EndDirective how)
{
    size_t left;
    do {
        ZSTD_outBuffer out = {c->room, sizeof c->room, 0};
        left = ZSTD_compressStream2(c->packer, &out, &in, how);
        if (ZSTD_isError(left) || !hashed_write(c, c->room, out.pos))
            return false;
    } while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
    return true;
}

static bool packed_write(void *context, void *bytes, size_t size)
{
    return pack(context, (ZSTD_inBuffer){bytes, size, 0}, ZSTD_e_continue);
}

static bool file_fill(struct checkpoint *c, const char *identity, struct snapshot *snapshot,
                      int threads)
{
    struct head head = head_make(identity, snapshot_place(snapshot));
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&c->hash);
    errno = ENOMEM;
    c->packer = ZSTD_createCCtx();
    if (c->packer == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(c->packer, ZSTD_c_compressionLevel, 1)))
        return false;
    // a library that was built without threads packs alone
    ZSTD_CCtx_setParameter(c->packer, ZSTD_c_nbWorkers, threads < 4 ? threads : 4);
    errno = 0;
    bool good = hashed_write(c, &head, sizeof head) &&
                hashed_write(c, identity, head.identity_size) &&
                snapshot_save(snapshot, packed_write, c) &&
                pack(c, (ZSTD_inBuffer){NULL, 0, 0}, ZSTD_e_end);
    sha256_digest(&c->hash, sizeof digest, digest);
    return good && fwrite(digest, 1, sizeof digest, c->stream) == sizeof digest &&
           fflush(c->stream) == 0 && fsync(fileno(c->stream)) == 0;
}

char *checkpoint_partial(const char *path)
{
    char *partial = malloc(strlen(path) + sizeof ".new");
    if (partial != NULL)
        sprintf(partial, "%s.new", path);
    return partial;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    if (checkpoint->stream != NULL)
        fclose(checkpoint->stream);
    ZSTD_freeCCtx(checkpoint->packer);
    ZSTD_freeDCtx(checkpoint->unpacker);
    free(checkpoint);
}

// False with errno set.
static bool partial_write(struct checkpoint *c, const char *partial, const char *identity,
                          struct snapshot *snapshot, int threads)
{
    int descriptor = open(partial, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return false;
    c->stream = fdopen(descriptor, "wb");
    if (c->stream == NULL) {
        close(descriptor);
        return false;
    }
    return file_fill(c, identity, snapshot, threads);
}

bool checkpoint_write(const char *path, const char *identity, struct snapshot *snapshot,
                      int threads, struct diagnostics *d)
{
    char *partial = checkpoint_partial(path);
    struct checkpoint *c = calloc(1, sizeof *c);
    errno = ENOMEM;
    const bool good = partial != NULL && c != NULL &&
                      partial_write(c, partial, identity, snapshot, threads) &&
                      rename(partial, path) == 0;
    const int reason = errno != 0 ? errno : EIO;
    if (good) {
        folder_sync(path); // the file itself is safe by then
    } else {
        diagnostics_add(d, &(struct place){.file = path}, "the checkpoint cannot be written: %s",
                        strerror(reason));
        if (partial != NULL)
            unlink(partial);
    }
    checkpoint_close(c);
    free(partial);
    return good;
}

// Reads `size` bytes and hashes them on the way.
static bool hashed_read(struct checkpoint *c, void *bytes, size_t size)
{
    if (fread(bytes, 1, size, c->stream) != size)
        return false;
    sha256_update(&c->hash, size, bytes);
    return true;
}

static bool whole(struct checkpoint *c, uint64_t size)
{
    unsigned char part[1 << 16];
    uint8_t digest[SHA256_DIGEST_SIZE], written[SHA256_DIGEST_SIZE];
    for (uint64_t left = size; left > 0;) {
        size_t n = left < sizeof part ? (size_t)left : sizeof part;
        if (!hashed_read(c, part, n))
            return false;
        left -= n;
    }
    sha256_digest(&c->hash, sizeof digest, digest);
    return fread(written, 1, sizeof written, c->stream) == sizeof written &&
           memcmp(digest, written, sizeof digest) == 0;
}

// The first line in which two identities differ: what it is about.
static void difference_tell(const char *path, const char *found, const char *expected,
                            struct diagnostics *d)
{
    size_t line = 0, i = 0;
    for (; found[i] != '\0' && found[i] == expected[i]; i++)
        if (found[i] == '\n')
            line = i + 1;
    const char *from = expected[line] != '\0' ? expected : found;
    const char *end = strchr(from + line, '\n'), *colon = strstr(from + line, ": ");
    const size_t most = end != NULL ? (size_t)(end - from) - line : strlen(from + line);
    const size_t length = colon != NULL && (size_t)(colon - from) - line < most
                              ? (size_t)(colon - from) - line
                              : most;
    diagnostics_add(d, &(struct place){.file = path},
                    "is the checkpoint of another run: not the same %.*s. Run with --fresh to "
                    "discard it",
                    (int)(length < 200 ? length : 200), from + line);
}

// Not the file's fault: it may be read another time.
static enum checkpoint_found unread(const char *path, int error, struct diagnostics *d)
{
    diagnostics_fail(d, &(struct place){.file = path}, "cannot be read: %s", strerror(error));
    return CHECKPOINT_FAILED;
}

static enum checkpoint_found refuse(const char *path, const char *why, struct diagnostics *d)
{
    diagnostics_add(d, &(struct place){.file = path}, "%s. Run with --fresh to discard it", why);
    return CHECKPOINT_REFUSED;
}

// `c` stands at the snapshot's first byte where it is good.
static enum checkpoint_found file_check(struct checkpoint *c, const char *path,
                                        const char *identity, struct diagnostics *d)
{
    struct stat file;
    struct head head;
    if (fstat(fileno(c->stream), &file) != 0)
        return unread(path, errno, d);
    const uint64_t size = (uint64_t)file.st_size;
    sha256_init(&c->hash);
    if (!S_ISREG(file.st_mode) || !hashed_read(c, &head, sizeof head) ||
        memcmp(head.magic, magic, sizeof magic) != 0)
        return ferror(c->stream) ? unread(path, errno, d)
                                 : refuse(path, "is not a checkpoint of lossmill", d);
    const uint64_t around = sizeof head + (uint64_t)head.identity_size + SHA256_DIGEST_SIZE;
    if (size < around)
        return refuse(path, "the checkpoint is damaged: it is cut off", d);
    const struct head same =
        head_make(identity, (struct snapshot_place){head.phase, head.next, head.all});
    char *found = calloc((size_t)head.identity_size + 1, 1);
    if (found == NULL)
        return unread(path, ENOMEM, d);
    bool good = hashed_read(c, found, head.identity_size) && whole(c, size - around);
    enum checkpoint_found result = CHECKPOINT_GOOD;
    if (ferror(c->stream)) {
        result = unread(path, errno, d);
    } else if (!good) {
        result = refuse(path, "the checkpoint is damaged: its digest is not that of its bytes", d);
    } else if (memcmp(head.sizes, same.sizes, sizeof head.sizes) != 0 ||
               head.phase >= SNAPSHOT_PHASES) {
        result = refuse(path, "the checkpoint is of another build of lossmill", d);
    } else if (strcmp(found, identity) != 0) {
        difference_tell(path, found, identity, d);
        result = CHECKPOINT_REFUSED;
    }
    free(found);
    c->place = (struct snapshot_place){head.phase, head.next, head.all};
    c->left = size - around;
    if (result == CHECKPOINT_GOOD &&
        fseeko(c->stream, (off_t)(sizeof head + head.identity_size), SEEK_SET) != 0)
        result = unread(path, errno, d);
    return result;
}

enum checkpoint_found checkpoint_open(const char *path, const char *identity,
                                      struct checkpoint **checkpoint, struct diagnostics *d)
{
    *checkpoint = NULL;
    // not to wait for a pipe's writer
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 && errno == ENOENT)
        return CHECKPOINT_NONE;
    struct checkpoint *c = calloc(1, sizeof *c);
    if (c != NULL)
        c->unpacker = ZSTD_createDCtx();
    FILE *stream =
        c != NULL && c->unpacker != NULL && descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
    if (stream == NULL) {
        unread(path, errno, d);
        if (descriptor >= 0)
            close(descriptor);
        checkpoint_close(c);
        return CHECKPOINT_FAILED;
    }
    c->stream = stream;
    enum checkpoint_found found = file_check(c, path, identity, d);
    if (found == CHECKPOINT_GOOD)
        *checkpoint = c;
    else
        checkpoint_close(c);
    return found;
}

struct snapshot_place checkpoint_place(const struct checkpoint *checkpoint)
{
    return checkpoint->place;
}

bool checkpoint_read(void *checkpoint, void *bytes, size_t size)
{
    struct checkpoint *c = checkpoint;
    ZSTD_outBuffer out = {bytes, size, 0};
    while (out.pos < out.size) {
        const size_t before = out.pos;
        if (c->packed.pos == c->packed.size && c->left > 0) {
            const size_t n = c->left < sizeof c->room ? (size_t)c->left : sizeof c->room;
            if (fread(c->room, 1, n, c->stream) != n)
                return false;
            c->left -= n;
            c->packed = (ZSTD_inBuffer){c->room, n, 0};
        }
        const bool last = c->packed.pos == c->packed.size;
        if (ZSTD_isError(ZSTD_decompressStream(c->unpacker, &out, &c->packed)) ||
            (last && out.pos == before))
            return false;
    }
    return true;
}

void checkpoint_remove(const char *path)
{
    char *partial = checkpoint_partial(path);
    if (partial != NULL)
        unlink(partial);
    free(partial);
    unlink(path);
}

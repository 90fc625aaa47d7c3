/* Zstandard over libzstd (https://facebook.github.io/zstd/zstd_manual.html). Its memory is bounded
 * by the library: at most 128 MB of window. */
#include <stdlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "input/bytes.h"

struct zstd {
	struct bytes bytes;
	struct below below;
	const char *name;
	ZSTD_DStream *z;
	size_t expected; /* 0: a frame has ended; else more of it is to come */
	uint64_t out;    /* bytes of text so far */
	struct error failed;
};

static enum bytes_status fail(struct zstd *z, const char *what)
{
	error_set(&z->failed,
		"%s: %s at byte %llu, after %llu bytes of text: what is before that was read; get "
		"the file again (zstd -t checks it), and the same command continues",
		z->name, what, (unsigned long long)below_offset(&z->below),
		(unsigned long long)z->out);
	return BYTES_ERROR;
}

static enum bytes_status zstd_next(
	struct zstd *z, char *out, size_t room, size_t *n, struct error *err)
{
	ZSTD_outBuffer to = {out, room, 0};

	while (!to.pos) {
		enum bytes_status status = below_fill(&z->below, err);
		ZSTD_inBuffer from = {z->below.data, z->below.len, z->below.at};

		if (status == BYTES_END && z->expected) {
			/* the library may still hold text of the frame */
			z->expected = ZSTD_decompressStream(z->z, &to, &from);
			if (!to.pos)
				return fail(z, "the zstd data is cut off");
			break;
		}
		if (status != BYTES_SOME)
			return status;
		z->expected = ZSTD_decompressStream(z->z, &to, &from);
		z->below.at = from.pos;
		if (ZSTD_isError(z->expected)) {
			fail(z, ZSTD_getErrorName(z->expected));
			break;
		}
	}
	z->out += to.pos;
	*n = to.pos;
	return to.pos ? BYTES_SOME : BYTES_ERROR;
}

static enum bytes_status zstd_read(
	struct bytes *bytes, char *out, size_t room, size_t *n, struct error *err)
{
	struct zstd *z = (struct zstd *)bytes;
	enum bytes_status status = BYTES_ERROR;

	*n = 0;
	if (!z->failed.text[0])
		status = zstd_next(z, out, room, n, err);
	if (status == BYTES_ERROR && z->failed.text[0])
		*err = z->failed;
	return status;
}

static void zstd_free(struct bytes *bytes)
{
	struct zstd *z = (struct zstd *)bytes;

	ZSTD_freeDStream(z->z);
	below_free(&z->below);
	free(z);
}

struct bytes *bytes_zstd(struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct zstd *z = xcalloc(1, sizeof(*z));

	z->bytes = (struct bytes){zstd_read, zstd_free};
	z->name = name;
	z->expected = 1;
	below_init(&z->below, below_take, head, len);
	z->z = ZSTD_createDStream();
	if (!z->z)
		fail(z, "no memory to read the zstd data");
	return &z->bytes;
}

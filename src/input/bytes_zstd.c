/* Zstandard over libzstd (https://facebook.github.io/zstd/zstd_manual.html). Its memory is bounded
 * by the library: at most 128 MB of window. */
#include <zstd.h>

#include "base/alloc.h"
#include "input/bytes.h"

struct zstd {
	struct reader reader;
	ZSTD_DStream *z;
	size_t expected; /* 0: a frame has ended; else more of it is to come */
	uint64_t out;    /* bytes of text so far */
};

static enum bytes_status fail(struct zstd *z, const char *what)
{
	return reader_damaged(&z->reader, what, z->out, "zstd");
}

static enum bytes_status zstd_next(
	struct reader *r, char *out, size_t room, size_t *n, struct error *err)
{
	struct zstd *z = (struct zstd *)r;
	struct below *in = &r->below;
	ZSTD_outBuffer to = {out, room, 0};

	while (!to.pos) {
		enum bytes_status status = below_fill(in, err);
		ZSTD_inBuffer from = {in->data, in->len, in->at};

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
		in->at = from.pos;
		if (ZSTD_isError(z->expected)) {
			fail(z, ZSTD_getErrorName(z->expected));
			break;
		}
	}
	z->out += to.pos;
	*n = to.pos;
	return to.pos ? BYTES_SOME : BYTES_ERROR;
}

static void zstd_close(struct reader *r)
{
	ZSTD_freeDStream(((struct zstd *)r)->z);
}

struct bytes *bytes_zstd(struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct zstd *z = xcalloc(1, sizeof(*z));

	z->reader.next = zstd_next;
	z->reader.close = zstd_close;
	reader_init(&z->reader, below_take, head, len, name);
	z->expected = 1;
	z->z = ZSTD_createDStream();
	if (!z->z)
		fail(z, "no memory to read the zstd data");
	return &z->reader.bytes;
}

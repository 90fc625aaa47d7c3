/* gzip over zlib (https://zlib.net/manual.html). */
#include <limits.h>
#include <zlib.h>

#include "base/alloc.h"
#include "input/bytes.h"

enum { GZIP_ONLY = 16 }; /* added to windowBits: a gzip header and its checksum, nothing else */

struct gzip {
	struct reader reader;
	z_stream z;
	bool in_member; /* false: between two members, or behind the last */
	uint64_t out;   /* bytes of text so far */
};

static enum bytes_status fail(struct gzip *g, const char *what)
{
	return reader_damaged(&g->reader, what, g->out, "gzip");
}

/* Skips zeros, with which tapes and tools fill up a file; BYTES_SOME: another member begins. */
static enum bytes_status begin_member(struct gzip *g, struct error *err)
{
	struct below *in = &g->reader.below;
	enum bytes_status status;

	while ((status = below_fill(in, err)) == BYTES_SOME) {
		char c = in->data[in->at];

		if (c == '\x1f') {
			inflateReset(&g->z);
			g->in_member = true;
			return status;
		}
		if (c)
			return fail(g, "other bytes follow the end of the gzip data");
		in->at++;
	}
	return status;
}

/* Inflates what is there. False: the data is damaged. */
static bool inflate_some(struct gzip *g, char *out, size_t room, size_t *n)
{
	struct below *in = &g->reader.below;
	int status;

	g->z.next_in = (Bytef *)in->data + in->at;
	g->z.avail_in = (uInt)(in->len - in->at);
	g->z.next_out = (Bytef *)out;
	g->z.avail_out = (uInt)room;
	status = inflate(&g->z, Z_NO_FLUSH);
	in->at = in->len - g->z.avail_in;
	*n = room - g->z.avail_out;
	g->out += *n;
	g->in_member = status != Z_STREAM_END;
	if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
		return true;
	fail(g, status == Z_MEM_ERROR   ? "no memory to read the gzip data"
		: g->z.msg && *g->z.msg ? g->z.msg
					: "the gzip data is damaged");
	return false;
}

static enum bytes_status gzip_next(
	struct reader *r, char *out, size_t room, size_t *n, struct error *err)
{
	struct gzip *g = (struct gzip *)r;
	enum bytes_status status;

	if (room > UINT_MAX)
		room = UINT_MAX;
	for (;;) {
		if (!g->in_member && (status = begin_member(g, err)) != BYTES_SOME)
			return status;
		status = below_fill(&r->below, err);
		if (status == BYTES_END)
			return fail(g, "the gzip data is cut off");
		if (status != BYTES_SOME)
			return status;
		if (!inflate_some(g, out, room, n) && !*n)
			return BYTES_ERROR;
		if (*n)
			return BYTES_SOME;
	}
}

static void gzip_close(struct reader *r)
{
	inflateEnd(&((struct gzip *)r)->z);
}

struct bytes *bytes_gzip(struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct gzip *g = xcalloc(1, sizeof(*g));

	g->reader.next = gzip_next;
	g->reader.close = gzip_close;
	reader_init(&g->reader, below_take, head, len, name);
	if (inflateInit2(&g->z, MAX_WBITS + GZIP_ONLY) != Z_OK)
		fail(g, "no memory to read the gzip data");
	return &g->reader.bytes;
}

/* A multipart form, whose first line is its Content-Type: read whole and in pieces it says the
 * same.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "http/multipart.h"

enum { MAX = 1 << 20 };

static bool begin(void *ctx, const struct multipart_part *part)
{
	must(strlen(part->name) < MULTIPART_NAME_SIZE);
	must(strlen(part->filename) < MULTIPART_FILENAME_SIZE);
	return buf_addf(ctx, "\n[%s %s]", part->name, part->has_filename ? part->filename : "");
}

static bool add(void *ctx, const char *data, size_t len)
{
	must(len > 0);
	return buf_add(ctx, data, len);
}

static bool end(void *ctx)
{
	return buf_addc(ctx, ']');
}

/* False: it is no form. */
static bool read_form(const char *type, const char *body, size_t len, size_t piece, struct buf *out)
{
	static const struct multipart_handlers handlers = {begin, add, end};
	struct multipart *m = multipart_new(type, &handlers, out);
	bool ok = true;

	buf_clear(out);
	if (!m)
		return false;
	for (size_t at = 0; ok && at < len; at += piece)
		ok = multipart_feed(m, body + at, len - at < piece ? len - at : piece);
	must(!(multipart_is_whole(m) && !ok));
	buf_addf(out, "%d%d", ok, multipart_is_whole(m));
	multipart_free(m);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *all = at + size, *line;
	struct buf whole, pieces;
	char type[300];
	size_t len;

	if (!next_line(&at, all, &line, &len) || len >= sizeof(type))
		return 0;
	snprintf(type, sizeof(type), "%.*s", (int)len, line);
	len = (size_t)(all - at);
	buf_init(&whole, MAX);
	buf_init(&pieces, MAX);
	if (read_form(type, at, len, len + 1, &whole))
		for (size_t piece = 1; piece < 8; piece++) {
			must(read_form(type, at, len, piece, &pieces));
			must(whole.len == pieces.len &&
				!memcmp(whole.data, pieces.data, whole.len));
		}
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}

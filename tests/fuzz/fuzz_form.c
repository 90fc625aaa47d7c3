/* Inputs of any form: what a prefix told stays told, windows make no difference, lines can be read
 * again, and what is packed has the lines of what was packed. The first byte says how to pack the
 * rest. */
#include <zlib.h>
#include <zstd.h>

#include "base/hash.h"
#include "fuzz.h"
#include "input/form.h"
#include "input/source.h"

enum { MAX_SIZE = 4096, MAX_LINES = 256, PACKED = 4 * MAX_SIZE, ENDLESS = 1 << 18 };

/* What a source gave. */
struct given {
	size_t n;
	uint64_t hash[MAX_LINES];
	bool failed;
	bool endless; /* a few bytes held very much text, of which the start was read */
};

static void read_again(struct source *s, const struct source_line *line, uint64_t hash)
{
	struct error err = {""};
	struct buf again;

	buf_init(&again, MAX_SIZE);
	must(source_fetch(s, line->offset, line->len, &again, &err));
	must(again.len == line->len && hash_bytes(buf_str(&again), again.len) == hash);
	buf_free(&again);
}

static void read_all(const char *data, size_t size, size_t window, struct given *out)
{
	const struct source_limits limits = {window, window, PACKED};
	struct source_line lines[MAX_LINES], line;
	enum source_status status;
	struct error err = {""};
	struct source *s;
	char path[64];
	int fd = file_of(data, size, path);

	*out = (struct given){0};
	s = source_open_sized(path, "/tmp", &limits, &err);
	must(s);
	while ((status = source_next(s, 64, &line)) != SOURCE_END && status != SOURCE_ERROR) {
		out->endless = source_text_read(s) > ENDLESS;
		if (out->endless)
			break;
		if (status != SOURCE_LINE || out->n == MAX_LINES)
			continue;
		must(!memchr(line.text, '\n', line.len));
		lines[out->n] = line;
		out->hash[out->n++] = hash_bytes(line.text, line.len);
	}
	out->failed = status == SOURCE_ERROR;
	must(!out->failed || source_error(s)[0]);
	must_be_harmless(source_error(s));
	must(out->failed || out->endless || source_bytes_read(s) == size);
	for (size_t i = 0; i < out->n; i++)
		read_again(s, &lines[i], out->hash[i]);
	source_close(s);
	close(fd);
}

/* How much comes out of damaged data before the damage shows depends on the window. */
static void must_be_same(const struct given *a, const struct given *b)
{
	size_t n = a->n < b->n ? a->n : b->n;

	must(a->failed == b->failed && (a->failed || a->n == b->n));
	must(!memcmp(a->hash, b->hash, n * sizeof(a->hash[0])));
}

static void must_keep_its_word(const char *data, size_t size)
{
	struct form_found whole = form_of(data, size, true);

	must(whole.form != FORM_MORE);
	for (size_t len = 0; len < size; len += 1 + len / 16) {
		struct form_found found = form_of(data, len, false);

		must(found.form == FORM_MORE ||
			(found.form == whole.form && found.reader == whole.reader));
	}
}

static size_t pack(bool zstd, const char *data, size_t size, char *out)
{
	z_stream z = {.next_in = (Bytef *)data,
		.avail_in = (uInt)size,
		.next_out = (Bytef *)out,
		.avail_out = PACKED};

	if (zstd) {
		size_t n = ZSTD_compress(out, PACKED, data, size, 1);

		must(!ZSTD_isError(n));
		return n;
	}
	must(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return PACKED - z.avail_out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char packed[PACKED];
	const char *text = (const char *)data + 1;
	struct given plain, other;

	if (size < 2 || size > MAX_SIZE)
		return 0;
	size--;
	must_keep_its_word(text, size);
	read_all(text, size, 4096, &plain);
	if (plain.endless)
		return 0;
	read_all(text, size, 7, &other);
	must_be_same(&plain, &other);
	read_all(packed, pack(data[0] & 1, text, size, packed), 64, &other);
	/* one reader more may be one too many */
	if (!(other.failed && !plain.failed))
		must_be_same(&plain, &other);
	return 0;
}

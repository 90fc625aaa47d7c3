/* Input lines: the reader against plain splitting, with windows so small that every line crosses
 * their borders, then each line as a request of every form. */
#include "api/provider.h"
#include "api/request.h"
#include "fuzz.h"
#include "input/form.h"
#include "input/source.h"

enum { MAX_LINE = 1 << 16, MAX_BODY = 1 << 20 };

/* A line that passes can be built, unless no deployment shows, and what is built holds no line
 * breaks where none belong. */
static void build(const struct request_line *line, const char *provider)
{
	struct endpoint e = {
		.provider = provider_by_name(provider), .base_url = (char *)"http://localhost/v1"};
	struct error err = {""};
	struct request r;

	request_init(&r, MAX_BODY);
	if (!request_build(&e, line, &r, &err)) {
		must(!strcmp(provider, "azure"));
		must_be_harmless(err.text);
		request_free(&r);
		return;
	}
	must(!memchr(buf_str(&r.url), '\n', r.url.len) && strlen(buf_str(&r.url)) == r.url.len);
	must(strlen(buf_str(&r.headers)) == r.headers.len);
	must(!r.headers.len || r.headers.data[r.headers.len - 1] == '\n');
	must(!memchr(r.headers.data ? r.headers.data : "", '\r', r.headers.len));
	/* a token of RFC 9110, 5.6.2, in upper case */
	must(r.method[0] &&
		!r.method[strspn(r.method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")]);
	request_free(&r);
}

static void take(const char *text, size_t len, uint64_t number)
{
	struct request_line line;
	struct error err;
	struct buf id;

	must(provider_guess(text, len));
	for (enum input_format f = FORMAT_AUTO; f <= FORMAT_HTTP; f++) {
		err.text[0] = '\0';
		if (!request_parse(text, len, f, &line, &err)) {
			must(err.text[0]);
			must_be_harmless(err.text);
			continue;
		}
		must(line.format != FORMAT_AUTO);
		must(line.priority >= -100 && line.priority <= 100);
		must(request_estimate_tokens(&line) >= 0);
		buf_init(&id, REQUEST_MAX_ID);
		must(request_id(&line, number, &id));
		buf_free(&id);
		build(&line, "openai");
		build(&line, "azure");
		build(&line, "anthropic");
		build(&line, "raw");
	}
}

/* The next line that is not blank, as the reader should tell it. */
static bool expect(
	const char **at, const char *end, const char **line, size_t *len, uint64_t *number)
{
	while (next_line(at, end, line, len)) {
		if ((*number)++ == 0 && *len >= 3 && !memcmp(*line, "\xef\xbb\xbf", 3))
			*line += 3, *len -= 3;
		*len -= *len && (*line)[*len - 1] == '\r';
		for (size_t i = 0; i < *len; i++)
			if (!memchr(" \t\r\v\f", (*line)[i], 5))
				return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct source_limits limits = {7, 5, MAX_LINE};
	const char *at = (const char *)data, *end = at + size, *text;
	struct error err = {""};
	struct source_line line;
	enum source_status status;
	struct source *s;
	struct buf again;
	uint64_t number = 0;
	char path[64];
	size_t len;
	int fd;

	/* other forms: fuzz_form.c */
	if (size > MAX_LINE || form_of((const char *)data, size, true).form != FORM_TEXT)
		return 0;
	fd = file_of(data, size, path);
	s = source_open_sized(path, "/tmp", &limits, &err);
	must(s);
	buf_init(&again, MAX_LINE);
	while ((status = source_next(s, 16, &line)) != SOURCE_END) {
		if (status == SOURCE_AGAIN)
			continue;
		must(status == SOURCE_LINE);
		must(expect(&at, end, &text, &len, &number));
		must(line.number == number && line.len == len && !memcmp(line.text, text, len));
		must(line.offset == (uint64_t)(text - (const char *)data));
		take(text, len, number);
	}
	must(!expect(&at, end, &text, &len, &number));
	must(source_bytes_read(s) == size);
	for (at = (const char *)data, number = 0; expect(&at, end, &text, &len, &number);) {
		must(source_fetch(s, (uint64_t)(text - (const char *)data), len, &again, &err));
		must(again.len == len && !memcmp(buf_str(&again), text, len));
	}
	buf_free(&again);
	source_close(s);
	close(fd);
	return 0;
}

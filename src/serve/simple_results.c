#include "serve/simple_results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/json_writer.h"

#define ANSWERS_MAX ((size_t)1 << 30)

static bool read_answers(struct simple_results *r, struct buf *text)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC);

	r->failed = fd < 0 || !io_read_all(fd, text);
	if (r->failed)
		error_set(&r->err, "%s: %s", r->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return !r->failed;
}

/* Where the line of each prompt is. */
static void index_lines(
	const struct simple_results *r, const struct buf *text, struct json_span *at)
{
	const char *line = text->data, *end = text->data + text->len, *next;
	int64_t n;

	for (; line < end; line = next + 1) {
		struct json_want want = {.name = "line"};

		next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			return;
		if (json_pick(line, (size_t)(next - line), &want, 1, NULL) &&
			json_span_int(want.value, &n) && n >= 1 && (uint64_t)n <= r->total)
			at[n - 1] = (struct json_span){line, (size_t)(next - line)};
	}
}

static void put_errors(struct simple_results *r, struct json_writer *w, const struct json_span *at)
{
	bool any = false;

	for (uint64_t i = 0; i < r->total; i++) {
		struct json_span error = json_find(at[i], "error");

		if (!error.at)
			continue;
		if (!any)
			json_member_array(w, "errors");
		any = true;
		json_open_object(w);
		json_member_uint(w, "index", i);
		json_member_span(w, "error", error);
		json_close_object(w);
	}
	if (any)
		json_close_array(w);
}

void simple_results_work(struct job *job)
{
	struct simple_results *r = (struct simple_results *)job;
	struct json_writer w = json_writer_to(&r->members);
	struct json_span *at = xcalloc(r->total + 1, sizeof(*at));
	struct buf text;

	buf_init(&text, ANSWERS_MAX);
	buf_init(&r->members, 2 * ANSWERS_MAX);
	if (read_answers(r, &text)) {
		index_lines(r, &text, at);
		json_member_array(&w, "results");
		for (uint64_t i = 0; i < r->total; i++)
			json_put_span(&w, json_find(at[i], "result"));
		json_close_array(&w);
		put_errors(r, &w, at);
	}
	buf_free(&text);
	free(at);
}

/* The lines of the simple service: a prompt each, asked as a chat. */
#include <string.h>

#include "base/json_writer.h"
#include "serve/kind.h"

static bool check(const struct kind_rules *rules, const char *line, size_t len, struct buf *out,
	struct json_span *id, struct line_fault *fault)
{
	struct json_span prompt = json_whole(line, len);
	struct buf body;
	bool ok;

	(void)id; /* a line has its number */
	if (!json_span_is(prompt, JSON_VALUE_STRING))
		return line_fault_set(fault, "invalid_type", NULL, "expected a text");
	buf_init(&body, SIZE_MAX / 2);
	buf_adds(&body, "{\"messages\":[{\"role\":\"user\",\"content\":");
	buf_add(&body, prompt.at, prompt.len);
	buf_adds(&body, "}]}");
	ok = buf_adds(out, "{\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":") &&
	     kind_add_body(rules, (struct json_span){buf_str(&body), body.len},
		     (struct json_span){NULL, 0}, "model", out, fault) &&
	     buf_adds(out, "}\n");
	buf_free(&body);
	return ok;
}

static void open_line(struct json_writer *w, const struct kind_answer *a)
{
	json_open_object(w);
	json_member_uint(w, "line", a->line);
}

static void close_line(struct json_writer *w)
{
	json_close_object(w);
	buf_addc(w->out, '\n');
}

/* The words of an error: the API's own, else sluice's. */
static struct json_span words_of(const struct kind_answer *a)
{
	struct json_span own = json_find(a->response, "body.error.message");

	return json_span_is(own, JSON_VALUE_STRING) ? own : json_find(a->error, "message");
}

static void answered(const struct kind_answer *a, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	struct json_span text = json_find(a->response, "body.choices.0.message.content");
	struct json_span words = words_of(a);

	open_line(&w, a);
	if (a->ok && json_span_is(text, JSON_VALUE_STRING))
		json_member_line(&w, "result", text);
	else if (json_span_is(words, JSON_VALUE_STRING))
		json_member_line(&w, "error", words);
	else
		json_member_text(&w, "error", "the answer has no text");
	close_line(&w);
}

static void unfinished(const struct kind_answer *a, bool expired, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	open_line(&w, a);
	json_member_text(&w, "error", expired ? "expired" : "cancelled");
	close_line(&w);
}

const struct batch_kind batch_kind_simple = {
	.name = "simple",
	.format = FORMAT_OPENAI,
	.one_file = true,
	.check = check,
	.answered = answered,
	.unfinished = unfinished,
};

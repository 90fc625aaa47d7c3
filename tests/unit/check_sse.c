/* The parser of server-sent events: what the standard says of them, split at every byte. */
#include <string.h>

#include "api/sse.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { MAX = 1 << 20 };

struct seen {
	struct buf text;
};

static void note_event(void *ctx, const struct sse_event *event)
{
	struct seen *seen = ctx;

	ck_assert_uint_eq(strlen(event->data), event->data_len);
	buf_addf(&seen->text, "[%.*s|%.*s]", (int)event->type_len, event->type,
		(int)event->data_len, event->data);
}

/* What a text is taken for when it comes in two parts. */
static void parse_split(const char *text, size_t len, size_t at, bool end, struct buf *out)
{
	struct seen seen;
	struct sse s;

	buf_init(&seen.text, MAX);
	sse_init(&s, MAX, note_event, &seen);
	ck_assert(sse_feed(&s, text, at) && sse_feed(&s, text + at, len - at));
	if (end)
		sse_end(&s);
	sse_free(&s);
	*out = seen.text;
}

START_TEST(events_are_those_of_the_standard)
{
	static const struct {
		const char *text, *events;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"data: a\n\n", "[|a]"},
		{"data:a\n\ndata:  b\n\n", "[|a][| b]"},
		{"data: YHOO\ndata: +2\ndata: 10\n\n", "[|YHOO\n+2\n10]"},
		{": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  "
		 "third event\n\n",
			"[|first event][|second event][| third event]"},
		{"data\n\ndata\ndata\n\ndata:", "[|][|\n]"},
		{"data:test\n\ndata: test\n\n", "[|test][|test]"},
		{"event: x\ndata: 1\n\ndata: 2\n\n", "[x|1][|2]"},
		{"event: x\n\ndata: 2\n\n", "[|2]"},
		{"event: a\nevent: b\ndata: 1\n\n", "[b|1]"},
		{"data: a\r\ndata: b\r\n\r\n", "[|a\nb]"},
		{"data: a\rdata: b\r\r", "[|a\nb]"},
		{"data: a\r\n\rdata: b\n\r\n", "[|a][|b]"},
		{"\xef\xbb\xbf"
		 "data: a\n\n",
			"[|a]"},
		{"\xef\xbb\xbf\xef\xbb\xbf"
		 "data: a\n\ndata: b\n\n",
			"[|b]"},
		{"\xef\xbb"
		 "data: a\n\ndata: b\n\n",
			"[|b]"},
		{"data : a\nDATA: b\nretry: 3\nid: 4\ndatax: 1\n\ndata: c\n\n", "[|c]"},
		{"data: a", ""},
		{"data: a\n", ""},
		{"data: a:b: c\n\n", "[|a:b: c]"},
		/* beyond the standard */
		{"data: 1\n{\"a\":1}\ndata: 2\n\n", "[|1][|{\"a\":1}][|2]"},
		{"error: {\"a\":1}\nerror: x\n\n", "[error|{\"a\":1}]"},
	};

	for (size_t i = 0; i < N_OF(cases); i++)
		for (size_t at = 0; at <= strlen(cases[i].text); at++) {
			struct buf got;

			parse_split(cases[i].text, strlen(cases[i].text), at, false, &got);
			ck_assert_msg(!strcmp(buf_str(&got), cases[i].events), "%s at %zu: %s",
				cases[i].text, at, buf_str(&got));
			buf_free(&got);
		}
}
END_TEST

START_TEST(the_end_hands_out_what_has_no_empty_line)
{
	struct buf got;

	parse_split("data: a\n\nevent: x\ndata: [DONE]", 29, 4, true, &got);
	ck_assert_str_eq(buf_str(&got), "[|a][x|[DONE]");
	buf_free(&got);
}
END_TEST

static void note_id(void *ctx, const struct sse_event *event)
{
	struct seen *seen = ctx;

	buf_addf(&seen->text, "[%s]", event->id);
}

START_TEST(an_id_stays_until_the_next)
{
	static const char text[] = "data: 1\n\nid: a-1\ndata: 2\n\ndata: 3\n\nid\ndata: 4\n\nid: ";
	static const char end[] = "\ndata: 5\n\n";
	char longest[1000];
	struct seen seen;
	struct sse s;

	buf_init(&seen.text, MAX);
	sse_init(&s, MAX, note_id, &seen);
	memset(longest, 'x', sizeof(longest));
	ck_assert(sse_feed(&s, text, strlen(text)) && sse_feed(&s, longest, sizeof(longest)) &&
		  sse_feed(&s, end, strlen(end)));
	ck_assert_str_eq(buf_str(&seen.text), "[][a-1][a-1][][]");
	buf_free(&seen.text);
	sse_free(&s);
}
END_TEST

START_TEST(an_event_is_bounded)
{
	struct seen seen;
	struct sse s;
	bool fits = true;

	buf_init(&seen.text, MAX);
	sse_init(&s, 64, note_event, &seen);
	for (int i = 0; i < 100; i++)
		ck_assert(sse_feed(&s, "data: 0123456789\n\n:c\n", 21));
	for (int i = 0; i < 100 && fits; i++)
		fits = sse_feed(&s, "data: 0123456789\n", 17);
	ck_assert(!fits);
	sse_reset(&s, 0);
	fits = true;
	for (int i = 0; i < 100 && fits; i++)
		fits = sse_feed(&s, "x", 1);
	ck_assert(!fits);
	sse_free(&s);
	buf_free(&seen.text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {events_are_those_of_the_standard,
		the_end_hands_out_what_has_no_empty_line, an_id_stays_until_the_next,
		an_event_is_bounded, NULL};

	return unit_run("sse", tests);
}

/* What goes into the clipboard: bounded, harmless where it is pasted, and without a key. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "clip.h"
#include "unit.h"

static void check_clip(const char *text, size_t len, const char *base64)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	clip_add(&out, text, len);
	ck_assert_int_eq(strncmp(buf_str(&out), "\033]52;c;", 7), 0);
	ck_assert_msg(!strncmp(buf_str(&out) + 7, base64, strlen(base64)), "%s", buf_str(&out) + 7);
	ck_assert_str_eq(buf_str(&out) + 7 + strlen(base64), "\033\\");
	buf_free(&out);
}

START_TEST(control_characters_stay_behind)
{
	static const char text[] = "a\x1b[31m\r\n\tb\xc2\x9b\xff\xc3\xa9\0c";

	check_clip("", 0, "");
	check_clip("a", 1, "YQ==");
	check_clip("ab", 2, "YWI=");
	check_clip("abc", 3, "YWJj");
	check_clip(text, sizeof(text) - 1, "YVszMW0KCWLDqWM=");
}
END_TEST

START_TEST(a_long_text_is_cut_at_a_character)
{
	size_t n = CLIP_MAX * 2;
	char *text = xmalloc(n);
	struct buf out;

	text[0] = 'a';
	for (size_t i = 1; i < n; i++)
		text[i] = i % 2 ? '\xc3' : '\xa9';
	buf_init(&out, 1 << 20);
	clip_add(&out, text, n);
	ck_assert_uint_le(out.len, 9 + (CLIP_MAX + 2) / 3 * 4);
	ck_assert_uint_gt(out.len, 9 + (CLIP_MAX - 4) / 3 * 4);
	buf_free(&out);
	free(text);
}
END_TEST

START_TEST(a_request_is_a_command_of_curl)
{
	static const struct {
		const char *head, *body, *command;
	} cases[] = {
		{"POST https://api.example.com/v1/x\nContent-Type: application/json\n"
		 "Authorization: Bearer [redacted]\n",
			"{\"a\":\"it's $HOME\"}",
			"curl -X 'POST' 'https://api.example.com/v1/x' \\\n  -H 'Content-Type: "
			"application/json' \\\n  -H 'Authorization: Bearer '\"$API_KEY\" \\\n  "
			"--data-raw '{\"a\":\"it'\\''s $HOME\"}'\n"},
		{"GET https://x.example/?q=1&key=[redacted]\r\nauthorization: "
		 "[redacted]\r\nx-api-key: [redacted]\r\n",
			NULL,
			"curl -X 'GET' 'https://x.example/?q=1&key='\"$API_KEY\" \\\n  -H "
			"'authorization: '\"Bearer "
			"$API_KEY\" \\\n  -H 'x-api-key: '\"$API_KEY\"\n"},
		{"POST https://x.example/';id;'\nX: `id`\n", "",
			"curl -X 'POST' 'https://x.example/'\\'';id;'\\''' \\\n  -H 'X: `id`' \\\n "
			" "
			"--data-raw ''\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct item_detail d = {.request_head = (char *)cases[i].head,
			.request_body = (char *)cases[i].body,
			.request_body_len = cases[i].body ? strlen(cases[i].body) : 0};
		struct buf out;

		buf_init(&out, 1 << 16);
		ck_assert(clip_curl(&d, &out));
		ck_assert_str_eq(buf_str(&out), cases[i].command);
		buf_free(&out);
	}
}
END_TEST

START_TEST(what_no_shell_takes_is_refused)
{
	struct item_detail none = {.request_head = NULL};
	struct item_detail words = {.request_head = (char *)"not known: a pipe\n"};
	struct item_detail nul = {.request_head = (char *)"POST https://u\n",
		.request_body = (char *)"a\0b",
		.request_body_len = 3};
	struct buf out;

	buf_init(&out, 1 << 16);
	ck_assert(!clip_curl(&none, &out));
	ck_assert(!clip_curl(&words, &out));
	ck_assert(!clip_curl(&nul, &out));
	buf_free(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {control_characters_stay_behind,
		a_long_text_is_cut_at_a_character, a_request_is_a_command_of_curl,
		what_no_shell_takes_is_refused, NULL};

	return unit_run("clip", tests);
}

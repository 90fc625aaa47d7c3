/* The line editor: keys in, text, cursor and window out. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "keys.h"
#include "prompt.h"
#include "unit.h"

static const char *const lines[] = {"drain", "pause", "set concurrency", "set rate", "set rpm",
	"theme nord", "theme mono", "retry", "retry all"};

enum { LINES = sizeof(lines) / sizeof(lines[0]) };

/* Special keys as characters of the private area, so that a test is one string. */
#define K_LEFT       L"\ue000"
#define K_RIGHT      L"\ue001"
#define K_UP         L"\ue002"
#define K_DOWN       L"\ue003"
#define K_HOME       L"\ue004"
#define K_END        L"\ue005"
#define K_DEL        L"\ue006"
#define K_ALT_B      L"\ue007"
#define K_ALT_F      L"\ue008"
#define K_ALT_D      L"\ue009"
#define K_ALT_RUBOUT L"\ue00a"
#define K_BACK_TAB   L"\ue00b"

static enum prompt_end press(struct prompt *p, const wchar_t *keys)
{
	static const int special[] = {KEY_ARROW_LEFT, KEY_ARROW_RIGHT, KEY_ARROW_UP, KEY_ARROW_DOWN,
		KEY_GO_HOME, KEY_GO_END, KEY_REMOVE, ALT_KEYS + 'b', ALT_KEYS + 'f', ALT_KEYS + 'd',
		ALT_KEYS + KEY_RUBOUT, KEY_BACK_TAB};
	enum prompt_end end = PROMPT_OPEN;

	for (; *keys; keys++) {
		int key = *keys >= 0xe000 && *keys <= 0xe00b ? special[*keys - 0xe000] : (int)*keys;

		end = prompt_take(p, key, lines, LINES);
		ck_assert_uint_le(p->cursor, strlen(p->text));
		if (end == PROMPT_ENTERED)
			prompt_open(p, "");
	}
	return end;
}

START_TEST(keys_edit_the_line)
{
	static const struct {
		const char *start;
		const wchar_t *keys;
		const char *text; /* with | at the cursor */
	} cases[] = {
		{"", L"abc", "abc|"},
		{"set ", L"rate", "set rate|"},
		{"abc", K_LEFT K_LEFT L"X", "aX|bc"},
		{"abc", K_HOME L"X" K_END L"Y", "XabcY|"},
		{"abc", K_HOME K_LEFT L"\x7f", "|abc"},
		{"abc", K_HOME K_DEL, "|bc"},
		{"abc", K_DEL, "abc|"},
		{"abc", L"\x7f", "ab|"},
		{"abc", K_LEFT L"\x7f", "a|c"},
		{"one two  ", L"\x17", "one |"},
		{"one two", K_LEFT L"\x17", "one |o"},
		{"one two", K_LEFT K_LEFT L"\x15", "|wo"},
		{"naïve", K_LEFT K_LEFT L"\x7f", "na|ve"},
		{"日本", K_LEFT L"x", "日x|本"},
		{"e\u0301\u0302z", K_LEFT L"\x7f", "|z"},
		{"e\u0301z", K_HOME K_RIGHT L"-", "e\u0301-|z"},
		{"", L"a\x11\x13\x0fz", "az|"},
		/* as readline */
		{"abc", L"\x01X\x05Y", "XabcY|"},
		{"abc", L"\x01\x06X\x05\x02Y", "aXbY|c"},
		{"abc", L"\x01\x04", "|bc"},
		{"one two", L"\x01\x06\x0b", "o|"},
		{"one two", L"\x17\x01\x19", "two|one "},
		{"one two", K_HOME K_ALT_F L"X", "oneX| two"},
		{"one-two  ", K_ALT_B L"X", "one-X|two  "},
		{"one-two", K_ALT_B K_ALT_B K_ALT_D, "|-two"},
		{"one-two", K_ALT_RUBOUT, "one-|"},
		{"",
			L"a\u202e\u200b\x9b"
			L"b",
			"ab|"},
		{"ab\x1b[2J", L"", "ab\\x1b[2J|"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct prompt p;
		char shown[PROMPT_MAX + 2];

		memset(&p, 0, sizeof(p));
		prompt_open(&p, cases[i].start);
		press(&p, cases[i].keys);
		snprintf(shown, sizeof(shown), "%.*s|%s", (int)p.cursor, p.text, p.text + p.cursor);
		ck_assert_msg(!strcmp(shown, cases[i].text), "case %zu is [%s]", i, shown);
	}
}
END_TEST

START_TEST(ends_as_asked)
{
	static struct prompt p;

	prompt_open(&p, "abc");
	ck_assert_int_eq(prompt_take(&p, KEY_RETURN, lines, LINES), PROMPT_ENTERED);
	ck_assert_str_eq(p.text, "abc");
	ck_assert_int_eq(prompt_take(&p, KEY_ESC, lines, LINES), PROMPT_LEFT);
	ck_assert_int_eq(prompt_take(&p, KEY_CTRL_C, lines, LINES), PROMPT_LEFT);
	ck_assert_int_eq(prompt_take(&p, KEY_CTRL_L, lines, LINES), PROMPT_NOT_MINE);
	ck_assert_int_eq(prompt_take(&p, KEY_PAGE_UP, lines, LINES), PROMPT_NOT_MINE);
	prompt_open(&p, "a");
	ck_assert_int_eq(prompt_take(&p, KEY_RUBOUT, lines, LINES), PROMPT_OPEN);
	ck_assert_int_eq(prompt_take(&p, KEY_RUBOUT, lines, LINES), PROMPT_LEFT);
}
END_TEST

START_TEST(tab_completes_word_by_word)
{
	static const struct {
		const wchar_t *keys;
		const char *text, *hint;
	} cases[] = {
		{L"dr\t", "drain", ""},
		{L"se\t", "set ", ""},
		{L"se\t\t", "set ", "concurrency rate rpm"},
		{L"set r\t", "set r", "rate rpm"},
		{L"set ra\t", "set rate", ""},
		{L"set ra\t ", "set rate ", ""},
		{L"t\t\t", "theme ", "nord mono"},
		/* again: through the choices and round */
		{L"t\t\t\t", "theme nord", "nord mono"},
		{L"t\t\t\t\t", "theme mono", "nord mono"},
		{L"t\t\t\t\t\t", "theme nord", "nord mono"},
		{L"t\t\t" K_BACK_TAB, "theme mono", "nord mono"},
		{L"t\t\t\t\t x", "theme mono x", ""},
		{L"set r\t\t\t\x01", "set rpm", ""},
		{L"ret\t", "retry", ""},
		{L"ret\t\t", "retry ", ""},
		{L"ret\t\t\t", "retry all", ""},
		{L"zz\t", "zz", ""},
		{L"\t", "", "drain pause set theme retry"},
		{L"\tp\t", "pause", ""},
		{L"draXX" K_LEFT K_LEFT L"\t", "drainXX", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct prompt p;

		prompt_open(&p, "");
		press(&p, cases[i].keys);
		ck_assert_msg(!strcmp(p.text, cases[i].text) && !strcmp(p.hint, cases[i].hint),
			"case %zu is [%s] hint [%s]", i, p.text, p.hint);
	}
}
END_TEST

START_TEST(history_has_each_line_once)
{
	static const struct {
		const wchar_t *keys;
		const char *text;
	} cases[] = {
		{K_UP, ""},
		{L"one\rtwo\r" K_UP, "two"},
		{L"one\rtwo\r" K_UP K_UP, "one"},
		{L"one\rtwo\r" K_UP K_UP K_UP, "one"},
		{L"one\rtwo\rnew" K_UP K_UP K_DOWN K_DOWN, "new"},
		{L"one\rtwo\rnew" K_DOWN, "new"},
		{L"one\rtwo\rone\r" K_UP K_UP, "two"},
		{L"one\rtwo\rone\r" K_UP K_UP K_UP, "two"},
		{L"one\r   \r\r" K_UP, "one"},
		{L"one\r" K_UP L"!\r" K_UP K_UP, "one"},
	};
	static struct prompt p;
	wchar_t many[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&p, 0, sizeof(p));
		prompt_open(&p, "");
		press(&p, cases[i].keys);
		ck_assert_msg(!strcmp(p.text, cases[i].text), "case %zu is [%s]", i, p.text);
	}
	memset(&p, 0, sizeof(p));
	for (int i = 0; i < 3 * PROMPT_HISTORY; i++) {
		swprintf(many, 64, L"line %d\r", i);
		press(&p, many);
	}
	ck_assert_uint_eq(p.past_n, PROMPT_HISTORY);
	ck_assert_str_eq(p.past[PROMPT_HISTORY - 1], "line 149");
	ck_assert_str_eq(p.past[0], "line 100");
}
END_TEST

START_TEST(the_history_is_searched)
{
	static const struct {
		const wchar_t *keys;
		const char *text;
	} cases[] = {
		{L"\x12two", "pause two"},
		{L"\x12two\x12", "two one"},
		{L"\x12two\x12\x12", "two one"},
		{L"\x12one", "two one"},
		{L"\x12o\x7f\x7fp", "pause two"},
		{L"\x12two\x05!", "pause two!"},
		{L"typed\x12two\x1b", "typed"},
		{L"typed\x12two\x07", "typed"},
		{L"typed\x12nothing", "typed"},
		{L"typed\x12", "typed"},
	};
	static struct prompt p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&p, 0, sizeof(p));
		prompt_open(&p, "");
		press(&p, L"two one\rpause two\r");
		press(&p, cases[i].keys);
		ck_assert_msg(!strcmp(p.text, cases[i].text), "case %zu is [%s]", i, p.text);
	}
	ck_assert_int_eq(prompt_take(&p, KEY_RETURN, lines, LINES), PROMPT_ENTERED);
}
END_TEST

START_TEST(a_lead_cannot_be_edited)
{
	static struct prompt p;

	prompt_open_after(&p, "filter ", "state:failed");
	press(&p, L"x");
	ck_assert_str_eq(p.text, "x"); /* it was selected */
	prompt_open_after(&p, "filter ", "state:failed");
	press(&p, L"\x05!");
	ck_assert_str_eq(p.text, "state:failed!");
	prompt_take(&p, KEY_CTRL_U, lines, LINES);
	ck_assert_str_eq(p.text, "");
	ck_assert_str_eq(p.lead, "filter ");
	prompt_open_after(&p, "filter ", "state:failed");
	press(&p, L"\x7f");
	ck_assert_str_eq(p.text, "");
	press(&p, L"ok");
	ck_assert_int_eq(prompt_take(&p, KEY_RETURN, lines, LINES), PROMPT_ENTERED);
	prompt_open_after(&p, "", "");
	press(&p, L"drain\r" K_UP K_UP);
	ck_assert_str_eq(p.text, "filter ok");
	prompt_open_after(&p, "filter ", "");
	press(&p, K_UP);
	ck_assert_str_eq(p.text, "ok"); /* no other lines */
	press(&p, K_UP);
	ck_assert_str_eq(p.text, "ok");
}
END_TEST

START_TEST(the_window_keeps_the_cursor_in_sight)
{
	static const struct {
		const char *start;
		const wchar_t *keys;
		int cells;
		const char *shown;
		int cursor;
	} cases[] = {
		{"abcdef", L"", 10, "abcdef", 6},
		{"abcdef", L"", 6, "bcdef", 5},
		{"abcdef", K_HOME, 4, "abcd", 0},
		{"abcdef", K_LEFT K_LEFT, 4, "bcde", 3},
		{"日本語", L"", 5, "本語", 4},
		{"日本語", K_HOME, 5, "日本", 0},
		{"ab", L"", 1, "", 0},
		{"ab", L"", 0, "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct prompt p;
		char out[PROMPT_MAX];
		int cursor;

		prompt_open(&p, cases[i].start);
		press(&p, cases[i].keys);
		cursor = prompt_window(&p, cases[i].cells, out, sizeof(out));
		ck_assert_msg(!strcmp(out, cases[i].shown) && cursor == cases[i].cursor,
			"case %zu is [%s] %d", i, out, cursor);
	}
}
END_TEST

START_TEST(a_full_line_takes_no_more)
{
	static struct prompt p;
	char out[PROMPT_MAX];

	prompt_open(&p, "");
	for (int i = 0; i < PROMPT_MAX * 2; i++)
		prompt_take(&p, 0x65e5, lines, LINES);
	ck_assert_uint_eq(strlen(p.text), (PROMPT_MAX - 1) / 3 * 3);
	prompt_window(&p, 20, out, sizeof(out));
	prompt_window(&p, 500, out, 16);
	ck_assert_uint_lt(strlen(out), 16);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {keys_edit_the_line, ends_as_asked, tab_completes_word_by_word,
		history_has_each_line_once, the_history_is_searched, a_lead_cannot_be_edited,
		the_window_keeps_the_cursor_in_sight, a_full_line_takes_no_more, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("prompt", tests);
}

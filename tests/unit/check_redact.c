/* Secrets are found in text however they are escaped, and nothing else is. */
#include <string.h>

#include "plan/redact.h"
#include "unit.h"

#define KEY "sk/a+0123456789-Z="

START_TEST(secrets_are_found_however_they_are_written)
{
	static const struct {
		const char *text, *want; /* NULL: left alone */
	} cases[] = {
		{KEY, REDACTED},
		{"a " KEY ", b " KEY "!", "a " REDACTED ", b " REDACTED "!"},
		{"sk\\/a+0123456789-Z=", REDACTED},
		{"sk\\\\\\/a\\u002B0123456789-Z\\u003d", REDACTED},
		{"x=sk%2Fa%2b0123456789-Z%3D&y=1", "x=" REDACTED "&y=1"},
		{"\\u0073\\u006b\\u002f\\u0061\\u002b\\u0030\\u0031\\u0032\\u0033\\u0034\\u0035"
		 "\\u0036\\u0037\\u0038\\u0039\\u002d\\u005a\\u003D!",
			REDACTED "!"},
		{"u00 sk/a+01234\\u003567\\\\u00389-Z=.", "u00 " REDACTED "."},
		{"%73%6B%2f%61+%30123456789-%5A=&", REDACTED "&"},
		{"100% of sk/a+0123456789-Z=", "100% of " REDACTED},
		{"100% of sk/a+0123456789-Z", NULL},
		{"sk&#47;a&#x2B;0123456789-Z&#061;", REDACTED},
		{"&#115;k/a+0123456789-Z=&#", REDACTED "&#"},
		{"&#x;&#115;&#99999999999;", NULL},
		{"sk/a+0123456789-", NULL},
		{"/a+0123456789-Z=", NULL},
		{"0123456789 sk/a+0123456789-Z=", "0123456789 " REDACTED},
		{"sk/a+0123456789-Zsk/a+0123456789-Z=", "sk/a+0123456789-Z" REDACTED},
		{"\\\\\\\\\\\\\\\\\\\\\\\\", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *want = cases[i].want ? cases[i].want : cases[i].text;
		struct buf text;

		buf_init(&text, 1000);
		buf_adds(&text, cases[i].text);
		redact_text(&text, KEY);
		ck_assert_str_eq(buf_str(&text), want);
		buf_free(&text);
	}
}
END_TEST

START_TEST(half_of_a_long_secret_is_too_much)
{
	static const char secret[] = "sk-proj-ABCDEFGHIJKLMNOPQRSTUVWX"; /* 32 */
	static const struct {
		const char *text, *want; /* NULL: left alone */
	} cases[] = {
		{"{\"a\":\"sk-proj-ABCDEFGH", "{\"a\":\"" REDACTED},
		{"sk-proj-ABCDEFGHIJKLMNOPQRS\"}", REDACTED "\"}"},
		{"sk-proj-ABCDEFGHIJKL\\u004dNOPQRSTUVWXY", REDACTED "Y"},
		{"sk-proj-ABCDEFG", NULL},
		{"IJKLMNOPQRSTUVWX", NULL},
		{"sk-proj-ABCDEFGHsk-proj-ABCDEFGHIJKLMNOPQRSTUVWXsk-proj-",
			REDACTED REDACTED "sk-proj-"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text;

		buf_init(&text, 1000);
		buf_adds(&text, cases[i].text);
		redact_text(&text, secret);
		ck_assert_str_eq(buf_str(&text), cases[i].want ? cases[i].want : cases[i].text);
		buf_free(&text);
	}
}
END_TEST

START_TEST(short_or_odd_secrets_are_left)
{
	static const char *const secrets[] = {"", "x", "1234567", "--------"};
	struct buf out;

	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		ck_assert(!redact_copy("x1234567--------", 16, secrets[i], &out));
	ck_assert_uint_eq(out.len, 0);
	buf_free(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {secrets_are_found_however_they_are_written,
		half_of_a_long_secret_is_too_much, short_or_odd_secrets_are_left, NULL};

	return unit_run("redact", tests);
}

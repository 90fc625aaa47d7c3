/* Keys: what is wrong with them is seen, where they may go, and what of a request is one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/key_text.h"
#include "plan/origin_headers.h"
#include "plan/redact.h"
#include "plan/secrets.h"
#include "unit.h"

START_TEST(keys_are_trimmed)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"sk-1", "sk-1"},
		{" \t sk-1\r\n ", "sk-1"},
		{"sk-1 ", "sk-1"},
		{"   ", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[32];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		key_text_trim(text);
		ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

START_TEST(what_came_along_with_a_key_is_seen)
{
	static const struct {
		const char *key, *word; /* NULL: nothing is wrong */
	} cases[] = {
		{"sk-proj-abc_DEF/1+2=", NULL},
		{"eyJhbGciOiJIUzI1NiJ9.e30.AAAA", NULL},
		{"ABCDEFGHIJ==", NULL},
		{"ABCDEFGHIJ=", NULL},
		{"abc=def", NULL},
		{"Bearertoken", NULL},
		{"\xef\xbb\xbfsk-1", "byte order mark"},
		{"\xff\xfes", "byte order mark"},
		{"\xe2\x80\x9csk-1\xe2\x80\x9d", "not ASCII"},
		{"sk-1\xc2\xa0", "not ASCII"},
		{"sk\n1", "control"},
		{"\"sk-1\"", "quotes"},
		{"'sk-1'", "quotes"},
		{"sk-1\"", "quotes"},
		{"OPENAI_API_KEY=sk-1", "variable"},
		{"export OPENAI_API_KEY=sk-1", "variable"},
		{"KEY=\"sk-1\"", "quotes"},
		{"Bearer sk-1", "a header name"},
		{"bearer\tsk-1", "control"},
		{"Authorization: Bearer sk-1", "a header name"},
		{"Basic dTpw", "a header name"},
		{"sk-1 sk-2", "blank"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *fault = key_text_fault(cases[i].key);

		if (cases[i].word)
			ck_assert_msg(fault && strstr(fault, cases[i].word), "%s: %s", cases[i].key,
				fault ? fault : "none");
		else
			ck_assert_msg(!fault, "%s: %s", cases[i].key, fault);
	}
}
END_TEST

START_TEST(secret_headers_are_looked_at_too)
{
	static const struct {
		const char *line, *want; /* NULL: refused */
	} cases[] = {
		{"X-Api-Key:  sk-1 \t", "X-Api-Key:sk-1"},
		{"Authorization: Bearer sk-1", "Authorization:Bearer sk-1"},
		{"Authorization: Digest username=\"u\", nonce=\"n\"",
			"Authorization:Digest username=\"u\", nonce=\"n\""},
		{"Authorization: Basic dTpw", "Authorization:Basic dTpw"},
		{"Cookie: SID=abc; B=\"d\"", "Cookie:SID=abc; B=\"d\""},
		{"Authorization: Bearer Bearer sk-1", NULL},
		{"Authorization: Bearer \"sk-1\"", NULL},
		{"Authorization: Bearer KEY=sk-1", NULL},
		{"Authorization: \"sk-1\"", NULL},
		{"Authorization: Bearer ", NULL},
		{"X-Api-Key: 'sk-1'", NULL},
		{"X-Auth-Token: Bearer sk-1", NULL},
		{"X-Client-Secret: \xef\xbb\xbfsk-1", NULL},
		{"Cookie: SID=\xe2\x80\x8b", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		char line[80];

		snprintf(line, sizeof(line), "%s", cases[i].line);
		ck_assert_msg(key_text_check_header(line, &err) == (cases[i].want != NULL),
			"%s: %s", cases[i].line, err.text);
		if (cases[i].want)
			ck_assert_str_eq(line, cases[i].want);
		else
			ck_assert_ptr_null(strstr(err.text, "sk-1"));
	}
}
END_TEST

static void scrubs(const struct secrets *s, const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 1000);
	if (!secrets_scrub(s, text, strlen(text), &out))
		buf_adds(&out, text);
	ck_assert_str_eq(buf_str(&out), want);
	buf_free(&out);
}

START_TEST(secrets_of_headers_and_addresses)
{
	static const char lines[] =
		"X-Team: abcdefghijk\nX-Api-Key: 0123456789\r\n"
		"Authorization: Bearer abcdefgh1\nCookie: a=short; s=cookie-1234\n";
	struct secrets s = {.text = NULL};

	secrets_add_headers(&s, lines, strlen(lines));
	ck_assert_uint_eq(s.n, 3);
	secrets_add_headers(&s, lines, strlen(lines));
	ck_assert_uint_eq(s.n, 3);
	secrets_add_url(&s, "https://user:pass%2Fword@h/p?x=aaaaaaaaaa&api_key=query%20key&n=1#f");
	secrets_add_url(&s, "https://h/p");
	secrets_add_url(&s, "https://tokenuser@h?");
	ck_assert_uint_eq(s.n, 7);
	scrubs(&s, "abcdefghijk 0123456789, Bearer abcdefgh1",
		"abcdefghijk [redacted], Bearer [redacted]");
	scrubs(&s, "cookie-1234 pass/word pass%2fword query key tokenuser",
		"[redacted] [redacted] [redacted] [redacted] [redacted]");
	scrubs(&s, "Basic dXNlcjpwYXNzL3dvcmQ= dXNlcjpwYXNzL3dvcmQ",
		"Basic [redacted] dXNlcjpwYXNzL3dvcmQ");
	secrets_clear(&s);
	secrets_add_url(&s, "http://a:1234567@h");
	scrubs(&s, "YToxMjM0NTY3", REDACTED);
	secrets_clear(&s);
	secrets_add_url(&s, "http://a:12345678@h");
	scrubs(&s, "YToxMjM0NTY3OA== 12345678", REDACTED " " REDACTED);
	scrubs(&s, "nothing", "nothing");
	secrets_free(&s);
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

START_TEST(origins_are_scheme_host_and_port)
{
	static const struct {
		const char *url, *origin;
	} cases[] = {
		{"https://API.example/v1", "https://api.example:443"},
		{"HTTPS://api.example:443?x", "https://api.example:443"},
		{"https://api.example:/", "https://api.example:443"},
		{"http://h", "http://h:80"},
		{"http://h:8080#a", "http://h:8080"},
		{"http://[::1]:99/x", "http://[::1]:99"},
		{"http://[::1]/x", "http://[::1]:80"},
		{"https://api.example.evil/", "https://api.example.evil:443"},
		{"https://user@h/", NULL},
		{"https://good\\@evil/", NULL},
		{"https://", NULL},
		{"/v1/x", NULL},
		{"ftp://h/", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *origin = origin_of(cases[i].url);

		if (cases[i].origin)
			ck_assert_str_eq(origin, cases[i].origin);
		else
			ck_assert_msg(!origin, "%s: %s", cases[i].url, origin);
		free(origin);
	}
}
END_TEST

static void goes(const struct origin_headers *h, const char *url, const char *own, const char *want)
{
	struct buf out;

	buf_init(&out, 1000);
	origin_headers_for(h, url, own, &out);
	ck_assert_str_eq(buf_str(&out), want);
	buf_free(&out);
}

START_TEST(headers_for_one_origin)
{
	static const char *const wrong[] = {"X-A: b", "https://h", "https://h/path X-A: b",
		"https://h?q X-A: b", "https://h X-A", "ftp://h X-A: b", "https://u@h X-A: b",
		"https://h : b", "", " "};
	struct origin_headers h = {.at = NULL};
	struct error err = {""};
	struct buf shown;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!origin_header_valid(wrong[i]), "%s", wrong[i]);
	ck_assert(origin_headers_add(&h, "https://Files.example  X-Api-Key: k1 ", false, &err));
	ck_assert(origin_headers_add(&h, "https://files.example:443/ X-Team: t", false, &err));
	ck_assert(
		origin_headers_add(&h, "http://127.0.0.1:9 Authorization: Bearer k", false, &err));
	ck_assert(!origin_headers_add(&h, "http://files.example X-Api-Key: k9", false, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "unencrypted"));
	ck_assert_ptr_null(strstr(err.text, "k9"));
	ck_assert(origin_headers_add(&h, "http://files.example X-Api-Key: k9", true, &err));
	ck_assert(!origin_headers_add(&h, "https://h X-Api-Key: 'k7'", true, &err));
	ck_assert_ptr_null(strstr(err.text, "k7"));
	goes(&h, "https://files.example/x?y", "", "X-Api-Key:k1\nX-Team: t\n");
	goes(&h, "https://files.example/x?y", "A: b\nx-api-key: own\n", "X-Team: t\n");
	goes(&h, "https://files.example.evil/x", "", "");
	goes(&h, "http://127.0.0.1:9/", "", "Authorization:Bearer k\n");
	goes(&h, "/v1", "", "");
	buf_init(&shown, 1000);
	origin_headers_show(&h, "https://files.example/", &shown);
	ck_assert_str_eq(buf_str(&shown), "X-Api-Key: [redacted]\nX-Team: t\n");
	buf_clear(&shown);
	origin_headers_show(&h, NULL, &shown);
	ck_assert_str_eq(buf_str(&shown), "https://files.example:443 X-Team: t\n");
	buf_free(&shown);
	origin_headers_free(&h);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {keys_are_trimmed, what_came_along_with_a_key_is_seen,
		secret_headers_are_looked_at_too, secrets_of_headers_and_addresses,
		origins_are_scheme_host_and_port, headers_for_one_origin, NULL};

	return unit_run("secrets", tests);
}

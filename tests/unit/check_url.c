/* URLs: where their parts stand in texts of any kind, what libcurl refuses, and percent-encoding.
 */
#include <stdlib.h>
#include <string.h>

#include "base/url.h"
#include "plan/origin.h"
#include "unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(parts_are_found_in_any_text)
{
	static const struct {
		const char *url, *authority, *host, *rest;
	} cases[] = {
		{"https://h/v1?a=b#c", "h", "h", "/v1?a=b#c"},
		{"https://h:8080", "h:8080", "h:8080", ""},
		{"https://u:p@h:1?x=@y", "u:p@h:1", "h:1", "?x=@y"},
		{"https://u@h@x/", "u@h@x", "x", "/"}, /* none of a password that holds an @ */
		{"https://u:p%40w@h/@", "u:p%40w@h", "h", "/@"},
		{"https://@h", "@h", "h", ""},
		{"https://u:p@", "u:p@", "", ""},
		{"https://[::1]:80/x", "[::1]:80", "[::1]:80", "/x"},
		{"https://u@[fe80::1%25eth0]#f", "u@[fe80::1%25eth0]", "[fe80::1%25eth0]", "#f"},
		{"u:p@h/x", "u:p@h", "h", "/x"},
		{"/v1/a@b", "", "", "/v1/a@b"},
		{"https://", "", "", ""},
		{"", "", "", ""},
		{"https:///h@x", "", "", "/h@x"},
		{"https://h\\@x/", "h\\@x", "x", "/"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url_parts p = url_split(cases[i].url);

		ck_assert_int_eq(p.end - p.authority, strlen(cases[i].authority));
		ck_assert_int_eq(
			strncmp(p.authority, cases[i].authority, (size_t)(p.end - p.authority)), 0);
		ck_assert_int_eq(p.end - p.host, strlen(cases[i].host));
		ck_assert_str_eq(p.end, cases[i].rest);
		ck_assert_msg(url_has_user(cases[i].url) ==
				      (strlen(cases[i].authority) > strlen(cases[i].host)),
			"%s", cases[i].url);
	}
}
END_TEST

START_TEST(hosts_that_libcurl_refuses)
{
	static const struct {
		const char *url;
		bool good;
	} cases[] = {
		{"http://h", true},
		{"HTTPS://h:65535/a b", true}, /* no more than host and port are judged */
		{"http://u:p@h/", true},
		{"http://[::1]:8080/", true},
		{"http://127.0.0.1", true},
		{"http://h:65536", false},
		{"http://h:80:80/", false},
		{"http://h:x", false},
		{"http://[::1", false},
		{"http://[::g]/", false},
		{"http://a b/", false},
		{"http://u@/", false},
		{"http://:80", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(!url_fault(cases[i].url, strlen(cases[i].url)) == cases[i].good, "%s",
			cases[i].url);
	ck_assert_ptr_null(url_fault("http://h:1x", 10)); /* no byte behind len */
}
END_TEST

START_TEST(hosts_are_those_of_libcurl)
{
	static const struct {
		const char *url, *host; /* NULL: none */
	} cases[] = {
		{"http://u:p@h:8080/x", "h"},
		{"http://[::1]:80", "[::1]"},
		{"http://127.1/", "127.0.0.1"},
		{"http://%6cocalhost/", "localhost"},
		{"http://h:99999", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *host = url_host(cases[i].url);

		ck_assert_msg(cases[i].host ? host && !strcmp(host, cases[i].host) : !host,
			"%s: %s", cases[i].url, host ? host : "none");
		free(host);
	}
}
END_TEST

/* Who may see a secret is decided by these two. */
START_TEST(origins_of_odd_urls)
{
	static const struct {
		const char *url, *origin; /* NULL: none */
		bool exposed;
	} cases[] = {
		{"https://H.example/V1", "https://h.example:443", false},
		{"HTTP://h:8080?x", "http://h:8080", true},
		{"http://h:", "http://h:80", true},
		{"https://u:p@h", NULL, false},
		{"https://@h", NULL, false},
		{"https://h\\x", NULL, false},
		{"https://h/\\@x", "https://h:443", false},
		{"https:///x", NULL, false},
		{"http://[::1]/", "http://[::1]:80", false},
		{"http://[::1]:8080", "http://[::1]:8080", false},
		{"http://[::2]", "http://[::2]:80", true},
		{"http://127.0.0.1#x", "http://127.0.0.1:80", false},
		{"http://128.0.0.1", "http://128.0.0.1:80", true},
		{"http://a.localhost:1", "http://a.localhost:1", false},
		{"http://localhost.example", "http://localhost.example:80", true},
		{"http://localhost@h/", NULL, true},
		{"http://h:99999", "http://h:99999", true},
		{"ftp://h", NULL, false},
		{"h", NULL, false},
		{"", NULL, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *origin = origin_of(cases[i].url);

		ck_assert_msg(
			cases[i].origin ? origin && !strcmp(origin, cases[i].origin) : !origin,
			"%s: %s", cases[i].url, origin ? origin : "none");
		ck_assert_msg(
			origin_is_exposed(cases[i].url) == cases[i].exposed, "%s", cases[i].url);
		free(origin);
	}
}
END_TEST

START_TEST(all_but_unreserved_characters_are_escaped)
{
	static const char all[] = "Az09-._~ /?#%&=+@:\"{}|\\^`\x7f\x01\xc3\xa9";
	struct buf out;

	buf_init(&out, 100);
	ck_assert(url_escape(&out, all, strlen(all)));
	ck_assert_str_eq(buf_str(&out), "Az09-._~%20%2F%3F%23%25%26%3D%2B%40%3A%22%7B%7D%7C%5C%5E"
					"%60%7F%01%C3%A9");
	buf_clear(&out);
	ck_assert(url_escape(&out, "a\0b", 3) && url_escape(&out, "x", 0));
	ck_assert_str_eq(buf_str(&out), "a%00b");
	buf_free(&out);
	buf_init(&out, 5);
	ck_assert(!url_escape(&out, "//", 2));
	buf_free(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {parts_are_found_in_any_text, hosts_that_libcurl_refuses,
		hosts_are_those_of_libcurl, origins_of_odd_urls,
		all_but_unreserved_characters_are_escaped, NULL};

	return unit_run("url", tests);
}

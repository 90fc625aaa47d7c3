/* Text from outside: made harmless for a terminal, read as numbers and dates, cleaned of secrets.
 */
#include "base/clock.h"
#include "base/date.h"
#include "base/parse.h"
#include "base/url.h"
#include "fuzz.h"
#include "api/rate_text.h"
#include "pretty.h"
#include "control/filter.h"
#include "plan/origin.h"
#include "plan/redact.h"

#define SECRET "sk-0123456789"
enum { MAX = 1 << 12, OUT = 12 * MAX };

/* Whatever the size of out is, what is in it is whole. */
static void check_sanitise(const char *text, size_t len)
{
	char all[OUT], some[64], cut[64];
	int cells;

	must(text_sanitise(all, sizeof(all), text, len) == strlen(all));
	for (const unsigned char *p = (const unsigned char *)all; *p; p++)
		must(*p >= 0x20 && *p != 0x7f);
	for (size_t size = 1; size <= sizeof(some); size++) {
		must(text_sanitise(some, size, text, len) < size);
		must(!strncmp(all, some, strlen(some)));
	}
	must_be_harmless(some);
	for (cells = 0; cells < 12; cells++)
		must(text_cut(cut, sizeof(cut), all, cells) <= cells && text_cells(cut) <= cells);
}

static void check_numbers(const char *text, size_t len)
{
	struct filter filter;
	char words[160];
	int64_t n;
	double d;

	if (parse_count(text, -5, 1000000, &n))
		must(n >= -5 && n <= 1000000);
	if (parse_double(text, &d)) {
		must(d - d == 0);
		text_count(d, words, sizeof(words));
		text_bytes(d, words, sizeof(words));
	}
	if (parse_duration_us(text, &n)) {
		must(n >= 0);
		text_latency(n, words, sizeof(words));
		text_age(n, words, sizeof(words));
		text_clock(n, words, sizeof(words));
	}
	if (parse_bytes(text, &n))
		must(n >= 0);
	if (date_http(text, len, &n) || date_rfc3339(text, len, &n))
		clock_rfc3339(n, words, sizeof(words));
	must(rate_duration_us(text, len) >= -1);
	if (!filter_parse(&filter, text, words, sizeof(words)))
		must_be_harmless(words);
}

static void check_redacting(const char *text, size_t len)
{
	const char *path;
	struct buf out;

	buf_init(&out, OUT);
	buf_add(&out, text, len);
	redact_text(&out, SECRET);
	must(!memmem(buf_str(&out), out.len, SECRET, strlen(SECRET)));
	buf_clear(&out);
	redact_headers(text, len, &out);
	buf_clear(&out);
	redact_url(text, &out);
	path = strstr(buf_str(&out), "://");
	path = path ? path + 3 : buf_str(&out);
	must(!memchr(path, '@', strcspn(path, "/?#"))); /* no user, no password */
	buf_free(&out);
}

/* Who has an origin may see secrets that are for it. */
static void check_url(const char *text, size_t len)
{
	struct url_parts p = url_split(text);
	char *origin = origin_of(text), *host = url_host(text);
	struct buf out;

	must(text <= p.authority && p.authority <= p.host && p.host <= p.end);
	must(p.end <= text + len && (!*p.end || strchr("/?#", *p.end)));
	must(!memchr(p.host, '@', (size_t)(p.end - p.host)));
	must(url_has_user(text) == (p.host > p.authority));
	must(!origin || !url_has_user(text));
	must(!origin || !url_fault(text, len) || !host);
	origin_is_exposed(text);
	buf_init(&out, 3 * len + 1);
	must(url_escape(&out, text, len) && out.len >= len);
	must(strspn(buf_str(&out), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789-._~%") == out.len);
	buf_free(&out);
	free(origin);
	free(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[MAX + 1];
	struct tinted out;

	if (size > MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_sanitise(text, size);
	check_numbers(text, strlen(text));
	check_redacting(text, strlen(text));
	check_url(text, strlen(text));
	tinted_init(&out, OUT * 8);
	pretty_json(&out, text, size);
	must(out.roles.len == out.text.len);
	tinted_free(&out);
	return 0;
}

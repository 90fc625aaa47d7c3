#include "api/headers.h"

#include <curl/curl.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "api/response.h"
#include "base/clock.h"
#include "base/parse.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct header_value trimmed(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
		to--;
	return (struct header_value){from, (size_t)(to - from)};
}

/* Is this the header's name? */
static bool line_is(const char *line, size_t len, const char *name, size_t name_len)
{
	return len > name_len && line[name_len] == ':' && !strncasecmp(line, name, name_len);
}

/* The next line without its line end; false at the end. */
static bool next_line(const char **at, const char *end, const char **line, size_t *len)
{
	const char *stop;

	if (*at >= end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	*line = *at;
	*len = (size_t)((stop ? stop : end) - *at);
	*at = stop ? stop + 1 : end;
	return true;
}

/* The headers that are read. Many gateways state a cost: Cloudflare, Helicone, LiteLLM
 * (https://docs.litellm.ai/docs/proxy/response_headers), Portkey. apim- and x-ms- are Azure's. */
#define HEADERS(H)                                                                                 \
	H("apim-request-id", apim_request_id)                                                      \
	H("cf-aig-cost", cost)                                                                     \
	H("cf-aig-cost-usd", cost)                                                                 \
	H("date", date)                                                                            \
	H("helicone-cost", cost)                                                                   \
	H("request-id", request_id)                                                                \
	H("retry-after", retry_after)                                                              \
	H("retry-after-ms", retry_after_ms)                                                        \
	H("x-cost-usd", cost)                                                                      \
	H("x-helicone-cost-usd", cost)                                                             \
	H("x-litellm-response-cost", cost)                                                         \
	H("x-ms-retry-after-ms", ms_retry_after_ms)                                                \
	H("x-portkey-cost", cost)                                                                  \
	H("x-portkey-cost-usd", cost)                                                              \
	H("x-request-cost-usd", cost)                                                              \
	H("x-request-id", x_request_id)                                                            \
	H("x-should-retry", should_retry)

static const struct {
	const char *name;
	size_t len, value; /* the place of its value */
} wanted[] = {
#define ROW(name, member) {name, sizeof(name) - 1, offsetof(struct header_values, member)},
	HEADERS(ROW)
#undef ROW
};

/* The lengths of these names, a bit each: most headers have another. */
#define BIT(name, member) | 1U << (sizeof(name) - 1)
enum { LENGTHS = 0 HEADERS(BIT), LENGTH_MOST = 31 };
#undef BIT

/* Keeps the value of the line if it is wanted. */
static void take_line(const char *line, size_t len, struct header_values *out)
{
	const char *colon = memchr(line, ':', len < LENGTH_MOST ? len : LENGTH_MOST);
	size_t name_len = colon ? (size_t)(colon - line) : 0;
	char first = (char)(name_len ? *line | 0x20 : 0);

	if (!(LENGTHS >> name_len & 1))
		return;
	for (size_t i = 0; i < N_OF(wanted); i++) {
		struct header_value *value;

		if (wanted[i].len != name_len || wanted[i].name[0] != first ||
			strncasecmp(line, wanted[i].name, name_len) != 0)
			continue;
		value = (struct header_value *)(void *)((char *)out + wanted[i].value);
		if (!value->at)
			*value = trimmed(colon + 1, line + len);
		return;
	}
}

void header_scan(const char *headers, size_t len, struct header_values *out)
{
	const char *at = headers, *line;
	size_t line_len;

	memset(out, 0, sizeof(*out));
	if (!headers)
		return;
	while (next_line(&at, headers + len, &line, &line_len))
		take_line(line, line_len, out);
}

bool header_find(
	const char *headers, size_t len, const char *name, const char **value, size_t *value_len)
{
	size_t name_len = strlen(name), line_len;
	const char *at = headers, *line;

	while (headers && next_line(&at, headers + len, &line, &line_len)) {
		struct header_value v;

		if (!line_is(line, line_len, name, name_len))
			continue;
		v = trimmed(line + name_len + 1, line + line_len);
		*value = v.at;
		*value_len = v.len;
		return true;
	}
	return false;
}

bool header_value_is(struct header_value v, const char *word)
{
	size_t len = strlen(word);

	return v.at && v.len >= len && !strncasecmp(v.at, word, len) &&
	       (v.len == len || strchr("; \t", v.at[len]));
}

/* The longest value worth reading: an HTTP date has 29 characters. */
enum { VALUE_SIZE = 64 };

static bool value_text(struct header_value v, char out[VALUE_SIZE])
{
	if (!v.at || !v.len || v.len >= VALUE_SIZE)
		return false;
	memcpy(out, v.at, v.len);
	out[v.len] = '\0';
	return true;
}

/* Checks a wait; -1 when it is absurd. */
static int64_t limited(double us)
{
	const int64_t longest = 366 * 24 * 60 * US_PER_MIN;

	if (!(us <= (double)longest))
		return -1;
	return us > 0 ? (int64_t)ceil(us) : 0;
}

/* A number of units as a wait in us; -1 when it is not a number, or negative. */
static int64_t number_us(struct header_value v, double unit_us)
{
	char text[VALUE_SIZE];
	double n;

	if (!value_text(v, text) || !parse_double(text, &n) || n < 0)
		return -1;
	return limited(n * unit_us);
}

/* Seconds since 1970; -1 when it is not a date (RFC 9110, 5.6.7). */
static int64_t date_s(struct header_value v)
{
	char text[VALUE_SIZE];

	return value_text(v, text) ? (int64_t)curl_getdate(text, NULL) : -1;
}

static int64_t date_us(struct header_value v, struct header_value server_now, int64_t wall_us)
{
	int64_t due = date_s(v), now = date_s(server_now);

	if (due < 0)
		return -1;
	/* Measured against the server's Date if there is one: our clock may be wrong. */
	if (now >= 0)
		return limited((double)(due - now) * US_PER_S);
	return limited((double)due * US_PER_S - (double)wall_us);
}

int64_t header_wait_us(const struct header_values *h, int64_t wall_us, const char **source)
{
	const struct {
		const char *name;
		struct header_value value;
		double unit_us;
	} waits[] = {
		{"retry-after-ms", h->retry_after_ms, US_PER_MS},
		{"x-ms-retry-after-ms", h->ms_retry_after_ms, US_PER_MS},
		{"retry-after", h->retry_after, US_PER_S},
	};
	int64_t us = -1;

	for (size_t i = 0; i < N_OF(waits) && us < 0; i++) {
		*source = waits[i].name;
		us = number_us(waits[i].value, waits[i].unit_us);
	}
	if (us < 0)
		us = date_us(h->retry_after, h->date, wall_us);
	if (us < 0)
		*source = "";
	return us;
}

int64_t header_retry_after_us(const char *headers, size_t len, int64_t wall_us, const char **source)
{
	struct header_values h;
	const char *from;
	int64_t us;

	header_scan(headers, len, &h);
	us = header_wait_us(&h, wall_us, &from);
	if (source)
		*source = from;
	return us;
}

#include "net/excess.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/pending.h"

void excess_listen(struct excess *e, CURL *easy, bool on)
{
	if (e->listening != on)
		curl_easy_setopt(easy, CURLOPT_VERBOSE, (long)on);
	e->raw = NULL;
	e->listening = on;
}

bool excess_status(struct excess *e, bool numbered, bool no_body, int status)
{
	e->numbered = numbered;
	e->chunked = false;
	e->bodiless = no_body || status == 204 || status == 304;
	return e->numbered && e->bodiless;
}

void excess_field(struct excess *e, CURL *easy, const char *line, size_t len)
{
	if (len <= 2)
		excess_listen(e, easy, true);
	else if ((*line | 0x20) == 't' && len > 18 && !strncasecmp(line, "transfer-encoding:", 18))
		e->chunked = true;
}

static bool begins(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(text, with, n);
}

/* The bytes that curl reports as dropped, at the end of those it read last, are an extra answer.
 * After an answer without a body they are that answer's body. */
static bool dropped_answer(const struct excess *e, const char *text, size_t len)
{
	size_t at = strcspn(text, "0123456789"), n;

	if (e->bodiless || at >= len)
		return false;
	n = strtoul(text + at, NULL, 10);
	return !e->raw || !n || n > e->raw_len ||
	       pending_judge(e->raw + (e->raw_len - n), n) == PENDING_ANSWER;
}

enum excess_found excess_text(struct excess *e, curl_infotype type, const char *text, size_t len)
{
	if (type == CURLINFO_DATA_IN) {
		e->raw = text;
		e->raw_len = len;
	}
	if (type != CURLINFO_TEXT ||
		!(begins(text, len, "Excess found") || begins(text, len, "Leftovers after")))
		return EXCESS_NONE;
	return dropped_answer(e, text, len) ? EXCESS_ANSWER : EXCESS_BYTES;
}

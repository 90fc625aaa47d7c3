#include "cli/ctl_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

double ctl_number(struct json_span v, const char *path)
{
	double number;

	return json_span_double(json_find(v, path), &number) ? number : -1;
}

const char *ctl_text(struct json_span v, const char *path, char out[CTL_TEXT_SIZE])
{
	json_string_text(json_find(v, path), out, CTL_TEXT_SIZE);
	return out;
}

const char *ctl_count(struct json_span v, const char *path, char out[32])
{
	double number = ctl_number(v, path);

	if (number < 0)
		snprintf(out, 32, "-");
	else
		snprintf(out, 32, "%.10g", number);
	return out;
}

const char *ctl_short(struct json_span v, const char *path, char out[32])
{
	double number = ctl_number(v, path);

	if (number < 0)
		snprintf(out, 32, "-");
	else
		text_count(number, out, 32);
	return out;
}

const char *ctl_seconds(struct json_span v, const char *path, char out[32])
{
	double seconds = ctl_number(v, path);

	return text_latency(seconds < 0 ? -1 : us_from_s(seconds), out, 32);
}

void ctl_add_lines(struct buf *out, struct json_span text, int indent)
{
	struct buf raw;

	buf_init(&raw, SIZE_MAX / 2);
	json_string_decode(text, &raw);
	for (size_t at = 0; at < raw.len;) {
		const char *end = memchr(raw.data + at, '\n', raw.len - at);
		size_t len = end ? (size_t)(end - raw.data) - at : raw.len - at;
		/* an escape of a byte is at most \u202e of three */
		char *safe = xmalloc(6 * len + 8);

		text_sanitise(safe, 6 * len + 8, raw.data + at, len);
		buf_addf(out, "%*s%s\n", indent, "", safe);
		free(safe);
		at += len + 1;
	}
	buf_free(&raw);
}

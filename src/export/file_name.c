#include "export/file_name.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

enum { STEM_MAX = 180, HASH = 16 };

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* May the character stand in a name? A shell takes a name that begins with - for an option, and a
 * listing hides one that begins with a dot. */
static bool is_safe(const char *at, size_t len, bool first)
{
	char shown[16];

	if (len == 1)
		return is_letter_or_digit(*at) || *at == '_' ||
		       (!first && (*at == '.' || *at == '-'));
	/* what the sanitiser would show otherwise */
	return text_sanitise(shown, sizeof(shown), at, len) == len && !memcmp(shown, at, len);
}

/* Does it look as if a hash followed it? */
static bool ends_like_hash(const char *stem, size_t len)
{
	size_t digits = 0;

	while (digits < len && strchr("0123456789abcdef", stem[len - 1 - digits]))
		digits++;
	return digits >= HASH && digits < len && stem[len - 1 - digits] == '-';
}

void file_name_of(const char *id, size_t len, const char *ending, char out[FILE_NAME_SIZE])
{
	bool changed = !len;
	size_t n = 0, at = 0;
	uint32_t code;

	while (at < len && n < STEM_MAX) {
		size_t bytes = text_utf8(id + at, len - at, &code);
		bool safe = bytes && is_safe(id + at, bytes, !at);

		memcpy(out + n, safe ? id + at : "_", safe ? bytes : 1);
		n += safe ? bytes : 1;
		at += bytes ? bytes : 1;
		changed = changed || !safe;
	}
	out[n] = '\0';
	if (changed || at < len || ends_like_hash(out, n))
		n += (size_t)snprintf(
			out + n, FILE_NAME_SIZE - n, "-%016" PRIx64, hash_bytes(id, len));
	snprintf(out + n, FILE_NAME_SIZE - n, "%s", ending);
}

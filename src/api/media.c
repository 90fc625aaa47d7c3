#include "config.h"

#include "api/media.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum {
	BASE64_FROM = 256, /* a shorter string is text, unless it is a data URL */
	SAMPLE = 64,       /* characters that are looked at, in three places */
	HEAD = 100,        /* of a data URL, up to its data */
	BEFORE = 160,      /* bytes beside the data in which its kind is told */
	BEHIND = 100,
	/* bytes a minute */
	WAVE_MINUTE = 16000 * 2 * 60,        /* 16 kHz, 16 bits */
	PACKED_MINUTE = 128 * 1000 / 8 * 60, /* 128 kbit/s */
};

enum kind { KIND_NONE, KIND_IMAGE, KIND_AUDIO, KIND_FILE };

/* Words that tell the kind, in mime types and in the members of all providers: media_type,
 * mimeType, input_audio, input_image, inlineData, document. */
static const struct {
	const char *word;
	enum kind kind;
} words[] = {
	{"image", KIND_IMAGE},
	{"audio", KIND_AUDIO},
	{"pdf", KIND_FILE},
	{"document", KIND_FILE},
	{"file_data", KIND_FILE},
};

/* First bytes of files, as base64 has them. */
static const struct {
	const char *start;
	enum kind kind;
} starts[] = {
	{"iVBORw0KGgo", KIND_IMAGE},                      /* PNG */
	{"/9j/", KIND_IMAGE},                             /* JPEG */
	{"\\/9j\\/", KIND_IMAGE}, {"R0lGOD", KIND_IMAGE}, /* GIF */
	{"Qk", KIND_IMAGE},                               /* BMP */
	{"SUQz", KIND_AUDIO},                             /* MP3 */
	{"//s", KIND_AUDIO},                              /* MP3 without tags */
	{"//v", KIND_AUDIO}, {"T2dnUw", KIND_AUDIO},      /* Ogg */
	{"ZkxhQ", KIND_AUDIO},                            /* FLAC */
};

static bool has_word(const char *at, size_t len, const char *word)
{
	return memmem(at, len, word, strlen(word)) != NULL;
}

/* The kind that the last of the words tells. */
static enum kind last_word(const char *at, size_t len)
{
	enum kind kind = KIND_NONE;
	const char *last = at;

	for (size_t i = 0; i < N_OF(words); i++) {
		size_t n = strlen(words[i].word);
		const char *p = at, *end = at + len;

		while ((p = memmem(p, (size_t)(end - p), words[i].word, n))) {
			if (p >= last) {
				last = p;
				kind = words[i].kind;
			}
			p += n;
		}
	}
	return kind;
}

static enum kind kind_by_start(struct json_span data)
{
	if (json_span_begins(data, "UklGR")) /* RIFF: a WebP image or a wave */
		return has_word(data.at, 24, "V0VCU") ? KIND_IMAGE : KIND_AUDIO;
	for (size_t i = 0; i < N_OF(starts); i++)
		if (json_span_begins(data, starts[i].start))
			return starts[i].kind;
	return KIND_FILE;
}

/* The part of the prompt around the data, without it. */
struct around {
	const char *before, *behind;
	size_t before_len, behind_len;
};

static struct around around_of(struct json_span prompt, struct json_span data)
{
	const char *end = data.at + data.len;
	size_t before = (size_t)(data.at - prompt.at);
	size_t behind = (size_t)(prompt.at + prompt.len - end);

	before = before < BEFORE ? before : BEFORE;
	return (struct around){data.at - before, end, before, behind < BEHIND ? behind : BEHIND};
}

static enum kind kind_of(struct json_span data, const struct around *around, bool is_url)
{
	enum kind kind;

	if (is_url) {
		kind = last_word(data.at, data.len < HEAD ? data.len : HEAD);
		return kind ? kind : KIND_FILE;
	}
	kind = last_word(around->before, around->before_len);
	if (!kind)
		kind = last_word(around->behind, around->behind_len);
	return kind ? kind : kind_by_start(data);
}

static bool is_wave(struct json_span data, const struct around *around)
{
	return json_span_begins(data, "UklGR") ||
	       has_word(around->before, around->before_len, "wav") ||
	       has_word(around->behind, around->behind_len, "wav") ||
	       has_word(data.at, data.len < HEAD ? data.len : HEAD, "wav");
}

static size_t tokens_of(struct json_span prompt, struct json_span data, bool is_url)
{
	const struct around around = around_of(prompt, data);
	size_t minute;

	switch (kind_of(data, &around, is_url)) {
	case KIND_IMAGE:
		return MEDIA_IMAGE;
	case KIND_AUDIO:
		minute = is_wave(data, &around) ? WAVE_MINUTE : PACKED_MINUTE;
		return (data.len / 4 * 3 + minute) / minute * MEDIA_MINUTE;
	default:
		return MEDIA_FILE;
	}
}

/* Are the characters those of base64, in which a '/' may be escaped? */
static bool is_base64_at(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)at[i]) && !strchr("+/=-_\\", at[i]))
			return false;
	return true;
}

static bool is_base64(struct json_span text)
{
	return text.len >= BASE64_FROM && is_base64_at(text.at, SAMPLE) &&
	       is_base64_at(text.at + text.len / 2, SAMPLE) &&
	       is_base64_at(text.at + text.len - SAMPLE, SAMPLE);
}

static bool is_data_url(struct json_span text)
{
	size_t len = text.len < HEAD ? text.len : HEAD;
	const char *data =
		json_span_begins(text, "data:") ? memmem(text.at, len, "base64,", 7) : NULL;

	return data && !memchr(text.at, ' ', (size_t)(data - text.at));
}

/* The closing quote of the string that begins at `at`, behind its opening one. */
static const char *string_end(const char *at, const char *end)
{
	const char *quote = at;

	while ((quote = memchr(quote, '"', (size_t)(end - quote)))) {
		const char *back = quote;

		while (back > at && back[-1] == '\\')
			back--;
		if ((quote - back) % 2 == 0)
			return quote;
		quote++;
	}
	return end;
}

size_t media_count(struct json_span prompt)
{
	const char *at = prompt.at, *end = prompt.at + prompt.len;
	size_t bytes = prompt.len;

	while ((at = memchr(at, '"', (size_t)(end - at)))) {
		const char *close = string_end(at + 1, end);
		struct json_span text = {at + 1, (size_t)(close - at - 1)};
		bool is_url = is_data_url(text);

		if (is_url || is_base64(text))
			bytes += MEDIA_BYTES_PER_TOKEN * tokens_of(prompt, text, is_url) - text.len;
		if (close == end)
			break;
		at = close + 1;
	}
	return bytes;
}

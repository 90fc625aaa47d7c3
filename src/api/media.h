/* The size of a prompt that holds images, audio or files as base64. Their length says little about
 * their tokens: each counts as a flat number until answers report what it was. Pure. */
#ifndef SLUICE_API_MEDIA_H
#define SLUICE_API_MEDIA_H

#include <stddef.h>

#include "base/json.h"

/* Estimated tokens of an image, of a file, and of a minute of audio. OpenAI: 765 for an image of
 * 1024 by 1024, 600 a minute; Anthropic: 1,600 at most for an image, 1,500 to 3,000 a page; Gemini:
 * 258 a tile, 1,920 a minute. */
enum { MEDIA_IMAGE = 1000, MEDIA_FILE = 3000, MEDIA_MINUTE = 1500 };

enum {
	MEDIA_BYTES_PER_TOKEN = 4, /* of text */
	MEDIA_FROM = 512           /* a shorter prompt is not searched */
};

/* media_text_bytes() of a longer prompt. */
size_t media_count(struct json_span prompt);

/* The bytes of text that make as many tokens as the prompt, a valid value. */
static inline size_t media_text_bytes(struct json_span prompt)
{
	return prompt.len < MEDIA_FROM ? prompt.len : media_count(prompt);
}

#endif

#include "serve/serve_id.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char signs[] = LETTERS_AND_DIGITS;

enum { SIGNS = sizeof(signs) - 1, EVEN = 256 / SIGNS * SIGNS };

void serve_id_make(char out[SERVE_ID_SIZE], const char *prefix)
{
	unsigned char random[SERVE_ID_RANDOM];
	size_t len = (size_t)snprintf(out, SERVE_ID_SIZE - SERVE_ID_RANDOM, "%s", prefix);
	size_t end = len + SERVE_ID_RANDOM;

	while (len < end) {
		/* without random numbers the ids could be guessed: there is no going on */
		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
			alloc_failed();
		for (size_t i = 0; i < sizeof(random) && len < end; i++)
			if (random[i] < EVEN)
				out[len++] = signs[random[i] % SIGNS];
	}
	out[len] = '\0';
}

bool serve_id_valid(const char *text)
{
	size_t len = strspn(text, LETTERS_AND_DIGITS "_-");

	return len && len < SERVE_ID_SIZE && !text[len];
}

#include "base/near.h"

#include <ctype.h>
#include <string.h>

/* The next byte that counts, in lower case; -1 at the end. */
static int next_byte(const char **at, const char *end)
{
	while (*at < end) {
		unsigned char c = (unsigned char)*(*at)++;

		if (!isspace(c) && c != '_' && c != '-')
			return tolower(c);
	}
	return -1;
}

bool near_alike(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;
	int x, y;

	do {
		x = next_byte(&a, a_end);
		y = next_byte(&b, b_end);
	} while (x == y && x >= 0);
	return x == y;
}

/* Levenshtein's distance; names longer than NEAR_MAX_NAME are far from everything. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAR_MAX_NAME + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NEAR_MAX_NAME || lb > NEAR_MAX_NAME)
		return NEAR_MAX_NAME;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

bool near_is_nearer(const char *name, const char *candidate, size_t *best)
{
	size_t len = strlen(name);
	size_t d = edit_distance(name, candidate);

	if (len >= 3 && !strncmp(name, candidate, len))
		d = 1; /* a shortened name */
	if (d >= *best || d > 1 + len / 4)
		return false;
	*best = d;
	return true;
}

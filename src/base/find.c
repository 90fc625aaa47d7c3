#include "base/find.h"

#include <ctype.h>
#include <string.h>

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : (unsigned char)c;
}

/* How often a character is in texts and in JSON; the higher the rarer. */
static int rarity(char c)
{
	static const char often[] = "qzjxkvbwyfgpmuhcdlrnsoiate";
	const char *at = strchr(often, c);

	if (c >= 'a' && c <= 'z')
		return 26 - (int)(at - often);
	return strchr(" \",:{}[]0123456789", c) ? 0 : 27;
}

static size_t rarest(const char *text, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (rarity(text[i]) > rarity(text[best]))
			best = i;
	return best;
}

static bool is_at(const char *in, const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && lower(in[i]) == (unsigned char)text[i])
		i++;
	return i == n;
}

/* Looks for the rarest character, in either case, and then around it. */
bool find_folded(const char *in, size_t len, const char *text)
{
	size_t n = strlen(text), pivot = rarest(text, n);
	const char *end = in + len, *from = in + pivot, *small = from, *large = from;
	char up = (char)toupper((unsigned char)text[pivot]);

	if (n > len)
		return false;
	end -= n - 1 - pivot;
	if (text[pivot] < 'a' || text[pivot] > 'z')
		large = NULL;
	for (; from < end; from++) {
		const char *at;

		if (small && small <= from)
			small = memchr(from, text[pivot], (size_t)(end - from));
		if (large && large <= from)
			large = memchr(from, up, (size_t)(end - from));
		at = small && (!large || small < large) ? small : large;
		if (!at)
			return false;
		if (is_at(at - pivot, text, n))
			return true;
		from = at;
	}
	return false;
}

#include "api/model_name.h"

#include <string.h>

static bool is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && !memcmp(a, b, a_len);
}

static bool begins(const char *text, size_t len, const char *with, size_t with_len)
{
	return len >= with_len && !memcmp(text, with, with_len);
}

static bool ends(const char *text, size_t len, const char *with, size_t with_len)
{
	return len >= with_len && !memcmp(text + len - with_len, with, with_len);
}

bool model_name_is_like(const char *listed, size_t listed_len, const char *asked, size_t len)
{
	static const char folder[] = "models/", latest[] = ":latest";
	const size_t folder_len = sizeof(folder) - 1, latest_len = sizeof(latest) - 1;

	if (!listed_len || !len)
		return false;
	if (begins(listed, listed_len, folder, folder_len) &&
		is_same(listed + folder_len, listed_len - folder_len, asked, len))
		return true;
	if (ends(listed, listed_len, latest, latest_len) &&
		is_same(listed, listed_len - latest_len, asked, len))
		return true;
	if (listed[listed_len - 1] == '*')
		return begins(asked, len, listed, listed_len - 1);
	return begins(asked, len, listed, listed_len) && len > listed_len + 1 &&
	       asked[listed_len] == ':';
}

bool model_names_have(const char *list, const char *asked, size_t len, bool like)
{
	for (const char *at = list;; at++) {
		size_t n = strcspn(at, ",");

		if (is_same(at, n, asked, len) || (like && model_name_is_like(at, n, asked, len)))
			return true;
		at += n;
		if (!*at)
			return false;
	}
}

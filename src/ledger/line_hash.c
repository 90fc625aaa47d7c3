#include "ledger/line_hash.h"

#include <string.h>

enum { PLAIN_DIGITS = HASH_DIGITS / 2 };

struct hash128 line_hash_of(const struct hash_key *key, const void *line, size_t len)
{
	struct hash128 h = hash_keyed_wide(key, line, len);

	/* 0 means that it has no key. */
	h.high = h.high ? h.high : 1;
	return h;
}

bool line_hash_is(struct hash128 h, const struct hash_key *key, const void *line, size_t len)
{
	struct hash128 own;

	if (!line_hash_known(h))
		return true;
	if (!line_hash_has_key(h))
		return h.low == hash_bytes(line, len);
	own = line_hash_of(key, line, len);
	return own.high == h.high && own.low == h.low;
}

void line_hash_add(struct json_writer *w, struct hash128 h)
{
	if (!line_hash_known(h))
		return;
	json_key(w, "line_hash");
	json_open_string(w);
	if (line_hash_has_key(h))
		json_part_hex(w, h.high, PLAIN_DIGITS);
	json_part_hex(w, h.low, PLAIN_DIGITS);
	json_close_string(w);
}

bool line_hash_read(const char *digits, size_t len, struct hash128 *out)
{
	char wide[HASH_DIGITS];

	if (len != PLAIN_DIGITS)
		return hash_read_digits(digits, len, &out->high, &out->low);
	memset(wide, '0', PLAIN_DIGITS);
	memcpy(wide + PLAIN_DIGITS, digits, PLAIN_DIGITS);
	return hash_read_digits(wide, sizeof(wide), &out->high, &out->low);
}

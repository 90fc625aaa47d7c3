/* SipHash-2-4 with 64 and 128 bits, after the reference code of its authors (Aumasson, Bernstein).
 */
#include "base/keyed_hash.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum { WORD = 8, LAST_ROUNDS = 4 };

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t turn(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline void mix(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = turn(s->v1, 13) ^ s->v0;
	s->v3 = turn(s->v3, 16) ^ s->v2;
	s->v0 = turn(s->v0, 32) + s->v3;
	s->v2 += s->v1;
	s->v3 = turn(s->v3, 21) ^ s->v0;
	s->v1 = turn(s->v1, 17) ^ s->v2;
	s->v2 = turn(s->v2, 32);
}

static inline void take(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	mix(s);
	s->v0 ^= word;
}

static inline void mix_last(struct sip *s)
{
	for (int i = 0; i < LAST_ROUNDS; i++)
		mix(s);
}

/* Reads len bytes, the first one lowest: the hash is the same on every machine. */
static inline uint64_t word_at(const unsigned char *at, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, at, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static struct sip take_all(const struct hash_key *key, const void *data, size_t len, bool wide)
{
	const unsigned char *at = data;
	size_t left = len;
	struct sip s = {
		.v0 = UINT64_C(0x736f6d6570736575) ^ key->low,
		.v1 = UINT64_C(0x646f72616e646f6d) ^ key->high ^ (wide ? 0xee : 0),
		.v2 = UINT64_C(0x6c7967656e657261) ^ key->low,
		.v3 = UINT64_C(0x7465646279746573) ^ key->high,
	};

	for (; left >= WORD; left -= WORD, at += WORD)
		take(&s, word_at(at, WORD));
	take(&s, (left ? word_at(at, left) : 0) | (uint64_t)len << 56);
	s.v2 ^= wide ? 0xee : 0xff;
	mix_last(&s);
	return s;
}

static uint64_t fold(const struct sip *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t len)
{
	struct sip s = take_all(key, data, len, false);
	uint64_t h = fold(&s);

	return h ? h : 1;
}

struct hash128 hash_keyed_wide(const struct hash_key *key, const void *data, size_t len)
{
	struct sip s = take_all(key, data, len, true);
	struct hash128 h = {.low = fold(&s)};

	s.v1 ^= 0xdd;
	mix_last(&s);
	h.high = fold(&s);
	return h;
}

bool hash_key_make(struct hash_key *key, struct error *err)
{
	ssize_t n;

	do
		n = getrandom(key, sizeof(*key), 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*key) ||
	       error_set(err, "no random numbers: %s", n < 0 ? strerror(errno) : "too few");
}

struct hash_key hash_key_for(const struct hash_key *key, const char *use)
{
	struct hash128 h = hash_keyed_wide(key, use, strlen(use));

	return (struct hash_key){h.low, h.high};
}

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

/* Reads eight digits at a time, as a resume reads 32 of them for each finished item. Bit 6 tells
 * letters from figures. A text is valid when its values, written again, give the same text. */
static bool read_eight(const char *digits, uint32_t *out)
{
	uint64_t text = word_at((const unsigned char *)digits, WORD);
	uint64_t value = (text & EACH_BYTE(0x0f)) + (text >> 6 & EACH_BYTE(1)) * 9;
	uint64_t letter = (value + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);

	if ((value & EACH_BYTE(0x10)) || value + EACH_BYTE('0') + letter * ('a' - '0' - 10) != text)
		return false;
	/* The first digit is in the lowest byte, and is the highest of the number. */
	value = (value << 4 | value >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	value = (value << 8 | value >> 16) & UINT64_C(0x0000ffff0000ffff);
	*out = (uint32_t)(value << 16 | value >> 32);
	return true;
}

bool hash_read_digits(const char *digits, size_t len, uint64_t *high, uint64_t *low)
{
	uint32_t quarter[4];

	if (len != HASH_DIGITS)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!read_eight(digits + i * WORD, &quarter[i]))
			return false;
	*high = (uint64_t)quarter[0] << 32 | quarter[1];
	*low = (uint64_t)quarter[2] << 32 | quarter[3];
	return true;
}

/* The plain front of a text, which goes into or comes from a JSON string as it is. Private to
 * src/base. */
#ifndef SLUICE_BASE_JSON_PLAIN_H
#define SLUICE_BASE_JSON_PLAIN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* The first of sixteen bytes that is not plain; 16: all are. */
static inline unsigned json_plain_16(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* as signed numbers, control characters and longer sequences are below ' ' */
	__m128i stop = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
		_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
			_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));

	return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(stop) | 1U << 16);
}
#endif

#define JSON_EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

/* The first of eight bytes that is not plain; 8: all are. In (b - 0x20), (b ^ '"') - 1 and
 * (b ^ '\\') - 1 the high bit marks the byte to stop at; borrows reach only bytes after the first
 * such byte. */
static inline unsigned json_plain_8(const char *p)
{
	uint64_t w, stop;

	memcpy(&w, p, 8);
	w = le64toh(w);
	stop = (w - JSON_EACH_BYTE(0x20)) | ((w ^ JSON_EACH_BYTE('"')) - JSON_EACH_BYTE(1)) |
	       ((w ^ JSON_EACH_BYTE('\\')) - JSON_EACH_BYTE(1)) | w;
	stop &= JSON_EACH_BYTE(0x80);
	return stop ? (unsigned)__builtin_ctzll(stop) / 8 : 8;
}

/* Skips bytes without quotes, backslashes, control characters and parts of longer UTF-8 sequences.
 */
static inline const char *json_skip_plain(const char *p, const char *end)
{
	unsigned n;

#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		n = json_plain_16(p);
		if (n < 16)
			return p + n;
	}
#endif
	for (; end - p >= 8; p += 8) {
		n = json_plain_8(p);
		if (n < 8)
			return p + n;
	}
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
		*p != '\\')
		p++;
	return p;
}

#endif

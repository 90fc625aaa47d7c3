/* UTF-16 as UTF-8 (RFC 2781). */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "input/bytes.h"

struct utf16 {
	struct bytes bytes;
	struct below below;
	const char *name;
	bool big;      /* the high byte first */
	bool begun;    /* past the byte order mark */
	int byte;      /* the first byte of a unit; -1: none */
	uint32_t high; /* the first half of a pair; 0: none */
	char wait[8];  /* bytes of characters that did not fit */
	size_t n_wait;
	struct error failed;
};

static size_t encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Adds a unit to what waits: at most two characters, seven bytes. */
static void take_unit(struct utf16 *u, uint32_t unit)
{
	bool is_low = unit >= 0xdc00 && unit < 0xe000, is_high = unit >= 0xd800 && unit < 0xdc00;

	if (!u->begun) {
		u->begun = true;
		if (unit == 0xfeff)
			return;
	}
	if (u->high && is_low) {
		unit = 0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00);
		is_low = false;
	} else if (u->high) {
		u->n_wait += encode(0xfffd, u->wait + u->n_wait);
	}
	u->high = is_high ? unit : 0;
	if (!is_high)
		u->n_wait += encode(is_low ? 0xfffd : unit, u->wait + u->n_wait);
}

/* What waits, as far as there is room. */
static size_t give(struct utf16 *u, char *out, size_t room)
{
	size_t n = u->n_wait < room ? u->n_wait : room;

	memcpy(out, u->wait, n);
	memmove(u->wait, u->wait + n, u->n_wait - n);
	u->n_wait -= n;
	return n;
}

/* The end: a half of a pair or of a unit may be left. */
static enum bytes_status at_end(struct utf16 *u, char *out, size_t room, size_t *n)
{
	if (u->byte >= 0) {
		error_set(&u->failed,
			"%s: the UTF-16 text is cut off within a character, at byte %llu: get the "
			"file again",
			u->name, (unsigned long long)below_offset(&u->below));
		return BYTES_ERROR;
	}
	if (u->high)
		u->n_wait = encode(0xfffd, u->wait);
	u->high = 0;
	*n = give(u, out, room);
	return *n ? BYTES_SOME : BYTES_END;
}

static enum bytes_status utf16_next(
	struct utf16 *u, char *out, size_t room, size_t *n, struct error *err)
{
	struct below *in = &u->below;

	*n = give(u, out, room);
	while (*n < room) {
		uint32_t c;

		if (in->at == in->len) {
			enum bytes_status status;

			if (*n)
				break;
			status = below_fill(in, err);
			if (status == BYTES_END)
				return at_end(u, out, room, n);
			if (status != BYTES_SOME)
				return status;
		}
		c = (unsigned char)in->data[in->at++];
		if (u->byte < 0) {
			u->byte = (int)c;
			continue;
		}
		take_unit(u, u->big ? (uint32_t)u->byte << 8 | c : c << 8 | (uint32_t)u->byte);
		u->byte = -1;
		*n += give(u, out + *n, room - *n);
	}
	return BYTES_SOME;
}

static enum bytes_status utf16_read(
	struct bytes *bytes, char *out, size_t room, size_t *n, struct error *err)
{
	struct utf16 *u = (struct utf16 *)bytes;
	enum bytes_status status = BYTES_ERROR;

	*n = 0;
	if (!u->failed.text[0])
		status = utf16_next(u, out, room, n, err);
	if (status == BYTES_ERROR && u->failed.text[0])
		*err = u->failed;
	return status;
}

static void utf16_free(struct bytes *bytes)
{
	struct utf16 *u = (struct utf16 *)bytes;

	below_free(&u->below);
	free(u);
}

static struct bytes *utf16(
	struct bytes *below_take, const char *head, size_t len, const char *name, bool big)
{
	struct utf16 *u = xcalloc(1, sizeof(*u));

	*u = (struct utf16){
		.bytes = {utf16_read, utf16_free}, .name = name, .big = big, .byte = -1};
	below_init(&u->below, below_take, head, len);
	return &u->bytes;
}

struct bytes *bytes_utf16le(
	struct bytes *below_take, const char *head, size_t len, const char *name)
{
	return utf16(below_take, head, len, name, false);
}

struct bytes *bytes_utf16be(
	struct bytes *below_take, const char *head, size_t len, const char *name)
{
	return utf16(below_take, head, len, name, true);
}

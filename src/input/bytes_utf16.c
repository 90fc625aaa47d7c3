/* UTF-16 as UTF-8 (RFC 2781). */
#include "base/alloc.h"
#include "input/bytes.h"

struct utf16 {
	struct reader reader;
	bool big;                /* the high byte first */
	bool begun;              /* past the byte order mark */
	int byte;                /* the first byte of a unit; -1: none */
	uint32_t high;           /* the first half of a pair; 0: none */
	struct spare_bytes wait; /* of characters that did not fit */
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

static void put(struct spare_bytes *wait, uint32_t c)
{
	wait->n += encode(c, wait->at + wait->n);
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
		put(&u->wait, 0xfffd);
	}
	u->high = is_high ? unit : 0;
	if (!is_high)
		put(&u->wait, is_low ? 0xfffd : unit);
}

/* The end: a half of a pair or of a unit may be left. */
static enum bytes_status at_end(struct utf16 *u, char *out, size_t room, size_t *n)
{
	if (u->byte >= 0) {
		error_set(&u->reader.failed,
			"%s: the UTF-16 text is cut off within a character, at byte %llu: get the "
			"file again",
			u->reader.name, (unsigned long long)below_offset(&u->reader.below));
		return BYTES_ERROR;
	}
	if (u->high)
		put(&u->wait, 0xfffd);
	u->high = 0;
	*n = spare_bytes_give(&u->wait, out, room);
	return *n ? BYTES_SOME : BYTES_END;
}

static enum bytes_status utf16_next(
	struct reader *r, char *out, size_t room, size_t *n, struct error *err)
{
	struct utf16 *u = (struct utf16 *)r;
	struct below *in = &r->below;

	*n = spare_bytes_give(&u->wait, out, room);
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
		*n += spare_bytes_give(&u->wait, out + *n, room - *n);
	}
	return BYTES_SOME;
}

static struct bytes *utf16(
	struct bytes *below_take, const char *head, size_t len, const char *name, bool big)
{
	struct utf16 *u = xcalloc(1, sizeof(*u));

	*u = (struct utf16){.reader = {.next = utf16_next}, .big = big, .byte = -1};
	reader_init(&u->reader, below_take, head, len, name);
	return &u->reader.bytes;
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

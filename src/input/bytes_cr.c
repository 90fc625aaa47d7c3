/* CR and CRLF as LF. */
#include "base/alloc.h"
#include "input/bytes.h"

struct cr {
	struct reader reader;
	bool after_cr;
};

static enum bytes_status cr_next(
	struct reader *r, char *out, size_t room, size_t *n, struct error *err)
{
	struct cr *c = (struct cr *)r;
	struct below *in = &r->below;

	while (!*n) {
		enum bytes_status status = below_fill(in, err);

		if (status != BYTES_SOME)
			return status;
		while (in->at < in->len && *n < room) {
			char byte = in->data[in->at++];

			if (byte != '\n' || !c->after_cr)
				out[(*n)++] = byte == '\r' ? '\n' : byte;
			c->after_cr = byte == '\r';
		}
	}
	return BYTES_SOME;
}

struct bytes *bytes_cr(struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct cr *c = xcalloc(1, sizeof(*c));

	c->reader.next = cr_next;
	reader_init(&c->reader, below_take, head, len, name);
	return &c->reader.bytes;
}

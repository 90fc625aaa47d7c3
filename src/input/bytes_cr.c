/* CR and CRLF as LF. */
#include <stdlib.h>

#include "base/alloc.h"
#include "input/bytes.h"

struct cr {
	struct bytes bytes;
	struct below below;
	bool after_cr;
};

static enum bytes_status cr_read(
	struct bytes *bytes, char *out, size_t room, size_t *n, struct error *err)
{
	struct cr *c = (struct cr *)bytes;
	struct below *in = &c->below;

	*n = 0;
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

static void cr_free(struct bytes *bytes)
{
	struct cr *c = (struct cr *)bytes;

	below_free(&c->below);
	free(c);
}

struct bytes *bytes_cr(struct bytes *below_take, const char *head, size_t len, const char *name)
{
	struct cr *c = xcalloc(1, sizeof(*c));

	(void)name;
	c->bytes = (struct bytes){cr_read, cr_free};
	below_init(&c->below, below_take, head, len);
	return &c->bytes;
}

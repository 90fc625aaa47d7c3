/* A text with a role for each byte, put together piece by piece. */
#ifndef SLUICE_UI_TINTED_H
#define SLUICE_UI_TINTED_H

#include "base/buf.h"
#include "canvas.h"

struct tinted {
	struct buf text;
	struct buf roles; /* a byte for each of text, as far as it has been tinted */
};

/* Both with room for `max` bytes; a text that has none left stays as it is. */
void tinted_init(struct tinted *t, size_t max);
void tinted_free(struct tinted *t);
/* Gives the role to all text that was added since the last call. */
void tinted_as(struct tinted *t, enum role role);
/* Takes back all that was added behind the first `len` bytes. */
void tinted_cut(struct tinted *t, size_t len);

#endif

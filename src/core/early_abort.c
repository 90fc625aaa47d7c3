#include "core/early_abort.h"

#include <ctype.h>

#include "base/hash.h"

/* Status, code and message without its digits, which name the item rather than the error. */
static uint64_t signature_of(const struct verdict *v)
{
	char text[sizeof(v->code) + sizeof(v->message) + 2];
	size_t len = 0;

	text[len++] = (char)(v->status / 100);
	text[len++] = (char)(v->status % 100);
	for (const char *c = v->code; *c; c++)
		text[len++] = *c;
	for (const char *c = v->message; *c; c++)
		if (!isdigit((unsigned char)*c))
			text[len++] = *c;
	return hash_bytes(text, len);
}

bool early_abort_count(struct early_abort *f, const struct verdict *v)
{
	uint64_t signature;

	if (f->settled)
		return false;
	/* a temporary error says nothing about the batch */
	if (v->outcome != OUTCOME_CLIENT_ERROR) {
		f->settled = v->outcome == OUTCOME_OK;
		return false;
	}
	signature = signature_of(v);
	if (f->count && signature != f->signature) {
		f->settled = true;
		return false;
	}
	f->signature = signature;
	f->settled = ++f->count >= EARLY_ERRORS;
	return f->settled;
}

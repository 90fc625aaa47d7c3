#include "tinted.h"

#include <string.h>

void tinted_init(struct tinted *t, size_t max)
{
	buf_init(&t->text, max);
	buf_init(&t->roles, max);
}

void tinted_free(struct tinted *t)
{
	buf_free(&t->text);
	buf_free(&t->roles);
}

void tinted_as(struct tinted *t, enum role role)
{
	size_t n = t->text.len - t->roles.len;

	if (!n || !buf_reserve(&t->roles, n))
		return;
	memset(t->roles.data + t->roles.len, (int)role, n);
	t->roles.len += n;
}

void tinted_cut(struct tinted *t, size_t len)
{
	t->text.len = len;
	if (t->roles.len > len)
		t->roles.len = len;
}

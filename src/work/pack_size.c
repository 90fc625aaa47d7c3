#include "work/pack_size.h"

#include "api/pack.h"

enum { PATIENCE_LEAST = 4, PATIENCE_MOST = 256 };

void pack_size_init(struct pack_size *s, int most)
{
	*s = (struct pack_size){.most = most, .now = most, .patience = PATIENCE_LEAST};
}

void pack_size_refused(struct pack_size *s, int n)
{
	if (n > s->now || n < 2)
		return;
	if (s->now < s->most && s->patience < PATIENCE_MOST)
		s->patience *= 2;
	s->passed = 0;
	s->now = pack_half(n);
}

void pack_size_doubted(struct pack_size *s, int n)
{
	if (n > s->proven)
		pack_size_refused(s, n);
}

void pack_size_passed(struct pack_size *s, int n, bool fresh)
{
	s->proven = n > s->proven ? n : s->proven;
	if (n < s->now || !fresh)
		return;
	if (s->now == s->most) {
		s->patience = PATIENCE_LEAST;
		return;
	}
	if (++s->passed < s->patience)
		return;
	s->passed = 0;
	s->now = s->now * 2 < s->most ? s->now * 2 : s->most;
}

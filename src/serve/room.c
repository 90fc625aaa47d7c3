#include "serve/room.h"

#include "serve/call.h"
#include "serve/service.h"

enum { TOO_LARGE = 413 };

bool room_has(const struct service *s, uint64_t bytes)
{
	uint64_t most = (uint64_t)s->settings->disk_max;

	return !most || store_bytes(s->store) + s->arriving + bytes <= most;
}

bool room_take(struct room *r, uint64_t bytes)
{
	if (!room_has(r->service, bytes))
		return false;
	r->service->arriving += bytes;
	r->bytes += bytes;
	return true;
}

void room_give_back(struct room *r)
{
	if (r->service)
		r->service->arriving -= r->bytes;
	r->bytes = 0;
}

void room_refuse(struct call *c, const char *param)
{
	call_refuse(c, TOO_LARGE, "storage_limit_exceeded", param,
		"All files and batches together may use %lld bytes: delete some, or wait until old "
		"ones expire.",
		(long long)c->service->settings->disk_max);
}

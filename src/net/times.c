#include "net/times.h"

#include "base/clock.h"

/* How long the end of a body may take when nothing in it counts any more. */
#define LINGER_US (100 * US_PER_MS)

enum transfer_phase times_phase(const struct times *t)
{
	return t->first_us ? PHASE_RECEIVING : t->sent_us ? PHASE_SENT : PHASE_CONNECT;
}

static bool passed(int64_t since_us, int64_t limit_us, int64_t now_us)
{
	return limit_us > 0 && now_us - since_us >= limit_us;
}

enum net_result times_overdue(
	const struct times *t, const struct transport_config *limits, int64_t now_us)
{
	if (passed(t->start_us, limits->timeout_us, now_us))
		return NET_TIMEOUT_TOTAL;
	switch (times_phase(t)) {
	case PHASE_CONNECT:
	case PHASE_RESOLVE:
	case PHASE_TLS:
		if (passed(t->start_us, limits->connect_timeout_us, now_us))
			return NET_TIMEOUT_CONNECT;
		break;
	case PHASE_SENT:
		if (passed(t->sent_us, limits->first_byte_timeout_us, now_us))
			return NET_TIMEOUT_FIRST_BYTE;
		break;
	case PHASE_RECEIVING:
		if (passed(t->last_us, limits->idle_timeout_us, now_us))
			return NET_TIMEOUT_IDLE;
		break;
	}
	return NET_STATUS;
}

bool times_linger(const struct times *t, int64_t now_us)
{
	return t->whole_us && now_us - t->whole_us >= LINGER_US;
}

int64_t times_idle_since(const struct times *t)
{
	return t->last_us ? t->last_us : t->sent_us ? t->sent_us : t->start_us;
}

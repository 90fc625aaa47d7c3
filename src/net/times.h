/* The times of a transfer's events, and the timeout that has run out. Pure. Private to src/net. */
#ifndef SLUICE_NET_TIMES_H
#define SLUICE_NET_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/transport.h"

/* By the run's clock; 0: not yet. */
struct times {
	int64_t start_us;
	int64_t sent_us; /* when the request began to go out over an established connection, or the
			    last part of a long body went out */
	int64_t first_us, last_us; /* first and last bytes of the answer */
	int64_t whole_us;          /* when all that counts of the answer had come */
	int64_t end_us;
};

/* PHASE_CONNECT, SENT or RECEIVING; transfer_step() knows the steps of connecting. */
enum transfer_phase times_phase(const struct times *t);
/* The timeout of the configuration that has run out by now; NET_STATUS: none. */
enum net_result times_overdue(
	const struct times *t, const struct transport_config *limits, int64_t now_us);
/* Does the sink have everything that counts while the end of the body does not come? */
bool times_linger(const struct times *t, int64_t now_us);
/* The time of the last event. */
int64_t times_idle_since(const struct times *t);

#endif

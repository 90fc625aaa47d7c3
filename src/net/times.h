/* When what happened to a transfer, and which of its timeouts has run out. Pure. Private to
 * src/net.
 */
#ifndef SLUICE_NET_TIMES_H
#define SLUICE_NET_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/transport.h"

/* By the run's clock; 0: has not happened. */
struct times {
	int64_t start_us;
	int64_t sent_us; /* when it was about to go out over a connection that stands, or part of a
			    long body went out */
	int64_t first_us, last_us; /* bytes of the answer */
	int64_t whole_us;          /* when the sink had all that counts */
	int64_t end_us;
};

enum transfer_phase times_phase(const struct times *t);
/* The timeout of the configuration that has run out at now; NET_STATUS when none has. */
enum net_result times_overdue(
	const struct times *t, const struct transport_config *limits, int64_t now_us);
/* Did the sink have all that counts, and the end of the body stays away? */
bool times_linger(const struct times *t, int64_t now_us);
/* Since when nothing has moved. */
int64_t times_idle_since(const struct times *t);

#endif

#include "session/descriptors.h"

#include <sys/resource.h>

#include "base/lines.h"

enum {
	OWN = 24,        /* files, terminal, loop, libcurl's own, and some for libraries to open */
	PER_FLIGHT = 2,  /* a connection and another that is kept, tried or resolving a name */
	BELOW = 1 << 20, /* above that it does not matter */
};

bool descriptors_fit(struct lane_config *lane, int of, struct error *err)
{
	struct rlimit files;
	int most;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur > BELOW)
		return true;
	most = ((int)files.rlim_cur - OWN) / PER_FLIGHT / of;
	if (most < 1)
		return error_set(err,
			"the limit of %d open files leaves none for requests: raise it, for "
			"example with "
			"ulimit -n 1024",
			(int)files.rlim_cur);
	if (lane->concurrency > most)
		say_warning_once("%d requests in flight instead of %d: the limit of %d open files "
				 "(ulimit -n) allows no more",
			most, lane->concurrency, (int)files.rlim_cur);
	lane->most_in_flight = most;
	if (lane->max_concurrency > most)
		lane->max_concurrency = most;
	return true;
}

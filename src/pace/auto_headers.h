/* The limits that the server reports in headers, used as feed-forward. Private to the controller,
 * see auto.h. */
#ifndef SLUICE_PACE_AUTO_HEADERS_H
#define SLUICE_PACE_AUTO_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

/* One limit as the server reports it. */
struct auto_header {
	int64_t at_us, reset_us;
	double limit, remaining;
	float window_s;     /* length of its window, as far as it was named; 0: not known */
	float window_share; /* moving share of signs that it is a window, not a bucket; negative:
			       nothing was reported yet */
	float longest_s;    /* the longest reset that was reported */
	bool renewed;       /* more was left than in the report before */
	float refill;       /* of the bucket, of what it limits per second; 0: not known */
};

struct auto_headers {
	struct auto_header slot[LIMIT_SLOTS];
	double rate;           /* weight per second; 0: headers report nothing usable */
	int64_t at_us;         /* of the last usable report */
	int64_t read_us;       /* when headers were last read */
	int64_t hold_us;       /* a window is used up until then */
	enum limit_slot binds; /* the limit that the rate comes from, */
	double left;           /* what was left of it */
	int64_t reset_us;      /* and its reset */
};

/* Is the limit that of a bucket, as far as was seen? */
bool auto_header_is_bucket(const struct auto_header *h);
/* The limit of requests, or of tokens, a minute, that the server names: by the span
 * it names, or that was seen, or else by the minute. 0: none, or it can be no minute's. */
double auto_header_per_min(const struct lane *l, int64_t now_us, bool tokens);
/* Takes the limits that one answer reported. */
void auto_headers_read(struct lane *l, int64_t now_us, const struct reported_limits *limits);

#endif

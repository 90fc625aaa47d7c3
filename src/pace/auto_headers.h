/* The limits that the server reports in headers, used as feed-forward. Private to the controller,
 * see auto.h. */
#ifndef SLUICE_PACE_AUTO_HEADERS_H
#define SLUICE_PACE_AUTO_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

/* A limit over a longer span is a budget (requests per day), not a pace. */
#define AUTO_SPAN_MOST_S 3600
#define AUTO_IS_WINDOW   0.6 /* the bound of window_share for a window */
/* A limit that may be a bucket, or a window of no named length in its first round, brakes only
 * below this share left: small batches go at once. */
#define AUTO_UNDECIDED_LEFT 0.4
/* Remainders that differ by no more may be those of answers out of order. */
#define AUTO_DISORDER 3

/* One limit as the server reports it. */
struct auto_header {
	int64_t at_us;  /* of the report that the next ones are compared with */
	int64_t end_us; /* the end of the window, if it is one: the earliest that was reported */
	float limit;
	float remaining, reset_s; /* of the report at at_us */
	float window_s;           /* length of its window, as far as it was named; 0: not known */
	float window_share; /* moving share of signs that it is a window, not a bucket; negative:
			       nothing was reported yet */
	float longest_s;    /* the longest reset that was reported */
	float refill;       /* of the bucket, of what it limits per second; 0: not known */
	float left, left_s; /* remaining and reset, as the newest attempt's answer has them */
	uint32_t seq;       /* that attempt, */
	uint32_t sent;      /* and the attempts sent when its answer came; low bits */
	int8_t late;      /* above 0: answers report what is left as they end, not as they begin */
	int8_t slides;    /* above 0: little was back at its end, it is a sliding window */
	bool renewed : 1; /* more was left than in the report before */
	bool assumed : 1; /* the window was begun by a send, and no report of it has come */
	bool even : 1;    /* the server refused while much of the bucket was left */
};

struct auto_headers {
	struct auto_header slot[LIMIT_SLOTS];
	double rate;           /* weight per second; 0: headers report nothing usable */
	float told_rate;       /* the part of it that does not change until the next report */
	enum limit_slot told;  /* and the limit that it comes from */
	int64_t at_us;         /* of the last usable report */
	int64_t read_us;       /* when headers were last read */
	int64_t hold_us;       /* a window is used up until then, */
	enum limit_slot holds; /* that of this limit */
	enum limit_slot binds; /* the limit that the rate comes from, */
	double left;           /* what was left of it */
	int64_t reset_us;      /* and its reset */
};

/* Is the limit that of a bucket, as far as was seen? */
bool auto_header_is_bucket(const struct auto_header *h);
/* The limit of requests, or of tokens, a minute, that the server names: by the span that it names,
 * or that was seen, or else by the minute. 0: none, or it can be no minute's. */
double auto_header_per_min(const struct lane *l, int64_t now_us, bool tokens);
/* Takes the limits that the answer of this attempt reported. */
void auto_headers_read(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	const struct reported_limits *limits);
/* The attempt with these limits was refused: a bucket that has much left is enforced over shorter
 * times than its headers say, and is not sent at once. To be called before auto_headers_read(). */
void auto_headers_refused(struct lane *l, const struct reported_limits *limits);

/* In auto_remaining.c: what is left of the windows. */

/* Is the limit that of a window, as far as was seen? It may be neither yet. */
bool auto_header_is_window(const struct auto_header *h);
/* Is so much more left than in the newest report that it is neither disorder nor a refill? */
bool auto_header_has_more(const struct auto_header *h, double remaining);
/* Does the answer of this attempt say something newer than those before? */
bool auto_remaining_is_newest(const struct auto_header *h, const struct lane_ticket *t);
/* Keeps what the newest attempt's answer says is left, and when the window ends. */
void auto_remaining_observe(struct lane *l, int64_t now_us, const struct lane_ticket *t,
	struct auto_header *h, const struct reported_limit *reported);
/* Brings the pace and the hold of windows up to date: what is left of them falls with each send,
 * and all of it is back at their end. To be called before either is used. */
void auto_headers_follow(struct lane *l, int64_t now_us);
/* An attempt was sent: it begins the windows that ended before. */
void auto_headers_sent(struct lane *l, int64_t now_us);
/* Takes the windows that hold for ended: the operator skips the hold. */
void auto_headers_skip(struct lane *l, int64_t now_us);

#endif

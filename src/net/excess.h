/* Whether more came behind an answer over HTTP/1 than belongs to it. curl drops what it read beyond
 * an answer, and says so in its verbose texts alone; those are listened to while something may be
 * dropped. Private to src/net. */
#ifndef SLUICE_NET_EXCESS_H
#define SLUICE_NET_EXCESS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct excess {
	bool numbered; /* HTTP/1: answers are told apart by their order alone */
	bool chunked, bodiless;
	bool listening;  /* curl's texts come to excess_text() */
	const char *raw; /* what curl read last, good until it reads again; NULL: not known */
	size_t raw_len;
};

enum excess_found {
	EXCESS_NONE,
	EXCESS_BYTES,  /* curl dropped some: the connection is not to be kept */
	EXCESS_ANSWER, /* and these are one more answer */
};

/* Turns curl's texts on or off. */
void excess_listen(struct excess *e, CURL *easy, bool on);
/* A response begins with this status. no_body: the request allows none in the answer. True when a
 * body that comes all the same would be the next one's answer: the connection is not to be kept. */
bool excess_status(struct excess *e, bool numbered, bool no_body, int status);
/* A header field, or the empty line behind them. */
void excess_field(struct excess *e, CURL *easy, const char *line, size_t len);
/* A piece of the body comes. What is left behind chunks is told at their end. */
static inline void excess_body(struct excess *e, CURL *easy)
{
	if (e->listening && !e->chunked)
		excess_listen(e, easy, false);
}
/* What curl's debug function was called with. */
enum excess_found excess_text(struct excess *e, curl_infotype type, const char *text, size_t len);

#endif

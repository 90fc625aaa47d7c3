/* Finds bytes that follow an answer over HTTP/1 without belonging to it. curl drops such bytes and
 * reports this only in its verbose texts, which are read while bytes may be dropped. Private to
 * src/net. */
#ifndef SLUICE_NET_EXCESS_H
#define SLUICE_NET_EXCESS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct excess {
	bool numbered; /* HTTP/1: only their order identifies answers */
	bool chunked, bodiless;
	bool listening;  /* curl's verbose texts are on, for excess_text() */
	const char *raw; /* the bytes curl read last, valid until it reads again; NULL: not known */
	size_t raw_len;
};

enum excess_found {
	EXCESS_NONE,
	EXCESS_BYTES,  /* curl dropped some: do not keep the connection */
	EXCESS_ANSWER, /* and they are an extra answer */
};

/* Turns curl's verbose texts on or off. */
void excess_listen(struct excess *e, CURL *easy, bool on);
/* A response begins with this status. no_body: the request allows no body in the answer. True: a
 * body that comes all the same would count as the next answer, so do not keep the connection. */
bool excess_status(struct excess *e, bool numbered, bool no_body, int status);
/* A header field of the response, or the empty line after the fields. */
void excess_field(struct excess *e, CURL *easy, const char *line, size_t len);
/* A piece of the body comes. Bytes after a chunked body show at its end. */
static inline void excess_body(struct excess *e, CURL *easy)
{
	if (e->listening && !e->chunked)
		excess_listen(e, easy, false);
}
/* Takes the arguments of curl's debug function. */
enum excess_found excess_text(struct excess *e, curl_infotype type, const char *text, size_t len);

#endif

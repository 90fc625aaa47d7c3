/* Reads a multipart/form-data body (RFC 7578) piece by piece, as it comes. libmicrohttpd has such a
 * parser, too, but it takes everything behind boundary= as the boundary, only quoted names behind
 * "; ", and no filename*. Pure. */
#ifndef SLUICE_HTTP_MULTIPART_H
#define SLUICE_HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

enum { MULTIPART_NAME_SIZE = 64, MULTIPART_FILENAME_SIZE = 512 };

struct multipart;

/* A part's header. Longer names are cut. */
struct multipart_part {
	char name[MULTIPART_NAME_SIZE];
	char filename[MULTIPART_FILENAME_SIZE];
	bool has_filename;
};

/* Each returns false to end the reading. */
struct multipart_handlers {
	bool (*begin)(void *ctx, const struct multipart_part *part);
	bool (*data)(void *ctx, const char *data, size_t len);
	bool (*end)(void *ctx);
};

/* For a body of this Content-Type; NULL when that is no multipart/form-data with a boundary. */
struct multipart *multipart_new(
	const char *content_type, const struct multipart_handlers *handlers, void *ctx);
/* NULL is fine. */
void multipart_free(struct multipart *m);
/* The next piece. False, now and from then on, when the body is malformed or a handler said so. */
bool multipart_feed(struct multipart *m, const char *data, size_t len);
/* Has the closing boundary come? */
bool multipart_is_whole(const struct multipart *m);

#endif

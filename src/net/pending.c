#include "net/pending.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { PEEK_SIZE = 512 }; /* fits the head of a 408 */

/* Does a header line of this name contain the word? */
static bool header_says(const char *at, const char *end, const char *name, const char *word)
{
	size_t name_len = strlen(name), word_len = strlen(word);

	for (; at < end; at++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop || stop == at || *at == '\r')
			return false;
		if ((size_t)(stop - at) > name_len && !strncasecmp(at, name, name_len))
			for (at += name_len; at + word_len <= stop; at++)
				if (!strncasecmp(at, word, word_len))
					return true;
		at = stop;
	}
	return false;
}

int pending_status(const char *bytes, size_t n)
{
	static const char start[] = "HTTP/";
	enum { START = sizeof(start) - 1, DIGITS = 4 };
	const char *at = bytes + START, *end = bytes + n;
	int status = 0;

	if (strncasecmp(bytes, start, n < START ? n : START))
		return 0;
	while (at < end && *at != ' ')
		at++;
	while (at < end && *at == ' ')
		at++;
	if (at < end && (*at < '0' || *at > '9'))
		return 0;
	for (int i = 0; i < DIGITS && at < end && *at >= '0' && *at <= '9'; i++)
		status = 10 * status + *at++ - '0';
	return status ? status : PENDING_STATUS_CUT;
}

/* The end of the head that begins here; NULL: it is not complete. */
static const char *head_end(const char *at, const char *end)
{
	while ((at = memchr(at, '\n', (size_t)(end - at))) && ++at < end) {
		if (*at == '\r' && at + 1 < end)
			at++;
		if (*at == '\n')
			return at + 1;
	}
	return NULL;
}

enum pending pending_judge(const char *bytes, size_t n)
{
	const char *at = bytes, *end = bytes + n, *line;
	int status;

	/* An interim response is no answer. */
	while ((status = pending_status(at, (size_t)(end - at))) / 100 == 1) {
		at = head_end(at, end);
		if (!at || at == end)
			return !at && n >= PEEK_SIZE ? PENDING_ANSWER : PENDING_JUNK;
	}
	if (!status)
		return PENDING_JUNK;
	/* A server that closes an idle connection may send a 408 first. */
	line = status == 408 ? memchr(at, '\n', (size_t)(end - at)) : NULL;
	return line && header_says(line + 1, end, "connection:", "close") ? PENDING_END
									  : PENDING_ANSWER;
}

/* libcurl's own BIO needs a reading transfer, and there is none: the socket itself replaces it
 * during the peek. */
static int peek_ssl(SSL *ssl, int fd, char *out, int size, int *error)
{
	BIO *read = SSL_get_rbio(ssl), *write = SSL_get_wbio(ssl);
	BIO *own = BIO_new_socket(fd, BIO_NOCLOSE);
	int n;

	if (!own || !read || !write) {
		BIO_free(own);
		*error = SSL_ERROR_SYSCALL;
		return -1;
	}
	BIO_up_ref(read);
	BIO_up_ref(write);
	BIO_up_ref(own);
	SSL_set0_rbio(ssl, own);
	SSL_set0_wbio(ssl, own);
	ERR_clear_error();
	n = SSL_peek(ssl, out, size);
	*error = SSL_get_error(ssl, n);
	ERR_clear_error();
	SSL_set0_rbio(ssl, read);
	SSL_set0_wbio(ssl, write);
	return n;
}

static enum pending peek_tls(SSL *ssl, int fd)
{
	char bytes[PEEK_SIZE];
	int error, n = peek_ssl(ssl, fd, bytes, sizeof(bytes), &error);

	if (n > 0)
		return pending_judge(bytes, (size_t)n);
	return error == SSL_ERROR_WANT_READ ? PENDING_NOTHING : PENDING_END;
}

enum pending pending_peek(int fd, SSL *ssl)
{
	char bytes[PEEK_SIZE];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if (ssl && (n > 0 || SSL_has_pending(ssl)))
		return peek_tls(ssl, fd);
	if (n > 0)
		return pending_judge(bytes, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		       ? PENDING_NOTHING
		       : PENDING_END;
}

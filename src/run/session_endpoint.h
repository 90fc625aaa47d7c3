/* Where a run's requests go and with which secret: provider, base URL, key, common headers. */
#ifndef SLUICE_RUN_SESSION_ENDPOINT_H
#define SLUICE_RUN_SESSION_ENDPOINT_H

#include "api/request.h"
#include "base/error.h"
#include "run/settings.h"

struct session_endpoint {
	struct endpoint endpoint;
	char **headers; /* common "Name: value" headers, NULL-terminated; the key is among them */
	size_t n_headers;
	char *key_name;  /* name of the key's header; NULL: no key */
	const char *key; /* borrowed from its header line */
	char *origin;    /* scheme://host:port of the base URL: the only one that sees the key */
};

/* Settles provider (guessed by the first line when `auto`), base URL, key and headers. False and
 * err, before anything is sent, when a key or an address is missing. */
bool session_endpoint_open(struct session_endpoint *e, const struct settings *settings,
	const char *first_line, size_t len, struct error *err);
void session_endpoint_close(struct session_endpoint *e);
/* Is the URL of the endpoint's own origin, so that it may see the key? */
bool session_endpoint_knows(const struct session_endpoint *e, const char *url);
/* Appends the header line that keeps the key from being sent. */
void session_endpoint_hide_key(const struct session_endpoint *e, struct buf *headers);
/* Appends the common header lines as they go to the URL, secrets redacted. */
void session_endpoint_show(const struct session_endpoint *e, const char *url, struct buf *out);
/* Appends the members of the journal's start record: pid, version, input, settings that change what
 * is sent; no secrets. */
void session_endpoint_describe(
	const struct session_endpoint *e, const struct settings *settings, struct buf *fields);

#endif

/* Where a run's requests go and with which secret: provider, base URL, key, common headers. */
#ifndef SLUICE_RUN_SESSION_ENDPOINT_H
#define SLUICE_RUN_SESSION_ENDPOINT_H

#include "api/request.h"
#include "base/error.h"
#include "run/secrets.h"
#include "run/settings.h"

struct session_endpoint {
	struct endpoint endpoint;
	char **headers; /* common "Name: value" headers, NULL-terminated; the key is among them */
	size_t n_headers;
	char *key_name;  /* name of the key's header; NULL: no key */
	const char *key; /* borrowed from its header line */
	char *origin;    /* scheme://host:port of the base URL: the only one that sees the key */
	bool secrets;    /* there is a key, or a header of the user's that looks like one */
	bool allow_http; /* they may go over the network unencrypted */
};

/* Settles provider (guessed by the first line when `auto`), base URL, key and headers. one_of_many:
 * the provider's usual key goes to the provider's own address only, not to whatever endpoint. False
 * and err, before anything is sent, when a key or an address is missing. */
bool session_endpoint_open(struct session_endpoint *e, const struct settings *settings,
	bool one_of_many, const char *first_line, size_t len, struct error *err);
void session_endpoint_close(struct session_endpoint *e);
/* Appends the header lines that keep secrets from the URL: the key from another origin than the
 * base URL's, all of them from the network where it is not encrypted. False when there is nothing
 * to hide. */
bool session_endpoint_hide(const struct session_endpoint *e, const char *url, struct buf *headers);
/* Adds the key, the user's own secret headers and what the base URL holds of the kind. */
void session_endpoint_secrets(const struct session_endpoint *e, struct secrets *out);
/* Appends the common header lines as they go to the URL, secrets redacted. */
void session_endpoint_show(const struct session_endpoint *e, const char *url, struct buf *out);
#endif

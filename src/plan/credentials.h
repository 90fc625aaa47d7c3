/* The target of a run's requests and its secret: provider, base URL, key, common headers. */
#ifndef SLUICE_PLAN_CREDENTIALS_H
#define SLUICE_PLAN_CREDENTIALS_H

#include "api/request.h"
#include "base/error.h"
#include "plan/key_source.h"
#include "plan/origin_headers.h"
#include "plan/secrets.h"
#include "plan/settings.h"

struct session_endpoint {
	/* Set by the caller before session_endpoint_open(): the file or command with the key;
	 * borrowed; NULL: the key is in the environment, or there is none. */
	struct key_source *source;
	struct endpoint endpoint;
	char **headers; /* common "Name: value" headers, NULL-terminated; the key is among them */
	size_t n_headers;
	char *key_name;  /* name of the key's header; NULL: no key */
	const char *key; /* borrowed from its header line */
	char *renewed;   /* the header line of a later key, in place of the first; NULL: none */
	char *variable;  /* of the environment that held it; NULL: none did */
	char *origin;    /* scheme://host:port of the base URL: the only origin that gets the key */
	size_t origin_len;
	bool secrets;    /* there is a key, or a secret header of the user */
	bool allow_http; /* they may be sent over the network unencrypted */
	const struct origin_headers *common; /* of the whole run; borrowed; NULL: none */
};

/* Determines provider (by the first line when `auto`), base URL and key of a target, and the
 * headers of its requests. one_of_many: the provider's usual key is sent only to the provider's own
 * address, not to any endpoint. False and err, before anything is sent, when a key or an address is
 * missing. */
bool session_endpoint_open(struct session_endpoint *e, const struct target_settings *target,
	const struct request_settings *request, bool one_of_many, const char *first_line,
	size_t len, struct error *err);
void session_endpoint_close(struct session_endpoint *e);
/* Requests have this key from now on. The caller has added it to the run's secrets. */
void session_endpoint_renew(struct session_endpoint *e, const char *key);
/* Appends the header lines by which a request to the URL, with its own lines `own`, differs from
 * the common ones: a renewed key, headers of --header-for, and lines that withhold secrets: the key
 * from any origin but the base URL's, the user's secrets from any origin but the run's endpoints',
 * all of them from an unencrypted network. False when there are none. */
bool session_endpoint_adapt(
	const struct session_endpoint *e, const char *url, const char *own, struct buf *headers);
/* Does a secret of the user's own stay away from the URL, because it is of no endpoint's origin? */
bool session_endpoint_withholds(const struct session_endpoint *e, const char *url);
/* Adds the key, the user's secret headers and the secrets in the base URL. */
void session_endpoint_secrets(const struct session_endpoint *e, struct secrets *out);
/* Wipes the variable that held the key from the environment, where other processes of the user can
 * read it. Once all endpoints are open: they may share it. */
void session_endpoint_wipe(const struct session_endpoint *e);
/* Appends the common header lines for the URL, secrets redacted; url NULL: only lines without
 * secrets. */
void session_endpoint_show(const struct session_endpoint *e, const char *url, struct buf *out);
#endif

#include "http/upgrade.h"

#include <string.h>

#include "base/alloc.h"
#include "http/server_impl.h"

static void on_upgraded(void *cls, struct MHD_Connection *connection, void *context,
	const char *first, size_t len, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
	struct http_exchange *x = cls;

	(void)connection, (void)context;
	x->upgraded = handle;
	x->upgrade.begun(x->upgrade.ctx, fd, first, len);
}

bool http_may_upgrade(const struct http_exchange *x)
{
	return !strcmp(x->method, MHD_HTTP_METHOD_GET) && !strcmp(x->version, MHD_HTTP_VERSION_1_1);
}

bool http_can_upgrade(const struct http_exchange *x)
{
	return !x->server->config.tls_cert;
}

void http_answer_upgrade(struct http_exchange *x, const struct http_upgrade *u)
{
	x->upgrade = *u;
	x->response = MHD_create_response_for_upgrade(on_upgraded, x);
	if (!x->response)
		alloc_failed();
	MHD_add_response_header(x->response, MHD_HTTP_HEADER_UPGRADE, u->protocol);
	http_set_response(x, MHD_HTTP_SWITCHING_PROTOCOLS, NULL);
}

void http_close_upgraded(struct http_exchange *x)
{
	MHD_upgrade_action(x->upgraded, MHD_UPGRADE_ACTION_CLOSE);
	http_run_soon(x->server);
}

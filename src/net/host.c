#include "net/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/transfer.h"

struct host *host_new(const char *url)
{
	const char *name = strstr(url, "://");
	size_t scheme = name ? (size_t)(name - url) + 3 : 0;
	struct host *h = xcalloc(1, sizeof(*h));

	h->origin = xstrndup(url, scheme + strcspn(url + scheme, "/?#"));
	TAILQ_INIT(&h->held);
	return h;
}

void host_free(struct host *h)
{
	free(h->origin);
	free(h);
}

bool host_is_of(const struct host *h, const char *url)
{
	size_t len = strlen(h->origin);

	return !strncmp(h->origin, url, len) && strchr("/?#", url[len]);
}

bool host_is_idle(const struct host *h)
{
	return !h->n_held && !h->busy && !h->connections;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many more are known to fit on the connections whose settings are known. The others have the
 * requests that opened them. Those given may take what is free. */
static unsigned room(const struct host *h)
{
	unsigned all = (h->connections - h->unproven) * h->fit;
	unsigned used = h->users - least(h->users, h->unproven) + h->given;

	return all > used && !h->closing ? all - used : 0;
}

unsigned host_admits(const struct host *h)
{
	unsigned opened;

	if (h->kind == HOST_ALONE)
		return h->n_held;
	if (room(h))
		return least(room(h), h->n_held);
	if (h->unproven)
		return 0;
	/* One shows whether it fits. */
	if (!h->full)
		return h->opening ? 0 : least(1, h->n_held);
	opened = h->fit ? (h->n_held + h->opening + h->fit - 1) / h->fit : 1;
	return least(opened - least(opened, h->opening), h->n_held);
}

void host_learn(struct host *h)
{
	unsigned each = h->connections ? h->users / h->connections : 0;

	if (h->given && h->connections && !h->unproven) {
		h->full = true;
		h->closing = h->users < h->connections * h->fit;
	}
	if (each > h->fit)
		h->fit = each;
	h->given = 0;
	h->look++;
}

void host_holds(struct host *h, struct transfer *x)
{
	x->gate.host = h;
	x->gate.at = GATE_HELD;
	TAILQ_INSERT_TAIL(&h->held, x, gate.entry);
	h->n_held++;
}

void host_releases(struct transfer *x)
{
	struct host *h = x->gate.host;

	TAILQ_REMOVE(&h->held, x, gate.entry);
	h->n_held--;
	x->gate.host = NULL;
	x->gate.at = GATE_OUT;
}

void host_gives(struct host *h, struct transfer_gate *g, bool seeks)
{
	g->host = h;
	g->at = GATE_OPENING;
	g->seeks = seeks;
	g->look = h->look;
	h->busy++;
	h->opening++;
	h->given += seeks;
}

/* Takes it out of the requests without a connection. */
static void ends_opening(struct host *h, const struct transfer_gate *g)
{
	h->opening--;
	h->closing = h->closing && h->opening;
	h->given -= g->seeks && g->look == h->look;
}

void host_serves(struct transfer_gate *g, bool shared)
{
	struct host *h = g->host;

	if (g->at != GATE_OPENING)
		return;
	ends_opening(h, g);
	g->at = shared ? GATE_SHARES : GATE_ALONE;
	h->kind = shared ? HOST_SHARED : HOST_ALONE;
	h->users += shared;
}

void host_leaves(struct transfer_gate *g)
{
	struct host *h = g->host;

	if (!h)
		return;
	if (g->at == GATE_OPENING)
		ends_opening(h, g);
	if (g->at == GATE_SHARES)
		h->users--;
	h->busy--;
	g->host = NULL;
	g->at = GATE_OUT;
}

void host_connected(struct host *h)
{
	h->connections++;
	h->unproven++;
}

void host_proven(struct host *h)
{
	h->unproven--;
}

void host_closed(struct host *h, bool proven)
{
	h->connections--;
	h->unproven -= !proven;
	/* The next connection may fit more or fewer. */
	if (!h->connections) {
		h->full = false;
		h->fit = 0;
	}
}

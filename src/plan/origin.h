/* Origins of URLs: scheme, host and port, which decide who may see a secret. Pure. */
#ifndef SLUICE_PLAN_ORIGIN_H
#define SLUICE_PLAN_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

/* "https://api.example:443" in small letters, the port always there; owned. NULL when the URL is no
 * absolute http one, or holds a user: its own credentials are for it then. */
char *origin_of(const char *url);
/* Can an eavesdropper read requests to this origin? Not over https, and not within this machine. */
bool origin_is_exposed(const char *url);

/* A set of them. */
struct origins {
	char **text; /* owned */
	size_t n;
};

/* Adds the origin of a URL, if it has one. */
void origins_add(struct origins *o, const char *url);
bool origins_have(const struct origins *o, const char *url);
void origins_free(struct origins *o);

#endif

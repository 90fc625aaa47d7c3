/* The one table of routes: what is asked by which method and path, what body it takes, who answers.
 */
#ifndef SLUICE_SERVE_ROUTES_H
#define SLUICE_SERVE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/call.h"
#include "serve/error_form.h"

struct route {
	const char *method;
	const char *path; /* "/v1/files/{id}/content" */
	const struct error_form *form;
	const char *type;               /* of the body that it takes; NULL: none */
	bool open;                      /* needs no token */
	void (*begin)(struct call *c);  /* to take the body as it comes; NULL */
	void (*answer)(struct call *c); /* the body is there */
	const char *summary;
};

const struct route *route_table(size_t *n);
/* The route of a method (HEAD is GET) and a path, whose {id} goes into id. NULL: there is none;
 * *allow then names the methods that the path takes, NULL when there is no such path. */
const struct route *route_find(
	const char *method, const char *path, char id[SERVE_ID_SIZE], const char **allow);
/* Whose form the errors of an unknown path have. */
const struct error_form *route_form(const char *path);

#endif

/* Servers that refuse stream_options, which sluice adds to streamed requests to learn their usage.
 */
#ifndef SLUICE_CORE_USAGE_REFUSED_H
#define SLUICE_CORE_USAGE_REFUSED_H

#include <stdbool.h>

struct answer;
struct attempt;
struct engine;
struct verdict;

/* The request of the attempt asked for usage: did the server refuse the stream_options that were
 * added for that? Those of the line itself are the user's, and their refusal is an error of the
 * line. If it did, no request to that server has them from now on: the usage of its streams is
 * estimated. The caller sends the request again. Warns once. */
bool usage_was_refused(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v);

#endif

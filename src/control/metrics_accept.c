/* Which format of the metrics a request asks for. RFC 9110, 12.5.1: media ranges separated by
 * commas, with parameters behind semicolons, of which q weighs the range. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/metrics.h"

/* The value of a parameter of the range; default_q without a q. Other parameters do not matter: a
 * client that knows any OpenMetrics reads 1.0. */
static double weight_of(const char *range, size_t len)
{
	const char *end = range + len, *at = range;

	while ((at = memchr(at, ';', (size_t)(end - at)))) {
		at++;
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		if (end - at >= 2 && (*at == 'q' || *at == 'Q') && at[1] == '=')
			return strtod(at + 2, NULL);
	}
	return 1;
}

static bool is_type(const char *range, size_t len, const char *type)
{
	size_t n = strlen(type);

	return len >= n && !strncasecmp(range, type, n) &&
	       (len == n || strchr("; \t", range[n]) != NULL);
}

enum metrics_format metrics_accepted(const char *accept)
{
	double open = 0, text = 0;

	while (accept && *accept) {
		size_t len;

		accept += strspn(accept, " \t,");
		len = strcspn(accept, ",");
		if (is_type(accept, len, "application/openmetrics-text")) {
			double q = weight_of(accept, len);

			open = q > open ? q : open;
		} else if (is_type(accept, len, "text/plain")) {
			double q = weight_of(accept, len);

			text = q > text ? q : text;
		}
		accept += len;
	}
	return open > 0 && open >= text ? METRICS_OPEN : METRICS_TEXT;
}

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				      : "text/plain; version=0.0.4; charset=utf-8";
}

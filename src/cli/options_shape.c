#include "cli/options_shape.h"

#include <stdio.h>
#include <string.h>

#include "api/expect.h"
#include "api/request.h"
#include "base/clock.h"
#include "base/parse.h"
#include "control/run_name.h"
#include "plan/key_text.h"
#include "plan/prices.h"

enum { SAMPLE_MAX = 100 * 1000 * 1000 /* its places take 40 bytes each */ };

/* Of a token: a record has room for so many. */
enum { NAME_MAX_LEN = 63 };

/* Cuts value at the separator and reads both sides, which must be there, as numbers. */
static bool read_pair(const char *value, char separator, double *a, double *b)
{
	char left[32];
	const char *cut = strchr(value, separator);

	if (!cut || (size_t)(cut - value) >= sizeof(left))
		return false;
	memcpy(left, value, (size_t)(cut - value));
	left[cut - value] = '\0';
	return parse_double(left, a) && parse_double(cut + 1, b);
}

bool option_read_window(const char *value, int *count, int64_t *window_us)
{
	double n, seconds;

	if (!read_pair(value, '/', &n, &seconds))
		return false;
	if (n < 1 || n > 1e6 || n != (int)n || seconds < 0.001 || seconds > 31 * 86400.0)
		return false;
	*count = (int)n;
	*window_us = (int64_t)(seconds * (double)US_PER_S);
	return true;
}

bool option_read_stop_on_errors(const char *value, int *count, double *share)
{
	size_t len = strlen(value);
	bool percent = len && value[len - 1] == '%';
	char number[32];
	double n;

	*count = 0;
	*share = 0;
	snprintf(number, sizeof(number), "%.*s", (int)(len - percent), value);
	if (len >= sizeof(number) || !parse_double(number, &n) || n <= 0)
		return false;
	if (percent) {
		*share = n / 100;
		return n <= 100;
	}
	if (n > 1e9 || n != (int)n)
		return false;
	*count = (int)n;
	return true;
}

bool shape_stop_on_errors(const char *value)
{
	double share;
	int n;

	return option_read_stop_on_errors(value, &n, &share);
}

bool shape_address(const char *value)
{
	const char *colon = strrchr(value, ':'), *port = colon ? colon + 1 : value;
	int64_t n;

	return strspn(port, "0123456789") == strlen(port) && parse_count(port, 0, UINT16_MAX, &n) &&
	       (!colon || value[0] == '[' || strchr(value, ':') == colon);
}

bool shape_run_name(const char *value)
{
	return run_name_check(value, NULL);
}

bool shape_listen(const char *value)
{
	static const char scheme[] = "unix:";

	return !strncmp(value, scheme, strlen(scheme)) ? value[strlen(scheme)] != '\0'
						       : shape_address(value);
}

bool shape_name(const char *value)
{
	return parse_is_name(value, NAME_MAX_LEN);
}

bool shape_window(const char *value)
{
	int64_t us;
	int n;

	return option_read_window(value, &n, &us);
}

bool shape_price(const char *value)
{
	struct prices prices = {NULL, 0};
	struct error err;
	bool good = prices_add(&prices, value, &err);

	prices_free(&prices);
	return good;
}

bool option_read_sample(const char *value, uint64_t *n, uint64_t *seed)
{
	size_t len = strcspn(value, ",");
	int64_t count, with = 1;
	char number[32];

	snprintf(number, sizeof(number), "%.*s", (int)len, value);
	if (len >= sizeof(number) || !parse_count(number, 1, SAMPLE_MAX, &count) ||
		(value[len] && !parse_count(value + len + 1, 0, INT64_MAX, &with)))
		return false;
	*n = (uint64_t)count;
	*seed = (uint64_t)with;
	return true;
}

bool shape_sample(const char *value)
{
	uint64_t n, seed;

	return option_read_sample(value, &n, &seed);
}

bool shape_command(const char *value)
{
	return value[strspn(value, " \t\r\n")] != '\0';
}

bool shape_path(const char *value)
{
	return value[0] != '\0';
}

bool shape_url(const char *value)
{
	struct error err;

	return request_base_valid(value, &err);
}

bool shape_header(const char *value)
{
	return key_text_is_header(value);
}

bool shape_expect(const char *value)
{
	struct expects e = {.n = 0};
	struct error err;

	return expects_add(&e, value, &err);
}

/* Errors of its members are reported by name when the run opens. */
bool shape_endpoint(const char *value)
{
	return value[0] != '=' && strchr(value, '=');
}

/* Dates as servers write them. Both functions return false, with *wall_us untouched, when the text
 * is not such a date. */
#ifndef SLUICE_BASE_DATE_H
#define SLUICE_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads an HTTP date (RFC 9110 5.6.7) as us since 1970: "Sun, 06 Nov 1994 08:49:37 GMT" and the two
 * obsolete forms, "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". curl_getdate()
 * also reads bare numbers and other zones, and takes twice the time, for each answer of some APIs.
 */
bool date_http(const char *text, size_t len, int64_t *wall_us);
/* Reads RFC 3339 as us since 1970: "2026-01-31T23:59:59.123Z", or an offset "+01:00" instead of Z.
 */
bool date_rfc3339(const char *text, size_t len, int64_t *wall_us);

#endif

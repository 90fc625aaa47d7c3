/* Dates as servers write them. Both functions return false, leaving *wall_us alone, when the text
 * is no such date. */
#ifndef SLUICE_BASE_DATE_H
#define SLUICE_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An HTTP date (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT" and the two obsolete forms,
 * "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". In us since 1970. Not by
 * curl_getdate(): that reads bare numbers and other zones too, and takes twice the time, once an
 * answer of some APIs. */
bool date_http(const char *text, size_t len, int64_t *wall_us);
/* RFC 3339: "2026-01-31T23:59:59.123Z", with an offset "+01:00" instead of Z too. */
bool date_rfc3339(const char *text, size_t len, int64_t *wall_us);

#endif

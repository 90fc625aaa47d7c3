/* Request headers as lists for curl. Private to src/net. */
#ifndef SLUICE_NET_HEADERS_H
#define SLUICE_NET_HEADERS_H

#include <curl/curl.h>
#include <stdbool.h>

/* Builds the list of headers that every request has, from "Name: value" strings (NULL-terminated,
 * may be NULL). False when one is not a header. In either case the caller frees the list in *out
 * with curl_slist_free_all(). */
bool headers_common(const char *const *headers, struct curl_slist **out);

/* Builds the list of a request with its own headers ("Name: value\n" lines), which replace common
 * ones of the same name. False when a line is not a header. In either case the caller frees *out.
 */
bool headers_merge(const char *lines, const struct curl_slist *common, struct curl_slist **out);

#endif

/* Request headers as lists for curl. Private to src/net. */
#ifndef SLUICE_NET_HEADERS_H
#define SLUICE_NET_HEADERS_H

#include <curl/curl.h>
#include <stdbool.h>

/* The list of headers every request has, from "Name: value" strings (NULL-terminated, may be NULL).
 * False when one is no header. The list so far is in *out either way, and the caller frees it with
 * curl_slist_free_all(). */
bool headers_common(const char *const *headers, struct curl_slist **out);

/* The list of a request with headers of its own ("Name: value\n" lines), which replace common ones
 * of the same name. False when a line is no header; the list so far is in *out either way and is
 * the caller's. */
bool headers_merge(const char *lines, const struct curl_slist *common, struct curl_slist **out);

#endif

/* What the environment says of certificate authorities and proxies. */
#ifndef SLUICE_NET_ENVIRONMENT_H
#define SLUICE_NET_ENVIRONMENT_H

#include <curl/curl.h>

/* Variables that may name a proxy; NULL-terminated. */
extern const char *const environment_proxies[];

/* As the curl tool has it: authorities from the file CURL_CA_BUNDLE, else SSL_CERT_FILE and
 * SSL_CERT_DIR when they are set, else what libcurl was built with; proxies from http_proxy,
 * HTTPS_PROXY, ALL_PROXY and NO_PROXY. */
void environment_apply(CURL *easy);

#endif

/* Certificate authorities and proxies from the environment. */
#ifndef SLUICE_NET_ENVIRONMENT_H
#define SLUICE_NET_ENVIRONMENT_H

#include <curl/curl.h>

/* Variables that may name a proxy; NULL-terminated. */
extern const char *const environment_proxies[];

/* Sets the handle up as the curl tool does: authorities from the file CURL_CA_BUNDLE, else from
 * SSL_CERT_FILE and SSL_CERT_DIR when set, else libcurl's defaults; proxies from http_proxy,
 * HTTPS_PROXY, ALL_PROXY and NO_PROXY. */
void environment_apply(CURL *easy);

#endif

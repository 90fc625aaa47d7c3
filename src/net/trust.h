/* Which certificate authorities TLS trusts. Private to src/net. */
#ifndef SLUICE_NET_TRUST_H
#define SLUICE_NET_TRUST_H

#include <curl/curl.h>

/* As the curl tool has it: the file CURL_CA_BUNDLE, else SSL_CERT_FILE and SSL_CERT_DIR when they
 * are set, else what libcurl was built with. */
void trust_set(CURL *easy);

#endif

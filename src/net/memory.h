/* libcurl's memory. In 7.88 a failed allocation may crash it or corrupt an answer, so it ends the
 * run, which can be resumed, as a failed allocation of ours does. */
#ifndef SLUICE_NET_MEMORY_H
#define SLUICE_NET_MEMORY_H

#include <curl/curl.h>

/* Replaces curl_global_init(), whose first call in a process decides which allocator libcurl uses.
 */
CURLcode memory_curl_init(void);

#endif
